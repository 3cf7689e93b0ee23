package dialog_test

import (
	"errors"
	"testing"
	"time"

	"offhook/ua/dialog"
)

// move is one step of a table: what happens, and what is to be done.
type move struct {
	do   func(*dialog.Turn) dialog.Move
	want dialog.Move
	open dialog.OfferState // afterwards
	may  bool              // offer afterwards
}

var (
	sendInvite = func(offer bool) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move {
			if t.SendInvite(offer) != nil {
				return dialog.Refuse491
			}
			return dialog.Ignore
		}
	}
	recvInvite = func(sdp bool) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move { return t.RecvInvite(sdp) }
	}
	recv18x = func(sdp, reliable bool) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move { return t.RecvProvisional(sdp, reliable) }
	}
	recv2xx = func(sdp bool) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move { return t.RecvSuccess(sdp) }
	}
	recvACK = func(sdp bool) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move { return t.RecvAck(sdp) }
	}
	quietly = func(f func(*dialog.Turn)) func(*dialog.Turn) dialog.Move {
		return func(t *dialog.Turn) dialog.Move { f(t); return dialog.Ignore }
	}
	recvFailure = quietly((*dialog.Turn).RecvFailure)
	send2xx     = quietly((*dialog.Turn).SendSuccess)
	sendFailure = quietly((*dialog.Turn).SendFailure)
	sendAnswer  = quietly((*dialog.Turn).SendAnswer)
	noAck       = quietly((*dialog.Turn).NoAck)
)

func runTurn(t *testing.T, moves []move) {
	t.Helper()
	var turn dialog.Turn
	for i, m := range moves {
		if got := m.do(&turn); got != m.want {
			t.Fatalf("step %d: %d, want %d", i, got, m.want)
		}
		if turn.Offer() != m.open || turn.MayOffer() != m.may {
			t.Fatalf("step %d: open %d, may offer %v; want %d, %v", i, turn.Offer(), turn.MayOffer(), m.open, m.may)
		}
	}
}

