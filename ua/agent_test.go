package ua

import (
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

func TestDialTalkHangUp(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	if got := inv.Get("Allow"); got != allow() {
		t.Errorf("Allow: %q", got)
	}
	if got := inv.Get("Contact"); got != "<sip:alice@"+r.addr().String()+">" {
		t.Errorf("Contact: %q", got)
	}
	if !strings.Contains(inv.Body, "m=audio 40002 RTP/AVP 0 8 ") {
		t.Errorf("offer:\n%s", inv.Body)
	}
	leg.Reply(inv, 180, "")
	r.state(id, call.Early)
	if got := r.media.lastTone(); got != audio.ToneRingback {
		t.Errorf("tone while it rings: %v", got)
	}
	leg.Reply(inv, 200, r.sdp())
	ack := r.peer.Expect("ACK")
	if ack.Seq() != inv.Seq() || ack.URI() != r.peer.URI("peer") {
		t.Errorf("ACK: %s", ack)
	}
	info := r.state(id, call.Confirmed)
	if info.Codec != "PCMU/8000" || info.DTMF != audio.DTMFRFC4733 || !info.Focus || info.RemoteMedia.Port() != 4000 {
		t.Errorf("info: %+v", info)
	}
	if p, ok := r.media.session(0).last(); !ok || !p.Send || !p.Receive {
		t.Errorf("params: %+v", p)
	}
	if r.media.focused() != r.media.session(0) {
		t.Error("the session hasn't the audio lease")
	}
	r.agent.Hangup(id)
	bye := r.peer.Expect("BYE")
	leg.Reply(bye, 200, "")
	if info := r.ended(id); info.Cause != call.LocalHangup || info.Err != nil {
		t.Errorf("end: %v %v", info.Cause, info.Err)
	}
}

func TestAnswerIncoming(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing(r.sdp())
	if got := r.media.lastTone(); got != audio.ToneRinging {
		t.Errorf("tone: %v", got)
	}
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	leg.Learn(ok)
	if !strings.Contains(ok.Body, "m=audio") || ok.Get("Contact") == "" || ok.Get("Allow") != allow() {
		t.Errorf("200:\n%s", ok.Raw)
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	info := r.state(id, call.Confirmed)
	if info.RemoteName != "Peer" || info.RemoteURI != r.peer.URI("peer") {
		t.Errorf("peer: %q %q", info.RemoteName, info.RemoteURI)
	}
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	if info := r.ended(id); info.Cause != call.RemoteHangup {
		t.Errorf("end: %v", info.Cause)
	}
}

func TestRegisterWithDigest(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Register = true }))
	reg := r.peer.Expect("REGISTER")
	if reg.Get("Authorization") != "" {
		t.Error("credentials before a challenge")
	}
	r.peer.Reply(reg, 401, `WWW-Authenticate: Digest realm="x", nonce="n1", qop="auth", algorithm=MD5`)
	again := r.peer.Expect("REGISTER")
	if again.Seq() != reg.Seq()+1 || !strings.Contains(again.Get("Authorization"), `nonce="n1"`) {
		t.Fatalf("second REGISTER:\n%s", again.Raw)
	}
	r.peer.Reply(again, 200, "Contact: "+again.Get("Contact"), "Expires: 60")
	up := next(r, func(e RegistrationChanged) bool { return e.State == Registered })
	if up.Code != 200 || up.Expires.Seconds() != 300 {
		t.Errorf("registered: %+v", up.Registration)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = r.agent.Close(t.Context()) }()
	bye := r.peer.Expect("REGISTER")
	if !strings.Contains(bye.Get("Contact"), "expires=0") {
		t.Errorf("de-registration: %s", bye.Raw)
	}
	if !strings.Contains(bye.Get("Authorization"), "nc=00000002") {
		t.Errorf("the nonce isn't used again: %q", bye.Get("Authorization"))
	}
	r.peer.Reply(bye, 200)
	<-done
}

func TestWrongPassword(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Register = true }))
	for i, nonce := range []string{"n1", "n2"} {
		reg := r.peer.Expect("REGISTER")
		_ = i
		r.peer.Reply(reg, 401, `WWW-Authenticate: Digest realm="x", nonce="`+nonce+`", qop="auth"`)
	}
	e := next(r, func(e RegistrationChanged) bool { return e.State == RegFailed })
	if cause, code := CauseOf(e.Err); cause != call.AuthFailure || code != 401 && e.Code != 401 {
		t.Errorf("cause %v, code %d, %+v", cause, code, e.Registration)
	}
	if !e.RetryAt.IsZero() {
		t.Error("a wrong password is tried again")
	}
}

var _ = uatest.SDP
