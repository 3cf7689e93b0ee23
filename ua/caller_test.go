package ua

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

// RFC 3261, section 13.2.2.4.
func TestInterop21ForkedSecond2xx(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	fork := leg.Fork(inv)
	leg.Reply(inv, 180, "")
	fork.Reply(inv, 180, "")
	leg.Reply(inv, 200, r.sdp())
	if ack := r.peer.Expect("ACK"); uatest.Tag(ack.Get("To")) != uatest.Tag(leg.Local) {
		t.Errorf("ACK to another leg: %s", ack.Get("To"))
	}
	fork.Reply(inv, 200, r.sdp())
	ack, bye := r.peer.Expect("ACK"), r.peer.Expect("BYE")
	for _, m := range []*uatest.Message{ack, bye} {
		if uatest.Tag(m.Get("To")) != uatest.Tag(fork.Local) {
			t.Errorf("%s went to another leg: %s", m, m.Get("To"))
		}
	}
	if bye.Seq() <= inv.Seq() {
		t.Errorf("BYE has CSeq %d", bye.Seq())
	}
	fork.Reply(bye, 200, "")
	if calls := r.agent.Calls(); len(calls) != 1 || calls[0].ID != id || calls[0].State != call.Confirmed {
		t.Errorf("calls: %+v", calls)
	}
}

// RFC 3261, section 13.2.2.4: the same ACK for each 2xx.
func TestInterop20AckEach2xx(t *testing.T) {
	r := newRig(t)
	_, inv, leg := r.dialled()
	ok := leg.Response(inv, 200, r.sdp())
	r.peer.Repeats = true
	r.peer.Send(inv.From, ok)
	first := r.peer.Expect("ACK")
	r.peer.Send(inv.From, ok)
	if second := r.peer.Expect("ACK"); second.Raw != first.Raw {
		t.Errorf("another ACK:\n%s\n%s", first.Raw, second.Raw)
	}
}

func TestInterop23EarlyMediaAndRingback(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 183, r.sdp())
	r.state(id, call.Early)
	if got := r.media.lastTone(); got != audio.ToneNone {
		t.Errorf("183: tone %v", got)
	}
	session := r.media.session(0)
	if p, ok := session.last(); !ok || !p.Receive || p.Remote.Port() != 4000 {
		t.Errorf("early media isn't applied: %+v", p)
	}
	leg.Reply(inv, 180, "")
	r.settle()
	if got := r.media.lastTone(); got != audio.ToneRingback {
		t.Errorf("180 after a silent 183: tone %v", got)
	}
	session.on(audio.FirstPacket{SSRC: 1})
	next(r, func(e MediaChanged) bool { return e.What == MediaStarted })
	if got := r.media.lastTone(); got != audio.ToneNone {
		t.Errorf("RTP arrives: tone %v", got)
	}
	leg.Reply(inv, 200, uatest.SDP(r.peer.Addr().Addr(), 5000))
	r.peer.Expect("ACK")
	// Interop 24: the SDP of the 200 wins.
	if info := r.state(id, call.Confirmed); info.RemoteMedia.Port() != 5000 {
		t.Errorf("media goes to %v", info.RemoteMedia)
	}
}

func TestInterop28CancelCrosses200(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 180, "")
	r.state(id, call.Early)
	r.agent.Hangup(id)
	cancel := r.peer.Expect("CANCEL")
	if cancel.URI() != inv.URI() || cancel.Get("Via") != inv.Get("Via") || cancel.Seq() != inv.Seq() || uatest.Tag(cancel.Get("To")) != "" {
		t.Errorf("CANCEL:\n%s", cancel.Raw)
	}
	leg.Reply(inv, 200, r.sdp())
	r.peer.Reply(cancel, 481)
	r.peer.Expect("ACK")
	bye := r.peer.Expect("BYE")
	leg.Reply(bye, 200, "")
	if info := r.ended(id); info.Cause != call.Canceled || info.Code != 0 {
		t.Errorf("end: %v %d", info.Cause, info.Code)
	}
}

func TestInterop28CancelWaitsFor1xx(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	r.agent.Hangup(id)
	r.state(id, call.Closing)
	leg.Reply(inv, 180, "") // were a CANCEL out already, it would have come before this
	cancel := r.peer.Expect("CANCEL")
	leg.Reply(cancel, 200, "")
	leg.Reply(inv, 487, "")
	if ack := r.peer.Expect("ACK"); ack.Seq() != inv.Seq() || ack.Get("Via") != inv.Get("Via") {
		t.Errorf("ACK to the 487:\n%s", ack.Raw)
	}
	if info := r.ended(id); info.Cause != call.Canceled || info.Err != nil {
		t.Errorf("end: %+v", info)
	}
	if r.media.open() != 0 {
		t.Error("the media is still open")
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		code  int
		cause call.Cause
		words string
		tone  audio.Tone
	}{
		{486, call.Rejected, "busy", audio.ToneBusy},
		{404, call.Rejected, "no such user", audio.ToneCongestion},
		{603, call.Rejected, "declined", audio.ToneCongestion},
		{488, call.Rejected, "no audio format", audio.ToneCongestion},
		{302, call.Rejected, "another address", audio.ToneCongestion},
		{408, call.Timeout, "in time", audio.ToneCongestion},
		{677, call.Rejected, "refused everywhere", audio.ToneCongestion},
	}
	for _, tt := range tests {
		r := newRig(t, withAccount(func(a *Account) { a.Redirects = RedirectRefuse }))
		id, inv, leg := r.dialled()
		leg.Reply(inv, tt.code, "")
		r.peer.Expect("ACK")
		info := r.ended(id)
		if info.Cause != tt.cause || info.Code != tt.code || info.Err == nil || !strings.Contains(info.Err.Error(), tt.words) {
			t.Errorf("%d: %v %d %v", tt.code, info.Cause, info.Code, info.Err)
		}
		r.settle()
		if got := r.media.lastTone(); got != tt.tone {
			t.Errorf("%d: tone %v", tt.code, got)
		}
	}
}

