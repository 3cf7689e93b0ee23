// Package ogg is the container of recorded Opus: pages (RFC 3533) and the two headers
// that Opus puts in front (RFC 7845). It knows no codec: packets in, pages out, and back.
//
//	packet -+-> segments -> page (granule position, checksum) -> io.Writer
//	packet -+
//	io.Reader -> pages, of one stream -> packets
//
// A Writer and a Reader belong to one goroutine: a recording's own, or the one that
// plays a file.
package ogg
