package call

import (
	"testing"
	"time"
)

func updated(code int, b ...Body) UpdateDone {
	u := UpdateDone{Code: code}
	if len(b) > 0 {
		u.Body = b[0]
	}
	return u
}

// with makes the response's sender able.
func with(r Response, p Peer, s Session) Response {
	r.Peer, r.Session = p, s
	return r
}

// Interop 30; RFC 3311.
func TestInterop30Update(t *testing.T) {
	able := begin(calling, line{with(r0(200, "a", answer), talks, Session{}), "-ring up/a apply/a ACK0/a"})
	early := begin(calling, line{with(rel(183, "a", 1, answer), talks, Session{}), "early/a PRACK/a:1"})
	in := func(b Body) RemoteUpdate { return RemoteUpdate{Req: 7, Tag: "a", Body: b} }
	change := Body{Kind: UsableSDP, Change: true, Desc: "sdp"}
	ask := func(p Policy) Config { return Config{Outgoing: true, Reinvites: p} }
	run(t, []replay{
		{"a bodiless one is valid", caller, begin(calleds, line{in(Body{}), "200>7"}), Confirmed, Hold{}},
		{"one with an offer", caller, begin(calleds, line{in(held), "200+answer>7"}), Confirmed, Hold{Remote: true}},
		{"of another dialog", caller, begin(calleds, line{RemoteUpdate{Req: 7, Tag: "b"}, "481>7"}), Confirmed, Hold{}},
		{"an offer that we can't take", caller, begin(calleds, line{in(broken), "488>7"}), Confirmed, Hold{}},
		{"an offer that is no SDP", caller, begin(calleds, line{in(Body{Kind: Malformed}), "400>7"}), Confirmed, Hold{}},
		{"glare: our re-INVITE is unanswered", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"}, line{in(answer), "491>7"}), Confirmed, Hold{Desired: true}},
		{"no glare without an offer", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"}, line{in(Body{}), "200>7"}), Confirmed, Hold{Desired: true}},
		{"glare: our 200 has the offer", callee, begin(upped, line{RemoteInvite{Req: 2}, "200+offer:talk>2 +answer(500ms) +ack(32s)"},
			line{RemoteUpdate{Req: 7, Body: answer}, "491>7"}), Confirmed, Hold{}},
		{"theirs is unanswered", callee, begin(rung, line{RemoteUpdate{Req: 7, Body: answer}, "500>7"}), Incoming, Hold{}},
		{"in the early dialog, before our offer has its answer", caller, begin(ringing, line{in(answer), "491>7"}), Early, Hold{}},
		{"in the early dialog, after it", caller, begin(early, line{in(held), "200+answer>7"},
			line{r0(200, "a"), "-ring up/a follow/a ACK0/a"}), Confirmed, Hold{Remote: true}},
		{"a change that needs the person can't wait", ask(Prompt), begin(calleds, line{in(change), "504>7"}), Confirmed, Hold{}},
		{"a change that the account refuses", ask(Refuse), begin(calleds, line{in(change), "488>7"}), Confirmed, Hold{}},
		{"ours in the early dialog", caller, begin(early, line{SetHold{true}, "UPDATE/a+offer"}, line{updated(200, answer), "early/a"},
			line{r0(200, "a"), "-ring up/a follow/a ACK0/a"}), Confirmed, Hold{Desired: true, Local: true}},
		{"ours waits for a random delay after 491", caller, begin(early, line{SetHold{true}, "UPDATE/a+offer"}, line{updated(491), "rollback/a +glare(3.05s)"},
			line{Expired{GlareTimer}, "UPDATE/a+offer"}), Early, Hold{Desired: true}},
		{"a peer that doesn't list it gets none", caller, begin(calling, line{rel(183, "a", 1, answer), "early/a PRACK/a:1"}, line{SetHold{true}, ""}), Early, Hold{Desired: true}},
		{"in the call a hold goes by re-INVITE: it may need the person there", caller, begin(able, line{SetHold{true}, "INVITE1:hold"}), Confirmed, Hold{Desired: true}},
		{"481 is the end", caller, begin(calling,
			line{with(r0(200, "a", answer), talks, Session{Expires: 2 * time.Minute, Refresher: UAC}), "-ring up/a apply/a ACK0/a +refresh(1m0s) +expiry(1m28s)"},
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"}, line{updated(481), "-expiry quiet end:protocol_error/481"}), Ended, Hold{}},
		{"as callee while it rings", callee, []line{
			{RemoteInvite{Req: 1, Body: answer, Peer: talks}, "180>1 +ring(2m0s)"}, {Ready{}, ""},
			{Progress{}, "183:1+answer>1 +repeat(500ms) +prack(32s)"}, {RemotePrack{Req: 2, RSeq: 1}, "200>2 -repeat -prack"},
			{RemoteUpdate{Req: 3, Body: held}, "200+answer>3"},
			{Reoffer{}, "UPDATE/+offer"}, {updated(200, answer), "apply/"}}, Incoming, Hold{}},
	})
}

// Interop 31; RFC 4028.
func TestInterop31SessionTimer(t *testing.T) {
	ours := Config{Outgoing: true, SessionExpires: 30 * time.Minute}
	called := []line{{Ready{}, "INVITE0:talk[30m0s,min,1m30s] +ring(2m0s)"}}
	up := func(s Session, p Peer, want string) []line {
		return begin(called, line{with(r0(200, "a", answer), p, s), "-ring up/a apply/a ACK0/a" + want})
	}
	rung := func(s Session, p Peer, want string) []line {
		return []line{{RemoteInvite{Req: 1, Body: answer, Session: s, Peer: p}, "180>1 +ring(2m0s)"}, {Ready{}, ""},
			{Answer{}, "-ring " + want + " +answer(500ms) +ack(32s)"}, {RemoteAck{}, "-answer -ack"}}
	}
	two := 2 * time.Minute
	run(t, []replay{
		{"the peer knows no timers", ours, up(Session{}, Peer{}, ""), Confirmed, Hold{}},
		{"we refresh, by UPDATE", ours, begin(up(Session{Expires: two, Refresher: UAC}, talks, " +refresh(1m0s) +expiry(1m28s)"),
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"},
			line{UpdateDone{Code: 200, Session: Session{Expires: two, Refresher: UAC}}, "-expiry +refresh(1m0s) +expiry(1m28s)"}), Confirmed, Hold{}},
		{"we refresh, by re-INVITE", ours, begin(up(Session{Expires: two, Refresher: UAC}, Peer{}, " +refresh(1m0s) +expiry(1m28s)"),
			line{Expired{RefreshTimer}, "INVITE1:talk[2m0s,uac,min,1m30s]"},
			line{with(rn(1, 200, "a", answer), Peer{}, Session{Expires: two, Refresher: UAC}), "apply/a ACK1/a -expiry +refresh(1m0s) +expiry(1m28s)"}), Confirmed, Hold{}},
		{"a refresh that fails is tried again, and the call ends in time", ours, begin(up(Session{Expires: two, Refresher: UAC}, talks, " +refresh(1m0s) +expiry(1m28s)"),
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"}, line{updated(500), "+refresh(7.5s)"},
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"}, line{UpdateDone{Err: errX}, "+refresh(7.5s)"},
			line{Expired{ExpiryTimer}, "-refresh quiet BYE/a +close(32s)"}, line{ByeDone{"a"}, "-close end:timeout"}), Ended, Hold{}},
		{"a peer that lists UPDATE and doesn't take it", ours, begin(up(Session{Expires: two, Refresher: UAC}, talks, " +refresh(1m0s) +expiry(1m28s)"),
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"}, line{updated(405), "rollback/a INVITE1:talk[2m0s,uac,min,1m30s]"}), Confirmed, Hold{}},
		{"the peer refreshes, and we watch it", ours, begin(up(Session{Expires: two, Refresher: UAS}, talks, " +expiry(1m28s)"),
			line{RemoteUpdate{Req: 9, Tag: "a", Session: Session{Expires: two, Refresher: UAC}, Peer: talks}, "-expiry +expiry(1m28s) 200>9[2m0s,uac]"},
			line{Expired{ExpiryTimer}, "quiet BYE/a +close(32s)"}), Closing, Hold{}},
		{"422: once more, with its Min-SE", ours, begin(called,
			line{with(r0(422, "a"), Peer{}, Session{MinSE: time.Hour}), "retry0[1h0m0s,min,1h0m0s]"},
			line{with(r0(422, "b"), Peer{}, Session{MinSE: time.Hour}), "-ring quiet end:rejected/422"}), Ended, Hold{}},
		{"422 without a reason is a refusal", ours, begin(called, line{r0(422, "a"), "-ring quiet end:rejected/422"}), Ended, Hold{}},
		{"422 to a refresh", ours, begin(up(Session{Expires: two, Refresher: UAC}, talks, " +refresh(1m0s) +expiry(1m28s)"),
			line{Expired{RefreshTimer}, "UPDATE/a[2m0s,uac,min,1m30s]"},
			line{UpdateDone{Code: 422, Session: Session{MinSE: time.Hour}}, "UPDATE/a[1h0m0s,uac,min,1h0m0s]"}), Confirmed, Hold{}},
		{"422 to a re-INVITE", ours, begin(up(Session{Expires: two, Refresher: UAS}, Peer{}, " +expiry(1m28s)"),
			line{SetHold{true}, "INVITE1:hold[2m0s,uas,min,1m30s]"},
			line{with(rn(1, 422, "a"), Peer{}, Session{MinSE: time.Hour}), "rollback/a INVITE2:hold[1h0m0s,uas,min,1h0m0s]"}), Confirmed, Hold{Desired: true}},
		{"as callee: the caller names itself", callee, rung(Session{Expires: two, Refresher: UAC}, talks, "+expiry(1m28s) 200+answer:talk>1[2m0s,uac]"), Confirmed, Hold{}},
		{"as callee: the caller names us", callee, rung(Session{Expires: two, Refresher: UAS}, talks, "+refresh(1m0s) +expiry(1m28s) 200+answer:talk>1[2m0s,uas]"), Confirmed, Hold{}},
		{"as callee: a proxy asks for a caller that knows none", callee, rung(Session{Expires: two}, Peer{}, "+refresh(1m0s) +expiry(1m28s) 200+answer:talk>1[2m0s,uas]"), Confirmed, Hold{}},
		{"as callee: nobody asks", callee, rung(Session{}, talks, "200+answer:talk>1"), Confirmed, Hold{}},
		{"as callee: we ask", Config{SessionExpires: 10 * time.Minute, Refresher: UAC}, rung(Session{}, talks,
			"+refresh(5m0s) +expiry(9m28s) 200+answer:talk>1[10m0s,uas]"), Confirmed, Hold{}},
		{"as callee: too short for us, and the caller can't be told", callee, rung(Session{Expires: time.Second}, Peer{},
			"+refresh(45s) +expiry(1m0s) 200+answer:talk>1[1m30s,uas]"), Confirmed, Hold{}},
		{"a re-INVITE whose timer is too short", callee, begin(rung(Session{}, talks, "200+answer:talk>1"),
			line{RemoteInvite{Req: 2, Body: answer, Session: Session{Expires: time.Second}, Peer: talks}, "422>2"}), Confirmed, Hold{}},
	})
	for _, tt := range []struct {
		name string
		cfg  Config
		s    Session
		p    Peer
		want int
	}{
		{"too short", Config{}, Session{Expires: 89 * time.Second}, talks, 422},
		{"too short for the account", Config{MinSE: time.Hour}, timer30, talks, 422},
		{"too short, from who can't be told", Config{}, Session{Expires: time.Second}, Peer{}, 0},
		{"long enough", Config{}, timer30, talks, 0},
		{"reliability is required", Config{Reliable: ReliableRequired}, Session{}, Peer{}, 421},
		{"and there", Config{Reliable: ReliableRequired}, Session{}, talks, 0},
	} {
		if got := tt.cfg.Refusal(tt.s, tt.p); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// The three cases of a re-INVITE, and RFC 3261, section 14.
func TestReinviteCases(t *testing.T) {
	change := Body{Kind: UsableSDP, Change: true, Desc: "sdp"}
	with := func(p Policy) Config { return Config{Reinvites: p} }
	asked := begin(upped, line{RemoteInvite{Req: 2, Body: change}, "100>2 +ask(1m0s)"})
	run(t, []replay{
		{"take what we can", with(Take), begin(upped, line{RemoteInvite{Req: 2, Body: change}, "200+answer:talk>2 +answer(500ms) +ack(32s)"}), Confirmed, Hold{}},
		{"refuse", with(Refuse), begin(upped, line{RemoteInvite{Req: 2, Body: change}, "488>2"}), Confirmed, Hold{}},
		{"refuse, but a hold isn't a change", with(Refuse), begin(upped, line{RemoteInvite{Req: 2, Body: held}, "200+answer:talk>2 +answer(500ms) +ack(32s)"}), Confirmed, Hold{Remote: true}},
		{"ask: yes", with(Prompt), begin(asked, line{Consent{true}, "-ask 200+answer:talk>2 +answer(500ms) +ack(32s)"}, line{RemoteAck{}, "-answer -ack"}), Confirmed, Hold{}},
		{"ask: no", with(Prompt), begin(asked, line{Consent{false}, "-ask 488>2"}), Confirmed, Hold{}},
		{"ask: no answer", with(Prompt), begin(asked, line{Expired{AskTimer}, "488>2"}, line{Consent{true}, ""}), Confirmed, Hold{}},
		{"ask: the peer takes it back", with(Prompt), begin(asked, line{RemoteCancel{3}, "200>3 -ask 487>2"}), Confirmed, Hold{}},
		{"ask: the peer hangs up", with(Prompt), begin(asked, line{RemoteBye{3}, "200>3 -ask 487>2 quiet end:remote_hangup"}), Ended, Hold{}},
		{"ask: we hang up", with(Prompt), begin(asked, line{Hangup{}, "-ask 487>2 quiet BYE/ +close(32s)"}), Closing, Hold{}},
		{"ask: another at once", with(Prompt), begin(asked, line{RemoteInvite{Req: 3, Body: change}, "500>3"}), Confirmed, Hold{}},
		{"ask: our hold waits for the answer", with(Prompt), begin(asked, line{SetHold{true}, ""}, line{Consent{false}, "-ask 488>2 INVITE1:hold"}), Confirmed, Hold{Desired: true}},
		{"ours gets a 1xx and nothing more", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 180, "a"), "+patience(1m30s)"},
			line{Expired{PatienceTimer}, "CANCEL1 +patience(32s)"}, line{rn(1, 487, "a"), "-patience hold!487"}, line{SetHold{true}, "INVITE2:hold"}), Confirmed, Hold{Desired: true}},
		{"and nothing after the CANCEL either", caller, begin(calleds, line{SetHold{true}, "INVITE1:hold"}, line{rn(1, 180, "a"), "+patience(1m30s)"},
			line{Expired{PatienceTimer}, "CANCEL1 +patience(32s)"}, line{Expired{PatienceTimer}, "hold!0"}), Confirmed, Hold{}},
		{"the media has moved", caller, begin(calleds, line{Reoffer{}, "INVITE1:talk"}, line{rn(1, 491, "a"), "+glare(3.05s)"},
			line{Expired{GlareTimer}, "INVITE2:talk"}, line{rn(2, 200, "a", answer), "apply/a ACK2/a"}), Confirmed, Hold{}},
		{"the media has moved, and the peer doesn't care", caller, begin(calleds, line{Reoffer{}, "INVITE1:talk"}, line{rn(1, 500, "a"), "rollback/a reoffer!500"}), Confirmed, Hold{}},
		{"the media has moved, and theirs comes first", callee, begin(upped, line{RemoteInvite{Req: 2, Body: answer}, "200+answer:talk>2 +answer(500ms) +ack(32s)"},
			line{Reoffer{}, ""}, line{RemoteAck{}, "-answer -ack INVITE1:talk"}), Confirmed, Hold{}},
	})
}
