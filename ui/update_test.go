package ui

import (
	"errors"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
)

// Each row presses keys in a state and says what the phone was asked.
func TestKeysAskThePhone(t *testing.T) {
	other := func(b *bench) {
		b.change(1, func(c *ua.CallInfo) { c.Focus, c.Hold = false, ua.Hold{Desired: true, Local: true} })
		b.set(talking(2, "Bob", "sip:bob@example.net"))
		b.press("down")
	}
	for _, tt := range []struct {
		name string
		prep func(*bench)
		keys []string
		want []string
	}{
		{"hang up", nil, []string{"x"}, []string{"hangup 1"}},
		{"hang up from the dial line", nil, []string{"n", "ctrl+x"}, []string{"hangup 1"}},
		{"hold", nil, []string{"h"}, []string{"hold 1"}},
		{"resume", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true, Local: true} }) }, []string{"h"}, []string{"resume 1"}},
		{"resume while still holding", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.Hold.Desired = true }) }, []string{"h"}, []string{"resume 1"}},
		{"resume when another call talks is a swap", func(b *bench) { other(b); b.press("up") }, []string{"h"}, []string{"focus 1"}},
		{"mute", nil, []string{"m"}, []string{"mute 1 true"}},
		{"unmute", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.Muted = true }) }, []string{"m"}, []string{"mute 1 false"}},
		{"digits go at once", nil, []string{"1", "*", "#"}, []string{"dtmf 1 1", "dtmf 1 *", "dtmf 1 #"}},
		{"keypad has letters", nil, []string{"k", "a", "D", "5"}, []string{"dtmf 1 A", "dtmf 1 D", "dtmf 1 5"}},
		{"letters of the keypad don't outlive it", nil, []string{"k", "esc", "a"}, nil},
		{"record", nil, []string{"r"}, []string{"record 1 offhook-20260314-092736-echo_example.com.wav"}},
		{"stop recording", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.Recording = "x.wav" }) }, []string{"r"}, []string{"stop-record 1"}},
		{"swap needs two", nil, []string{"s"}, nil},
		{"swap", other, []string{"s"}, []string{"focus 1"}},
		{"take up the selected one", other, []string{"up", "enter"}, []string{"focus 1"}},
		{"take up what one has", other, []string{"enter"}, nil},
		{"second call", nil, []string{"n", "bob@example.net", "enter"}, []string{"dial 2 bob@example.net from alice"}},
		{"register again", nil, []string{"ctrl+r"}, []string{"register alice"}},
		{"nothing before the answer", func(b *bench) { b.change(1, func(c *ua.CallInfo) { c.State = call.Early }) }, []string{"h", "k", "1", "r"}, nil},
		{"letters aren't dialled", nil, []string{"z", "q", "w"}, nil},
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

func TestDialLine(t *testing.T) {
	b := newBench(t, Options{Dialled: []string{"1000"}}, alice(ua.Registered))
	b.press("enter")
	b.wantCommands()
	b.wantScreen("Type a number or an address first")
	b.press("  bob@example.org ", "enter")
	b.wantCommands("dial 1 bob@example.org from alice")
	b.wantScreen("bob@example.org", "starting…") // before the first event
	b.press("n", "draft", "up", "up")
	if got := b.dial.Text(); got != "1000" {
		t.Errorf("two up: %q", got)
	}
	b.press("down", "down")
	if got := b.dial.Text(); got != "draft" {
		t.Errorf("back down: %q", got)
	}
	b.press("ctrl+a", "x", "?", "ctrl+e", "!")
	if got := b.dial.Text(); got != "x?draft!" {
		t.Errorf("edited: %q", got)
	}
	b.press("esc", "?")
	b.wantScreen("Help")
}

func TestTwoAccounts(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered), ua.Registration{Account: "work", AOR: "sip:bob@work.example", State: ua.Registered})
	b.press("ctrl+n")
	b.wantScreen("Call from work")
	b.press("1", "enter", "ctrl+n")
	b.wantCommands("dial 1 1 from work")
	b.press("n")
	b.wantScreen("Call from alice")
}

func TestPasteIsNeverACommand(t *testing.T) {
	paste := func(s string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s), Paste: true} }
	b := oneCall(t, Options{})
	b.send(paste("xhm"))
	b.wantCommands()
	b.wantScreen("Only digits can be pasted")
	b.send(paste("123 456#\n"))
	b.wantCommands("dtmf 1 123456#")
	b.press("n")
	b.send(paste("sip:a@b\r\nx\x1b[A"))
	if got := b.dial.Text(); got != "sip:a@b x" {
		t.Errorf("pasted %q", got)
	}
	b.wantCommands()
}

