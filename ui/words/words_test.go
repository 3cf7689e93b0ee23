package words

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/people"
)

var start = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func TestState(t *testing.T) {
	for _, tt := range []struct {
		state call.State
		hold  ua.Hold
		want  string
	}{
		{call.Idle, ua.Hold{}, "starting…"},
		{call.Calling, ua.Hold{}, "calling…"},
		{call.Early, ua.Hold{}, "ringing…"},
		{call.Incoming, ua.Hold{}, "incoming"},
		{call.Answering, ua.Hold{}, "answering…"},
		{call.Confirmed, ua.Hold{}, "talking"},
		{call.Confirmed, ua.Hold{Desired: true}, "holding…"},
		{call.Confirmed, ua.Hold{Desired: true, Local: true}, "on hold"},
		{call.Confirmed, ua.Hold{Local: true}, "resuming…"},
		{call.Confirmed, ua.Hold{Remote: true}, "they hold you"},
		{call.Confirmed, ua.Hold{Desired: true, Local: true, Remote: true}, "held by both"},
		{call.Confirmed, ua.Hold{Desired: true, Remote: true}, "holding…"},
		{call.Closing, ua.Hold{}, "hanging up…"},
		{call.Ended, ua.Hold{}, "ended"},
	} {
		if got := State(ua.CallInfo{State: tt.state, Hold: tt.hold}); got != tt.want {
			t.Errorf("%d %+v: %q, want %q", tt.state, tt.hold, got, tt.want)
		}
	}
}

func TestEnded(t *testing.T) {
	busy := errors.New("the other side is busy (486 Busy Here)")
	for _, tt := range []struct {
		name string
		call ua.CallInfo
		want string
		list string
	}{
		{"they hung up", ua.CallInfo{Cause: call.RemoteHangup, Answered: start}, "Bob hung up after 1 min 30 s", "talked 01:30"},
		{"we hung up", ua.CallInfo{Cause: call.LocalHangup, Answered: start}, "You hung up on Bob after 1 min 30 s", "talked 01:30"},
		{"we gave up", ua.CallInfo{Cause: call.Canceled}, "You stopped calling Bob", "stopped"},
		{"missed", ua.CallInfo{Cause: call.RemoteCanceled, Direction: ua.Incoming}, "Missed call from Bob, who rang for 1 min 30 s", "missed"},
		{"rang out here", ua.CallInfo{Cause: call.NoAnswer, Direction: ua.Incoming}, "Missed call from Bob", "missed"},
		{"no answer", ua.CallInfo{Cause: call.NoAnswer}, "Bob didn’t answer", "no answer"},
		{"busy", ua.CallInfo{Cause: call.Rejected, Code: 486, Err: busy}, "Bob didn’t take the call: the other side is busy (486 Busy Here)", "busy"},
		{"refused without words", ua.CallInfo{Cause: call.Rejected, Code: 499, Reason: "Odd"}, "Bob didn’t take the call (499 Odd)", "refused 499"},
		{"we rejected", ua.CallInfo{Cause: call.Declined, Direction: ua.Incoming}, "You rejected the call from Bob", "rejected"},
		{"we sent it on", ua.CallInfo{Cause: call.Declined, Direction: ua.Incoming, ForwardedTo: "sip:carol@x"}, "The call from Bob was sent on to carol@x", "forwarded"},
		{"lost", ua.CallInfo{Cause: call.Timeout, Answered: start}, "Lost the connection to Bob after 1 min 30 s", "talked 01:30"},
		{"unreachable", ua.CallInfo{Cause: call.TransportFailure, Err: errors.New("no route")}, "Couldn’t reach Bob: no route", "failed"},
	} {
		c := tt.call
		c.RemoteName, c.Created, c.Ended = "Bob", start, start.Add(90*time.Second)
		if got := Ended(c); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := Outcome(c); got != tt.list {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.list)
		}
	}
	// Every cause has words, before and after an answer.
	for cause := call.CauseNone; cause <= call.Shutdown; cause++ {
		for _, answered := range []time.Time{{}, start} {
			c := ua.CallInfo{Cause: cause, Answered: answered, Created: start, Ended: start.Add(time.Second), RemoteURI: "sip:bob@example.com;user=phone"}
			if Ended(c) == "" || Outcome(c) == "" {
				t.Errorf("cause %d has no words", cause)
			}
		}
	}
}

