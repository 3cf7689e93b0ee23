package words

import (
	"strings"
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

// Padlock says what the padlock stands for: in brackets how the keys were agreed on, and how the
// signalling goes. Brief is for a narrow screen.
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
		long = "encrypted " + means(s) + ", but " + long
	case LockClosed:
		long, short = "the servers know the keys", "encrypted, servers know keys"
		if s.Vouched == ua.VouchServersWord {
			long, short = "the servers vouch for the keys", "encrypted, servers vouch"
		}
		long = "encrypted " + means(s) + "; " + long
	}
	if brief {
		return short
	}
	return long
}

// means is how keys were agreed on, and how the signalling goes: "(DTLS, TLS)".
func means(s ua.SecurityInfo) string {
	return "(" + strings.ToUpper(s.Exchange.String()) + ", " + strings.ToUpper(s.Transport.String()) + ")"
}

// doubt says why others may hear encrypted sound all the same.
func doubt(s ua.SecurityInfo) (long, short string) {
	switch {
	case s.Exchange == audio.ExchangeDTLS:
		return "nobody vouches for the keys", "encrypted, nobody vouches"
	case !s.Signalling:
		return "the keys went in the clear", "keys went in the clear"
	case s.Proof == sip.ProofUnasked:
		return "who called has proved nothing", "keys from an unproved caller"
	}
	return "the server has proved nothing", "keys went to unproved server"
}

// Unsafe is the warning of a call whose keys others may have, where there is little room.
func Unsafe(s ua.SecurityInfo) string {
	_, short := doubt(s)
	cure := "use TLS or DTLS-SRTP"
	if s.Signalling {
		cure = "set tls_pin"
	}
	return short + ": others can hear the call; " + cure
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

// Locks explains the padlock's states, the best first.
func Locks() []struct {
	Lock Lock
	Text string
} {
	return []struct {
		Lock Lock
		Text string
	}{
		{LockClosed, "the sound is encrypted, and a server that proved who it is vouches for the keys (DTLS), or knows them (SDES)"},
		{LockDoubtful, "the sound is encrypted, but others may have the keys"},
		{LockWaiting, "keys are being agreed on; nothing is sent or heard until then"},
		{LockOpen, "the sound isn’t encrypted: whoever carries it can hear it"},
		{LockFailed, "no keys could be agreed on: no sound"},
	}
}
