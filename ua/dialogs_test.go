package ua

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// RFC 3261, section 13.2.2.4: one early dialog for each tag; what is heard is followed.
func TestInterop22ForkedEarlyMedia(t *testing.T) {
	r := newRig(t)
	id, inv, one := r.dialled()
	two := one.Fork(inv)
	one.Reply(inv, 183, uatest.SDP(loopback, 5000))
	info := r.state(id, call.Early)
	if info.RemoteMedia.Port() != 5000 {
		t.Fatalf("media goes to %v", info.RemoteMedia)
	}
	s := r.media.session(0)
	s.on(audio.FirstPacket{SSRC: 1, From: netip.AddrPortFrom(loopback, 5000)})
	next(r, func(e MediaChanged) bool { return e.What == MediaStarted })
	two.Reply(inv, 183, uatest.SDP(loopback, 6000))
	r.settle()
	if p, _ := s.last(); p.Remote.Port() != 5000 {
		t.Errorf("a fork that isn't heard takes the media: %v", p.Remote)
	}
	s.on(audio.FirstPacket{SSRC: 2, From: netip.AddrPortFrom(loopback, 6000)})
	next(r, func(e MediaChanged) bool { return e.What == MediaStarted })
	if p, _ := s.last(); p.Remote.Port() != 6000 {
		t.Errorf("the newest stream isn't followed: %v", p.Remote)
	}
	// The answer of the first is its own, whatever the second said meanwhile.
	one.Reply(inv, 200, "")
	r.peer.Expect("ACK")
	if info := r.state(id, call.Confirmed); info.RemoteMedia.Port() != 5000 {
		t.Errorf("the call's media goes to %v", info.RemoteMedia)
	}
}

// RFC 3262: as caller, with the offer in the INVITE and in the reliable response.
func TestInterop29PrackOut(t *testing.T) {
	for _, late := range []bool{false, true} {
		r := newRig(t)
		id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob"), LateOffer: late})
		inv := r.peer.Expect("INVITE")
		leg := r.peer.Leg(inv)
		if !strings.Contains(inv.Get("Supported"), "100rel") || (inv.Body == "") != late {
			t.Errorf("late %t:\n%s", late, inv.Raw)
		}
		leg.Reply(inv, 183, r.sdp(), "Require: 100rel", "RSeq: 41", "Allow: INVITE, ACK, BYE, PRACK")
		prack := r.peer.Expect("PRACK")
		if prack.Get("RAck") != "41 1 INVITE" || prack.Seq() != 2 || strings.Contains(prack.Body, "m=audio") != late {
			t.Errorf("late %t:\n%s", late, prack.Raw)
		}
		leg.Reply(prack, 200, "")
		if info := r.state(id, call.Early); info.Codec != "PCMU/8000" {
			t.Errorf("late %t: codec %q", late, info.Codec)
		}
		leg.Reply(inv, 200, "")
		if ack := r.peer.Expect("ACK"); ack.Body != "" {
			t.Errorf("late %t: the ACK has a body:\n%s", late, ack.Raw)
		}
		r.state(id, call.Confirmed)
	}
}

// RFC 3261, section 13.2.1.
func TestLateOffer(t *testing.T) {
	r := newRig(t)
	id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob"), LateOffer: true})
	inv := r.peer.Expect("INVITE")
	leg := r.peer.Leg(inv)
	ok := leg.Response(inv, 200, r.sdp())
	r.peer.Repeats = true
	r.peer.Send(inv.From, ok)
	ack := r.peer.Expect("ACK")
	if !strings.Contains(ack.Body, "m=audio 40002 RTP/AVP 0") {
		t.Errorf("no answer in the ACK:\n%s", ack.Raw)
	}
	if info := r.state(id, call.Confirmed); info.Codec != "PCMU/8000" {
		t.Errorf("codec %q", info.Codec)
	}
	r.peer.Send(inv.From, ok)
	if again := r.peer.Expect("ACK"); again.Raw != ack.Raw {
		t.Errorf("another ACK:\n%s", again.Raw)
	}
}

// RFC 3262: as callee.
func TestInterop29PrackIn(t *testing.T) {
	r := newRig(t)
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), "Require: 100rel"))
	ring := r.peer.Expect("180 INVITE")
	if ring.Get("Require") != "100rel" || ring.Get("RSeq") == "" {
		t.Fatalf("not reliable:\n%s", ring.Raw)
	}
	leg.Learn(ring)
	id := r.state(0, call.Incoming).ID
	leg.Send(leg.Request("PRACK", "", "RAck: 1 99 INVITE"))
	r.peer.Expect("481 PRACK")
	leg.Send(leg.Request("PRACK", "", "RAck: "+ring.Get("RSeq")+" 1 INVITE"))
	r.peer.Expect("200 PRACK")
	r.agent.Progress(id)
	early := r.peer.Expect("183 INVITE")
	r.agent.Answer(id) // has to wait
	leg.Send(leg.Request("PRACK", r.sdp("sendonly"), "RAck: "+early.Get("RSeq")+" 1 INVITE"))
	if ok := r.peer.Expect("200 PRACK"); !strings.Contains(ok.Body, "a=recvonly") {
		t.Errorf("the PRACK's offer has no answer:\n%s", ok.Raw)
	}
	if ok := r.peer.Expect("200 INVITE"); ok.Body != "" {
		t.Errorf("a second answer:\n%s", ok.Raw)
	}
	leg.Send(leg.Ack(1, ""))
	if info := r.state(id, call.Confirmed); !info.Hold.Remote {
		t.Errorf("hold %+v", info.Hold)
	}
}

