package words

import (
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/sip"
)

// Lock is the padlock of a call, which never shows more than is true.
//
//	plain ──> LockOpen        keys asked for ──> LockWaiting ──> one of these, or LockFailed
//	keys that somebody unknown may have       ──> LockDoubtful
//	keys that proved servers gave on, or vouch for ──> LockClosed
type Lock uint8

const (
	// LockNone: there is no sound yet.
	LockNone Lock = iota
	LockOpen
	LockWaiting
	LockFailed
	LockDoubtful
	LockClosed
)

// LockOf is the padlock that a call deserves.
func LockOf(s ua.SecurityInfo) Lock {
	switch s.Media {
	case ua.MediaNone:
		return LockNone
	case ua.MediaPlain:
		return LockOpen
	case ua.MediaAgreeing:
		return LockWaiting
	case ua.MediaFailed:
		return LockFailed
	case ua.MediaEncrypted:
	}
	if (s.Vouched == ua.VouchServers || s.Vouched == ua.VouchServersWord) && proved(s) {
		return LockClosed
	}
	return LockDoubtful
}

// proved says that the next hop of the signalling has shown who it is.
func proved(s ua.SecurityInfo) bool {
	return s.Signalling && (s.Proof == sip.ProofAuthority || s.Proof == sip.ProofPin)
}

// Padlock says what the padlock stands for; brief is for a narrow screen.
func Padlock(s ua.SecurityInfo, brief bool) string {
	long, short := "", ""
	switch LockOf(s) {
	case LockNone:
	case LockOpen:
		long, short = "not encrypted", "not encrypted"
		if s.Signalling { // who set up TLS mustn't take it for more than it is
			long = "sound not encrypted, only the signalling is"
		}
	case LockWaiting:
		long, short = "agreeing on keys; silent until then", "agreeing on keys…"
	case LockFailed:
		long, short = "no keys could be agreed on: no sound", "no keys: no sound"
	case LockDoubtful:
		long, short = doubt(s)
	case LockClosed:
		long, short = "encrypted (SDES); the servers know the keys", "encrypted, servers know keys"
		if s.Vouched == ua.VouchServersWord {
			long, short = "encrypted (DTLS); the servers vouch for the keys", "encrypted, servers vouch"
		}
	}
	if brief {
		return short
	}
	return long
}

// doubt says why encrypted sound may be heard by others all the same.
func doubt(s ua.SecurityInfo) (long, short string) {
	switch {
	case s.Exchange == audio.ExchangeDTLS:
		return "encrypted (DTLS), but nobody vouches for the keys", "encrypted, nobody vouches"
	case !s.Signalling:
		return "encrypted (SDES), but the keys went in the clear", "keys went in the clear"
	case s.Proof == sip.ProofUnasked:
		return "encrypted (SDES); who called knows the keys, unproved", "keys from an unproved caller"
	}
	return "encrypted (SDES), but the keys went to an unproved server", "keys went to unproved server"
}

// Hop says how a call's signalling travels, how far that is known, and who vouches for it.
func Hop(via sip.Target, s ua.SecurityInfo) string {
	way := Way(via)
	if way == "" {
		return ""
	}
	way += " to " + via.Addr.String()
	if !s.Signalling {
		return way + ": whoever carries it can read and change it"
	}
	switch s.Proof {
	case sip.ProofAuthority:
		return way + ", which an authority vouches for; what is beyond isn’t known"
	case sip.ProofPin:
		return way + ", which has the pinned key; what is beyond isn’t known"
	case sip.ProofNobody:
		return way + ", but nobody vouches for who that is (insecure)"
	case sip.ProofUnasked:
		return way + ", which connected to us and wasn’t asked who it is"
	case sip.NoProof:
	}
	return way + "; who vouches for that isn’t known"
}

// Exchange says how the keys of a call were agreed on, and since when they hold.
func Exchange(s ua.SecurityInfo) string {
	how := ""
	switch s.Exchange {
	case audio.ExchangeNone:
		return ""
	case audio.ExchangeSDES:
		how = "SDES: they go with the signalling"
	case audio.ExchangeDTLS:
		how = "DTLS-SRTP: made by the two ends of the sound"
	}
	if s.Media == ua.MediaEncrypted && !s.Since.IsZero() {
		how += ", since " + s.Since.Format(time.TimeOnly)
	}
	return how
}
