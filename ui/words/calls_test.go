package words

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
)

func TestTransfer(t *testing.T) {
	busy := errors.New("the other side is busy (486 Busy Here)")
	for _, tt := range []struct {
		name           string
		call           ua.CallInfo
		state, so, say string // the line's word, its second line, the sentence
	}{
		{"holding", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferHolding}}, "transferring…", "to carol@x: holding first", "Transferring Bob to carol@x…"},
		{"asked", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAsked}}, "transferring…", "to carol@x: asked", ""},
		{"accepted", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Code: 100}}, "transferring…", "to carol@x: trying", ""},
		{"rings", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Code: 180}}, "transferring…", "to carol@x: rings there", ""},
		{"progress", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Code: 183}}, "transferring…", "to carol@x: on the way", ""},
		{"done", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferDone, Code: 200}}, "talking", "", "Bob is connected to carol@x"},
		{"failed", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferFailed, Code: 486, Err: busy}}, "talking", "",
			"Bob couldn’t be transferred to carol@x and is yours again: the other side is busy (486 Busy Here)"},
		{"failed without words", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferFailed, Code: 499, Reason: "Odd"}}, "talking", "",
			"Bob couldn’t be transferred to carol@x and is yours again (499 Odd)"},
		{"failed and gone", ua.CallInfo{State: call.Closing, Transfer: ua.TransferInfo{State: call.TransferFailed, Err: busy}}, "hanging up…", "",
			"Bob couldn’t be transferred to carol@x: the other side is busy (486 Busy Here)"},
		{"unknown", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferUnknown}}, "talking", "", "Bob was sent to carol@x; whether they talk isn’t known"},
		{"we are asked", ua.CallInfo{Pending: ua.PendingTransfer, Transfer: ua.TransferInfo{State: call.TransferAsked, Role: ua.Transferee}}, "asks you", "to carol@x: asked", ""},
		{"we go", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Role: ua.Transferee}}, "sent on…", "to carol@x: trying", "Bob sends you on to carol@x"},
		{"we hear it ring", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Role: ua.Transferee, Code: 180}}, "sent on…", "to carol@x: rings there", ""},
		{"we stay", ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferFailed, Role: ua.Transferee, Err: busy}}, "talking", "",
			"You stay with Bob: the call to carol@x didn’t come about: the other side is busy (486 Busy Here)"},
	} {
		c := tt.call
		if c.State == call.Idle {
			c.State = call.Confirmed
		}
		c.RemoteName, c.Transfer.Target = "Bob", "sip:carol@x"
		if got := State(c); got != tt.state {
			t.Errorf("%s: the state is %q, want %q", tt.name, got, tt.state)
		}
		if got := Progress(c.Transfer); got != tt.so {
			t.Errorf("%s: the line says %q, want %q", tt.name, got, tt.so)
		}
		if got := Transfer(c); got != tt.say {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.say)
		}
	}
}

