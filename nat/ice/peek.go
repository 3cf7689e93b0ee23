package ice

import (
	"bytes"
	"encoding/binary"
)

// What the routing of a STUN message needs to know, without reading all of it (RFC 8489,
// section 5).

type txid [12]byte

type class uint8

const (
	request    class = 0
	indication class = 1
	success    class = 2
	failure    class = 3
)

const (
	headerLen     = 20
	magicCookie   = 0x2112a442
	methodBinding = 1
	attrUsername  = 0x0006
	attrUse       = 0x0025
	// maxMessage is more than any check is.
	maxMessage = 1500
)

type peeked struct {
	class  class
	method uint16
	id     txid
	// username is "ours:theirs" in a request; it is part of the message's bytes.
	username []byte
	nominate bool // USE-CANDIDATE
}

// peek reads the header and where the attributes are. ok is false for what isn't whole.
func peek(raw []byte) (p peeked, ok bool) {
	if len(raw) < headerLen || len(raw) > maxMessage || raw[0]&0xc0 != 0 || binary.BigEndian.Uint32(raw[4:]) != magicCookie {
		return peeked{}, false
	}
	n := int(binary.BigEndian.Uint16(raw[2:]))
	if n%4 != 0 || headerLen+n != len(raw) {
		return peeked{}, false
	}
	t := binary.BigEndian.Uint16(raw)
	p.class = class(t>>4&1 | t>>7&2)
	p.method = t&0xf | t>>1&0x70 | t>>2&0xf80
	copy(p.id[:], raw[8:headerLen])
	for a := raw[headerLen:]; len(a) > 0; {
		if len(a) < 4 {
			return peeked{}, false
		}
		kind, size := binary.BigEndian.Uint16(a), int(binary.BigEndian.Uint16(a[2:]))
		padded := (size + 3) &^ 3
		if 4+padded > len(a) {
			return peeked{}, false
		}
		switch kind {
		case attrUsername:
			if p.username == nil {
				p.username = a[4 : 4+size]
			}
		case attrUse:
			p.nominate = true
		}
		a = a[4+padded:]
	}
	return p, true
}

// fragments are the two halves of a check's user name: who is asked, and who asks (RFC 8445,
// section 7.2.2).
func (p peeked) fragments() (ours, theirs string, ok bool) {
	a, b, ok := bytes.Cut(p.username, []byte{':'})
	return string(a), string(b), ok
}
