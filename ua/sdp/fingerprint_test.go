package sdp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/dtls"
	"offhook/codec"
	"offhook/ua/sdp"
)

const (
	printLine = "a=fingerprint:SHA-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD"
	otherLine = "a=fingerprint:sha-256 AA:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD"
	dtlsLine  = "m=audio 5004 UDP/TLS/RTP/SAVPF 0"
)

// shaking is local with a certificate.
func shaking(t testing.TB, mode audio.SRTPMode, codecs ...codec.Codec) sdp.Local {
	t.Helper()
	cert, err := dtls.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l := local(codecs...)
	l.SRTP, l.RTCPMux = mode, true
	l.DTLS = sdp.LocalDTLS{Certificate: cert, ID: sdp.NewTLSID()}
	return l
}

func roleOf(t testing.TB, r sdp.Result) dtls.Role {
	t.Helper()
	d, ok := r.Params.Security.(audio.DTLS)
	if !ok {
		t.Fatalf("protected by %T, want DTLS", r.Params.Security)
	}
	return d.Role
}

// RFC 5763, section 5: the offer leaves the choice to the answerer, which begins.
func TestDTLSOfferAndAnswer(t *testing.T) {
	la, lb := shaking(t, audio.SRTPDTLS, pcmu), shaking(t, audio.SRTPOptional, pcmu)
	a, b := sdp.NewSession(1), sdp.NewSession(2)
	offer := a.Offer(la)
	wantLines(t, string(offer), "m=", "m=audio 4000 UDP/TLS/RTP/SAVPF 0 101")
	wantLines(t, string(offer), "a=fingerprint:", "a=fingerprint:"+la.DTLS.Certificate.Fingerprint().String())
	wantLines(t, string(offer), "a=setup:", "a=setup:actpass")
	wantLines(t, string(offer), "a=tls-id:", "a=tls-id:"+la.DTLS.ID)
	wantLines(t, string(offer), "a=rtcp-mux", "a=rtcp-mux")
	wantLines(t, string(offer), "a=crypto")
	text, rb, err := b.Answer(parse(t, offer), lb)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(text), "m=", "m=audio 4000 UDP/TLS/RTP/SAVPF 0 101")
	wantLines(t, string(text), "a=setup:", "a=setup:active")
	ra, err := a.ApplyAnswer(parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if roleOf(t, ra) != dtls.Passive || roleOf(t, rb) != dtls.Active {
		t.Errorf("roles %v and %v", roleOf(t, ra), roleOf(t, rb))
	}
	da, db := ra.Params.Security.(audio.DTLS), rb.Params.Security.(audio.DTLS)
	if len(da.Peer) != 1 || da.Peer[0] != lb.DTLS.Certificate.Fingerprint() || len(db.Peer) != 1 || db.Peer[0] != la.DTLS.Certificate.Fingerprint() {
		t.Errorf("fingerprints %v and %v", da.Peer, db.Peer)
	}
	if da.LocalID != la.DTLS.ID || da.PeerID != lb.DTLS.ID || !ra.Params.RTCPMux {
		t.Errorf("%+v", ra.Params)
	}
}

