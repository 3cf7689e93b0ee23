package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"offhook/nat/ice"
)

// ICE in offer and answer (RFC 8839):
//
//	offer \ answer     candidates   none    a=ice-mismatch
//	candidates         Agreed       None    Mismatch
//	candidates that c= and m= aren't among: Mismatch, which our answer says
//	none               None
//
// Whatever isn't Agreed leaves c= and m= in force as if nobody had heard of ICE.

// ErrNoICE: this account calls by ICE alone, and the peer doesn't speak it.
var ErrNoICE = errors.New("no ICE")

// ICELocal is what this side says of ICE in a round; Local.Addr is the default candidate.
type ICELocal struct {
	ice.Description
	// Remote is the peer's side of the pair in use, which the controlling side tells when it
	// offers again (RFC 8839, section 5.2). Invalid before there is one.
	Remote netip.AddrPort
	// Required refuses a peer without ICE.
	Required bool
}

// StreamICE is what a stream says of ICE.
type StreamICE struct {
	ice.Description
	// Mismatch: the answerer found c= and m= rewritten on the way (RFC 8839, section 5.3).
	Mismatch bool
	// Remote is where the writer sends us by, seen from there: a=remote-candidates for RTP.
	Remote netip.AddrPort
}

// offered says that the writer wants ICE.
func (i *StreamICE) offered() bool { return i.Ufrag != "" && i.Pwd != "" }

// ICEOutcome is what a round decided about ICE.
type ICEOutcome uint8

const (
	// ICEOff: it isn't wanted here.
	ICEOff ICEOutcome = iota
	// ICENone: the peer doesn't speak it.
	ICENone
	// ICEMismatch: c= and m= name none of the candidates, so something on the way rewrites
	// descriptions and knows nothing of ICE.
	ICEMismatch
	// ICEAgreed: both sides check candidates.
	ICEAgreed
)

// ICEResult is a round's outcome for ICE.
type ICEResult struct {
	Outcome ICEOutcome
	// Peer is what the peer said; meaningful when Agreed.
	Peer ice.Description
	// Offered says that the offer was ours: who offers first controls (RFC 8839, section 4.2.1).
	Offered bool
}

// maxCandidates bounds what a peer can make us remember and check.
const maxCandidates = 50

// readICE takes an attribute of ICE, and reports whether it was one. What can't be read is
// left aside: the rest may be enough.
func (i *StreamICE) read(a pion.Attribute) bool {
	switch a.Key {
	case "ice-ufrag":
		i.Ufrag = iceSecret(a.Value)
	case "ice-pwd":
		i.Pwd = iceSecret(a.Value)
	case "ice-lite":
		i.Lite = true
	case "ice-options":
		i.Options = strings.Fields(a.Value)
	case "ice-mismatch":
		i.Mismatch = true
	case "end-of-candidates":
		i.Complete = true
	case "remote-candidates":
		i.Remote = readRemoteCandidates(a.Value)
	case "candidate":
		// Those of component 2 stay for the comparison with c= and m=; the agent leaves them
		// out: RTCP goes with RTP, or outside of ICE.
		if c, err := ice.ParseCandidate(a.Value); err == nil && len(i.Candidates) < maxCandidates {
			i.Candidates = append(i.Candidates, c)
		}
	default:
		return false
	}
	return true
}

// iceSecret is a user fragment or password, empty when it can't be one: it is of at most 256
// characters (RFC 8839, section 5.4) and stands in STUN messages, where a colon divides.
func iceSecret(s string) string {
	if len(s) > 256 || strings.ContainsAny(s, ": ") {
		return ""
	}
	return s
}

// readRemoteCandidates reads "1 192.0.2.3 45664 2 192.0.2.3 45665": that of component 1.
func readRemoteCandidates(value string) netip.AddrPort {
	for f := strings.Fields(value); len(f) >= 3; f = f[3:] {
		if f[0] != "1" {
			continue
		}
		addr, err := netip.ParseAddr(f[1])
		port, err2 := strconv.ParseUint(f[2], 10, 16)
		if err == nil && err2 == nil {
			return netip.AddrPortFrom(addr.Unmap(), uint16(port))
		}
	}
	return netip.AddrPort{}
}

