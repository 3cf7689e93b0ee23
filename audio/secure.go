package audio

import (
	"time"

	"offhook/audio/srtp"
)

// Security is how an offer/answer round protects a stream. Sealed: nil is plain RTP.
//
//	nil   RTP in the clear
//	SDES  keys that travelled in the signalling (RFC 4568): both are known at once
//	DTLS  keys from a handshake on the media path (RFC 5763): closed until it is done
type Security interface {
	// Exchange is how the keys are agreed on.
	Exchange() Exchange
	// same says that nothing need be done to get from the other to this.
	same(Security) bool
}

// Exchange is how two sides agree on the keys of SRTP.
type Exchange uint8

const (
	ExchangeNone Exchange = iota // plain RTP
	ExchangeSDES                 // RFC 4568
	ExchangeDTLS                 // RFC 5763 and 5764
)

// String is the exchange as events write it: "sdes".
func (e Exchange) String() string {
	switch e {
	case ExchangeNone:
		return "none"
	case ExchangeSDES:
		return "sdes"
	case ExchangeDTLS:
		return "dtls"
	}
	return "unknown"
}

// SRTPMode is what a person or account wants of the protection of media.
type SRTPMode uint8

const (
	// SRTPAuto is SRTPOptional where signalling is encrypted. Where it isn't, a key would be
	// there for all to read: none is offered, but a peer that offers SRTP gets it.
	SRTPAuto SRTPMode = iota
	// SRTPOff: RTP in the clear.
	SRTPOff
	// SRTPOptional: SRTP with who can, RTP with who can't (RFC 8643).
	SRTPOptional
	// SRTPRequired: no call without SRTP, by whichever exchange of keys.
	SRTPRequired
	// SRTPDTLS: no call without DTLS-SRTP.
	SRTPDTLS
)

// String is how flags, the configuration and events write it: "optional".
func (m SRTPMode) String() string {
	switch m {
	case SRTPAuto:
		return "auto"
	case SRTPOff:
		return "off"
	case SRTPOptional:
		return "optional"
	case SRTPRequired:
		return "required"
	case SRTPDTLS:
		return "dtls"
	}
	return "unknown"
}

// SDES is SRTP by keys from the signalling: Local is of what we send, Remote of what comes.
type SDES struct {
	Suite         srtp.Suite
	Local, Remote srtp.Key
}

// Exchange is ExchangeSDES.
func (SDES) Exchange() Exchange { return ExchangeSDES }

func (s SDES) same(o Security) bool {
	t, ok := o.(SDES)
	return ok && s.Suite == t.Suite && s.Local.Equal(t.Local) && s.Remote.Equal(t.Remote)
}

// SameSecurity reports whether both protect a stream alike.
func SameSecurity(a, b Security) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.same(b)
}

// SecurityStats is what is true of a stream's protection now.
type SecurityStats struct {
	// Exchange is what was agreed on.
	Exchange Exchange
	// Suite protects both directions; NoSuite until there are keys, and without SRTP.
	Suite srtp.Suite
	// Since is when the keys came into force.
	Since time.Time
	// Heard: packets of the peer have proved to be of its key.
	Heard bool
	// Forged and Replayed count packets that weren't taken: not authentic, and here before.
	Forged, Replayed uint64
}

// Encrypted says that nothing of the stream is sent or heard in the clear.
func (s SecurityStats) Encrypted() bool { return s.Suite != srtp.NoSuite }

type (
	// Secured: there are keys for both directions, the first ones or new ones. From now on
	// all that is sent is encrypted, and nothing else is heard.
	Secured struct {
		Exchange Exchange
		Suite    srtp.Suite
	}
	// SecurityFailed: the keys that were agreed on can't be had. Nothing is sent or heard.
	SecurityFailed struct {
		Exchange Exchange
		Err      error
	}
)

func (Secured) audioEvent()        {}
func (SecurityFailed) audioEvent() {}
