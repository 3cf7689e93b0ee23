package ogg

import (
	"errors"
	"io"
)

// ErrPacket says that a packet is longer than a page, which no voice is.
var ErrPacket = errors.New("the packet doesn't fit on an Ogg page")

// Writer writes one stream. What was flushed is playable as it is: who kills the process
// loses the page that was being filled.
//
//	Packet ──> page being filled ──full, Flush──> io.Writer
//	                              ──Close──> io.Writer, with the end's flag
type Writer struct {
	w      io.Writer
	page   page
	packed int // packets on it
	raw    []byte
	err    error // first failure; it sticks
}

// NewWriter returns the Writer of a stream: serial tells streams of one file apart.
func NewWriter(w io.Writer, serial uint32) *Writer {
	return &Writer{
		w: w, raw: make([]byte, 0, pageHead+maxSegments+maxBody),
		page: page{flags: beginning, granule: noGranule, serial: serial, lacing: make([]byte, 0, maxSegments), body: make([]byte, 0, maxBody)},
	}
}

// Packet adds a packet, at whose end the stream has the given granule position. It goes
// out with its page.
func (w *Writer) Packet(data []byte, granule int64) error {
	segments := len(data)/255 + 1
	if segments > maxSegments {
		return ErrPacket
	}
	if len(w.page.lacing)+segments > maxSegments {
		w.turn(0)
	}
	for range segments - 1 {
		w.page.lacing = append(w.page.lacing, 255)
	}
	w.page.lacing = append(w.page.lacing, byte(len(data)%255))
	w.page.body = append(w.page.body, data...)
	w.page.granule = granule
	w.packed++
	return w.err
}

// Flush writes the page that is being filled, if there is anything on it.
func (w *Writer) Flush() error {
	if w.packed > 0 {
		w.turn(0)
	}
	return w.err
}

// Close ends the stream at granule, which may lie before the last packet's end: what is
// beyond it isn't played (RFC 7845, section 4.4). It doesn't close the io.Writer.
func (w *Writer) Close(granule int64) error {
	w.page.granule = granule
	w.turn(ending)
	return w.err
}

// turn writes the page and begins the next.
func (w *Writer) turn(flags byte) {
	p := &w.page
	p.flags |= flags
	if w.err == nil {
		w.raw = p.append(w.raw[:0])
		_, w.err = w.w.Write(w.raw)
	}
	p.flags, p.granule, p.lacing, p.body, w.packed = 0, noGranule, p.lacing[:0], p.body[:0], 0
	p.turn++
}
