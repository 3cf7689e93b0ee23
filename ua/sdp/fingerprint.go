package sdp

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	pion "github.com/pion/sdp/v3"

	"offhook/audio"
	"offhook/audio/dtls"
)

// DTLS-SRTP in offer and answer (RFC 5763, RFC 8842): each side tells the fingerprint of
// its certificate, and which part it takes in the handshake.
//
//	offer                      answer                    the answerer is
//	a=setup:actpass            a=setup:active            client: its ClientHello may overtake the 200
//	        in a later round   as it was before          what it was (interop 42)
//	a=setup:active             a=setup:passive           server
//	a=setup:passive            a=setup:active            client
//	none (RFC 4145: active)    as for active, or as it was before

// protoDTLS is what we offer (RFC 5764, section 8; RFC 8827 asks browsers for it).
const protoDTLS = "UDP/TLS/RTP/SAVPF"

// LocalDTLS is our end of DTLS-SRTP. The zero value has none.
type LocalDTLS struct {
	// Certificate is one for all of a call's rounds, and its forks.
	Certificate *dtls.Certificate
	// ID is a=tls-id: it stays as long as the certificate does (RFC 8842, section 4).
	ID string
}

// NewTLSID makes a value for a=tls-id: 20 characters at least, and random (RFC 8842,
// section 4).
func NewTLSID() string {
	var raw [16]byte
	rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}

// DTLS is what a stream says of its writer's end of DTLS-SRTP.
type DTLS struct {
	// Fingerprints are those of hashes that are known here.
	Fingerprints []dtls.Fingerprint
	// Setup is a=setup.
	Setup Setup
	// ID is a=tls-id.
	ID string
}

// Setup is the value of a=setup (RFC 4145, section 4).
type Setup uint8

const (
	// NoSetup: there is none, or one that nobody knows.
	NoSetup Setup = iota
	SetupActive
	SetupPassive
	SetupActPass
	SetupHoldConn
)

// String is the value as written.
func (s Setup) String() string {
	switch s {
	case NoSetup:
		return ""
	case SetupActive:
		return "active"
	case SetupPassive:
		return "passive"
	case SetupActPass:
		return "actpass"
	case SetupHoldConn:
		return "holdconn"
	}
	return ""
}

func parseSetup(value string) Setup {
	for _, s := range [...]Setup{SetupActive, SetupPassive, SetupActPass, SetupHoldConn} {
		if strings.EqualFold(strings.TrimSpace(value), s.String()) {
			return s
		}
	}
	return NoSetup
}

// maxFingerprints bounds what one stream may tell: a handful of certificates and hashes.
const maxFingerprints = 16

// readDTLS reads the attributes of one level. A stream's own fingerprints take the place of
// the session's (RFC 8122, section 5).
func readDTLS(s *Stream, attributes []pion.Attribute) {
	var prints []dtls.Fingerprint
	for _, a := range attributes {
		switch strings.ToLower(a.Key) {
		case "fingerprint":
			f, err := dtls.ParseFingerprint(a.Value)
			if err == nil && !slices.Contains(prints, f) && len(prints) < maxFingerprints {
				prints = append(prints, f)
			}
		case "setup":
			s.DTLS.Setup = parseSetup(a.Value)
		case "tls-id":
			s.DTLS.ID = readTLSID(a.Value)
		}
	}
	if len(prints) > 0 {
		s.DTLS.Fingerprints = prints
	}
}

// readTLSID takes a value of the grammar's length (RFC 8842, section 4); another is none.
func readTLSID(value string) string {
	value = strings.TrimSpace(value)
	if len(value) < 20 || len(value) > 255 {
		return ""
	}
	return value
}

// overDTLS says that the stream's transport is DTLS-SRTP. Some peers of old write RTP/SAVP
// or SAVPF for it, with a fingerprint and no key (RFC 8829, section 5.1.2).
func (s *Stream) overDTLS() bool {
	switch s.profile() {
	case "UDP/TLS/RTP/SAVP":
		return true
	case "RTP/SAVP":
		return len(s.Crypto) == 0 && len(s.DTLS.Fingerprints) > 0
	}
	return false
}

// mayDTLS says that the stream offers DTLS-SRTP, and plain RTP to who has none (RFC 8643).
func (s *Stream) mayDTLS() bool { return s.plain() && len(s.DTLS.Fingerprints) > 0 }

