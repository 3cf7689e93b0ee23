package ui

import (
	"errors"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
)

// second makes a second call that is up, and selects the first one.
func second(b *bench) {
	b.set(talking(2, "Bob", "sip:bob@example.net"))
	b.change(2, func(c *ua.CallInfo) { c.Focus, c.Hold = false, ua.Hold{Desired: true, Local: true} })
}

// Each row presses keys in a call and says what the phone was asked.
func TestKeysForCallsOnCalls(t *testing.T) {
	for _, tt := range []struct {
		name string
		prep func(*bench)
		keys []string
		want []string
	}{
		{"blind transfer", nil, []string{"t", "carol@example.com", "enter"}, []string{"transfer 1 carol@example.com"}},
		{"the prompt edits as the dial line does", nil, []string{"t", "xcarol", "ctrl+a", "delete", "ctrl+e", "1", "backspace", "enter"}, []string{"transfer 1 carol"}},
		{"nothing typed", nil, []string{"t", "enter", "esc"}, nil},
		{"left", nil, []string{"t", "carol", "esc"}, nil},
		{"what is typed is no command", nil, []string{"t", "xhm5", "enter"}, []string{"transfer 1 xhm5"}},
		{"connect with the other call", second, []string{"t", "enter"}, []string{"transfer-to 1 2"}},
		{"what is typed wins over the other call", second, []string{"t", "carol", "enter"}, []string{"transfer 1 carol"}},
		{"the second of two others", func(b *bench) { second(b); b.set(talking(3, "Carol", "sip:carol@example.com")) },
			[]string{"t", "down", "enter"}, []string{"transfer-to 1 3"}},
		{"a call that only rings can be the target", func(b *bench) { b.set(outgoing(2, call.Early)) }, []string{"t", "enter"}, []string{"transfer-to 1 2"}},
		{"from the one that only rings, the other way round", func(b *bench) { b.set(outgoing(2, call.Early)); b.press("down") }, []string{"t"}, nil},
		{"not twice", func(b *bench) { b.transfer(1, ua.TransferInfo{State: call.TransferAsked, Target: "sip:x@y"}) }, []string{"t"}, nil},
		{"not before the answer", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.State = call.Early }) }, []string{"t", "p", "c"}, nil},
		{"hang up from the prompt", nil, []string{"t", "ctrl+x"}, []string{"hangup 1"}},
		{"park", nil, []string{"p"}, []string{"park 1"}},
		{"a conference needs two", nil, []string{"c"}, nil},
		{"conference", second, []string{"c"}, []string{"conference []"}},
		{"no conference to leave", second, []string{"o", "X"}, nil},
		{"pick up", nil, []string{"n", "201", "ctrl+g"}, []string{"pickup 2 201 from alice"}},
		{"retrieve", nil, []string{"n", "71", "ctrl+y"}, []string{"retrieve 2 71 from alice"}},
		{"pick up nothing", nil, []string{"n", "ctrl+g", "ctrl+y"}, nil},
		{"do not disturb", nil, []string{"ctrl+o"}, []string{"policy"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := oneCall(t, Options{})
			if tt.prep != nil {
				tt.prep(b)
			}
			b.phone.Commands()
			b.press(tt.keys...)
			b.wantCommands(tt.want...)
		})
	}
}

func TestConferenceKeys(t *testing.T) {
	b := conference(t, Options{})
	b.wantCommands("conference []")
	b.wantScreen("conf", "In the conference: you, Echo test, Bob Builder, Carol")
	b.press("c") // all are in it
	b.wantCommands()
	b.wantScreen("There are no two calls up to join")
	b.press("o")
	b.wantCommands("split 2")
	b.change(2, func(c *ua.CallInfo) {
		c.Conference, c.Focus, c.Hold = false, false, ua.Hold{Desired: true, Local: true}
	})
	b.wantScreen("Bob Builder is out of the conference; in it: you, Echo test, Carol")
	b.press("X") // it isn't in the conference any more
	b.wantCommands()
	b.press("up", "X")
	b.wantCommands("hangup 1", "hangup 3")
	b.press("down", "c")
	b.wantCommands("conference []")
}