// A terminal sends what was typed fast as one message.
func TestFastDigitsArriveOneByOne(t *testing.T) {
	b := oneCall(t, Options{})
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("12x")})
	b.wantCommands("dtmf 1 1", "dtmf 1 2", "hangup 1")
}

func TestIncomingCallTakesNoKeysInFlight(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.press("al")
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	b.wantScreen("Incoming call")
	// Somebody goes on typing: the letters reach the line, none answers.
	for _, r := range "ra@a" {
		b.after(150 * time.Millisecond)
		b.press(string(r))
	}
	b.wantCommands()
	if got := b.dial.Text(); got != "alra@a" {
		t.Errorf("the line is %q", got)
	}
	b.after(399 * time.Millisecond)
	b.press("r")
	b.wantCommands()
	b.after(400 * time.Millisecond)
	b.press("a")
	b.wantCommands("answer 1")
	b.wantNotOnScreen("Incoming call")
	if b.focus != keys.InCalls {
		t.Error("an answered call has the keys")
	}
}

func TestGraceEndsForSomebodyWhoNeverPauses(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	for range 8 {
		b.after(250 * time.Millisecond)
		b.press("a")
	}
	b.wantCommands("answer 1")
}

func TestIncomingDecisions(t *testing.T) {
	for _, tt := range []struct {
		key  string
		want []string
	}{
		{"a", []string{"answer 1"}},
		{"enter", []string{"answer 1"}},
		{"r", []string{"reject 1 486 "}},
		{"d", []string{"reject 1 603 "}},
		{"i", nil},
		{"esc", nil},
		{"7", nil},
	} {
		t.Run(tt.key, func(t *testing.T) {
			b := newBench(t, Options{}, alice(ua.Registered))
			b.set(incoming(1, "Bob", "sip:bob@example.net"))
			b.after(time.Second)
			b.press(tt.key)
			b.wantCommands(tt.want...)
			if tt.key == "7" {
				b.wantScreen("Incoming call")
			} else {
				b.wantNotOnScreen("Incoming call")
			}
		})
	}
}

func TestIgnoredCallCanBeAnsweredFromTheList(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	b.after(time.Second)
	b.press("i")
	b.wantScreen("ignored, still ringing; a in this list answers")
	b.change(1, func(c *ua.CallInfo) { c.RemoteName = "Robert" }) // a further event doesn't ask again
	b.wantNotOnScreen("Incoming call")
	b.press("tab", "enter")
	b.wantCommands("answer 1")
}

func TestSecondIncomingAsksAfterTheFirst(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	b.set(incoming(2, "Carol", "sip:carol@example.net"))
	b.after(time.Second)
	b.wantScreen("and one more call rings")
	b.press("r")
	b.wantScreen("carol@example.net")
	b.press("r") // in flight: the second one just came up
	b.wantCommands("reject 1 486 ")
	b.after(time.Second)
	b.press("r")
	b.wantCommands("reject 2 486 ")
}

func TestCallerGivesUp(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.set(incoming(1, "Bob", "sip:bob@example.net"))
	b.after(5 * time.Second)
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteCanceled, b.clock })
	b.wantNotOnScreen("Incoming call 0")
	b.wantScreen("Missed call from Bob, who rang for 5 s", "missed")
}

func TestCallBack(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	for i, uri := range []string{"sip:bob@example.net;user=phone", "sip:anonymous@anonymous.invalid"} {
		c := incoming(ua.CallID(i+1), "", uri)
		c.State, c.Cause = call.Ended, call.RemoteCanceled
		b.set(c)
	}
	b.press("up", "enter")
	b.wantCommands("dial 3 bob@example.net from alice")
}

// Digits for a call that is up pass the question about a second one; its keys don't.
func TestDigitsPassTheSecondCall(t *testing.T) {
	b := oneCall(t, Options{})
	b.set(incoming(2, "Bob", "sip:bob@example.net"))
	b.after(time.Second)
	b.press("5", "x", "h")
	b.wantCommands("dtmf 1 5")
	b.press("a")
	b.wantCommands("answer 2")
}

// The other side hangs up while a digit is on its way: it must not be dialled.
func TestKeysForAnEndedCallAreDropped(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteHangup, b.clock })
	b.press("5")
	if got := b.dial.Text(); got != "" {
		t.Errorf("the line is %q", got)
	}
	b.after(afterEnd)
	b.press("5")
	if got := b.dial.Text(); got != "5" {
		t.Errorf("the line is %q", got)
	}
	b.wantScreen("Echo test hung up after 41 s")
}