// What an account can't do is said, not guessed.
func TestReliableByAccount(t *testing.T) {
	for _, tt := range []struct {
		mode    call.Reliability
		headers []string
		code    string
		header  string
		value   string
	}{
		{call.ReliableOff, []string{"Require: 100rel"}, "420", "Unsupported", "100rel"},
		{call.ReliableRequired, nil, "421", "Require", "100rel"},
		{call.ReliableSupported, []string{"Supported: timer", "Session-Expires: 20"}, "422", "Min-SE", "90"},
	} {
		r := newRig(t, withAccount(func(a *Account) { a.Reliable = tt.mode }))
		leg := r.peer.Call("alice", r.addr())
		leg.Send(leg.Request("INVITE", r.sdp(), tt.headers...))
		if res := r.peer.Expect(tt.code); res.Get(tt.header) != tt.value {
			t.Errorf("%v:\n%s", tt.mode, res.Raw)
		}
		if n := len(r.agent.Calls()); n != 0 {
			t.Errorf("%v: %d calls", tt.mode, n)
		}
	}
}

// RFC 3261, section 14.2: the person is asked; hold isn't.
func TestConsent(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Reinvites = ReinviteAsk }))
	id, leg := r.answered()
	leg.Send(leg.Request("INVITE", r.sdp("sendonly")))
	r.peer.Expect("200 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	video := r.sdp() + "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
	for _, accept := range []bool{false, true} {
		leg.Send(leg.Request("INVITE", video))
		asked := next(r, func(e CallChanged) bool { return e.Call.Pending == PendingChange })
		if got := strings.Join(asked.Call.Proposed, "; "); got != "adds video" {
			t.Errorf("the change is told as %q", got)
		}
		r.agent.Consent(id, accept)
		if accept {
			if ok := r.peer.Expect("200 INVITE"); !strings.Contains(ok.Body, "m=video 0 ") {
				t.Errorf("video isn't refused in its place:\n%s", ok.Body)
			}
		} else {
			r.peer.Expect("488 INVITE")
		}
		leg.Send(leg.Ack(leg.Seq, ""))
		next(r, func(e CallChanged) bool { return e.Call.Pending == PendingNone })
	}
	r.agent.Consent(id, true)
	if f := r.failed("consent"); f.Err != ErrNothingAsked {
		t.Errorf("%v", f.Err)
	}
}

// A 2xx that comes again doesn't bring back a target that the peer has left since
// (RFC 3261, section 12.2.1.2).
func TestOld2xxLeavesTheTarget(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	r.agent.Hold(id)
	re := r.peer.Expect("INVITE")
	old := leg.Response(re, 200, r.sdp("recvonly"))
	r.peer.Send(re.From, old)
	r.peer.Expect("ACK")
	leg.Contact = r.peer.URI("moved")
	leg.Send(leg.Request("UPDATE", ""))
	r.peer.Expect("200 UPDATE")
	r.peer.Send(re.From, old)
	r.settle()
	r.agent.Hangup(id)
	if bye := r.peer.Expect("BYE"); !strings.Contains(bye.URI(), "moved") {
		t.Errorf("BYE to %s", bye.URI())
	}
}

// To a Contact that is a name, what was said first goes first.
func TestNamedTargetKeepsOrder(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1:7000"})
		synctest.Wait()
		inv := n.end().one(t, sip.INVITE)
		res := sip.NewResponse(inv.req, 200, "")
		sip.SetToTag(res, "b")
		res.AppendHeader(sip.NewHeader("Contact", "<sip:bob@phone.example.com>"))
		setSDP(res, []byte(crlf(uatest.SDP(loopback, 4000))))
		inv.h(res, nil)
		r.agent.Hangup(id)
		if sent := n.end().take(); methods(sent) != "ACK BYE " {
			t.Errorf("sent %s", methods(sent))
		}
	})
}

// RFC 6086, section 4.2.2; RFC 3261, sections 8.2.2.2 and 12.2.2.
func TestInDialogOrder(t *testing.T) {
	r := newRig(t)
	_, _, leg := r.talking()
	leg.Send(leg.Request("INFO", "x", "Info-Package: nobody", "Content-Type: text/plain"))
	if res := r.peer.Expect("469"); !strings.Contains(res.Raw, "Recv-Info:") {
		t.Errorf("no Recv-Info:\n%s", res.Raw)
	}
	leg.Seq--
	leg.Send(leg.Request("OPTIONS", ""))
	r.peer.Expect("482")
	leg.Seq -= 2
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("500")
}