// Ask first, then connect: from either call, the one that was asked about is sent.
func TestAskFirst(t *testing.T) {
	for _, from := range []string{"consultation", "call"} {
		b := oneCall(t, Options{})
		b.press("t", "carol", "tab")
		b.wantCommands("dial 2 carol from alice")
		b.change(1, func(c *ua.CallInfo) { c.Focus, c.Hold = false, ua.Hold{Desired: true, Local: true} })
		b.set(talking(2, "Carol", "sip:carol@example.com"))
		b.wantScreen("t connects Echo test")
		if from == "call" {
			b.press("up")
		}
		b.press("t", "enter")
		b.wantCommands("transfer-to 1 2")
		b.wantNotOnScreen("Transfer Carol to", "Transfer Echo test to")
	}
	b := oneCall(t, Options{})
	b.press("t", "tab") // whom?
	b.wantCommands()
	b.wantScreen("Type who to ask first")
	b.press("carol", "tab")
	b.set(talking(2, "Carol", "sip:carol@example.com"))
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteHangup, b.clock })
	b.wantNotOnScreen("t connects")
}

// A transfer is told once: by the call's line while it goes on, by one sentence at its end.
func TestTransferIsToldOnce(t *testing.T) {
	carol := func(s call.TransferState, code int) ua.TransferInfo {
		return ua.TransferInfo{State: s, Target: "sip:carol@example.com", Code: code}
	}
	end := func(b *bench) {
		b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.LocalHangup, b.clock })
	}
	t.Run("done", func(t *testing.T) {
		b := oneCall(t, Options{})
		b.transfer(1, carol(call.TransferHolding, 0))
		b.wantScreen("transferring…", "to carol@example.com: holding first")
		b.transfer(1, carol(call.TransferAsked, 0))
		b.wantScreen("to carol@example.com: asked")
		b.transfer(1, carol(call.TransferAccepted, 180))
		b.wantScreen("to carol@example.com: rings there")
		b.transfer(1, carol(call.TransferDone, 200))
		end(b)
		b.wantScreen("Echo test is connected to carol@example.com")
		b.wantNotOnScreen("hung up")
		b.after(afterEnd)
		b.press("ctrl+l")
		if n := count(b.View(), "· Echo test is connected"); n != 1 {
			t.Errorf("the log says it %d times\n%s", n, b.View())
		}
	})
	t.Run("done after the end", func(t *testing.T) {
		b := oneCall(t, Options{})
		b.transfer(1, carol(call.TransferAccepted, 100))
		end(b)
		b.wantScreen("Echo test has left for carol@example.com")
		c := b.phone.Call(1)
		c.Transfer.State = call.TransferDone
		b.phone.Post(ua.TransferChanged{Meta: b.phone.Meta(), Call: c})
		b.drain()
		b.wantScreen("Echo test is connected to carol@example.com")
	})
	t.Run("failed", func(t *testing.T) {
		b := oneCall(t, Options{})
		info := carol(call.TransferFailed, 486)
		info.Err = errors.New("the other side is busy (486 Busy Here)")
		b.transfer(1, info)
		b.wantScreen("and is yours again", "side is busy (486 Busy Here)")
		end(b)
		b.wantScreen("You hung up on Echo test")
	})
	t.Run("the consultation’s end is no news", func(t *testing.T) {
		b := oneCall(t, Options{})
		second(b)
		info := carol(call.TransferDone, 200)
		info.Call = 2
		b.transfer(1, info)
		end(b)
		b.change(2, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteHangup, b.clock })
		b.wantScreen("Echo test is connected to carol@example.com")
	})
	t.Run("sent on by the other side", func(t *testing.T) {
		b := oneCall(t, Options{})
		info := carol(call.TransferAccepted, 0)
		info.Role, info.Call = ua.Transferee, 2
		b.transfer(1, info)
		b.wantScreen("sent on…", "Echo test sends you on to carol@example.com")
		b.set(outgoing(2, call.Calling))
		if b.selected != 2 {
			t.Errorf("call %d is selected", b.selected)
		}
		info.State = call.TransferDone
		b.transfer(1, info)
		b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteHangup, b.clock })
		b.wantScreen("Echo test put you through to carol@example.com")
	})
	t.Run("taken over", func(t *testing.T) {
		b := oneCall(t, Options{})
		c := incoming(2, "Carol", "sip:carol@example.com")
		c.Replaces = 1
		b.set(c)
		b.wantNotOnScreen("Incoming call") // it is answered in the other one's place
		c = talking(2, "Carol", "sip:carol@example.com")
		c.Replaces = 1
		b.set(c)
		if b.selected != 2 {
			t.Errorf("call %d is selected", b.selected)
		}
		b.change(1, func(c *ua.CallInfo) {
			c.State, c.ReplacedBy, c.Cause, c.Ended = call.Ended, 2, call.LocalHangup, b.clock
		})
		b.wantScreen("Echo test handed you over")
	})
}

