package ogg

import (
	"encoding/binary"
	"errors"
)

// ErrFormat is wrapped by the error for what is no Ogg stream that can be read.
var ErrFormat = errors.New("not a playable Ogg file")

// A page (RFC 3533, section 6):
//
//	 0        4  5  6              14      18       22       26 27
//	+--------+--+--+--------------+-------+--------+--------+--+----------+------+
//	| "OggS" |0 |fl| granule pos. |serial | number | CRC 32 |n | n lacing | body |
//	+--------+--+--+--------------+-------+--------+--------+--+----------+------+
const (
	pageHead    = 27
	maxSegments = 255
	maxBody     = maxSegments * 255
)

// Flags of a page.
const (
	continued = 1 << iota // its first packet began on an earlier page
	beginning             // of the stream
	ending
)

// noGranule is the position of a page on which no packet ends.
const noGranule = -1

// page is one page; lacing and body belong to whoever filled them.
type page struct {
	flags        byte
	granule      int64
	serial, turn uint32
	lacing, body []byte
}

// append writes the page behind b, with its checksum.
func (p *page) append(b []byte) []byte {
	at := len(b)
	b = append(b, 'O', 'g', 'g', 'S', 0, p.flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.granule))
	b = binary.LittleEndian.AppendUint32(b, p.serial)
	b = binary.LittleEndian.AppendUint32(b, p.turn)
	b = append(b, 0, 0, 0, 0, byte(len(p.lacing)))
	b = append(b, p.lacing...)
	b = append(b, p.body...)
	binary.LittleEndian.PutUint32(b[at+22:], checksum(b[at:]))
	return b
}

// checksum is the CRC of section 6: polynomial 0x04c11db7, most significant bit first,
// no inversion. It runs once for each page, so a table of sixteen does.
func checksum(b []byte) (crc uint32) {
	for _, v := range b {
		crc ^= uint32(v) << 24
		crc = crc<<4 ^ nibbles[crc>>28]
		crc = crc<<4 ^ nibbles[crc>>28]
	}
	return crc
}

// nibbles is the polynomial times 0 to 15.
var nibbles = [16]uint32{
	0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
	0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
}
