package ua

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/dtls"
	"offhook/audio/srtp"
	"offhook/ua/call"
)

// shaking is a description of the peer over DTLS-SRTP.
func (r *rig) shaking(setup string) string {
	r.t.Helper()
	cert, err := dtls.NewCertificate(time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	body := r.sdp("fingerprint:"+cert.Fingerprint().String(), "setup:"+setup, "rtcp-mux")
	return strings.Replace(body, "RTP/AVP", "UDP/TLS/RTP/SAVPF", 1)
}

func dtlsAccount(a *Account) { a.SRTP = audio.SRTPDTLS }

// A call over DTLS-SRTP: the session gets role and fingerprint, and what it says of keys is
// the call's.
func TestDTLSCall(t *testing.T) {
	r := newRig(t, withAccount(dtlsAccount))
	_, inv, leg := r.dialled()
	if !strings.Contains(inv.Body, " UDP/TLS/RTP/SAVPF ") || !strings.Contains(inv.Body, "a=setup:actpass\r\n") || !strings.Contains(inv.Body, "a=rtcp-mux\r\n") || strings.Contains(inv.Body, "a=crypto") {
		t.Fatalf("offer:\n%s", inv.Body)
	}
	leg.Reply(inv, 200, r.shaking("active"))
	r.peer.Expect("ACK")
	s := r.media.session(0)
	next(r, func(e SecurityChanged) bool { return e.Call.Security.Media == MediaAgreeing })
	p, _ := s.last()
	d, ok := p.Security.(audio.DTLS)
	if !ok || d.Role != dtls.Passive || len(d.Peer) != 1 || !strings.Contains(inv.Body, "a=fingerprint:"+d.Certificate.Fingerprint().String()+"\r\n") || !p.RTCPMux {
		t.Errorf("the session has %+v", p)
	}
	s.on(audio.Secured{Exchange: audio.ExchangeDTLS, Suite: srtp.AES128GCM})
	e := next(r, func(e SecurityChanged) bool { return e.Call.Security.Media == MediaEncrypted })
	if sec := e.Call.Security; sec.Exchange != audio.ExchangeDTLS || sec.Vouched != VouchPath || sec.Warning() != "" {
		t.Errorf("%+v: %q", sec, sec.Warning())
	}
}

// An offer of DTLS-SRTP is taken without a word in the configuration; no certificate is made
// for calls that have no need of it.
func TestDTLSOffered(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing(r.shaking("actpass"))
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	if !strings.Contains(ok.Body, "a=setup:active\r\n") || !strings.Contains(ok.Body, "a=fingerprint:sha-256 ") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	if _, inv, _ := newRig(t).dialled(); strings.Contains(inv.Body, "a=fingerprint") {
		t.Errorf("offer:\n%s", inv.Body)
	}
}

// After a time in the clear the padlock closes with the new handshake, not before it.
func TestPadlockWaitsForNewKeys(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPOptional))
	id, leg := r.ringing(r.shaking("actpass"))
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	s := r.media.session(0)
	s.on(audio.Secured{Exchange: audio.ExchangeDTLS, Suite: srtp.AES128GCM})
	security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	for _, c := range []struct {
		offer string
		want  MediaSecurity
	}{{r.sdp(), MediaPlain}, {r.shaking("actpass"), MediaAgreeing}} {
		leg.Send(leg.Request("INVITE", c.offer))
		r.peer.Expect("200 INVITE")
		leg.Send(leg.Ack(leg.Seq, ""))
		if e := security(r, func(SecurityInfo) bool { return true }); e.Call.Security.Media != c.want {
			t.Errorf("%v, want %v", e.Call.Security.Media, c.want)
		}
	}
}

// TestDTLSFailureEndsCall: the keys can't be had, so the call ends, and both ends hear why.
func TestDTLSFailureEndsCall(t *testing.T) {
	for _, c := range []struct {
		err           error
		words, reason string
	}{
		{&dtls.FingerprintError{}, "isn't the one that signalling named", "doesn't match its fingerprint"},
		{dtls.ErrTimeout, "no DTLS handshake in time", "No DTLS handshake in time"},
		{&dtls.AlertError{Code: 42}, "the peer refused it: our certificate", "Media encryption failed"},
	} {
		r := newRig(t, withAccount(dtlsAccount))
		id, inv, leg := r.dialled()
		leg.Reply(inv, 200, r.shaking("active"))
		r.peer.Expect("ACK")
		r.state(id, call.Confirmed)
		r.media.session(0).on(audio.SecurityFailed{Exchange: audio.ExchangeDTLS, Err: c.err})
		bye := r.peer.Expect("BYE")
		if reason := bye.Get("Reason"); !strings.Contains(reason, "cause=488") || !strings.Contains(reason, c.reason) {
			t.Errorf("Reason: %s, want %q", reason, c.reason)
		}
		leg.Reply(bye, 200, "")
		info := r.ended(id)
		if info.Cause != call.MediaFailure || !errors.Is(info.Err, c.err) || !strings.Contains(info.Err.Error(), c.words) {
			t.Errorf("ended by %v, %v, want %q", info.Cause, info.Err, c.words)
		}
	}
}