func TestEndOfTransferredCalls(t *testing.T) {
	for _, tt := range []struct {
		call ua.CallInfo
		want string
	}{
		{ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferDone}}, "Bob is connected to carol@x"},
		{ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted}}, "Bob has left for carol@x"},
		{ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferFailed}}, "Bob hung up after 1 min"},
		{ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferDone, Role: ua.Transferee}}, "Bob put you through to carol@x"},
		{ua.CallInfo{Transfer: ua.TransferInfo{State: call.TransferAccepted, Role: ua.Transferee}}, "Bob hung up after 1 min"},
		{ua.CallInfo{ReplacedBy: 7}, "Bob handed you over"},
		{ua.CallInfo{EndHeaders: ua.EndHeaders{EndReason: ua.Reason{Protocol: "Q.850", Cause: 16, Text: "Normal call clearing"}}}, "Bob hung up after 1 min"},
		{ua.CallInfo{EndHeaders: ua.EndHeaders{EndReason: ua.Reason{Protocol: "X", Text: "credit used up"}}}, "Bob hung up after 1 min: credit used up"},
	} {
		c := tt.call
		c.RemoteName, c.Transfer.Target, c.Cause = "Bob", "sip:carol@x", call.RemoteHangup
		c.Answered, c.Ended = start, start.Add(time.Minute)
		if got := Ended(c); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestCaller(t *testing.T) {
	bob := ua.Identity{Name: "Bob", URI: "sip:bob@y"}
	for _, tt := range []struct {
		name string
		call ua.CallInfo
		want []string
	}{
		{"says nothing", ua.CallInfo{Peer: ua.PeerHeaders{Priority: "normal"}}, nil},
		{"emergency first", ua.CallInfo{Peer: ua.PeerHeaders{Subject: "fire", Priority: "emergency"}}, []string{"Emergency", "about: fire"}},
		{"replaces, joins", ua.CallInfo{Replaces: 3, Joins: 4}, []string{"takes the place of call 3", "wants to join your call with call 4"}},
		{"referred", ua.CallInfo{ReferredBy: "sip:dave@x"}, []string{"sent by dave@x"}},
		{"vouched for", ua.CallInfo{Peer: ua.PeerHeaders{AssertedIdentity: bob, Trusted: true}}, []string{"your server vouches for the caller"}},
		{"anonymous", ua.CallInfo{Peer: ua.PeerHeaders{AssertedIdentity: bob, Trusted: true, Privacy: 2}}, []string{"the caller asks to stay unnamed"}},
		{"claims", ua.CallInfo{Peer: ua.PeerHeaders{AssertedIdentity: bob}}, []string{"claims to be Bob (bob@y), nobody vouches"}},
		{"claims what From says", ua.CallInfo{RemoteURI: "sip:bob@y", Peer: ua.PeerHeaders{AssertedIdentity: bob}}, nil},
		{"another name", ua.CallInfo{Peer: ua.PeerHeaders{RemotePartyID: ua.RemoteParty{Identity: bob}}}, []string{"also named Bob (bob@y)"}},
		{"diverted twice", ua.CallInfo{Peer: ua.PeerHeaders{Diversion: []ua.Diversion{{Identity: bob, Reason: "user-busy"}, {Identity: bob, Reason: "odd", Privacy: "full"}},
			History: []ua.HistoryEntry{{Identity: bob}, {}}}}, []string{"sent on by Bob (bob@y): busy there", "sent on by somebody unnamed: odd"}},
		{"history", ua.CallInfo{Peer: ua.PeerHeaders{History: []ua.HistoryEntry{
			{Identity: bob, Reason: ua.Reason{Protocol: "SIP", Cause: 486, Text: "Busy Here"}}, {Identity: bob, Private: true}, {Identity: ua.Identity{URI: "sip:me@x"}}}}},
			[]string{"came by Bob (bob@y): 486 Busy Here"}},
		{"the rest", ua.CallInfo{Ring: "internal", Peer: ua.PeerHeaders{Organization: "Acme"}}, []string{"of Acme", "rings as internal"}},
	} {
		got := Caller(tt.call, func(id ua.CallID) string { return "call " + string(rune('0'+id)) })
		if strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, reason := range []string{"unconditional", "user-busy", "no-answer", "unavailable", "deflection", "time-of-day", "do-not-disturb", "follow-me", "out-of-service", "away"} {
		if got := diversionReason(reason); got == "" || got == reason && reason != "away" {
			t.Errorf("%s has no words", reason)
		}
	}
}

func TestPolicy(t *testing.T) {
	for _, tt := range []struct {
		policy      ua.Policy
		long, brief string
	}{
		{ua.Policy{}, "", ""},
		{ua.Policy{DND: true}, "do not disturb", "dnd"},
		{ua.Policy{Forward: ua.Forward{Always: "sip:carol@x;user=phone"}}, "all calls go to carol@x", "all fwd"},
		{ua.Policy{Forward: ua.Forward{Busy: "1", NoAnswer: "2", After: 15 * time.Second}}, "busy: to 1, after 15 s: to 2", "fwd"},
		{ua.Policy{DND: true, Forward: ua.Forward{Busy: "1"}}, "do not disturb, busy: to 1", "dnd fwd"},
	} {
		if got := Policy(tt.policy, false); got != tt.long {
			t.Errorf("%q, want %q", got, tt.long)
		}
		if got := Policy(tt.policy, true); got != tt.brief {
			t.Errorf("%q, want %q", got, tt.brief)
		}
	}
}

func TestRefused(t *testing.T) {
	e := ua.CallRefused{From: "sip:bob@x", Source: netip.MustParseAddrPort("192.0.2.66:5060"), Count: 1}
	for _, tt := range []struct {
		edit func(*ua.CallRefused)
		want string
	}{
		{func(*ua.CallRefused) {}, "The call from bob@x was turned away: the source, 192.0.2.66, isn’t known"},
		{func(e *ua.CallRefused) { e.Count = 9 }, "9 calls from an unknown source, 192.0.2.66, were turned away"},
		{func(e *ua.CallRefused) { e.Why, e.Name = ua.RefusedDND, "Bob" }, "The call from Bob was refused: do not disturb"},
		{func(e *ua.CallRefused) { e.Why, e.Method = ua.RefusedDND, "MESSAGE" }, "MESSAGE from bob@x was refused: do not disturb"},
		{func(e *ua.CallRefused) { e.Why = ua.RefusedBusy }, "The call from bob@x was refused: the phone is busy"},
		{func(e *ua.CallRefused) { e.Why, e.Rule = ua.RefusedRule, "night" }, "The call from bob@x was refused by the rule night"},
		{func(e *ua.CallRefused) { e.Why = ua.RefusedRule }, "The call from bob@x was refused by a rule"},
		{func(e *ua.CallRefused) { e.Why, e.Target = ua.RefusedForwarded, "sip:carol@x" }, "The call from bob@x was sent on to carol@x"},
		{func(e *ua.CallRefused) { e.Why, e.Code = ua.RefusedUnfit, 488 }, "The call from bob@x was refused: it offers no audio format that is known here (488)"},
	} {
		f := e
		tt.edit(&f)
		if got := Refused(f); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestQuestion(t *testing.T) {
	c := ua.CallInfo{RemoteName: "Bob", RedirectTo: []string{"sip:1@x", "sip:2@x", "sip:3@x", "sip:4@x"}, Transfer: ua.TransferInfo{Target: "sip:carol@x"}}
	for pending, want := range map[ua.Pending]string{
		ua.PendingNone:     "",
		ua.PendingChange:   "change the call",
		ua.PendingRedirect: "1@x, 2@x, 3@x and 1 more",
		ua.PendingTransfer: "talk to carol@x instead",
	} {
		c.Pending = pending
		asks, yes, no := Question(c)
		if !strings.Contains(asks, want) || (asks == "") != (want == "") || (yes == "") != (want == "") || (no == "") != (want == "") {
			t.Errorf("%s: %q, %q, %q", pending, asks, yes, no)
		}
	}
}

func TestDetails(t *testing.T) {
	addr := netip.MustParseAddrPort("192.0.2.1:5061")
	for _, tt := range []struct {
		target sip.Target
		want   string
	}{
		{sip.Target{}, ""},
		{sip.Target{Transport: sip.UDP, Addr: addr}, "open, UDP"},
		{sip.Target{Transport: sip.TLS, Addr: addr}, "encrypted, TLS"},
		{sip.Target{Transport: sip.WSS, Addr: addr}, "encrypted, WSS"},
		{sip.Target{Transport: sip.WS, Addr: addr}, "open, WS"},
	} {
		if got := Way(tt.target); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	for refresher, want := range map[ua.Refresher]string{
		ua.RefresherNone: "", ua.RefresherLocal: "30 min, refreshed here", ua.RefresherRemote: "30 min, refreshed there",
	} {
		if got := SessionTimer(ua.SessionTimer{Expires: 30 * time.Minute, Refresher: refresher}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	r := ua.Registration{
		Account: "work", AOR: "sip:a@x", State: ua.Registered, Expires: time.Minute, Warnings: []string{"an ALG"},
		Flows: []ua.Flow{{RegID: 2, State: ua.RegFailed, Err: errors.New("no route"), Proxy: "sip:edge@y", Target: sip.Target{Transport: sip.TLS, Addr: addr}}},
	}
	var lines []string
	for _, f := range Account(r, 3, start) {
		lines = append(lines, f.Name+": "+f.Value)
	}
	got := strings.Join(lines, "\n")
	for _, want := range []string{"mind: an ALG", "flow 2: failed: no route, encrypted, TLS 192.0.2.1:5061, by edge@y", "refused: 3 calls didn’t ring"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q isn't in\n%s", want, got)
		}
	}
}
