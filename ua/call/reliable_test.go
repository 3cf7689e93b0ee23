package call

import (
	"testing"
	"time"
)

var (
	talks   = Peer{Known: true, Update: true, Timer: true, Reliable: true}
	insists = Peer{Reliable: true, Requires: true}
	timer30 = Session{Expires: 30 * time.Minute}
)

// rel is a reliable provisional response.
func rel(code int, tag string, rseq uint32, b ...Body) Response {
	r := r0(code, tag, b...)
	r.RSeq = rseq
	return r
}

// Interop 29; RFC 3262, sections 3 and 5: as callee.
func TestInterop29PrackAsCallee(t *testing.T) {
	first := func(p Peer, b Body) Input { return RemoteInvite{Req: 1, Body: b, Peer: p} }
	progress := []line{{first(talks, answer), "180>1 +ring(2m0s)"}, {Ready{}, ""},
		{Progress{}, "183:1+answer>1 +repeat(500ms) +prack(32s)"}}
	all := Config{Reliable: ReliableRequired}
	run(t, []replay{
		{"only SDP goes reliably, and the 200 says nothing more", callee, begin(progress,
			line{RemotePrack{Req: 2, RSeq: 1}, "200>2 -repeat -prack"},
			line{Answer{}, "-ring 200:talk>1 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{}},
		{"the 200 waits for the PRACK", callee, begin(progress, line{Answer{}, ""},
			line{RemotePrack{Req: 2, RSeq: 1}, "200>2 -repeat -prack -ring 200:talk>1 +answer(500ms) +ack(32s)"}), Answering, Hold{}},
		{"again, at twice the delay each time", callee, begin(progress, line{Expired{RepeatTimer}, "1xxagain +repeat(1s)"},
			line{Expired{RepeatTimer}, "1xxagain +repeat(2s)"}, line{Expired{RepeatTimer}, "1xxagain +repeat(4s)"},
			line{Expired{RepeatTimer}, "1xxagain +repeat(8s)"}), Incoming, Hold{}},
		{"no PRACK at all", callee, begin(progress, line{Expired{PrackTimer}, "504>1 -ring -repeat quiet end:timeout/504"}), Ended, Hold{}},
		{"a PRACK for something else", callee, begin(progress, line{RemotePrack{Req: 2, RSeq: 7}, "481>2"},
			line{RemotePrack{Req: 3, RSeq: 1}, "200>3 -repeat -prack"}, line{RemotePrack{Req: 4, RSeq: 1}, "481>4"}), Incoming, Hold{}},
		{"a PRACK with an offer", callee, begin(progress, line{RemotePrack{Req: 2, RSeq: 1, Body: held}, "200+answer>2 -repeat -prack"}), Incoming, Hold{Remote: true}},
		{"a PRACK with an offer that we can't take", callee, begin(progress, line{RemotePrack{Req: 2, RSeq: 1, Body: broken}, "488>2 -repeat -prack"}), Incoming, Hold{}},
		{"a caller that insists gets all reliably, one at a time", callee, []line{
			{first(insists, answer), "180:1>1 +repeat(500ms) +prack(32s) +ring(2m0s)"}, {Ready{}, ""}, {Progress{}, ""}, {Progress{}, ""},
			{RemotePrack{Req: 2, RSeq: 1}, "200>2 -repeat -prack 183:2+answer>1 +repeat(500ms) +prack(32s)"},
			{RemotePrack{Req: 3, RSeq: 2}, "200>3 -repeat -prack"}}, Incoming, Hold{}},
		{"and so do we, when the account requires it", all, []line{
			{first(talks, answer), "180:1>1 +repeat(500ms) +prack(32s) +ring(2m0s)"}}, Incoming, Hold{}},
		{"a 200 needn't wait for an 18x without SDP", callee, []line{
			{first(insists, answer), "180:1>1 +repeat(500ms) +prack(32s) +ring(2m0s)"}, {Ready{}, ""},
			{Answer{}, "-ring -repeat -prack 200+answer:talk>1 +answer(500ms) +ack(32s)"},
			{RemotePrack{Req: 2, RSeq: 1}, "200>2"}, {RemoteAck{}, "-answer -ack"}}, Confirmed, Hold{}},
		{"switched off, nothing is reliable", Config{Reliable: ReliableOff}, []line{
			{first(talks, answer), "180>1 +ring(2m0s)"}, {Ready{}, ""}, {Progress{}, "183>1"}}, Incoming, Hold{}},
		{"no offer: ours goes in the 18x, the answer comes in the PRACK", callee, []line{
			{first(talks, Body{}), "180>1 +ring(2m0s)"}, {Ready{}, ""},
			{Progress{}, "183:1+offer>1 +repeat(500ms) +prack(32s)"},
			{RemotePrack{Req: 2, RSeq: 1}, "400>2"},
			{RemotePrack{Req: 3, RSeq: 1, Body: held}, "200>3 apply/ -repeat -prack"},
			{Answer{}, "-ring 200:talk>1 +answer(500ms) +ack(32s)"}, {RemoteAck{}, "-answer -ack"}}, Confirmed, Hold{Remote: true}},
		{"CANCEL before the PRACK", callee, begin(progress, line{RemoteCancel{2}, "200>2 487>1 -ring -repeat -prack quiet end:remote_canceled"},
			line{RemotePrack{Req: 3, RSeq: 1}, "481>3"}), Ended, Hold{}},
	})
}

// Interop 29; RFC 3262, sections 4 and 5: as caller.
func TestInterop29PrackAsCaller(t *testing.T) {
	late := Config{Outgoing: true, Late: true}
	lateCalling := []line{{Ready{}, "INVITE0:late +ring(2m0s)"}}
	settled := begin(calling, line{rel(183, "a", 5, answer), "early/a PRACK/a:5"})
	run(t, []replay{
		{"what came reliably is the answer: the 200's SDP doesn't count", caller, begin(settled,
			line{r0(200, "a", held), "-ring up/a follow/a ACK0/a"}), Confirmed, Hold{}},
		{"again, and out of order", caller, begin(settled, line{rel(183, "a", 5, answer), ""}, line{rel(180, "a", 7), ""},
			line{rel(180, "a", 6), "PRACK/a:6"}), Early, Hold{}},
		{"each fork counts for itself", caller, begin(settled, line{rel(180, "b", 5), "PRACK/b:5"}), Early, Hold{}},
		{"a 183 without SDP", caller, begin(calling, line{rel(183, "a", 1), "PRACK/a:1"},
			line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{}},
		{"a hold asked before goes with the PRACK", caller, begin(calling, line{SetHold{true}, ""},
			line{rel(183, "a", 1, answer), "early/a PRACK/a:1+offer"}, line{PrackDone{Tag: "a", Code: 200, Body: answer}, "early/a"},
			line{r0(200, "a"), "-ring up/a follow/a ACK0/a"}), Confirmed, Hold{Desired: true, Local: true}},
		{"and again by re-INVITE when it is refused there", caller, begin(calling, line{SetHold{true}, ""},
			line{rel(183, "a", 1, answer), "early/a PRACK/a:1+offer"}, line{PrackDone{Tag: "a", Code: 488}, "rollback/a"},
			line{r0(200, "a"), "-ring up/a follow/a ACK0/a INVITE1:hold"}), Confirmed, Hold{Desired: true}},
		{"switched off: no PRACK", Config{Outgoing: true, Reliable: ReliableOff}, begin(calling, line{rel(183, "a", 1, answer), "early/a"}), Early, Hold{}},
		{"while we give up it is still acknowledged", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"},
			line{rel(183, "a", 1, answer), "PRACK/a:1"}), Closing, Hold{}},
		{"late: the offer in the 200, our answer in the ACK", late, begin(lateCalling,
			line{r0(200, "a", held), "-ring up/a ACK0/a+answer"}, line{r0(200, "a", held), "ACK0/a"}), Confirmed, Hold{Remote: true}},
		{"late: the offer in a reliable 18x, our answer in the PRACK", late, begin(lateCalling,
			line{rel(183, "a", 1, answer), "PRACK/a:1+answer early/a"}, line{r0(200, "a"), "-ring up/a follow/a ACK0/a"}), Confirmed, Hold{}},
		{"late: an unreliable 18x is no offer", late, begin(lateCalling, line{r0(183, "a", answer), ""}), Early, Hold{}},
		{"late: an offer in the 18x that we can't take", late, begin(lateCalling,
			line{rel(183, "a", 1, broken), "PRACK/a:1 quiet -ring CANCEL +close(32s)"}, line{r0(487, "a"), "-close end:media_failure"}), Ended, Hold{}},
		{"late: nothing in the 200", late, begin(lateCalling,
			line{r0(200, "a"), "-ring up/a ACK0/a quiet BYE/a +close(32s)"}), Closing, Hold{}},
		{"a re-INVITE's reliable answer", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"},
			line{Response{Round: 1, Code: 183, Tag: "a", RSeq: 9, Body: answer}, "+patience(1m30s) PRACK/a:9"},
			line{rn(1, 200, "a"), "-patience apply/a ACK1/a"}), Confirmed, Hold{Desired: true, Local: true}},
	})
}

// RFC 6228, and interop 22: forks.
func TestInterop22Forks(t *testing.T) {
	both := begin(calling, line{r0(183, "a", answer), "early/a"}, line{r0(183, "b", answer), "early/b"})
	run(t, []replay{
		{"nothing is heard: the newest is followed", caller, both, Early, Hold{}},
		{"the one that is heard is followed", caller, begin(both, line{Flow{On: true, Tag: "a"}, "follow/a"}, line{Flow{On: true, Tag: "b"}, "follow/b"}), Early, Hold{}},
		{"who only speaks of media stands aside", caller, begin(calling, line{r0(183, "a", answer), "early/a"}, line{Flow{On: true, Tag: "a"}, ""},
			line{r0(183, "b", answer), "aside/b"}, line{Flow{On: true, Tag: "b"}, "follow/b"}), Early, Hold{}},
		{"who answers wins", caller, begin(both, line{Flow{On: true, Tag: "b"}, ""}, line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{}},
		{"media of nobody we know", caller, begin(both, line{Flow{On: true, Tag: "x"}, ""}), Early, Hold{}},
		{"199 of the one that is followed", caller, begin(both, line{r0(199, "b"), "follow/a"}, line{r0(199, "a"), "follow/"}), Early, Hold{}},
		{"199 of the other", caller, begin(both, line{r0(199, "a"), ""}), Early, Hold{}},
		{"a fork that is over says nothing more", caller, begin(both, line{r0(199, "b"), "follow/a"}, line{r0(183, "b", answer), ""}), Early, Hold{}},
		{"a late fork's 2xx while a re-INVITE is under way", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"},
			line{r0(200, "b", answer), "ACK0/b BYE/b"}, line{rn(1, 200, "a", answer), "apply/a ACK1/a"}), Confirmed, Hold{Desired: true, Local: true}},
	})
	t.Run("199 ends the ringing", func(t *testing.T) {
		m := New(caller)
		for _, in := range []Input{Ready{}, r0(180, "a"), r0(199, "a")} {
			m.Step(zero, in, nil)
		}
		if m.Ringback() {
			t.Error("a phone that is gone still rings")
		}
	})
	t.Run("a flood of tags", func(t *testing.T) {
		m := New(caller)
		m.Step(zero, Ready{}, nil)
		for i := range 10 * MaxForks {
			m.Step(zero, r0(183, string(rune('a'+i)), answer), nil)
		}
		for i := range 10 * MaxForks {
			m.Step(zero, r0(200, string(rune('a'+i)), answer), nil)
		}
		if len(m.forks) > MaxForks || len(m.acked) > MaxForks {
			t.Errorf("%d forks and %d answers are remembered", len(m.forks), len(m.acked))
		}
	})
}