// TestInterop42RoleStays: whoever offers anew, in either direction, the roles and the
// association are as before (RFC 8842, sections 5.3 and 5.5); another certificate begins anew.
func TestInterop42RoleStays(t *testing.T) {
	la, lb := shaking(t, audio.SRTPDTLS, pcmu), shaking(t, audio.SRTPDTLS, pcmu)
	a, b := sdp.NewSession(1), sdp.NewSession(2)
	round := func(from, to *sdp.Session, lf, lt sdp.Local) (offerer, answerer sdp.Result) {
		t.Helper()
		text, answerer, err := to.Answer(parse(t, from.Offer(lf)), lt)
		if err != nil {
			t.Fatal(err)
		}
		offerer, err = from.ApplyAnswer(parse(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return offerer, answerer
	}
	a1, b1 := round(a, b, la, lb)
	if roleOf(t, a1) != dtls.Passive || roleOf(t, b1) != dtls.Active {
		t.Fatalf("roles %v and %v", roleOf(t, a1), roleOf(t, b1))
	}
	b2, a2 := round(b, a, lb, la) // the answerer of before offers
	held := la
	held.Direction = sdp.SendOnly
	a3, b3 := round(a, b, held, lb)
	for i, r := range []sdp.Result{a2, a3} {
		if !audio.SameSecurity(r.Params.Security, a1.Params.Security) {
			t.Errorf("round %d: %+v, want %+v", i+2, r.Params.Security, a1.Params.Security)
		}
	}
	for i, r := range []sdp.Result{b2, b3} {
		if !audio.SameSecurity(r.Params.Security, b1.Params.Security) {
			t.Errorf("round %d: %+v, want %+v", i+2, r.Params.Security, b1.Params.Security)
		}
	}
	lb.DTLS = shaking(t, audio.SRTPDTLS).DTLS
	b4, a4 := round(b, a, lb, la)
	if roleOf(t, a4) != dtls.Active || roleOf(t, b4) != dtls.Passive {
		t.Errorf("roles %v and %v for a new association", roleOf(t, a4), roleOf(t, b4))
	}
	if audio.SameSecurity(a4.Params.Security, a1.Params.Security) {
		t.Error("another certificate goes on with the old association")
	}
}

// Whatever the offer's a=setup, the answer's fits, and a role that was agreed on stays.
func TestDTLSSetup(t *testing.T) {
	for _, c := range []struct {
		setup, answer string
		role          dtls.Role
		later         dtls.Role // offered again after a round in which we were passive
	}{
		{"a=setup:actpass", "a=setup:active", dtls.Active, dtls.Passive},
		{"a=setup:ACTPASS ", "a=setup:active", dtls.Active, dtls.Passive},
		{"a=setup:active", "a=setup:passive", dtls.Passive, dtls.Passive},
		{"a=setup:passive", "a=setup:active", dtls.Active, dtls.Active},
		{"a=setup:holdconn", "a=setup:active", dtls.Active, dtls.Passive},
		{"a=setup:nonsense", "a=setup:passive", dtls.Passive, dtls.Passive},
		{"a=x-none", "a=setup:passive", dtls.Passive, dtls.Passive},
	} {
		l := shaking(t, audio.SRTPRequired, pcmu)
		text, r := answer(t, l, dtlsLine, printLine, c.setup, "a=rtcp-mux")
		wantLines(t, text, "a=setup:", c.answer)
		if got := roleOf(t, r); got != c.role {
			t.Errorf("%q: role %v, want %v", c.setup, got, c.role)
		}
		s := sdp.NewSession(1)
		for i, want := range []dtls.Role{dtls.Passive, c.later} {
			setup := []string{"a=setup:active", c.setup}[i]
			_, r, err := s.Answer(parse(t, body(dtlsLine, printLine, setup)), l)
			if err != nil {
				t.Fatal(err)
			}
			if got := roleOf(t, r); got != want {
				t.Errorf("%q in round %d: role %v, want %v", c.setup, i+1, got, want)
			}
		}
	}
}

// What an answer's a=setup makes of us, and what isn't an answer to DTLS-SRTP.
func TestDTLSAnswered(t *testing.T) {
	for _, c := range []struct {
		lines []string
		role  dtls.Role
		err   error
	}{
		{[]string{dtlsLine, printLine, "a=setup:active"}, dtls.Passive, nil},
		{[]string{dtlsLine, printLine, "a=setup:passive"}, dtls.Active, nil},
		{[]string{dtlsLine, printLine}, dtls.Active, nil},
		{[]string{dtlsLine, printLine, "a=setup:actpass"}, dtls.Active, nil},
		{[]string{"m=audio 5004 RTP/SAVPF 0", printLine, "a=setup:active"}, dtls.Passive, nil},
		{[]string{dtlsLine, "a=setup:active"}, 0, sdp.ErrSecurity},
		{[]string{"m=audio 5004 RTP/AVP 0"}, 0, sdp.ErrSecurity},
		{[]string{"m=audio 5004 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"}, 0, sdp.ErrSecurity},
	} {
		s := sdp.NewSession(1)
		s.Offer(shaking(t, audio.SRTPDTLS, pcmu))
		r, err := s.ApplyAnswer(parse(t, body(c.lines...)))
		if !errors.Is(err, c.err) {
			t.Errorf("%q: error %v, want %v", c.lines, err, c.err)
		}
		if c.err == nil && err == nil && roleOf(t, r) != c.role {
			t.Errorf("%q: role %v, want %v", c.lines, roleOf(t, r), c.role)
		}
	}
}

// Who takes which offer: each refusal is a 488 that says what to do.
func TestDTLSModes(t *testing.T) {
	for _, c := range []struct {
		name  string
		mode  audio.SRTPMode
		lines []string
		dtls  bool
		words string // of the refusal
	}{
		{"dtls", audio.SRTPDTLS, []string{dtlsLine, printLine}, true, ""},
		{"auto", audio.SRTPAuto, []string{dtlsLine, printLine}, true, ""},
		{"optional, with the old profile", audio.SRTPOptional, []string{"m=audio 5004 RTP/SAVPF 0", printLine}, true, ""},
		{"required, opportunistic", audio.SRTPRequired, []string{"m=audio 5004 RTP/AVP 0", printLine}, true, ""},
		{"off", audio.SRTPOff, []string{dtlsLine, printLine}, false, "switched off"},
		{"off, opportunistic", audio.SRTPOff, []string{"m=audio 5004 RTP/AVP 0", printLine}, false, ""},
		{"no fingerprint", audio.SRTPDTLS, []string{dtlsLine}, false, "no fingerprint"},
		{"an unknown hash", audio.SRTPDTLS, []string{dtlsLine, "a=fingerprint:md5 00:00"}, false, "no fingerprint"},
		{"dtls and the peer has none", audio.SRTPDTLS, []string{"m=audio 5004 RTP/AVP 0"}, false, "no DTLS-SRTP"},
	} {
		desc := parse(t, body(c.lines...))
		_, r, err := sdp.NewSession(1).Answer(desc, shaking(t, c.mode, pcmu))
		switch {
		case c.words != "":
			if !errors.Is(err, sdp.ErrSecurity) || sdp.StatusCode(err) != 488 || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.words)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.dtls:
			roleOf(t, r)
		case r.Params.Security != nil:
			t.Errorf("%s: protected by %T", c.name, r.Params.Security)
		}
	}
}

// Fingerprints of the session level are those of streams without any of their own (RFC 8122,
// section 5).
func TestFingerprintLevels(t *testing.T) {
	head := "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" + printLine + "\r\na=setup:passive\r\n"
	for _, c := range []struct {
		lines string
		want  string
		setup sdp.Setup
	}{
		{dtlsLine + "\r\n", printLine, sdp.SetupPassive},
		{dtlsLine + "\r\n" + otherLine + "\r\na=setup:active\r\n", otherLine, sdp.SetupActive},
	} {
		st := parse(t, []byte(head+c.lines)).Streams[0]
		if len(st.DTLS.Fingerprints) != 1 || !strings.EqualFold("a=fingerprint:"+st.DTLS.Fingerprints[0].String(), c.want) || st.DTLS.Setup != c.setup {
			t.Errorf("%+v, want %s and %v", st.DTLS, c.want, c.setup)
		}
	}
}

// A re-offer in a call that was offered DTLS-SRTP keeps to it, whatever the mode.
func TestDTLSReoffer(t *testing.T) {
	l := shaking(t, audio.SRTPOptional, pcmu)
	s := sdp.NewSession(1)
	if _, _, err := s.Answer(parse(t, body(dtlsLine, printLine, "a=setup:actpass", "a=rtcp-mux")), l); err != nil {
		t.Fatal(err)
	}
	text := string(s.Offer(l))
	wantLines(t, text, "m=", "m=audio 4000 UDP/TLS/RTP/SAVPF 0 101")
	wantLines(t, text, "a=setup:", "a=setup:actpass")
	wantLines(t, text, "a=crypto")
}
