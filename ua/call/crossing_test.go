package call

import (
	"testing"
	"time"
)

// What crosses, comes late, or asks for two things at once.
func TestCrossing(t *testing.T) {
	on := begin(calleds, line{SetHold{true}, "INVITE1:hold"})
	ask := Config{Reinvites: Prompt}
	change := Body{Kind: UsableSDP, Change: true, Desc: "sdp"}
	needs := Peer{Known: true, Update: true, Reliable: true, Requires: true}
	run(t, []replay{
		// RFC 3261, section 14.2: 500 before the final response to theirs, 491 while ours is under way.
		{"a second INVITE before the first has its answer", ask, begin(upped,
			line{RemoteInvite{Req: 2, Body: change}, "100>2 +ask(1m0s)"}, line{RemoteInvite{Req: 3, Body: change}, "500>3"},
			line{Consent{true}, "-ask 200+answer:talk>2 +answer(500ms) +ack(32s)"}), Confirmed, Hold{}},
		{"a move is told although the hold before it was refused", caller, begin(on, line{Reoffer{}, ""},
			line{rn(1, 488, "a"), "hold!488 INVITE2:talk"}), Confirmed, Hold{}},
		{"a move that an early UPDATE couldn't tell is told in the call", caller, begin(calling,
			line{with(rel(183, "a", 1, answer), talks, Session{}), "early/a PRACK/a:1"}, line{Reoffer{}, "UPDATE/a+offer"},
			line{updated(500), "rollback/a"}, line{r0(200, "a"), "-ring up/a follow/a ACK0/a INVITE1:talk"}), Confirmed, Hold{}},
		// The peer holds now, and we gave it up: it is told what is in force.
		{"a 2xx to a change that was given up", caller, begin(on, line{Failed{Round: 1, Cause: Timeout}, "hold!0"},
			line{rn(1, 200, "a", answer), "ACK1/a INVITE2:talk"}, line{rn(1, 200, "a", answer), "ACK1/a"},
			line{rn(2, 200, "a", answer), "apply/a ACK2/a"}, line{rn(1, 200, "a", answer), "ACK1/a"}), Confirmed, Hold{}},
		{"and one that comes while the next is under way", caller, begin(on, line{Failed{Round: 1, Cause: Timeout}, "hold!0"},
			line{SetHold{true}, "INVITE2:hold"}, line{rn(1, 200, "a", answer), "ACK1/a"},
			line{rn(2, 200, "a", answer), "apply/a ACK2/a"}), Confirmed, Hold{Desired: true, Local: true}},
		// RFC 3261, section 13.2.1: the first reliable response to an INVITE without an offer has it.
		{"a reliable 180 to an INVITE without an offer", callee, []line{
			{RemoteInvite{Req: 1, Peer: needs}, "+ring(2m0s)"}, {Ready{}, "180:1+offer>1 +repeat(500ms) +prack(32s)"},
			{RemotePrack{Req: 2, RSeq: 1, Body: answer}, "200>2 apply/ -repeat -prack"},
			{Answer{}, "-ring 200:talk>1 +answer(500ms) +ack(32s)"}, {RemoteAck{}, "-answer -ack"}}, Confirmed, Hold{}},
		{"answered before the media is open", callee, []line{
			{RemoteInvite{Req: 1, Peer: needs}, "+ring(2m0s)"}, {Answer{}, ""},
			{Ready{}, "-ring 200+offer:talk>1 +answer(500ms) +ack(32s)"}}, Answering, Hold{}},
		{"with an offer it goes at once", callee, []line{
			{RemoteInvite{Req: 1, Body: answer, Peer: needs}, "180:1>1 +repeat(500ms) +prack(32s) +ring(2m0s)"}}, Incoming, Hold{}},
	})
}

// RFC 4028, section 4: below 90 s no timer is to be had. What a peer grants all the same
// is kept, as far as it makes no flood.
func TestSessionTimerTooShort(t *testing.T) {
	grant := func(d time.Duration, refresher Side) []line {
		return begin(calling, line{with(r0(200, "a", answer), talks, Session{Expires: d, Refresher: refresher}), ""})
	}
	for _, tt := range []struct {
		granted, want time.Duration
	}{{time.Second, 10 * time.Second}, {40 * time.Second, 40 * time.Second}, {time.Hour, time.Hour}} {
		m := New(caller)
		for _, l := range grant(tt.granted, UAC) {
			m.Step(zero, l.in, nil)
		}
		if e := m.Expiry(); e.Expires != tt.want || !e.Ours {
			t.Errorf("granted %v: %+v", tt.granted, e)
		}
	}
}
