package ui

import (
	"errors"
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ui/keys"
	"offhook/ui/people"
)

// everyKey is each key of the table, and text.
func everyKey() []string {
	out := []string{"z", "漢", "@", "space"}
	for _, b := range keys.Table() {
		out = append(out, b.Keys...)
	}
	return out
}

// FuzzScreen drives the screen with keys, events, sizes and time in any order.
// Whatever comes, each screen is whole and exact, and what is selected exists.
func FuzzScreen(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
	f.Add([]byte{200, 1, 210, 2, 220, 3, 230, 4, 240, 5, 250, 6})
	f.Add([]byte{201, 40, 202, 40, 203, 41, 211, 50, 221, 60, 231, 30, 241, 20, 251, 10})
	all := everyKey()
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 400 {
			ops = ops[:400]
		}
		b := newBench(t, Options{Contacts: friends(), FirstRun: len(ops)%3 == 0, SaveAccount: func(AccountForm) error { return errors.New("full") }},
			alice(ua.Registered), refused("work", "sip:bob@work.example"))
		for i, op := range ops {
			next := byte(0)
			if i+1 < len(ops) {
				next = ops[i+1]
			}
			switch {
			case op < 190:
				b.press(all[int(op)%len(all)])
			case op < 200:
				b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(hostile[int(next)%len(hostile)] + "12"), Paste: op%2 == 0})
			case op < 210:
				b.anyAtDesk(op, next)
			case op < 230:
				b.anyCall(op, next)
			case op < 240:
				b.size(int(next), int(op-230)*6)
			case op < 250:
				b.after(time.Duration(next) * 20 * time.Millisecond)
				b.tickNow()
				b.send(graceMsg{})
			default:
				b.send(savedMsg{"x", nil})
			}
			if b.width > 0 && b.height > 0 {
				checkScreen(t, b.View(), b.width, b.height)
			}
			if b.selected != 0 && b.current() == nil || b.selected == 0 && len(b.calls) > 0 {
				t.Fatalf("call %d of %d is selected", b.selected, len(b.calls))
			}
			if c := b.call(b.ringing); b.ringing != 0 && (c == nil || c.Info.State != call.Incoming) {
				t.Fatal("an overlay asks about a call that doesn't ring")
			}
			if c := b.call(b.asking); b.asking != 0 && (c == nil || c.Info.Pending == ua.PendingNone) {
				t.Fatal("an overlay asks what no call asks")
			}
			if b.prompt != nil && b.call(b.prompt.call) == nil {
				t.Fatal("a prompt is about a call that has gone")
			}
			if b.focus == keys.InCalls && len(b.calls) == 0 {
				t.Fatal("calls have the keys and there are none")
			}
		}
		b.pump.close()
	})
}

// anyAtDesk makes an event about one of three people, or the outcome of a command.
func (b *bench) anyAtDesk(op, n byte) {
	bad := hostile[int(n)%len(hostile)]
	uri := fmt.Sprintf("sip:%d@example.com", n%3)
	id := ua.SubscriptionID(n%4 + 1)
	switch op % 5 {
	case 0:
		b.text(uri, bad, bad+"\n"+bad)
	case 1:
		b.lamp(id, uri, event.DialogState(n%5))
	case 2:
		b.presence(id, uri, event.PresenceInfo{Status: event.Basic(n % 3), Note: bad})
	case 3:
		b.result(ua.MessageID(n%4), 200+int(n), nil)
	case 4:
		known := &cards{all: []people.Contact{{UID: bad, Name: bad, Addresses: []people.Address{{URI: uri}, {URI: bad}}}}}
		book, _ := known.Read()
		b.send(bookMsg{book, nil})
		past := people.Call{ID: int64(n), Remote: uri, Name: bad, Outcome: people.Outcome(n % 9)}
		b.send(pastMsg{people.Past{Missed: int(n), Calls: []people.Call{past}}, nil})
	}
}

// anyCall makes an event of some kind about one of three calls.
func (b *bench) anyCall(op, n byte) {
	id := ua.CallID(n%3 + 1)
	bad := hostile[int(n)%len(hostile)]
	c := talking(id, bad, "sip:"+bad)
	c.State = call.State(n / 3 % 8)
	c.Direction = ua.Direction(n & 1)
	c.Cause = call.Cause(n % 14)
	c.Hold = ua.Hold{Desired: n&4 != 0, Local: n&8 != 0, Remote: n&16 != 0}
	c.Muted, c.Focus = n&32 != 0, n&64 != 0
	b.anyTrouble(&c, n, bad)
	if c.State == call.Ended {
		c.Ended = b.clock
	}
	switch op % 9 {
	case 0, 1, 2:
		b.phone.Set(c)
	case 3:
		b.phone.Post(ua.DigitSent{Meta: b.phone.Meta(), Call: c, Digit: n})
	case 4:
		b.phone.Post(ua.MediaChanged{Meta: b.phone.Meta(), Call: c, What: ua.MediaChange(n % 5)})
	case 5:
		b.phone.Post(ua.CommandFailed{Meta: b.phone.Meta(), Call: id, Command: "hold", Err: errors.New(bad)})
	case 6:
		b.phone.Post(ua.TransferChanged{Meta: b.phone.Meta(), Call: c})
	case 7:
		b.phone.SetPolicy(ua.Policy{DND: n&1 != 0, Forward: ua.Forward{Always: bad, Busy: bad}})
	case 8:
		b.phone.Post(ua.CallRefused{Meta: b.phone.Meta(), Account: "alice", From: bad, Name: bad, Why: ua.Refusal(n % 6), Target: bad, Rule: bad})
		b.phone.Post(ua.Redirected{Meta: b.phone.Meta(), Targets: []string{bad, bad, bad, bad}})
	}
	b.drain()
}

// anyTrouble gives a call what calls do to calls.
func (b *bench) anyTrouble(c *ua.CallInfo, n byte, bad string) {
	c.Pending, c.RedirectTo, c.Proposed = ua.Pending(n/5%4), []string{bad, bad}, []string{bad}
	c.Transfer = ua.TransferInfo{State: call.TransferState(n / 7 % 7), Role: ua.TransferRole(n & 1), Target: bad, Reason: bad, Call: ua.CallID(n / 3 % 4)}
	c.Conference, c.Replaces = n&2 != 0, ua.CallID(n/11%4)
	c.Peer = ua.PeerHeaders{
		Subject: bad, Priority: bad, Organization: bad, UserAgent: bad, AssertedIdentity: ua.Identity{Name: bad, URI: bad},
		Diversion: []ua.Diversion{{Identity: ua.Identity{Name: bad, URI: bad}, Reason: bad}},
		History:   []ua.HistoryEntry{{Identity: ua.Identity{URI: bad}}, {}},
	}
	c.ReferredBy, c.Ring, c.Decision.Did, c.DialedURI = bad, bad, bad, bad
}
