package call

import "testing"

func TestCaller(t *testing.T) {
	run(t, []replay{
		{"answered", caller, calleds, Confirmed, Hold{}},
		{"answered at once", caller, begin(calling, line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{}},
		{"trying isn't ringing", caller, begin(calling, line{r0(100, ""), ""}), Calling, Hold{}},
		{"busy", caller, begin(ringing, line{r0(486, "a"), "-ring quiet end:rejected/486"}), Ended, Hold{}},
		{"decline", caller, begin(calling, line{r0(603, "a"), "-ring quiet end:rejected/603"}), Ended, Hold{}},
		{"408 after ringing is nobody", caller, begin(ringing, line{r0(408, "a"), "-ring quiet end:no_answer/408"}), Ended, Hold{}},
		{"408 without ringing is silence", caller, begin(calling, line{r0(408, "a"), "-ring quiet end:timeout/408"}), Ended, Hold{}},
		{"401 that nobody can answer", caller, begin(calling, line{Failed{Cause: AuthFailure, Code: 401}, "-ring quiet end:auth_failure/401"}), Ended, Hold{}},
		{"timer B", caller, begin(calling, line{Failed{Cause: Timeout, Err: errX}, "-ring quiet end:timeout"}), Ended, Hold{}},
		{"no way there", caller, []line{{Unready{TransportFailure, errX}, "quiet end:transport_failure"}, {Ready{}, ""}}, Ended, Hold{}},
		{"challenge is answered", caller, begin(calling,
			line{r0(100, ""), ""}, line{Restart{}, "again0"}, line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{}},
		{"nobody answers", caller, begin(ringing,
			line{Expired{RingTimer}, "quiet CANCEL +close(32s)"}, line{r0(487, "a"), "-close end:no_answer"}), Ended, Hold{}},
		{"a hold asked before the answer is negotiated after it", caller, begin(ringing,
			line{SetHold{true}, ""}, line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a INVITE1:hold"}), Confirmed, Hold{Desired: true}},
		{"a late 18x changes nothing", caller, begin(calleds, line{r0(183, "a", answer), ""}, line{r0(180, "b"), ""}), Confirmed, Hold{}},
		{"200 without SDP takes the 18x's", caller, begin(calling,
			line{r0(183, "a", answer), "early/a"}, line{r0(200, "a"), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{}},
		{"200 of another fork doesn't", caller, begin(calling,
			line{r0(183, "a", answer), "early/a"}, line{r0(200, "b"), "-ring up/b ACK0/b quiet BYE/b +close(32s)"},
			line{ByeDone{"b"}, "-close end:media_failure"}), Ended, Hold{}},
		{"an answer without a common codec", caller, begin(calling,
			line{r0(200, "a", broken), "-ring up/a ACK0/a quiet BYE/a +close(32s)"}, line{ByeDone{"a"}, "-close end:media_failure"}), Ended, Hold{}},
		{"a bad early answer is no reason to fail", caller, begin(calling, line{r0(183, "a", broken), ""}), Early, Hold{}},
		{"the peer answers on hold", caller, begin(calling, line{r0(200, "a", held), "-ring up/a apply/a ACK0/a"}), Confirmed, Hold{Remote: true}},
	})
}

// RFC 3261, sections 13.2.2.4 and 13.3.1.4; interop 20 and 21.
func TestSuccessAgainAndForks(t *testing.T) {
	run(t, []replay{
		{"each retransmitted 2xx is ACKed", caller, begin(calleds,
			line{r0(200, "a", answer), "ACK0/a"}, line{r0(200, "a", answer), "ACK0/a"}), Confirmed, Hold{}},
		{"interop 21: a fork's 2xx is ACKed and ended", caller, begin(calleds,
			line{r0(200, "b", answer), "ACK0/b BYE/b"}, line{ByeDone{"b"}, ""}), Confirmed, Hold{}},
		{"the fork's 2xx again is only ACKed", caller, begin(calleds,
			line{r0(200, "b", answer), "ACK0/b BYE/b"}, line{r0(200, "b", answer), "ACK0/b"}), Confirmed, Hold{}},
		{"a fork that answers while we hang up", caller, begin(calleds,
			line{Hangup{}, "quiet BYE/a +close(32s)"}, line{r0(200, "b", answer), "ACK0/b BYE/b"},
			line{ByeDone{"b"}, ""}, line{ByeDone{"a"}, "-close end:local_hangup"}), Ended, Hold{}},
		{"2xx after the end", caller, begin(calling,
			line{Failed{Cause: Timeout}, "-ring quiet end:timeout"}, line{r0(200, "a", answer), "ACK0/a BYE/a"},
			line{r0(200, "a", answer), "ACK0/a"}), Ended, Hold{}},
		{"2xx of the ended call again", caller, begin(calleds,
			line{RemoteBye{1}, "200>1 quiet end:remote_hangup"}, line{r0(200, "a", answer), "ACK0/a"}), Ended, Hold{}},
	})
}

// RFC 3261, section 9.1; interop 28.
func TestGivingUp(t *testing.T) {
	run(t, []replay{
		{"before anything is sent", caller, []line{{Hangup{}, "quiet end:canceled"}, {Ready{}, ""}}, Ended, Hold{}},
		{"before a 1xx it waits", caller, begin(calling, line{Hangup{}, "quiet -ring"}), Closing, Hold{}},
		{"and then cancels", caller, begin(calling, line{Hangup{}, "quiet -ring"},
			line{r0(100, ""), "CANCEL +close(32s)"}, line{r0(180, "a"), ""}, line{r0(487, "a"), "-close end:canceled"}), Ended, Hold{}},
		{"after a 180", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"},
			line{r0(487, "a"), "-close end:canceled"}), Ended, Hold{}},
		{"twice changes nothing", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"}, line{Hangup{}, ""}), Closing, Hold{}},
		{"interop 28: the 200 crosses the CANCEL", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"},
			line{r0(200, "a", answer), "up/a ACK0/a BYE/a +close(32s)"}, line{r0(200, "a", answer), "ACK0/a"},
			line{ByeDone{"a"}, "-close end:canceled"}), Ended, Hold{}},
		{"the 200 comes before any 1xx", caller, begin(calling, line{Hangup{}, "quiet -ring"},
			line{r0(200, "a", answer), "up/a ACK0/a BYE/a +close(32s)"}, line{ByeDone{"a"}, "-close end:canceled"}), Ended, Hold{}},
		{"486 instead of 487", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"},
			line{r0(486, "a"), "-close end:canceled"}), Ended, Hold{}},
		{"no final response to a CANCEL", caller, begin(ringing, line{Hangup{}, "quiet -ring CANCEL +close(32s)"},
			line{Expired{CloseTimer}, "end:canceled"}, line{r0(200, "a", answer), "ACK0/a BYE/a"}), Ended, Hold{}},
		{"no response at all", caller, begin(calling, line{Hangup{}, "quiet -ring"},
			line{Failed{Cause: Timeout}, "end:canceled"}), Ended, Hold{}},
		{"a challenge is not answered any more", caller, begin(calling, line{Hangup{}, "quiet -ring"},
			line{Restart{}, "end:canceled"}), Ended, Hold{}},
		{"after a challenge a CANCEL waits again", caller, begin(ringing, line{Restart{}, "again0"},
			line{Hangup{}, "quiet -ring"}, line{r0(180, "b"), "CANCEL +close(32s)"}), Closing, Hold{}},
		{"at shutdown", caller, begin(ringing, line{Hangup{Shutdown}, "quiet -ring CANCEL +close(32s)"},
			line{r0(487, "a"), "-close end:shutdown"}), Ended, Hold{}},
		{"the callee sends BYE instead of a refusal", caller, begin(ringing, line{RemoteBye{1}, "200>1 quiet -ring CANCEL +close(32s)"},
			line{r0(487, "a"), "-close end:remote_hangup"}), Ended, Hold{}},
	})
}

func TestCallee(t *testing.T) {
	run(t, []replay{
		{"answered", callee, upped, Confirmed, Hold{}},
		{"answered before the media is open", callee, []line{
			{RemoteInvite{Req: 1, Body: answer}, "180>1 +ring(2m0s)"}, {Answer{}, ""},
			{Ready{}, "-ring 200+answer:talk>1 +answer(500ms) +ack(32s)"}}, Answering, Hold{}},
		{"no media", callee, []line{{RemoteInvite{Req: 1, Body: answer}, "180>1 +ring(2m0s)"},
			{Unready{MediaFailure, errX}, "500>1 -ring quiet end:media_failure"}}, Ended, Hold{}},
		{"refused", callee, begin(rung, line{Reject{}, "486>1 -ring quiet end:declined/486"}), Ended, Hold{}},
		{"declined", callee, begin(rung, line{Reject{Code: 603}, "603>1 -ring quiet end:declined/603"}), Ended, Hold{}},
		{"a code that refuses nothing", callee, begin(rung, line{Reject{Code: 200}, "486>1 -ring quiet end:declined/486"}), Ended, Hold{}},
		{"hung up while it rings", callee, begin(rung, line{Hangup{}, "486>1 -ring quiet end:declined/486"}), Ended, Hold{}},
		{"shutdown while it rings", callee, begin(rung, line{Hangup{Shutdown}, "480>1 -ring quiet end:shutdown"}), Ended, Hold{}},
		{"rings out", callee, begin(rung, line{Expired{RingTimer}, "480>1 quiet end:no_answer"}), Ended, Hold{}},
		{"CANCEL first", callee, begin(rung, line{RemoteCancel{2}, "200>2 487>1 -ring quiet end:remote_canceled"}, line{Answer{}, ""}), Ended, Hold{}},
		{"answer first", callee, begin(took, line{RemoteCancel{2}, "200>2"}, line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{}},
		{"CANCEL while the media opens", callee, []line{{RemoteInvite{Req: 1, Body: answer}, "180>1 +ring(2m0s)"}, {Answer{}, ""},
			{RemoteCancel{2}, "200>2 487>1 -ring quiet end:remote_canceled"}, {Ready{}, ""}}, Ended, Hold{}},
		{"BYE in the early dialog", callee, begin(rung, line{RemoteBye{2}, "200>2 487>1 -ring quiet end:remote_canceled"}), Ended, Hold{}},
		{"BYE before the ACK", callee, begin(took, line{RemoteBye{2}, "200>2 -answer -ack quiet end:remote_hangup"}, line{RemoteAck{}, ""}), Ended, Hold{}},
		{"hang-up before the ACK waits for it", callee, begin(took, line{Hangup{}, "quiet"}, line{Expired{AnswerTimer}, "200again +answer(1s)"},
			line{RemoteAck{}, "-answer -ack BYE/ +close(32s)"}, line{ByeDone{}, "-close end:local_hangup"}), Ended, Hold{}},
		{"hang-up, and no ACK ever", callee, begin(took, line{Hangup{}, "quiet"},
			line{Expired{AckTimer}, "-answer BYE/ +close(32s)"}, line{ByeDone{}, "-close end:local_hangup"}), Ended, Hold{}},
		{"hang-up before the ACK, and then their BYE", callee, begin(took, line{Hangup{}, "quiet"},
			line{RemoteBye{2}, "200>2 -answer -ack end:local_hangup"}), Ended, Hold{}},
		{"second INVITE while it rings", callee, begin(rung, line{RemoteInvite{Req: 2, Body: answer}, "500>2"}), Incoming, Hold{}},
		{"re-INVITE before the ACK", callee, begin(took, line{RemoteInvite{Req: 2, Body: answer}, "491>2"}), Answering, Hold{}},
		{"interop 25: no offer", callee, []line{
			{RemoteInvite{Req: 1, Body: Body{}}, "180>1 +ring(2m0s)"}, {Ready{}, ""},
			{Answer{}, "-ring 200+offer:talk>1 +answer(500ms) +ack(32s)"},
			{RemoteAck{answer}, "-answer -ack apply/"}}, Confirmed, Hold{}},
		{"interop 25: no offer, and no answer in the ACK", callee, []line{
			{RemoteInvite{Req: 1, Body: Body{}}, "180>1 +ring(2m0s)"}, {Ready{}, ""},
			{Answer{}, "-ring 200+offer:talk>1 +answer(500ms) +ack(32s)"},
			{RemoteAck{}, "-answer -ack quiet BYE/ +close(32s)"}, {ByeDone{}, "-close end:media_failure"}}, Ended, Hold{}},
		{"the caller holds from the start", callee, []line{{RemoteInvite{Req: 1, Body: held}, "180>1 +ring(2m0s)"}}, Incoming, Hold{Remote: true}},
	})
}

// RFC 3261, section 13.3.1.4.
func TestNoAck(t *testing.T) {
	run(t, []replay{{"the 200 goes on, then BYE", callee, begin(took,
		line{Expired{AnswerTimer}, "200again +answer(1s)"},
		line{Expired{AnswerTimer}, "200again +answer(2s)"},
		line{Expired{AnswerTimer}, "200again +answer(4s)"},
		line{Expired{AnswerTimer}, "200again +answer(4s)"},
		line{Expired{AckTimer}, "-answer quiet BYE/ +close(32s)"},
		line{Expired{AnswerTimer}, ""},
		line{ByeDone{}, "-close end:timeout"}), Ended, Hold{}}})
}

// Interop 23: what is heard decides, not the order of 180 and 183.
func TestInterop23Ringback(t *testing.T) {
	tests := []struct {
		name string
		in   []Input
		want bool
	}{
		{"180", []Input{r0(180, "a")}, true},
		{"183 alone", []Input{r0(183, "a", answer)}, false},
		{"180, then silence of a 183", []Input{r0(180, "a"), r0(183, "a", answer)}, true},
		{"180 after a 183 that is silent", []Input{r0(183, "a", answer), r0(180, "a")}, true},
		{"RTP after them", []Input{r0(183, "a", answer), r0(180, "a"), Flow{On: true}}, false},
		{"RTP before the 180", []Input{r0(183, "a", answer), Flow{On: true}, r0(180, "a")}, false},
		{"RTP that stops", []Input{r0(180, "a"), r0(183, "a", answer), Flow{On: true}, Flow{On: false}}, true},
		{"answered", []Input{r0(180, "a"), r0(200, "a", answer)}, false},
		{"hung up", []Input{r0(180, "a"), Hangup{}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(caller)
			m.Step(zero, Ready{}, nil)
			for _, in := range tt.in {
				m.Step(zero, in, nil)
			}
			if m.Ringback() != tt.want {
				t.Errorf("ringback %v, want %v", m.Ringback(), tt.want)
			}
		})
	}
}