// Whoever hangs up may type the next number at once.
func TestNextNumberRightAfterHangup(t *testing.T) {
	b := oneCall(t, Options{})
	b.press("x", "2000")
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.LocalHangup, b.clock })
	b.press("1")
	if got := b.dial.Text(); got != "20001" {
		t.Errorf("the line is %q", got)
	}
}

func TestHoldIsToldOnlyWhenTrue(t *testing.T) {
	b := oneCall(t, Options{})
	b.press("h")
	b.wantNotOnScreen("on hold", "holding…")
	b.change(1, func(c *ua.CallInfo) { c.Hold.Desired = true })
	b.wantScreen("holding…")
	b.change(1, func(c *ua.CallInfo) { c.Hold.Local = true })
	b.wantScreen("on hold")
	b.change(1, func(c *ua.CallInfo) { c.Hold.Desired = false })
	b.wantScreen("resuming…")
}

func TestDigitsEcho(t *testing.T) {
	b := oneCall(t, Options{})
	b.press("12")
	b.wantScreen("sending 12")
	b.phone.Post(ua.DigitSent{Meta: b.phone.Meta(), Call: b.phone.Call(1), Digit: '1'})
	b.drain()
	b.wantScreen("sent 1 sending 2")
	b.phone.Post(ua.CommandFailed{Meta: b.phone.Meta(), Call: 1, Command: "dtmf", Err: errors.New("the call is on hold")})
	b.drain()
	b.wantScreen("sent 1", "Can’t send the digit: the call is on hold")
	b.wantNotOnScreen("sending")
	b.phone.Post(ua.DigitReceived{Meta: b.phone.Meta(), Call: b.phone.Call(1), Digit: '9'})
	b.drain()
	b.wantScreen("they sent 9")
}

func TestQuit(t *testing.T) {
	t.Run("at once without a call", func(t *testing.T) {
		b := newBench(t, Options{}, alice(ua.Registered))
		b.press("ctrl+c")
		if !b.quit {
			t.Error("didn't quit")
		}
	})
	t.Run("asks when a call is up", func(t *testing.T) {
		b := oneCall(t, Options{})
		b.press("ctrl+c")
		b.wantScreen("Hang up on Echo test and quit?")
		b.press("n")
		b.wantNotOnScreen("and quit?")
		b.press("ctrl+c", "y")
		if !b.quit {
			t.Error("didn't quit")
		}
	})
	t.Run("the question goes with the call", func(t *testing.T) {
		b := oneCall(t, Options{})
		b.press("ctrl+c")
		b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
		b.wantNotOnScreen("and quit?")
	})
	t.Run("insisting quits", func(t *testing.T) {
		b := oneCall(t, Options{})
		b.press("ctrl+c", "ctrl+c")
		if !b.quit {
			t.Error("didn't quit")
		}
	})
}

func TestRegistrationFailureIsSaidInFull(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registering))
	b.wantScreen("registering…")
	r := refused("alice", "sip:alice@example.com")
	b.phone.Post(ua.RegistrationChanged{Meta: b.phone.Meta(), Registration: r})
	b.drain()
	b.wantScreen("failed, next try in 30 s", "check the account's auth user and password")
	b.after(12 * time.Second)
	b.tickNow()
	b.wantScreen("next try in 18 s")
	b.phone.Post(ua.RegistrationChanged{Meta: b.phone.Meta(), Registration: alice(ua.Registered)})
	b.drain()
	b.wantScreen("alice@example.com is registered")
	b.wantNotOnScreen("check the account")
}

func TestLateEventsOfAnEndedCall(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	b.phone.Post(ua.MediaChanged{Meta: b.phone.Meta(), Call: talking(1, "Echo test", "sip:echo@example.com"), What: ua.MediaSilent})
	b.drain()
	if len(b.calls) != 0 || len(b.recent) != 1 {
		t.Errorf("%d calls, %d ended", len(b.calls), len(b.recent))
	}
}

