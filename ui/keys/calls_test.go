package keys

import (
	"testing"

	"offhook/ua/call"
)

func TestReasonsOfCallsOnCalls(t *testing.T) {
	up := Facts{Call: true, State: call.Confirmed, Focus: true, Live: 1, Up: 1}
	with := func(edit func(*Facts)) Facts {
		f := up
		edit(&f)
		return f
	}
	for _, tt := range []struct {
		ctx   Context
		key   string
		facts Facts
		want  string
	}{
		{InCalls, "t", Facts{}, "there is no call"},
		{InCalls, "t", Facts{Call: true, State: call.Early}, "the call hasn’t been answered yet"},
		{InCalls, "t", with(func(f *Facts) { f.Transfer = call.TransferAsked }), "the call is being transferred already"},
		{InCalls, "t", with(func(f *Facts) { f.Transfer = call.TransferFailed }), ""},
		{InCalls, "c", up, "there are no two calls up to join"},
		{InCalls, "c", with(func(f *Facts) { f.Up = 2 }), ""},
		{InCalls, "c", with(func(f *Facts) { f.Up, f.Joined = 2, 2 }), "there are no two calls up to join"},
		{InCalls, "c", with(func(f *Facts) { f.Up, f.Joined = 3, 2 }), ""},
		{InCalls, "o", up, "the call isn’t in a conference"},
		{InCalls, "s", with(func(f *Facts) { f.Live, f.Up, f.Joined, f.Conference = 2, 2, 2, true }), "everybody is in the conference"},
		{InCalls, "s", with(func(f *Facts) { f.Live, f.Up, f.Joined, f.Conference = 3, 3, 2, true }), ""},
		{InDial, "ctrl+g", Facts{}, "type a number or an address first"},
		{InPrompt, "tab", Facts{Transferred: true}, "type who to ask first"},
		{InPrompt, "tab", Facts{Transferred: true, PromptText: true}, ""},
		{InPrompt, "down", Facts{}, "there is nothing to choose from"},
	} {
		b, ok := Lookup(tt.ctx, tt.key)
		if !ok {
			t.Fatalf("%s isn't bound", tt.key)
		}
		if got := b.Disabled(tt.facts); got != tt.want {
			t.Errorf("%s with %+v: %q, want %q", tt.key, tt.facts, got, tt.want)
		}
	}
}

// A prompt edits as the dial line does, and takes no other key of the dial line's.
func TestPromptsEdit(t *testing.T) {
	for _, tt := range []struct {
		ctx  Context
		key  string
		want Action
	}{
		{InPrompt, "ctrl+w", DeleteWord},
		{InPolicy, "backspace", DeleteLeft},
		{InPrompt, "enter", Submit},
		{InPolicy, "enter", Submit},
		{InPrompt, "ctrl+g", None},
		{InPrompt, "?", None},
		{InPrompt, "ctrl+x", Hangup},
		{InConsent, "y", Agree},
		{InConsent, "a", None},
		{InIncoming, "f", SendOn},
	} {
		b, _ := Lookup(tt.ctx, tt.key)
		if b.Action != tt.want {
			t.Errorf("%s in %s: %d, want %d", tt.key, tt.ctx.Title(), b.Action, tt.want)
		}
	}
}
