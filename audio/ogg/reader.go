package ogg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// maxPacket bounds a packet that goes over several pages: the longest that Opus makes
// for two channels, and a picture among the tags (RFC 7845, section 6).
const maxPacket = 1 << 20

// Packet is one packet of a stream.
type Packet struct {
	// Data is the Reader's, until its next call.
	Data []byte
	// First says that a stream begins with it: another one may follow the first
	// (section 4 of RFC 3533: chained).
	First bool
	// Granule is the position at the end of the page on which it ends, and Last whether
	// that page ends the stream.
	Granule int64
	Last    bool
}

// Reader takes the packets of one stream out of a file: the one that first begins with a
// packet that its owner wants. Streams beside it are passed over, pages that are damaged
// too.
type Reader struct {
	r    *bufio.Reader
	want func(first []byte) bool

	serial uint32
	inside bool // a stream was chosen and hasn't ended
	page   page
	raw    []byte
	seg    int // next segment of page
	at     int // where it begins in its body
	part   []byte
	torn   bool // part lacks its beginning or is too long
}

// NewReader reads from r the stream whose first packet want accepts.
func NewReader(r io.Reader, want func(first []byte) bool) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 16<<10), want: want, raw: make([]byte, 0, pageHead+maxSegments+maxBody)}
}

// Next returns the next packet, or io.EOF.
func (r *Reader) Next() (Packet, error) {
	for {
		for r.seg < len(r.page.lacing) {
			if p, ok := r.packet(); ok {
				return p, nil
			}
		}
		if err := r.turn(); err != nil {
			return Packet{}, err
		}
	}
}

// packet takes segments up to the end of a packet, false when the page ends before.
func (r *Reader) packet() (Packet, bool) {
	first := r.page.flags&beginning != 0 && r.seg == 0
	from := r.at
	for r.seg < len(r.page.lacing) {
		n := int(r.page.lacing[r.seg])
		r.seg++
		r.at += n
		if n == 255 {
			continue
		}
		data := r.page.body[from:r.at]
		if len(r.part) > 0 || r.torn {
			r.join(data)
			data = r.part
			r.part = r.part[:0]
			if r.torn {
				r.torn = false
				return Packet{}, false
			}
		}
		return Packet{Data: data, First: first, Granule: r.page.granule, Last: r.page.flags&ending != 0}, true
	}
	r.join(r.page.body[from:])
	return Packet{}, false
}

// join keeps a part of a packet that goes on.
func (r *Reader) join(b []byte) {
	if len(r.part)+len(b) > maxPacket {
		r.torn, r.part = true, r.part[:0]
	}
	if !r.torn {
		r.part = append(r.part, b...)
	}
}

// turn reads the next page of the stream.
func (r *Reader) turn() error {
	last := r.page.turn
	for {
		if err := r.scan(); err != nil {
			r.page.lacing, r.seg = nil, 0
			return err
		}
		p := &r.page
		begins := p.flags&beginning != 0
		switch {
		case begins && (!r.inside || p.serial == r.serial) && r.want(r.head()):
			r.serial, r.inside, r.part, r.torn = p.serial, true, r.part[:0], false
		case !r.inside || p.serial != r.serial:
			continue // a stream beside ours, or what is left of one
		case p.flags&continued == 0:
			r.part, r.torn = r.part[:0], false // what was begun never ends
		case len(r.part) == 0 || p.turn != last+1:
			r.part, r.torn = r.part[:0], true // the beginning is missing
		}
		r.inside = p.flags&ending == 0
		r.seg, r.at = 0, 0
		return nil
	}
}

// head is the page's first packet, as far as it is on it.
func (r *Reader) head() []byte {
	n := 0
	for _, l := range r.page.lacing {
		n += int(l)
		if l < 255 {
			break
		}
	}
	return r.page.body[:n]
}

// scan reads pages until one is whole and has its checksum.
func (r *Reader) scan() error {
	for {
		head, err := r.r.Peek(pageHead)
		if len(head) < pageHead {
			if err == io.EOF {
				return io.EOF
			}
			return err
		}
		if string(head[:4]) != "OggS" || head[4] != 0 {
			// Between pages there is nothing; in a damaged file the next page may follow.
			skip := 1
			if i := bytes.IndexByte(head[1:], 'O'); i >= 0 {
				skip += i
			} else {
				skip = len(head)
			}
			if _, err := r.r.Discard(skip); err != nil {
				return err
			}
			continue
		}
		if ok, err := r.take(head); err != nil || ok {
			return err
		}
	}
}

// take reads the page that begins with head. A page that is damaged is given up after
// its capture pattern, so that one inside its claimed length isn't lost with it.
func (r *Reader) take(head []byte) (bool, error) {
	segments := int(head[26])
	raw, err := r.r.Peek(pageHead + segments)
	if err != nil {
		return false, io.EOF // cut off: nothing can follow
	}
	body := 0
	for _, n := range raw[pageHead:] {
		body += int(n)
	}
	size := pageHead + segments + body
	if size > r.r.Size() {
		r.r = bufio.NewReaderSize(r.r, pageHead+maxSegments+maxBody)
	}
	raw, err = r.r.Peek(size)
	if err != nil && err != io.EOF {
		return false, err
	}
	if len(raw) < size || !r.sound(raw) {
		_, err := r.r.Discard(4)
		return false, err
	}
	le := binary.LittleEndian
	r.page = page{
		flags: r.raw[5], granule: int64(le.Uint64(r.raw[6:])), serial: le.Uint32(r.raw[14:]), turn: le.Uint32(r.raw[18:]),
		lacing: r.raw[pageHead : pageHead+segments], body: r.raw[pageHead+segments : size],
	}
	_, err = r.r.Discard(size)
	return err == nil, err
}

// sound copies a page and checks its checksum.
func (r *Reader) sound(raw []byte) bool {
	r.raw = append(r.raw[:0], raw...)
	want := binary.LittleEndian.Uint32(r.raw[22:])
	clear(r.raw[22:26])
	return checksum(r.raw) == want
}