// icePlaceholder is the port beside an unspecified address of who has no default candidate
// yet (RFC 8840, section 4.1.1).
const icePlaceholder = 9

// undecided says that the stream has no default candidate yet. It isn't on hold for it.
func (s *Stream) undecided() bool {
	return s.ICE.offered() && s.Port == icePlaceholder && s.Addr.IsValid() && s.Addr.IsUnspecified()
}

// mismatch says that the stream's own address is none of its candidates (RFC 8839, section
// 4.2.5). Candidates that can't be read may be the missing one's.
func (s *Stream) mismatch() bool {
	if s.undecided() || s.unspecified() || len(s.ICE.Candidates) == 0 {
		return false
	}
	at := netip.AddrPortFrom(s.Addr, s.Port)
	return !slices.ContainsFunc(s.ICE.Candidates, func(c ice.Candidate) bool { return c.Addr == at && c.Component == 1 })
}

// ice says what a stream of the peer's makes of what this side wants. before is what was in
// force: c= and m= are compared as long as nothing was agreed, since afterwards they name a
// pair that was found, or nothing at all while on hold.
func (l *Local) ice(st *Stream, offered bool, before *Result) ICEResult {
	r := ICEResult{Offered: offered}
	agreed := before != nil && before.ICE.Outcome == ICEAgreed
	switch {
	case l.ICE == nil:
	case st.ICE.Mismatch:
		r.Outcome = ICEMismatch
	case !st.ICE.offered():
		r.Outcome = ICENone
	case !agreed && st.mismatch():
		r.Outcome = ICEMismatch
	default:
		r.Outcome, r.Peer = ICEAgreed, st.ICE.Description
	}
	return r
}

// needs is why a round without ICE won't do; nil when it will.
func (l *Local) needs(r ICEResult) error {
	switch {
	case l.ICE == nil || !l.ICE.Required || r.Outcome == ICEAgreed:
		return nil
	case r.Outcome == ICEMismatch:
		return fmt.Errorf("%w: a server on the way rewrites the addresses of the call and leaves the candidates as they are; ice = \"on\" does without them", ErrNoICE)
	default:
		return fmt.Errorf("%w: the peer doesn't speak it, and this account wants it; ice = \"on\" does without", ErrNoICE)
	}
}

// writeICE adds what we say of ICE to our stream: all of it in an offer, and in an answer what
// the offer allows.
func (o *ours) writeICE(m *pion.MediaDescription, l Local) {
	switch {
	case o.ice.Outcome == ICEMismatch && !o.ice.Offered:
		m.WithPropertyAttribute("ice-mismatch")
	case l.ICE == nil || o.ice.Outcome != ICEAgreed:
	default:
		m.WithValueAttribute("ice-ufrag", l.ICE.Ufrag)
		m.WithValueAttribute("ice-pwd", l.ICE.Pwd)
		if len(l.ICE.Options) > 0 {
			m.WithValueAttribute("ice-options", strings.Join(l.ICE.Options, " "))
		}
		writeCandidates(m, l.ICE.Description)
		if l.ICE.Remote.IsValid() {
			m.WithValueAttribute("remote-candidates", fmt.Sprintf("1 %s %d", l.ICE.Remote.Addr(), l.ICE.Remote.Port()))
		}
	}
}

// trickle is the option of those who may tell candidates later (RFC 8838).
const trickle = "trickle"

func writeCandidates(m *pion.MediaDescription, d ice.Description) {
	for _, c := range d.Candidates {
		m.WithValueAttribute("candidate", c.String())
	}
	if d.Complete && slices.Contains(d.Options, trickle) {
		m.WithPropertyAttribute("end-of-candidates")
	}
}

// Credentials are the user fragment and password of a body's first audio stream; empty for none,
// and for a body that can't be read.
func Credentials(body []byte) (ufrag, pwd string) {
	d, err := Parse(body)
	if err != nil {
		return "", ""
	}
	for i := range d.Streams {
		if s := &d.Streams[i]; s.isAudio() && s.Port != 0 && s.ICE.offered() {
			return s.ICE.Ufrag, s.ICE.Pwd
		}
	}
	return "", ""
}
