package call

import "testing"

// RFC 3515, section 2.4; RFC 5589, sections 6 and 7.
func TestTransfer(t *testing.T) {
	asked := begin(calleds,
		line{Transfer{}, "transfer:holding INVITE1:hold"},
		line{rn(1, 200, "a", answer), "apply/a ACK1/a transfer:asked REFER"})
	took := begin(asked, line{ReferDone{Code: 202}, "transfer:accepted +transfer(3m0s)"})
	onHold := Hold{Desired: true, Local: true}
	run(t, []replay{
		{"done", caller, begin(took,
			line{ReferReport{Code: 100}, "transfer:accepted/100"},
			line{ReferReport{Code: 100}, ""},
			line{ReferReport{Code: 180}, "transfer:accepted/180"},
			line{ReferReport{Code: 200, Over: true}, "-transfer transfer:done/200 quiet BYE/a +close(32s)"},
			line{ByeDone{"a"}, "-close end:local_hangup"}), Ended, onHold},
		{"refused, and taken back", caller, begin(asked,
			line{ReferDone{Code: 603}, "transfer:failed/603 INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"the target is busy", caller, begin(took,
			line{ReferReport{Code: 486, Over: true}, "-transfer transfer:failed/486 INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"a call that was on hold stays so", caller, begin(calleds,
			line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 200, "a", answer), "apply/a ACK1/a"},
			line{Transfer{}, "transfer:holding transfer:asked REFER"},
			line{ReferDone{Code: 405}, "transfer:failed/405"}), Confirmed, onHold},
		{"the person leaves it on hold meanwhile", caller, begin(took,
			line{SetHold{true}, ""}, line{ReferReport{Code: 486}, "-transfer transfer:failed/486"}), Confirmed, onHold},
		{"the peer refuses the hold: asked all the same", caller, begin(calleds,
			line{Transfer{}, "transfer:holding INVITE1:hold"},
			line{rn(1, 488, "a"), "hold!488 transfer:asked REFER"}), Confirmed, Hold{}},
		{"glare over the hold is waited for", caller, begin(calleds,
			line{Transfer{}, "transfer:holding INVITE1:hold"},
			line{rn(1, 491, "a"), "+glare(3.05s)"},
			line{Expired{GlareTimer}, "INVITE2:hold"},
			line{rn(2, 200, "a", answer), "apply/a ACK2/a transfer:asked REFER"}), Confirmed, onHold},
		{"hung up over the hold", caller, begin(calleds,
			line{Transfer{}, "transfer:holding INVITE1:hold"},
			line{RemoteBye{1}, "200>1 quiet end:remote_hangup transfer:failed"}), Ended, Hold{Desired: true}},
		{"interop 33: BYE, then the last NOTIFY", caller, begin(took,
			line{RemoteBye{1}, "200>1 -transfer quiet end:remote_hangup +transfer(5s)"},
			line{ReferReport{Code: 200, Over: true}, "-transfer transfer:done/200"}), Ended, onHold},
		{"interop 33: BYE before the 202", caller, begin(asked,
			line{RemoteBye{1}, "200>1 quiet end:remote_hangup +transfer(5s)"},
			line{ReferDone{Code: 202}, "transfer:accepted"},
			line{ReferReport{Code: 200, Over: true}, "-transfer transfer:done/200"}), Ended, onHold},
		{"BYE, and nothing more", caller, begin(took,
			line{RemoteBye{1}, "200>1 -transfer quiet end:remote_hangup +transfer(5s)"},
			line{Expired{TransferTimer}, "transfer:unknown"}), Ended, onHold},
		{"the peer never says", caller, begin(took,
			line{Expired{TransferTimer}, "transfer:unknown INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"the subscription ends without an outcome", caller, begin(took,
			line{ReferReport{Code: 100, Over: true}, "-transfer transfer:unknown/100 INVITE2:talk"}), Confirmed, Hold{Local: true}},
		{"NOTIFY before the 202", caller, begin(asked,
			line{ReferReport{Code: 100}, "transfer:accepted/100 +transfer(3m0s)"},
			line{ReferDone{Code: 202}, ""}), Confirmed, onHold},
		{"no subscription: that is all there is", caller, begin(asked,
			line{ReferDone{Code: 200, Silent: true}, "transfer:done/200 quiet BYE/a +close(32s)"}), Closing, onHold},
		{"the dialog is gone", caller, begin(asked,
			line{ReferDone{Code: 481}, "transfer:failed/481 quiet end:protocol_error/481"}), Ended, onHold},
		{"one at a time", caller, begin(took, line{Transfer{}, ""}), Confirmed, onHold},
		{"late reports change nothing", caller, begin(asked,
			line{ReferDone{Code: 603}, "transfer:failed/603 INVITE2:talk"}, line{ReferReport{Code: 200}, ""}), Confirmed, Hold{Local: true}},
	})
}

func TestReferred(t *testing.T) {
	run(t, []replay{
		{"in a call", callee, begin(upped, line{RemoteRefer{7}, "referred>7"}, line{RemoteRefer{8}, "491>8"},
			line{ReferralDone{}, ""}, line{RemoteRefer{9}, "referred>9"}), Confirmed, Hold{}},
		{"while it rings", callee, begin(rung, line{RemoteRefer{7}, "491>7"}), Incoming, Hold{}},
		{"while we hang up", caller, begin(calleds, line{Hangup{}, "quiet BYE/a +close(32s)"}, line{RemoteRefer{7}, "481>7"}), Closing, Hold{}},
		{"while we transfer", caller, begin(calleds, line{Transfer{}, "transfer:holding INVITE1:hold"}, line{RemoteRefer{7}, "491>7"}), Confirmed, Hold{Desired: true}},
	})
}