func TestQuestionsNeedTheirGrace(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.Pending = ua.PendingChange })
	b.wantScreen("Echo test asks to change the call")
	b.press("n") // was meant for a new call
	b.wantCommands()
	if b.focus != keys.InDial {
		t.Error("a key in flight went nowhere")
	}
	b.after(time.Second)
	b.press("7", "y")
	b.wantCommands("consent 1 true")
	b.wantNotOnScreen("asks to change")
	b.change(1, func(c *ua.CallInfo) { c.Muted = true }) // still waiting: isn't asked again
	b.wantNotOnScreen("asks to change")
	b.change(1, func(c *ua.CallInfo) { c.Pending = ua.PendingNone })
	b.change(1, func(c *ua.CallInfo) {
		c.Pending, c.Transfer = ua.PendingTransfer, ua.TransferInfo{State: call.TransferAsked, Role: ua.Transferee, Target: "sip:carol@example.com"}
	})
	b.wantScreen("asks you to talk to carol@example.com")
	b.after(time.Second)
	b.press("n")
	b.wantCommands("consent 1 false")
}

// A digit for the call goes there, behind the question.
func TestDigitsPassAQuestion(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.Pending = ua.PendingChange })
	b.after(time.Second)
	b.press("5")
	b.wantCommands("dtmf 1 5")
	b.wantScreen("asks to change")
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteHangup, b.clock })
	b.wantNotOnScreen("asks to change")
}

// A call that rings comes before a question, which waits.
func TestRingingComesBeforeAQuestion(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.Pending = ua.PendingChange })
	b.set(incoming(2, "Bob", "sip:bob@example.net"))
	b.after(time.Second)
	b.wantScreen("Incoming call")
	b.press("r")
	b.wantCommands("reject 2 486 ")
	b.wantScreen("asks to change the call")
}

func TestAnswersToACaller(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		want []string
		open bool // a box is still open
	}{
		{"send on", []string{"f", "carol", "enter"}, []string{"redirect 1 carol"}, false},
		{"send on to nobody", []string{"f", "enter"}, nil, true},
		{"don't send on", []string{"f", "carol", "esc"}, nil, true},
		{"busy", []string{"c", "enter"}, []string{"reject 1 486 "}, false},
		{"not available", []string{"c", "down", "enter"}, []string{"reject 1 480 "}, false},
		{"a typed code", []string{"c", "410", "enter"}, []string{"reject 1 410 "}, false},
		{"no refusal", []string{"c", "200", "enter"}, nil, true},
		{"no code", []string{"c", "busy", "enter"}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, Options{}, alice(ua.Registered))
			b.set(incoming(1, "Bob", "sip:bob@example.net"))
			b.after(time.Second)
			b.press(tt.keys...)
			b.wantCommands(tt.want...)
			if open := b.context() != keys.InDial; open != tt.open {
				t.Errorf("open: %t\n%s", open, b.View())
			}
		})
	}
}

// The caller gives up while the answer is typed: what is being typed does nothing else.
func TestCallerGivesUpWhileAnswered(t *testing.T) {
	b := oneCall(t, Options{})
	b.set(incoming(2, "Bob", "sip:bob@example.net"))
	b.after(time.Second)
	b.press("f", "ma")
	b.change(2, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteCanceled, b.clock })
	b.press("x")
	b.wantCommands()
}

// A redirection that can't be: the call rings on and can still be answered.
func TestSendingOnFails(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	b.after(time.Second)
	b.press("f", "::", "enter")
	b.phone.Post(ua.CommandFailed{Meta: b.phone.Meta(), Call: 1, Command: "redirect", Err: errors.New("that is no address")})
	b.drain()
	b.wantScreen("Can’t forward the call: that is no address", "ignored, still ringing")
}

