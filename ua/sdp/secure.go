package sdp

import (
	"fmt"
	"strings"

	"offhook/audio"
	"offhook/audio/dtls"
	"offhook/audio/srtp"
)

// What protects the stream, and who decides it (interop 41):
//
//	                 we offer                  an offer of
//	mode             profile     keys          AVP      AVP with keys   SAVP
//	off              RTP/AVP     none          taken    taken as AVP    refused
//	auto, optional   RTP/AVP     a=crypto      taken    SRTP            SRTP
//	required         RTP/SAVP    a=crypto      refused  SRTP            SRTP
//	dtls             UDP/TLS/RTP/SAVPF, a=fingerprint; nothing else is taken
//
// An offer of DTLS-SRTP (see fingerprint.go) is taken in all modes but off.
//
// RTP/AVP with keys is SRTP for who can, RTP for who can't (RFC 8643). Each profile with an
// F at its end is the same here (RFC 4585, RFC 5124): the feedback isn't used.

// protection is what a round says of it in our description.
type protection struct {
	security audio.Security
	crypto   []Crypto // our lines
	// shakes says that it is DTLS-SRTP, and role what we are in it: undecided in an offer.
	shakes bool
	role   dtls.Role
}

// profile is a transport without its feedback: "RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVP".
func (s *Stream) profile() string {
	return strings.TrimSuffix(strings.ToUpper(s.Proto), "F")
}

// plain says that the stream may run over RTP in the clear.
func (s *Stream) plain() bool { return s.profile() == "RTP/AVP" }

// secured says that it runs over SRTP by keys in the description, and in no other way.
func (s *Stream) secured() bool { return s.profile() == "RTP/SAVP" }

// offerProfile is the transport of a first offer.
func (l Local) offerProfile() string {
	switch l.SRTP {
	case audio.SRTPRequired:
		return "RTP/SAVP"
	case audio.SRTPDTLS:
		return protoDTLS
	case audio.SRTPAuto, audio.SRTPOff, audio.SRTPOptional:
	}
	return "RTP/AVP"
}

// protectOffer is what an offer of proto says.
func (s *Session) protectOffer(l Local) protection {
	if _, shaken := agreed(s.result); shaken || l.SRTP == audio.SRTPDTLS {
		return protection{shakes: true}
	}
	switch l.SRTP {
	case audio.SRTPOff, audio.SRTPDTLS:
		return protection{}
	case audio.SRTPAuto, audio.SRTPOptional, audio.SRTPRequired:
	}
	return protection{crypto: l.Crypto.lines(s.suite())}
}

// suite is that of SDES in the round that is in force.
func (s *Session) suite() srtp.Suite {
	if s.result != nil {
		if sdes, ok := s.result.Params.Security.(audio.SDES); ok {
			return sdes.Suite
		}
	}
	return srtp.NoSuite
}

// protectAnswer decides what protects an offered stream.
func (s *Session) protectAnswer(st *Stream, l Local) (protection, error) {
	switch {
	case st.overDTLS() || st.mayDTLS() && l.DTLS.ready() && l.SRTP != audio.SRTPOff:
		return s.answerDTLS(st, l)
	case !st.plain() && !st.secured():
		return protection{}, profileError(st.Proto)
	case l.SRTP == audio.SRTPDTLS:
		return protection{}, fmt.Errorf("%w: the peer offers no DTLS-SRTP, and nothing else is allowed here; allow it with srtp = required or optional", ErrSecurity)
	case l.SRTP == audio.SRTPOff && st.secured():
		return protection{}, fmt.Errorf("%w: the peer offers SRTP only, which is switched off here; allow it with srtp = optional", ErrSecurity)
	case l.SRTP == audio.SRTPOff:
		return protection{}, nil
	}
	mine, sec, err := l.Crypto.take(st.Crypto)
	switch {
	case err == nil:
		return protection{security: sec, crypto: []Crypto{mine}}, nil
	case st.secured():
		return protection{}, err
	case l.SRTP != audio.SRTPRequired:
		return protection{}, nil
	case len(st.Crypto) == 0:
		return protection{}, fmt.Errorf("%w: the peer offers media in the clear, and this account requires SRTP; let the peer offer it, or allow plain calls with srtp = optional", ErrSecurity)
	default:
		return protection{}, err
	}
}

// protectApplied decides what protects the stream of an answer to p.
func (p *pending) protectApplied(st *Stream) (audio.Security, error) {
	switch {
	case p.protection.shakes:
		return p.appliedDTLS(st)
	case !st.plain() && !st.secured():
		return nil, profileError(st.Proto)
	case len(p.protection.crypto) == 0 && st.secured():
		return nil, fmt.Errorf("%w: the peer answers with SRTP, which wasn't offered", ErrSecurity)
	case len(p.protection.crypto) == 0:
		return nil, nil
	case len(st.Crypto) > 0:
		// In an answer they aren't a choice: the peer sends SRTP by them.
		sec, err := met(p.protection.crypto, st.Crypto)
		if err != nil {
			return nil, err
		}
		return sec, nil
	case p.local.SRTP == audio.SRTPRequired, st.secured():
		return nil, fmt.Errorf("%w: the peer answers without a key for SRTP (a=crypto), which this call requires", ErrSecurity)
	default:
		return nil, nil
	}
}