func TestTurn(t *testing.T) {
	tests := map[string][]move{
		"we offer, they answer": {
			{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
			{recv2xx(true), dialog.TakeAnswer, dialog.Stable, true},
			{recv2xx(true), dialog.Ignore, dialog.Stable, true}, // again
		},
		"refused": {
			{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
			{recvFailure, dialog.Ignore, dialog.Stable, true},
		},
		"no answer": {
			{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
			{recv18x(false, false), dialog.Ignore, dialog.LocalOffer, false},
			{recv2xx(false), dialog.MissingAnswer, dialog.Stable, true},
		},
		"answer in a reliable 18x stands": {
			{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
			{recv18x(true, true), dialog.TakeAnswer, dialog.Stable, false},
			{recv18x(true, false), dialog.Ignore, dialog.Stable, false},
			{recv2xx(true), dialog.Ignore, dialog.Stable, true},
		},
		"they offer, we answer": {
			{recvInvite(true), dialog.TakeOffer, dialog.RemoteOffer, false},
			{send2xx, dialog.Ignore, dialog.Stable, false},
			{recvACK(false), dialog.Ignore, dialog.Stable, true},
			{recvACK(false), dialog.Ignore, dialog.Stable, true}, // again
		},
		"they offer, we refuse": {
			{recvInvite(true), dialog.TakeOffer, dialog.RemoteOffer, false},
			{sendFailure, dialog.Ignore, dialog.Stable, true},
		},
		"they never acknowledge": {
			{recvInvite(true), dialog.TakeOffer, dialog.RemoteOffer, false},
			{send2xx, dialog.Ignore, dialog.Stable, false},
			{noAck, dialog.Ignore, dialog.Stable, true},
		},
		"we ask for an offer": {
			{sendInvite(false), dialog.Ignore, dialog.Stable, false},
			{recv18x(true, false), dialog.Ignore, dialog.Stable, false},
			{recv2xx(true), dialog.TakeOffer, dialog.RemoteOffer, false},
			{sendAnswer, dialog.Ignore, dialog.Stable, true},
		},
		"we ask for an offer and get none": {
			{sendInvite(false), dialog.Ignore, dialog.Stable, false},
			{recv2xx(false), dialog.MissingAnswer, dialog.Stable, true},
		},
		"offer in a reliable 18x": {
			{sendInvite(false), dialog.Ignore, dialog.Stable, false},
			{recv18x(true, true), dialog.TakeOffer, dialog.RemoteOffer, false},
			{sendAnswer, dialog.Ignore, dialog.Stable, false},
			{recv2xx(true), dialog.Ignore, dialog.Stable, true},
		},
	}
	for name, moves := range tests {
		t.Run(name, func(t *testing.T) { runTurn(t, moves) })
	}
}

// RFC 3261, section 13.2.1; RFC 6337, section 3.1.1.
func TestInterop24AnswerInThe200Wins(t *testing.T) {
	runTurn(t, []move{
		{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
		{recv18x(true, false), dialog.TakeEarlyAnswer, dialog.LocalOffer, false},
		{recv18x(true, false), dialog.TakeEarlyAnswer, dialog.LocalOffer, false},
		{recv2xx(true), dialog.TakeAnswer, dialog.Stable, true},
	})
	runTurn(t, []move{ // a 200 without SDP: the early one stands
		{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
		{recv18x(true, false), dialog.TakeEarlyAnswer, dialog.LocalOffer, false},
		{recv2xx(false), dialog.Ignore, dialog.Stable, true},
		// and is forgotten by the next INVITE
		{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
		{recv2xx(false), dialog.MissingAnswer, dialog.Stable, true},
	})
}

// RFC 3264; RFC 6337, section 2: offer in the 200, answer in the ACK.
func TestInterop25InviteWithoutOffer(t *testing.T) {
	runTurn(t, []move{
		{recvInvite(false), dialog.MakeOffer, dialog.Stable, false},
		{send2xx, dialog.Ignore, dialog.LocalOffer, false},
		{recvACK(true), dialog.TakeAnswer, dialog.Stable, true},
	})
	runTurn(t, []move{
		{recvInvite(false), dialog.MakeOffer, dialog.Stable, false},
		{send2xx, dialog.Ignore, dialog.LocalOffer, false},
		{recvACK(false), dialog.MissingAnswer, dialog.Stable, true},
	})
}

// RFC 3261, sections 14.1 and 14.2.
func TestInterop26Glare(t *testing.T) {
	runTurn(t, []move{
		{sendInvite(true), dialog.Ignore, dialog.LocalOffer, false},
		{recvInvite(true), dialog.Refuse491, dialog.LocalOffer, false},
		{recvFailure, dialog.Ignore, dialog.Stable, true}, // theirs was a 491 too
	})
	runTurn(t, []move{
		{recvInvite(true), dialog.TakeOffer, dialog.RemoteOffer, false},
		{recvInvite(true), dialog.Refuse500, dialog.RemoteOffer, false},
		{sendInvite(true), dialog.Refuse491, dialog.RemoteOffer, false},
		{send2xx, dialog.Ignore, dialog.Stable, false},
		{recvInvite(true), dialog.Refuse491, dialog.Stable, false}, // before the ACK
	})
	var turn dialog.Turn
	turn.RecvInvite(true)
	if err := turn.SendInvite(true); !errors.Is(err, dialog.ErrNotYourTurn) {
		t.Errorf("got %v", err)
	}
}

func TestInterop26GlareDelay(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		owner  bool
		random float64
		want   time.Duration
	}{
		{true, 0, 2100 * ms}, {true, 0.5, 3050 * ms}, {true, 1, 4000 * ms}, {true, -5, 2100 * ms}, {true, 7, 4000 * ms},
		{false, 0, 0}, {false, 0.5, 1000 * ms}, {false, 1, 2000 * ms},
	}
	for _, tt := range tests {
		if got := dialog.GlareDelay(tt.owner, tt.random); got != tt.want {
			t.Errorf("owner %v, %v: %v, want %v", tt.owner, tt.random, got, tt.want)
		}
	}
	for i := range 1000 {
		random := float64(i) / 1000
		owner, other := dialog.GlareDelay(true, random), dialog.GlareDelay(false, random)
		if owner%(10*ms) != 0 || other%(10*ms) != 0 || owner < 2100*ms || owner > 4*time.Second || other < 0 || other > 2*time.Second {
			t.Fatalf("%v: %v and %v", random, owner, other)
		}
	}
}

// RFC 3261, section 13.3.1.4.
func TestRetransmission(t *testing.T) {
	start := time.Unix(1000, 0)
	r := dialog.StartRetransmission(start)
	var sent []float64
	for {
		at := r.Next()
		if got := r.Step(at.Add(-time.Nanosecond)); got != dialog.NotYet {
			t.Fatalf("%v early: %d", at.Sub(start), got)
		}
		due := r.Step(at)
		if due == dialog.GiveUp {
			if at.Sub(start) != 32*time.Second {
				t.Errorf("gave up after %v", at.Sub(start))
			}
			break
		}
		if due != dialog.SendAgain {
			t.Fatalf("at %v: %d", at.Sub(start), due)
		}
		sent = append(sent, at.Sub(start).Seconds())
	}
	want := []float64{0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5}
	if len(sent) != len(want) {
		t.Fatalf("sent at %v", sent)
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("sent at %v, want %v", sent, want)
			break
		}
	}
	// A loop that was held up sends once and goes on in step.
	r = dialog.StartRetransmission(start)
	if r.Step(start.Add(8*time.Second)) != dialog.SendAgain || r.Next() != start.Add(11500*time.Millisecond) {
		t.Errorf("next at %v", r.Next().Sub(start))
	}
	if r.Step(start.Add(time.Minute)) != dialog.GiveUp {
		t.Error("goes on after the end")
	}
}