func TestInviteDigest(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 100, "")
	leg.Reply(inv, 407, "", `Proxy-Authenticate: Digest realm="p", nonce="n1", qop="auth", algorithm=SHA-256`)
	r.peer.Expect("ACK")
	again := r.peer.Expect("INVITE")
	if again.Seq() != inv.Seq()+1 || again.Get("Call-ID") != inv.Get("Call-ID") || again.Get("From") != inv.Get("From") ||
		!strings.Contains(again.Get("Proxy-Authorization"), "SHA-256") || again.Body != inv.Body {
		t.Errorf("second INVITE:\n%s", again.Raw)
	}
	leg2 := r.peer.Leg(again)
	leg2.Reply(again, 200, r.sdp())
	if ack := r.peer.Expect("ACK"); ack.Seq() != again.Seq() || ack.Get("Proxy-Authorization") == "" {
		t.Errorf("ACK:\n%s", ack.Raw)
	}
	r.state(id, call.Confirmed)
	r.agent.Hangup(id)
	bye := r.peer.Expect("BYE")
	if !strings.Contains(bye.Get("Proxy-Authorization"), "nc=00000002") {
		t.Errorf("the BYE doesn't use the nonce again: %q", bye.Get("Proxy-Authorization"))
	}
	leg2.Reply(bye, 200, "")
	r.ended(id)
}

func TestInviteWithoutPassword(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Password = "" }))
	id, inv, leg := r.dialled()
	leg.Reply(inv, 401, "", `WWW-Authenticate: Digest realm="p", nonce="n1"`)
	r.peer.Expect("ACK")
	info := r.ended(id)
	if info.Cause != call.AuthFailure || info.Code != 401 || !strings.Contains(info.Err.Error(), "set the account's password") {
		t.Errorf("end: %v %d %v", info.Cause, info.Code, info.Err)
	}
}

// Hang-up while a challenge is on its way: the INVITE isn't sent again.
func TestHangUpDuringChallenge(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	r.agent.Hangup(id)
	r.state(id, call.Closing)
	leg.Reply(inv, 401, "", `WWW-Authenticate: Digest realm="p", nonce="n1"`)
	r.peer.Expect("ACK")
	if info := r.ended(id); info.Cause != call.Canceled {
		t.Errorf("end: %v", info.Cause)
	}
}

func TestRouteSet(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	hop := "<sip:" + r.peer.Addr().String() + ";lr>"
	leg.Contact = "sip:bob@192.0.2.1:5060"
	leg.Reply(inv, 200, r.sdp(), "Record-Route: <sip:192.0.2.7;lr>", "Record-Route: "+hop)
	ack := r.peer.Expect("ACK")
	if ack.URI() != leg.Contact || ack.All("Route")[0] != hop || !strings.Contains(strings.Join(ack.All("Route"), " "), "192.0.2.7") {
		t.Errorf("ACK:\n%s", ack.Raw)
	}
	r.state(id, call.Confirmed)
	r.agent.Hangup(id)
	leg.Reply(r.peer.Expect("BYE"), 200, "")
	r.ended(id)
}

func TestDialForms(t *testing.T) {
	r := newRig(t)
	host := r.peer.Addr().String()
	tests := []struct{ target, uri string }{
		{"bob", "sip:bob@" + host},
		{"+49 (30) 1234-5", "sip:+4930" + "12345@" + host},
		{"*21#", "sip:*21%23@" + host},
		{"bob@" + host, "sip:bob@" + host},
		{"sip:bob@" + host + ";transport=udp", "sip:bob@" + host + ";transport=udp"},
		{"Bob <sip:bob@" + host + ">", "sip:bob@" + host},
		{"sip:" + host, "sip:" + host},
		{"tel:+4930", "sip:+4930@" + host},
	}
	for _, tt := range tests {
		id := r.agent.Dial(DialRequest{Target: tt.target})
		inv := r.peer.Expect("INVITE")
		if inv.URI() != tt.uri {
			t.Errorf("%q became %q, want %q", tt.target, inv.URI(), tt.uri)
		}
		leg := r.peer.Leg(inv)
		leg.Reply(inv, 486, "")
		r.peer.Expect("ACK")
		r.ended(id)
	}
}

