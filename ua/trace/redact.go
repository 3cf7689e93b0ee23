package trace

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Secrets says what becomes of the secrets in what is recorded.
type Secrets uint8

const (
	// Redacted covers them with asterisks. Nothing else changes: lengths stay, so that
	// Content-Length and offsets are true of what is kept.
	Redacted Secrets = iota
	// Shown keeps them: for who has to compute a digest again, or decrypt a capture.
	Shown
)

// Record gives the record as it may be kept. A record with secrets is copied; the bytes
// of r itself, which are on their way to a socket, stay as they are.
//
// What is a secret, because its reader has a key, or can guess a password at leisure:
//
//	response, rspauth of a digest (RFC 7616)   all of other credentials (Basic, Bearer)
//	inline: of a=crypto (RFC 4568)             a=ice-pwd (RFC 8839)
//	k= and a=key-mgmt (RFC 4566, RFC 4567)     the password of a SIP URI (RFC 3261)
//	MESSAGE-INTEGRITY by a long-term password, as TURN's (RFC 8489)
//
// What people say to each other is none: bodies of MESSAGE and digits stay.
func (s Secrets) Record(r Record) Record {
	if s == Shown {
		return r
	}
	switch r.Kind {
	case SIP, Malformed:
		secrets := secretsOf(r.Raw)
		if len(secrets) == 0 {
			break
		}
		// A note quotes what it found wrong.
		note := []byte(r.Note)
		for _, at := range secrets {
			if at.to-at.from >= shortest {
				note = bytes.ReplaceAll(note, r.Raw[at.from:at.to], stars(at.to-at.from))
			}
		}
		r.Raw, r.Note = cover(r.Raw, secrets), string(note)
	default: // packets of media, and what shares their port
		r.Raw = cover(r.Raw, integrityOf(r.Raw))
	}
	r.Note = Redact(r.Note)
	return r
}

// shortest is what is looked for elsewhere: shorter ones are found by chance.
const shortest = 6

// Redact covers the secrets in a text that isn't one message: a line of a log, an error.
func Redact(text string) string {
	secrets := secretsOf([]byte(text))
	if len(secrets) == 0 {
		return text
	}
	return string(cover([]byte(text), secrets))
}

// span is raw[from:to].
type span struct{ from, to int }

func stars(n int) []byte { return bytes.Repeat([]byte{'*'}, n) }

// cover gives raw with asterisks over the spans; raw itself where there are none.
func cover(raw []byte, spans []span) []byte {
	if len(spans) == 0 {
		return raw
	}
	raw = slices.Clone(raw)
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			raw[i] = '*'
		}
	}
	return raw
}

const (
	// magicCookie is in every STUN message (RFC 8489, section 5).
	magicCookie = 0x2112A442

	attrIntegrity       = 0x0008
	attrRealm           = 0x0014
	attrIntegritySHA256 = 0x001C
)

// integrityOf finds the hashes of a STUN message that a person's password went into. Those
// of ICE are by 128 random bits, which nobody guesses; only a long-term password comes with
// a REALM (RFC 8489, section 9.2).
func integrityOf(raw []byte) []span {
	if len(raw) < 20 || raw[0] > 3 || binary.BigEndian.Uint32(raw[4:]) != magicCookie {
		return nil
	}
	var found []span
	long := false
	for at := 20; at+4 <= len(raw); {
		kind, size := binary.BigEndian.Uint16(raw[at:]), int(binary.BigEndian.Uint16(raw[at+2:]))
		at += 4
		end := min(at+size, len(raw))
		switch kind {
		case attrRealm:
			long = true
		case attrIntegrity, attrIntegritySHA256:
			found = append(found, span{at, end})
		}
		at = end + (4-size%4)%4
	}
	if !long {
		return nil
	}
	return found
}