func TestPolicyForm(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.phone.SetPolicy(ua.Policy{AutoAnswer: ua.AutoAnswerAll})
	b.drain()
	b.phone.Commands()
	b.press("f4", "space", "down", "carol", "tab", "dave@example.com", "down", "voicemail", "down", "3x", "enter")
	b.wantCommands()
	b.wantScreen("1 to 600 seconds")
	b.press("backspace", "0", "enter")
	b.wantCommands("policy")
	b.drain()
	want := ua.Forward{Always: "carol", Busy: "dave@example.com", NoAnswer: "voicemail", After: 30 * time.Second}
	if p := b.phone.Policy(); !p.DND || p.Forward != want || p.AutoAnswer != ua.AutoAnswerAll {
		t.Errorf("%+v", p)
	}
	b.wantScreen("don’t ring", "From now on: do not disturb, all calls go to carol", "dnd")
	b.press("f4", "space", "down", "ctrl+u", "esc")
	b.wantCommands()
	b.press("ctrl+o")
	b.drain()
	if p := b.phone.Policy(); p.DND || p.Forward != want {
		t.Errorf("%+v", p)
	}
	b.press("f4", "down", "ctrl+u", "sip:@", "enter")
	b.wantScreen("can't be forwarded always")
}

func TestRefusedCallsAreCounted(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	for _, n := range []uint64{1, 41} {
		b.phone.Post(ua.CallRefused{Meta: b.phone.Meta(), Account: "alice", From: "sip:100@192.0.2.66", Why: ua.RefusedUnknown, Count: n})
	}
	b.drain()
	b.wantNotOnScreen("Incoming call", "turned away") // nobody is disturbed
	b.press("ctrl+l")
	b.wantScreen("was turned away", "41 calls from an unknown source")
	b.press("f5")
	b.wantScreen("42 calls didn’t ring")
}

func TestDetailsFollowTheCall(t *testing.T) {
	b := oneCall(t, Options{})
	b.press("i")
	b.wantScreen("Call with Echo test", "opus/48000")
	b.change(1, func(c *ua.CallInfo) { c.Codec = "PCMA/8000" })
	b.wantScreen("PCMA/8000")
	b.press("esc")
	b.wantNotOnScreen("Call with")
}

// Whoever gives a redirected call up may type the next number at once.
func TestNextNumberRightAfterGivingUp(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.press("bob", "enter")
	c := outgoing(1, call.Calling)
	c.Pending, c.RedirectTo = ua.PendingRedirect, []string{"sip:carol@example.com"}
	b.set(c)
	b.after(time.Second)
	b.phone.Commands()
	b.press("n", "carol")
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.Rejected, b.clock })
	b.press("enter")
	b.wantCommands("consent 1 false", "dial 2 carol from alice")
}

// The prompt completes from calls that were, as the dial line does.
func TestPromptCompletes(t *testing.T) {
	b := oneCall(t, Options{})
	c := outgoing(9, call.Ended)
	c.RemoteURI, c.RemoteName, c.Ended, c.Cause = "sip:carol@example.com", "Carol", b.clock, call.LocalHangup
	b.set(c)
	b.press("t", "car")
	b.wantScreen("Carol (carol@example.com)")
	b.press("down", "enter")
	b.wantCommands("transfer 1 sip:carol@example.com")
	second(b)
	b.press("t", "car", "ctrl+u")
	b.wantScreen("▸ Bob, on hold") // nothing typed: the other call again
	b.press("enter")
	b.wantCommands("transfer-to 1 2")
}

func TestRegistrationWarnsOnce(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	r := alice(ua.Registered)
	r.Warnings = []string{"a router on the way rewrites SIP messages"}
	for range 2 {
		b.phone.Post(ua.RegistrationChanged{Meta: b.phone.Meta(), Registration: r})
		b.drain()
	}
	b.wantScreen("A router on the way rewrites SIP messages")
	b.press("ctrl+l")
	if n := count(b.View(), "✕ A router on the way"); n != 1 {
		t.Errorf("the log says it %d times\n%s", n, b.View())
	}
}

// Nobody is asked about a call that the phone answers by itself, and everybody is told.
func TestAutoAnswerIsTold(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	c := incoming(1, "Bob", "sip:bob@example.net")
	c.AutoAnswered = true
	b.set(c)
	b.wantNotOnScreen("Incoming call")
	b.change(1, func(c *ua.CallInfo) { c.State, c.Answered = call.Confirmed, b.clock })
	b.wantScreen("The phone answered by itself: Bob is on the line")
}
