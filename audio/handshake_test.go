package audio

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"offhook/audio/dtls"
	"offhook/audio/srtp"
	"offhook/codec/g711"
)

func newCert(t testing.TB) *dtls.Certificate {
	t.Helper()
	c, err := dtls.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shaking is talk over DTLS-SRTP.
func shaking(to netip.AddrPort, role dtls.Role, ours, theirs *dtls.Certificate) Params {
	p := talk(to, g711.PCMU{}, 0)
	p.RTCPMux = true
	p.Security = DTLS{Role: role, Certificate: ours, Peer: []dtls.Fingerprint{theirs.Fingerprint()}}
	return p
}

// Both roles, and the answerer's ClientHello comes before the offerer has the answer: it
// waits, and isn't asked for again (RFC 5763, section 5).
func TestDTLSBothRoles(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	ca, cb := newCert(t), newCert(t)
	a.Apply(shaking(b.LocalAddr(), dtls.Active, ca, cb))
	time.AfterFunc(20*time.Millisecond, func() { b.Apply(shaking(a.LocalAddr(), dtls.Passive, cb, ca)) })
	for _, p := range []*phone{a, b} {
		if ev := wait[Secured](t, p); ev.Exchange != ExchangeDTLS || ev.Suite != srtp.AES128GCM {
			t.Errorf("%+v", ev)
		}
	}
	wait[FirstPacket](t, a)
	wait[FirstPacket](t, b)
	a.SendDTMF("5", DTMFRFC4733)
	if ev := wait[DigitReceived](t, b); ev.Digit != '5' {
		t.Errorf("%+v", ev)
	}
	// The same agreement again, as on hold, leaves the keys: interop 42.
	before := b.Stats().Security
	held := shaking(a.LocalAddr(), dtls.Passive, cb, ca)
	held.Send = false
	b.Apply(held)
	b.Apply(shaking(a.LocalAddr(), dtls.Passive, cb, ca))
	b.SendDTMF("6", DTMFRFC4733)
	wait[DigitReceived](t, a)
	st := b.Stats()
	if st.Security.Since != before.Since || !st.Security.Heard || st.Security.Forged != 0 || st.Invalid != 0 {
		t.Errorf("before %+v, then %+v", before, st.Security)
	}
	// Another certificate is another association, and the call goes on with new keys.
	next := newCert(t)
	a.Apply(shaking(b.LocalAddr(), dtls.Active, next, cb))
	b.Apply(shaking(a.LocalAddr(), dtls.Passive, cb, next))
	wait[Secured](t, a)
	wait[Secured](t, b)
	b.SendDTMF("7", DTMFRFC4733)
	if ev := wait[DigitReceived](t, a); ev.Digit != '7' {
		t.Errorf("%+v", ev)
	}
}

// A certificate that signalling didn't name: both sides say so, and not a packet was sent.
func TestDTLSFingerprintMismatch(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	ca, cb := newCert(t), newCert(t)
	b.Apply(shaking(a.LocalAddr(), dtls.Passive, cb, ca))
	a.Apply(shaking(b.LocalAddr(), dtls.Active, ca, newCert(t)))
	if ev := wait[SecurityFailed](t, a); !errors.Is(ev.Err, dtls.ErrFingerprint) {
		t.Errorf("error %v, want %v", ev.Err, dtls.ErrFingerprint)
	}
	var alert *dtls.AlertError
	if ev := wait[SecurityFailed](t, b); !errors.As(ev.Err, &alert) {
		t.Errorf("error %v, want an alert", ev.Err)
	}
	for _, p := range []*phone{a, b} {
		if st := p.Stats(); st.PacketsSent != 0 || st.PacketsReceived != 0 || st.Security.Suite != srtp.NoSuite {
			t.Errorf("%+v", st)
		}
	}
}

// Somebody else shakes hands first. His certificate isn't the one, and the peer's call isn't
// ended by it.
func TestDTLSStranger(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b, thief := openPhone(t, e), openPhone(t, e), openPhone(t, e)
	ca, cb := newCert(t), newCert(t)
	b.Apply(shaking(a.LocalAddr(), dtls.Passive, cb, ca))
	thief.Apply(shaking(b.LocalAddr(), dtls.Active, newCert(t), cb))
	wait[SecurityFailed](t, thief)
	a.Apply(shaking(b.LocalAddr(), dtls.Active, ca, cb))
	wait[Secured](t, a)
	wait[Secured](t, b)
	if ev := wait[FirstPacket](t, b); ev.From != a.LocalAddr() {
		t.Errorf("hears %v", ev.From)
	}
}

// A NAT gave the peer another address than it told: its certificate vouches for it, and what
// is sent goes there although the peer says nothing.
func TestDTLSBehindNAT(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b, elsewhere := openPhone(t, e), openPhone(t, e), openPhone(t, e)
	ca, cb := newCert(t), newCert(t)
	b.Apply(shaking(elsewhere.LocalAddr(), dtls.Passive, cb, ca))
	p := shaking(b.LocalAddr(), dtls.Active, ca, cb)
	p.Send = false
	a.Apply(p)
	wait[Secured](t, b)
	if ev := wait[FirstPacket](t, a); ev.From != b.LocalAddr() {
		t.Errorf("hears %v", ev.From)
	}
}

// Without a way there is no handshake; with a route it begins.
func TestDTLSAwaitsRoute(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	ca, cb := newCert(t), newCert(t)
	b.Apply(shaking(netip.AddrPort{}, dtls.Passive, cb, ca))
	a.Apply(shaking(netip.AddrPort{}, dtls.Active, ca, cb))
	a.SetRoute(Route{Remote: b.LocalAddr()})
	b.SetRoute(Route{Remote: a.LocalAddr()})
	wait[Secured](t, a)
	wait[Secured](t, b)
	wait[FirstPacket](t, a)
	wait[FirstPacket](t, b)
}
