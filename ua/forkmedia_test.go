package ua

import (
	"net/netip"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

// RFC 3311, section 5.1, in one early dialog of several: the media stays with the one
// that is heard, and each is remembered for when it answers.
func TestUpdateOfAnotherForkMovesItsOwnMediaOnly(t *testing.T) {
	r := newRig(t)
	id, inv, one := r.dialled()
	two := one.Fork(inv)
	const able = "Allow: INVITE, ACK, BYE, PRACK, UPDATE"
	for i, leg := range []*uatest.Leg{one, two} {
		leg.Reply(inv, 183, uatest.SDP(loopback, 5000+i*1000), able, "Require: 100rel", "RSeq: 1")
		leg.Reply(r.peer.Expect("PRACK"), 200, "")
	}
	r.settle()
	s := r.media.session(0)
	if p, _ := s.last(); p.Remote.Port() != 6000 {
		t.Fatalf("the newest answer isn't followed: %v", p.Remote)
	}
	one.Target = uatest.Address(inv.Get("Contact"))
	one.Send(one.Request("UPDATE", uatest.SDP(loopback, 5500, "sendrecv")))
	r.peer.Expect("200 UPDATE")
	r.settle()
	if p, _ := s.last(); p.Remote.Port() != 6000 {
		t.Errorf("a fork that isn't followed takes the media: %v", p.Remote)
	}
	one.Reply(inv, 200, "")
	r.peer.Expect("ACK")
	if info := r.state(id, call.Confirmed); info.RemoteMedia.Port() != 5500 {
		t.Errorf("the call's media goes to %v", info.RemoteMedia)
	}
}

// The same for an offer that we left to several callees.
func TestLateOfferOfAnotherForkMovesItsOwnMediaOnly(t *testing.T) {
	r := newRig(t)
	id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob"), LateOffer: true})
	inv := r.peer.Expect("INVITE")
	one := r.peer.Leg(inv)
	two := one.Fork(inv)
	one.Reply(inv, 183, uatest.SDP(loopback, 5000), "Require: 100rel", "RSeq: 1")
	one.Reply(r.peer.Expect("PRACK"), 200, "")
	s := r.media.session(0)
	r.settle()
	s.on(audio.FirstPacket{SSRC: 1, From: netip.AddrPortFrom(loopback, 5000)})
	next(r, func(e MediaChanged) bool { return e.What == MediaStarted })
	two.Reply(inv, 183, uatest.SDP(loopback, 6000), "Require: 100rel", "RSeq: 1")
	two.Reply(r.peer.Expect("PRACK"), 200, "")
	r.settle()
	if p, _ := s.last(); p.Remote.Port() != 5000 {
		t.Errorf("a fork that isn't heard takes the media: %v", p.Remote)
	}
	two.Reply(inv, 200, "")
	r.peer.Expect("ACK")
	if info := r.state(id, call.Confirmed); info.RemoteMedia.Port() != 6000 {
		t.Errorf("the call's media goes to %v", info.RemoteMedia)
	}
}

// RFC 3261, section 8.2.3: a body that isn't understood is refused, not passed over.
func TestForeignBodyIn(t *testing.T) {
	r := newRig(t)
	_, leg := r.answered()
	for _, method := range []string{"INVITE", "UPDATE"} {
		text := strings.Replace(leg.Request(method, "frog\n"), "application/sdp", "application/frog", 1)
		leg.Send(text)
		res := r.peer.Expect("415 " + method)
		if !strings.Contains(res.Get("Accept"), "application/sdp") {
			t.Errorf("%s", res.Raw)
		}
		if method == "INVITE" {
			leg.Send(leg.Ack(leg.Seq, ""))
		}
	}
}
