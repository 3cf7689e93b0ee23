package ua

import (
	"fmt"
	"time"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/ua/sip"
)

// SecurityInfo is what protects a call, as far as it can be known here: the facts of the
// padlock.
type SecurityInfo struct {
	// Transport is how the signalling travels to the next hop, and Signalling says that it
	// is encrypted there.
	Transport  sip.Transport
	Signalling bool
	// Proof is who vouches that this hop is who it says.
	Proof sip.Proof
	// Media is what becomes of the sound.
	Media MediaSecurity
	// Exchange is how the keys of SRTP were agreed on, Suite what they are for, Since when
	// they came into force.
	Exchange audio.Exchange
	Suite    srtp.Suite
	Since    time.Time
	// Vouched is who has to be trusted that nobody else has the keys.
	Vouched Voucher
}

// MediaSecurity is what becomes of the sound of a call.
type MediaSecurity uint8

const (
	// MediaNone: there is no sound yet.
	MediaNone MediaSecurity = iota
	// MediaPlain: it goes in the clear.
	MediaPlain
	// MediaAgreeing: keys are being agreed on; nothing is sent or heard until then.
	MediaAgreeing
	// MediaEncrypted: all that is sent or heard is encrypted.
	MediaEncrypted
	// MediaFailed: there are no keys, and there will be no sound.
	MediaFailed
)

// String is how events write it: "encrypted".
func (m MediaSecurity) String() string {
	switch m {
	case MediaNone:
		return "none"
	case MediaPlain:
		return "plain"
	case MediaAgreeing:
		return "agreeing"
	case MediaEncrypted:
		return "encrypted"
	case MediaFailed:
		return "failed"
	}
	return "unknown"
}

// Voucher is who vouches for the keys of a call: whoever it is could have them, too.
type Voucher uint8

const (
	// VouchNobody: there are no keys.
	VouchNobody Voucher = iota
	// VouchAnybody: the keys themselves went over unencrypted signalling.
	VouchAnybody
	// VouchServers: the keys went over encrypted hops; the servers between could read them.
	VouchServers
	// VouchPath: keys that nobody else can have, if the fingerprint that proves it wasn't
	// changed on its way over unencrypted signalling.
	VouchPath
	// VouchServersWord: keys that nobody else can have, if the servers between gave the
	// fingerprint on unchanged.
	VouchServersWord
)

// String is how events write it: "servers".
func (v Voucher) String() string {
	switch v {
	case VouchNobody:
		return "nobody"
	case VouchAnybody:
		return "anybody_on_the_way"
	case VouchServers:
		return "servers"
	case VouchPath:
		return "fingerprint_over_open_signalling"
	case VouchServersWord:
		return "fingerprint_over_servers"
	}
	return "unknown"
}

// voucher is who vouches for keys that were exchanged so.
func voucher(e audio.Exchange, signalling bool) Voucher {
	switch {
	case e == audio.ExchangeSDES && signalling:
		return VouchServers
	case e == audio.ExchangeSDES:
		return VouchAnybody
	case e == audio.ExchangeDTLS && signalling:
		return VouchServersWord
	case e == audio.ExchangeDTLS:
		return VouchPath
	}
	return VouchNobody
}

// Text says for a person what is true.
func (s SecurityInfo) Text() string {
	switch s.Media {
	case MediaNone:
		return "there is no sound yet"
	case MediaPlain:
		return "the sound isn't encrypted: whoever carries it can hear it"
	case MediaAgreeing:
		return "keys are being agreed on; nothing is sent or heard until then"
	case MediaFailed:
		return "no keys could be agreed on; nothing is sent or heard"
	case MediaEncrypted:
	}
	text := fmt.Sprintf("the sound is encrypted by %s", s.Suite)
	switch s.Vouched {
	case VouchNobody:
	case VouchAnybody:
		if s.Signalling {
			text += fmt.Sprintf("; its keys went to a server that hasn't proved who it is (SDES over %s, insecure): whoever is in between can hear the call", s.Transport)
			break
		}
		text += fmt.Sprintf("; its keys travelled in the clear (SDES over %s): whoever saw the signalling can hear the call", s.Transport)
	case VouchServers:
		text += "; its keys passed the servers between (SDES), which could read them"
	case VouchPath:
		text += fmt.Sprintf("; nobody else has its keys, if nobody changed the fingerprints on their way over %s", s.Transport)
	case VouchServersWord:
		text += "; nobody else has its keys, if the servers gave on the fingerprints unchanged"
	}
	return text
}

// Warning is what a person has to know and do; empty for nothing.
func (s SecurityInfo) Warning() string {
	if s.Media == MediaEncrypted && s.Vouched == VouchAnybody && s.Signalling {
		return fmt.Sprintf("the keys of this call went to a server that hasn't proved who it is (SDES over %s): whoever is in between can hear the call; pin the server's key (tls_pin) in the place of insecure", s.Transport)
	}
	if s.Media == MediaEncrypted && s.Vouched == VouchAnybody {
		return fmt.Sprintf("the keys of this call travelled over unencrypted signalling (SDES over %s): whoever saw it can hear the call; use TLS, or DTLS-SRTP", s.Transport)
	}
	return ""
}

// SecurityChanged tells what protects a call, each time that this changes.
type SecurityChanged struct {
	Meta
	Call CallInfo
	// Was is what became of the sound before.
	Was MediaSecurity
	// Err is why keys couldn't be agreed on, nil for no failure.
	Err error
}

// Warning is what a person has to know of the change; empty for nothing.
func (e SecurityChanged) Warning() string {
	switch now := e.Call.Security; {
	case e.Err != nil:
		return "no encryption: " + e.Err.Error()
	case e.Was == MediaEncrypted && now.Media == MediaPlain:
		return "the sound isn't encrypted any more: the peer took the encryption out of the call; required SRTP would refuse that"
	default:
		return now.Warning()
	}
}
