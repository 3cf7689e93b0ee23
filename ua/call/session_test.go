package call

import (
	"testing"
	"time"
)

var zero = time.Unix(0, 0)

func TestBye(t *testing.T) {
	run(t, []replay{
		{"ours", caller, begin(calleds, line{Hangup{}, "quiet BYE/a +close(32s)"}, line{ByeDone{"a"}, "-close end:local_hangup"}), Ended, Hold{}},
		{"theirs", caller, begin(calleds, line{RemoteBye{1}, "200>1 quiet end:remote_hangup"}, line{RemoteBye{2}, "200>2"}), Ended, Hold{}},
		{"both cross", caller, begin(calleds, line{Hangup{}, "quiet BYE/a +close(32s)"},
			line{RemoteBye{1}, "200>1 -close end:local_hangup"}, line{ByeDone{"a"}, ""}), Ended, Hold{}},
		{"no answer to ours", caller, begin(calleds, line{Hangup{}, "quiet BYE/a +close(32s)"}, line{Expired{CloseTimer}, "end:local_hangup"}), Ended, Hold{}},
		{"ours over our re-INVITE", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"},
			line{Hangup{}, "quiet BYE/a +close(32s)"}, line{rn(1, 200, "a", answer), "ACK1/a"}, line{ByeDone{"a"}, "-close end:local_hangup"}), Ended, Hold{Desired: true}},
		{"theirs over our re-INVITE", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"},
			line{RemoteBye{1}, "200>1 quiet end:remote_hangup"}, line{rn(1, 487, "a"), ""}, line{rn(1, 200, "a"), "ACK1/a"}), Ended, Hold{Desired: true}},
		{"ours over their re-INVITE", callee, begin(upped, line{RemoteInvite{Req: 2, Body: held}, "200+answer:talk>2 +answer(500ms) +ack(32s)"},
			line{Hangup{}, "quiet -answer -ack BYE/ +close(32s)"}, line{RemoteAck{}, ""}, line{ByeDone{}, "-close end:local_hangup"}), Ended, Hold{Remote: true}},
		{"re-INVITE after our BYE", callee, begin(upped, line{Hangup{}, "quiet BYE/ +close(32s)"}, line{RemoteInvite{Req: 2, Body: answer}, "481>2"}), Closing, Hold{}},
	})
}

