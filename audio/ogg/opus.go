package ogg

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Head is the identification header of Opus (RFC 7845, section 5.1).
type Head struct {
	Channels int
	// PreSkip is how many samples at 48 kHz the decoder drops at the beginning.
	PreSkip int
	// InputRate is what the recording had, in Hz, for display alone; 0 for unknown.
	InputRate int
	// Gain is what the decoder raises the sound by, in dB.
	Gain float64
	// Family is the channel mapping: 0 is mono or stereo.
	Family int
}

const (
	headMagic = "OpusHead"
	tagsMagic = "OpusTags"
)

// Rate is the clock of granule positions, whatever the sound's own rate (section 4).
const Rate = 48000

// Append writes the header of family 0 behind b.
func (h Head) Append(b []byte) []byte {
	b = append(b, headMagic...)
	b = append(b, 1, byte(h.Channels))
	b = binary.LittleEndian.AppendUint16(b, uint16(h.PreSkip))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.InputRate))
	b = binary.LittleEndian.AppendUint16(b, uint16(int16(h.Gain*256)))
	return append(b, 0)
}

// IsOpus reports whether a stream that begins with packet is Opus.
func IsOpus(packet []byte) bool { return strings.HasPrefix(string(packet), headMagic) }

// ParseHead reads an identification header. Its error wraps ErrFormat.
func ParseHead(b []byte) (Head, error) {
	if !IsOpus(b) || len(b) < 19 {
		return Head{}, fmt.Errorf("%w: its Opus header is cut short", ErrFormat)
	}
	if b[8]&0xf0 != 0 { // only the minor version may differ
		return Head{}, fmt.Errorf("%w: version %d of Opus in Ogg", ErrFormat, b[8])
	}
	h := Head{
		Channels: int(b[9]), PreSkip: int(binary.LittleEndian.Uint16(b[10:])), InputRate: int(binary.LittleEndian.Uint32(b[12:])),
		Gain: float64(int16(binary.LittleEndian.Uint16(b[16:]))) / 256, Family: int(b[18]),
	}
	if h.Family != 0 || h.Channels < 1 || h.Channels > 2 {
		return Head{}, fmt.Errorf("%w: %d channels in mapping %d; it must be mono or stereo", ErrFormat, h.Channels, h.Family)
	}
	return h, nil
}

// AppendTags writes the comment header (section 5.2): who wrote the file, and "NAME=value"
// each.
func AppendTags(b []byte, vendor string, tags ...string) []byte {
	b = append(b, tagsMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(vendor)))
	b = append(b, vendor...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t)))
		b = append(b, t...)
	}
	return b
}

// IsTags reports whether a packet is the comment header.
func IsTags(packet []byte) bool { return strings.HasPrefix(string(packet), tagsMagic) }