// What a sentence has to say isn't pushed off the screen by a name, and a call was as long
// as the clock beside it showed.
func TestEndedInShort(t *testing.T) {
	long := "sip:" + strings.Repeat("lorem%20ipsum%20", 20) + "@example.org"
	got := Ended(ua.CallInfo{RemoteURI: long, Cause: call.Rejected, Err: errors.New("there is no such user (404 Not Found)")})
	if want := "lorem%20ipsum%20lorem%20ipsum%20lorem%2… didn’t take the call: there is no such user (404 Not Found)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	got = Ended(ua.CallInfo{RemoteName: "Bob", Cause: call.RemoteHangup, Answered: start, Ended: start.Add(10700 * time.Millisecond)})
	if want := "Bob hung up after 10 s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPast(t *testing.T) {
	for _, tt := range []struct {
		call people.Call
		want string
	}{
		{people.Call{Incoming: true, Outcome: people.Declined, Code: 486}, "rejected"},
		{people.Call{Incoming: true, Outcome: people.Declined, Code: 302}, "forwarded"},
		{people.Call{Outcome: people.Declined, Code: 603}, "declined"},
		{people.Call{Outcome: people.Refused, Code: 486}, "busy"},
		{people.Call{Outcome: people.Refused, Code: 404}, "refused 404"},
	} {
		if got := Past(tt.call); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.call, got, tt.want)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"sip:bob@example.com":                "bob@example.com",
		"SIPS:bob@example.com;transport=tls": "bob@example.com",
		"tel:+15550100":                      "+15550100",
		"bob@example.com":                    "bob@example.com",
		"":                                   "unknown",
		"sip:":                               "unknown",
	} {
		if got := Address(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestRegistration(t *testing.T) {
	now := start
	failed := ua.Registration{AOR: "sip:a@b", State: ua.RegFailed, Code: 503, Reason: "Busy", RetryAt: now.Add(25 * time.Second)}
	for _, tt := range []struct {
		reg  ua.Registration
		want string
	}{
		{ua.Registration{State: ua.Registered}, "registered"},
		{ua.Registration{State: ua.Registering}, "registering…"},
		{ua.Registration{State: ua.Unregistering}, "signing off…"},
		{ua.Registration{}, "not registered"},
		{failed, "failed, next try in 25 s: 503 Busy"},
		{ua.Registration{State: ua.RegFailed, RetryAt: now, Err: errors.New("no host")}, "failed, trying again…: no host"},
		{ua.Registration{State: ua.RegFailed}, "failed: no reason given"},
	} {
		if got := Registration(tt.reg, now); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	if got := Unreachable(failed); got != "a@b isn’t registered: 503 Busy" {
		t.Errorf("%q", got)
	}
}

func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		d           time.Duration
		clock, long string
	}{
		{0, "00:00", "0 s"},
		{59 * time.Second, "00:59", "59 s"},
		{60 * time.Second, "01:00", "1 min"},
		{125 * time.Second, "02:05", "2 min 5 s"},
		{time.Hour, "1:00:00", "1 h"},
		{25*time.Hour + 61*time.Second, "25:01:01", "25 h 1 min"},
	} {
		if Clock(tt.d) != tt.clock || Long(tt.d) != tt.long {
			t.Errorf("%v: %q %q, want %q %q", tt.d, Clock(tt.d), Long(tt.d), tt.clock, tt.long)
		}
	}
}