func TestHold(t *testing.T) {
	on := begin(calleds, line{SetHold{true}, "INVITE1:hold"})
	run(t, []replay{
		{"and resume", caller, begin(on, line{rn(1, 200, "a", answer), "apply/a ACK1/a"},
			line{SetHold{false}, "INVITE2:talk"}, line{rn(2, 200, "a", answer), "apply/a ACK2/a"}), Confirmed, Hold{}},
		{"twice is once", caller, begin(on, line{SetHold{true}, ""}, line{rn(1, 200, "a", answer), "apply/a ACK1/a"}, line{SetHold{true}, ""}), Confirmed, Hold{Desired: true, Local: true}},
		{"a 2xx of the round again, and of one before", caller, begin(on, line{rn(1, 200, "a", answer), "apply/a ACK1/a"},
			line{rn(1, 200, "a", answer), "ACK1/a"}, line{SetHold{false}, "INVITE2:talk"}, line{rn(1, 200, "a", answer), "ACK1/a"}), Confirmed, Hold{Local: true}},
		{"changed while it is under way", caller, begin(on, line{SetHold{false}, ""},
			line{rn(1, 200, "a", answer), "apply/a ACK1/a INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"refused", caller, begin(on, line{rn(1, 488, "a"), "hold!488"}), Confirmed, Hold{}},
		{"accepted without SDP", caller, begin(on, line{rn(1, 200, "a"), "ACK1/a hold!200"}), Confirmed, Hold{}},
		{"interop 27: 481 is the end", caller, begin(on, line{rn(1, 481, "a"), "quiet end:protocol_error/481"}), Ended, Hold{Desired: true}},
		{"interop 27: 408 isn't", caller, begin(on, line{rn(1, 408, "a"), "hold!408"}), Confirmed, Hold{}},
		{"interop 27: unless asked", Config{Outgoing: true, EndOnTimeout: true}, begin(on, line{rn(1, 408, "a"), "quiet BYE/a +close(32s)"},
			line{ByeDone{"a"}, "-close end:timeout/408"}), Ended, Hold{Desired: true}},
		{"interop 27: time-out isn't", caller, begin(on, line{Failed{Round: 1, Cause: Timeout}, "hold!0"}), Confirmed, Hold{}},
		{"interop 27: time-out is, when asked", Config{Outgoing: true, EndOnTimeout: true}, begin(on, line{Failed{Round: 1, Cause: Timeout}, "quiet BYE/a +close(32s)"},
			line{Expired{CloseTimer}, "end:timeout"}), Ended, Hold{Desired: true}},
		{"challenged", caller, begin(on, line{Restart{1}, "again1"}, line{rn(1, 200, "a", answer), "apply/a ACK1/a"}), Confirmed, Hold{Desired: true, Local: true}},
		{"a challenge that comes after the BYE", caller, begin(on, line{Hangup{}, "quiet BYE/a +close(32s)"}, line{Restart{1}, ""}), Closing, Hold{Desired: true}},
		{"by the peer", callee, begin(upped, line{RemoteInvite{Req: 2, Body: held}, "200+answer:talk>2 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{Remote: true}},
		{"by both", callee, begin(upped, line{RemoteInvite{Req: 2, Body: held}, "200+answer:talk>2 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"},
			line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 200, "", held), "apply/ ACK1/"}), Confirmed, Hold{true, true, true}},
		{"ours goes out with our answer to theirs", callee, begin(upped,
			line{RemoteInvite{Req: 2, Body: answer}, "200+answer:talk>2 +answer(500ms) +ack(32s)"}, line{SetHold{true}, ""},
			line{RemoteAck{}, "-answer -ack INVITE1:hold"}), Confirmed, Hold{Desired: true}},
		{"the peer resumes while we hold", callee, begin(upped, line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 200, "", answer), "apply/ ACK1/"},
			line{RemoteInvite{Req: 2, Body: answer}, "200+answer:hold>2 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{Desired: true, Local: true}},
		{"an offer that we can't take", callee, begin(upped, line{RemoteInvite{Req: 2, Body: broken}, "488>2"}), Confirmed, Hold{}},
		{"an offer that is no SDP", callee, begin(upped, line{RemoteInvite{Req: 2, Body: Body{Kind: Malformed}}, "400>2"}), Confirmed, Hold{}},
		{"interop 25: re-INVITE without an offer", callee, begin(upped, line{RemoteInvite{Req: 2, Body: Body{}}, "200+offer:talk>2 +answer(500ms) +ack(32s)"},
			line{RemoteAck{held}, "-answer -ack apply/"}), Confirmed, Hold{Remote: true}},
		{"interop 25: and without an answer all is as it was", callee, begin(upped, line{RemoteInvite{Req: 2, Body: Body{}}, "200+offer:talk>2 +answer(500ms) +ack(32s)"},
			line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{}},
		{"no ACK to a re-INVITE's 200", callee, begin(upped, line{RemoteInvite{Req: 2, Body: held}, "200+answer:talk>2 +answer(500ms) +ack(32s)"},
			line{Expired{AckTimer}, "-answer quiet BYE/ +close(32s)"}, line{ByeDone{}, "-close end:timeout"}), Ended, Hold{Remote: true}},
	})
}

// RFC 3261, sections 14.1 and 14.2; interop 26.
func TestGlare(t *testing.T) {
	owner := Config{Outgoing: true, Rand: func() float64 { return 0 }}
	other := Config{Rand: func() float64 { return 0.999 }}
	on := begin(calleds, line{SetHold{true}, "INVITE1:hold"})
	run(t, []replay{
		{"theirs while ours is under way", owner, begin(on, line{RemoteInvite{Req: 1, Body: answer}, "491>1"}), Confirmed, Hold{Desired: true}},
		{"the owner of the Call-ID waits longer", owner, begin(on, line{rn(1, 491, "a"), "+glare(2.1s)"},
			line{Expired{GlareTimer}, "INVITE2:hold"}), Confirmed, Hold{Desired: true}},
		{"the other waits less", other, begin(upped, line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 491, ""), "+glare(1.99s)"},
			line{Expired{GlareTimer}, "INVITE2:hold"}), Confirmed, Hold{Desired: true}},
		{"theirs comes in the meantime and carries our wish", owner, begin(on, line{rn(1, 491, "a"), "+glare(2.1s)"},
			line{RemoteInvite{Req: 1, Body: answer}, "200+answer:hold>1 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"},
			line{Expired{GlareTimer}, ""}), Confirmed, Hold{Desired: true, Local: true}},
		{"theirs isn't acknowledged yet when the delay ends", owner, begin(on, line{rn(1, 491, "a"), "+glare(2.1s)"},
			line{RemoteInvite{Req: 1, Body: answer}, "200+answer:hold>1 +answer(500ms) +ack(32s)"}, line{SetHold{false}, ""},
			line{Expired{GlareTimer}, ""}, line{RemoteAck{}, "-answer -ack INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"a change of mind makes it needless", owner, begin(on, line{rn(1, 491, "a"), "+glare(2.1s)"}, line{SetHold{false}, ""},
			line{Expired{GlareTimer}, ""}), Confirmed, Hold{}},
		{"hang-up in the meantime", owner, begin(on, line{rn(1, 491, "a"), "+glare(2.1s)"}, line{Hangup{}, "-glare quiet BYE/a +close(32s)"},
			line{Expired{GlareTimer}, ""}), Closing, Hold{Desired: true}},
		{"two of theirs at once", callee, begin(upped, line{RemoteInvite{Req: 2, Body: answer}, "200+answer:talk>2 +answer(500ms) +ack(32s)"},
			line{RemoteInvite{Req: 3, Body: answer}, "491>3"}), Confirmed, Hold{}},
	})
}

// The delay is in the range of RFC 3261, section 14.1, whatever Rand says.
func TestGlareDelay(t *testing.T) {
	for _, r := range []float64{-1, 0, 0.25, 0.999999, 1, 7} {
		for _, outgoing := range []bool{true, false} {
			m := New(Config{Outgoing: outgoing, Rand: func() float64 { return r }})
			d, low, high := m.glareDelay(), time.Duration(0), 2*time.Second
			if outgoing {
				low, high = 2100*time.Millisecond, 4*time.Second
			}
			if d < low || d > high || d%(10*time.Millisecond) != 0 {
				t.Errorf("outgoing %v, random %v: %v", outgoing, r, d)
			}
		}
	}
}

// Interop 51, the machine's part.
func TestInfo(t *testing.T) {
	run(t, []replay{
		{"one at a time", caller, begin(calleds, line{Digits{"12"}, "INFO:1"}, line{Digits{"3"}, ""},
			line{InfoDone{Code: 200}, "sent:1 INFO:2"}, line{InfoDone{Code: 200}, "sent:2 INFO:3"}, line{InfoDone{Code: 200}, "sent:3"}), Confirmed, Hold{}},
		{"refused drops the rest", caller, begin(calleds, line{Digits{"12"}, "INFO:1"}, line{InfoDone{Code: 415}, "digits!415"}, line{Digits{"3"}, "INFO:3"}), Confirmed, Hold{}},
		{"time-out", caller, begin(calleds, line{Digits{"1"}, "INFO:1"}, line{InfoDone{Err: errX}, "digits!0"}), Confirmed, Hold{}},
		{"481 is the end", caller, begin(calleds, line{Digits{"1"}, "INFO:1"}, line{InfoDone{Code: 481}, "quiet end:protocol_error/481"}), Ended, Hold{}},
		{"hung up meanwhile", caller, begin(calleds, line{Digits{"12"}, "INFO:1"}, line{Hangup{}, "quiet BYE/a +close(32s)"}, line{InfoDone{Code: 200}, ""}), Closing, Hold{}},
		{"before the call is up", caller, begin(ringing, line{Digits{"1"}, ""}), Early, Hold{}},
		{"a digit comes", caller, begin(calleds, line{RemoteInfo{Req: 1, OK: true, Digit: '#'}, "200>1 heard:#"}), Confirmed, Hold{}},
		{"an empty one", caller, begin(calleds, line{RemoteInfo{Req: 1, Empty: true}, "200>1"}), Confirmed, Hold{}},
		{"something else", caller, begin(calleds, line{RemoteInfo{Req: 1}, "415>1"}), Confirmed, Hold{}},
		{"after the end", caller, begin(calleds, line{RemoteBye{1}, "200>1 quiet end:remote_hangup"}, line{RemoteInfo{Req: 2, OK: true, Digit: '1'}, "481>2"}), Ended, Hold{}},
	})
}