func TestFirstRunForm(t *testing.T) {
	var saved []AccountForm
	fail := errors.New("the disk is full")
	b := newBench(t, Options{FirstRun: true, SaveAccount: func(f AccountForm) error {
		saved = append(saved, f)
		return fail
	}})
	b.press("enter")
	b.wantScreen("Type your address")
	b.press("Alice.B@example.com:5070", "enter", "s3cret q?", "enter", "proxy.example.com", "tab", "right", "enter")
	// The last field: completing it saves, where waiting is allowed.
	complete := func() {
		if !b.form.Next() {
			t.Fatal("the form isn't complete")
		}
		b.send(b.save()())
	}
	complete()
	want := AccountForm{Name: "alice-b", AOR: "sip:Alice.B@example.com:5070", Password: "s3cret q?", Registrar: "sip:proxy.example.com", Transport: "tcp"}
	if len(saved) != 1 || saved[0] != want {
		t.Fatalf("saved %+v\nwant  %+v", saved, want)
	}
	b.wantScreen("Not saved: the disk is full", "Alice.B@example.com:5070")
	b.wantNotOnScreen("s3cret")
	fail = nil
	b.press("enter", "enter", "enter", "enter", "work")
	complete()
	if saved[1].Name != "work" {
		t.Errorf("saved %+v", saved[1])
	}
	b.wantScreen("Account work is saved")
}

func TestSkipFirstRun(t *testing.T) {
	b := newBench(t, Options{FirstRun: true, SaveAccount: func(AccountForm) error { return nil }})
	b.press("qx?", "esc")
	b.wantScreen("offhook demo")
	b.press("sip:bob@192.0.2.1", "enter")
	b.wantCommands("dial 1 sip:bob@192.0.2.1 from ")
}

func TestLogPane(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.log.Trace(recordAt(-time.Second, ok200))
	b.drain()
	b.press("ctrl+l")
	b.wantScreen("200 OK (INVITE)")
	b.press("tab", "home", "enter")
	b.wantScreen("CSeq: 1 INVITE", "198.51.100.1:5060")
	b.press("esc", "ctrl+l")
	b.wantNotOnScreen("200 OK")
	if b.focus != keys.InDial {
		t.Error("a hidden log has the keys")
	}
}

// A record that came between the subscription and the snapshot shows once.
func TestLogTakesNoRecordTwice(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	r := recordAt(0, ok200)
	b.log.Trace(r)
	m := New(b.opts)
	defer m.Close()
	late := b.log.Snapshot()
	m.readLog(late)
	m.readLog(append(late, recordAt(time.Second, ringing)))
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	view := m.View()
	if n := count(view, "200 OK"); n != 1 {
		t.Errorf("%d times\n%s", n, view)
	}
	if n := count(view, "180 Ringing"); n != 1 {
		t.Errorf("%d times\n%s", n, view)
	}
}

func TestPhoneGone(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.send(phoneGoneMsg{})
	b.wantScreen("The phone has stopped")
}

// The pace of the screen: none when idle.
func TestBeat(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	want := func(d time.Duration) {
		t.Helper()
		if b.beat.every != d {
			t.Errorf("beat %v, want %v", b.beat.every, d)
		}
	}
	want(0)
	b.press("1", "enter")
	want(clockBeat)
	b.set(talking(1, "", "sip:1@example.com"))
	want(meterBeat)
	old := b.beat.gen
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	want(0)
	if b.tick(tickMsg{old}) != nil {
		t.Error("a tick of an older pace goes on")
	}
	b.phone.Post(ua.RegistrationChanged{Meta: b.phone.Meta(), Registration: refused("alice", "sip:alice@example.com")})
	b.drain()
	want(clockBeat)
}

// A phone without a sound card says so once, and still shows what else there is to see.
func TestSoundTrouble(t *testing.T) {
	trouble := errors.New("no sound device: this system has no speaker")
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		b := oneCall(t, Options{})
		b.size(size[0], size[1])
		for range 2 { // as at each resume
			c := b.phone.Call(1)
			c.MediaErr = trouble
			b.phone.Post(ua.MediaChanged{Meta: b.phone.Meta(), Call: c, What: ua.MediaError})
			b.drain()
		}
		b.press("12")
		b.wantScreen("no sound device", "sound trouble", "sending 12")
		b.press("ctrl+l")
		if n := count(b.View(), "✕ Audio: no sound"); n != 1 {
			t.Errorf("the log says it %d times\n%s", n, b.View())
		}
	}
}

// With nothing to put beside them, the calls have the whole width.
func TestWideWithoutLogOrCall(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.size(120, 40)
	b.press("ctrl+l")
	if n := count(b.View(), b.theme.Glyphs.Vertical); n != 2 { // the dial line's own
		t.Errorf("%d bars\n%s", n, b.View())
	}
}