// OffersDTLS says that a stream of the description may be protected by DTLS-SRTP: for that
// Local.DTLS needs a certificate.
func (d *Description) OffersDTLS() bool {
	return slices.ContainsFunc(d.Streams, func(s Stream) bool { return s.isAudio() && (s.overDTLS() || s.mayDTLS()) })
}

func (l LocalDTLS) ready() bool { return l.Certificate != nil }

// shake agrees on the handshake with what the peer's description says. role is ours.
func (l LocalDTLS) shake(peer DTLS, role dtls.Role) audio.DTLS {
	return audio.DTLS{Role: role, Certificate: l.Certificate, Peer: peer.Fingerprints, LocalID: l.ID, PeerID: peer.ID}
}

// agreed is what an earlier round agreed on, if that was DTLS-SRTP.
func agreed(r *Result) (audio.DTLS, bool) {
	if r == nil {
		return audio.DTLS{}, false
	}
	d, ok := r.Params.Security.(audio.DTLS)
	return d, ok
}

// goesOn says that a round leaves the association of the one before in force, and our role
// in it: nobody has another certificate, or another tls-id (RFC 8842, section 4).
func (l LocalDTLS) goesOn(before *Result, peer DTLS) (dtls.Role, bool) {
	was, ok := agreed(before)
	ok = ok && was.Certificate == l.Certificate && was.PeerID == peer.ID && slices.Equal(was.Peer, peer.Fingerprints)
	return was.Role, ok
}

// answerDTLS takes an offer of DTLS-SRTP and chooses our role.
func (s *Session) answerDTLS(st *Stream, l Local) (protection, error) {
	switch {
	case l.SRTP == audio.SRTPOff || !l.DTLS.ready():
		return protection{}, fmt.Errorf("%w: the peer offers DTLS-SRTP only, which is switched off here; allow it with srtp = optional", ErrSecurity)
	case len(st.DTLS.Fingerprints) == 0:
		return protection{}, errNoFingerprint
	}
	was, goesOn := l.DTLS.goesOn(s.result, st.DTLS)
	role := dtls.Active // RFC 5763, section 5: it spares a round trip
	switch st.DTLS.Setup {
	case SetupPassive:
	case SetupActive:
		role = dtls.Passive
	case SetupActPass, SetupHoldConn:
		if goesOn {
			role = was // interop 42
		}
	case NoSetup:
		role = dtls.Passive // what is left out is active (RFC 4145, section 4)
		if goesOn {
			role = was
		}
	}
	return protection{security: l.DTLS.shake(st.DTLS, role), shakes: true, role: role}, nil
}

// appliedDTLS is what an answer to our a=setup:actpass decides.
func (p *pending) appliedDTLS(st *Stream) (audio.Security, error) {
	switch {
	case !st.overDTLS() && !st.mayDTLS():
		return nil, fmt.Errorf("%w: the peer answers without DTLS-SRTP, which this call requires", ErrSecurity)
	case len(st.DTLS.Fingerprints) == 0:
		return nil, errNoFingerprint
	}
	role := dtls.Active
	switch st.DTLS.Setup {
	case SetupActive:
		role = dtls.Passive
	case SetupPassive:
	case NoSetup, SetupActPass, SetupHoldConn:
		// What is left out is passive (RFC 4145, section 4), and who echoes actpass waits.
		if was, goesOn := p.local.DTLS.goesOn(p.before, st.DTLS); goesOn {
			role = was
		}
	}
	return p.local.DTLS.shake(st.DTLS, role), nil
}

// writeDTLS adds our attributes. role is Undecided in an offer.
func writeDTLS(m *pion.MediaDescription, l LocalDTLS, role dtls.Role) {
	if !l.ready() {
		return // nobody takes this
	}
	m.WithValueAttribute("fingerprint", l.Certificate.Fingerprint().String())
	m.WithValueAttribute("setup", role.String())
	if l.ID != "" {
		m.WithValueAttribute("tls-id", l.ID)
	}
}

// errNoFingerprint: DTLS-SRTP without a fingerprint leaves nothing to check.
var errNoFingerprint = fmt.Errorf("%w: the peer's SDP names no fingerprint that is known here (sha-1 to sha-512), so its certificate can't be checked", ErrSecurity)