func TestDialNonsense(t *testing.T) {
	r := newRig(t)
	for _, target := range []string{"", "   ", "sip:", "bob@", "sip:bob@[::1", "tel:bob@x", "<>", "sip:bob@host:99999"} {
		info := r.ended(r.agent.Dial(DialRequest{Target: target}))
		if !errors.Is(info.Err, ErrNoTarget) {
			t.Errorf("%q: %v", target, info.Err)
		}
	}
	for _, header := range []string{"nothing", "Via: x", "X\r\n: y", "X-A: b\r\nVia: c"} {
		info := r.ended(r.agent.Dial(DialRequest{Target: "bob", Headers: []string{header}}))
		if info.Err == nil {
			t.Errorf("header %q was taken", header)
		}
	}
	r.agent.Dial(DialRequest{Account: "nobody", Target: "bob"})
	if e := r.failed("dial"); e.Account != "nobody" {
		t.Errorf("%+v", e)
	}
}

func TestHeadersAndProxy(t *testing.T) {
	peer := uatest.UDP(t)
	r := newRigWith(t, peer, func(c *Config) {
		c.UserAgent = "testphone/1"
		c.Accounts[0].AOR = "sip:alice@example.invalid"
		c.Accounts[0].DisplayName = `A "quoted" name`
		c.Accounts[0].OutboundProxy = peer.URI("")
		c.Accounts[0].Headers = []string{"X-Account: 1"}
	})
	id := r.agent.Dial(DialRequest{Target: "bob", Headers: []string{"X-Call: 2"}})
	inv := peer.Expect("INVITE")
	for name, want := range map[string]string{
		"Route": "<" + peer.URI("") + ";lr>", "X-Account": "1", "X-Call": "2", "User-Agent": "testphone/1", "Max-Forwards": "70",
		"To": "<sip:bob@example.invalid>", "Accept": "application/sdp",
	} {
		if got := inv.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if inv.URI() != "sip:bob@example.invalid" || !strings.HasPrefix(inv.Get("From"), `"A \"quoted\" name" <sip:alice@example.invalid>;tag=`) {
		t.Errorf("INVITE:\n%s", inv.Raw)
	}
	peer.Leg(inv).Reply(inv, 404, "")
	peer.Expect("ACK")
	r.ended(id)
}

func TestOverTCP(t *testing.T) {
	r := newRigWith(t, uatest.TCP(t), withAccount(func(a *Account) { a.AOR += ";transport=tcp" }))
	id := r.agent.Dial(DialRequest{Target: "bob"})
	inv := r.peer.Expect("INVITE")
	if !strings.HasPrefix(inv.Get("Via"), "SIP/2.0/TCP ") || !strings.Contains(inv.Get("Contact"), ";transport=tcp>") {
		t.Errorf("INVITE:\n%s", inv.Raw)
	}
	leg := r.peer.Leg(inv)
	leg.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	leg.To = inv.From
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(id)
}

func TestOverIPv6(t *testing.T) {
	peer := uatest.UDPAt(t, "::1")
	r := newRigWith(t, peer, withAccount(func(a *Account) { a.Listen = netip.AddrPort{} }))
	id := r.agent.Dial(DialRequest{Target: peer.URI("bob")})
	inv := peer.Expect("INVITE")
	// Interop 10: brackets in the URI, none in SDP.
	if !strings.Contains(inv.Get("Contact"), "@[::1]:") || !strings.Contains(inv.Body, "c=IN IP6 ::1\r\n") {
		t.Errorf("INVITE:\n%s", inv.Raw)
	}
	leg := peer.Leg(inv)
	leg.Reply(inv, 200, r.sdp())
	peer.Expect("ACK")
	r.state(id, call.Confirmed)
	r.agent.Hangup(id)
	leg.Reply(peer.Expect("BYE"), 200, "")
	r.ended(id)
}

func TestAnswersThatMakeNoCall(t *testing.T) {
	for name, body := range map[string]string{
		"no SDP":          "",
		"no SDP at all":   "hello\n",
		"no common codec": "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 18\n",
	} {
		r := newRig(t)
		id, inv, leg := r.dialled()
		leg.Reply(inv, 200, body)
		r.peer.Expect("ACK")
		leg.Reply(r.peer.Expect("BYE"), 200, "")
		if info := r.ended(id); info.Cause != call.MediaFailure || info.Err == nil {
			t.Errorf("%s: %v %v", name, info.Cause, info.Err)
		}
	}
}

func TestMediaFails(t *testing.T) {
	r := newRig(t)
	r.media.openErr = errors.New("no free port")
	id := r.agent.Dial(DialRequest{Target: "bob"})
	if info := r.ended(id); info.Cause != call.MediaFailure || !strings.Contains(info.Err.Error(), "no free port") {
		t.Errorf("end: %v %v", info.Cause, info.Err)
	}
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	r.peer.Expect("180 INVITE")
	r.peer.Expect("500 INVITE")
}
