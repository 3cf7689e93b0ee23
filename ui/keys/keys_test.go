package keys

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
)

// spellings are all names that Bubble Tea gives to keys other than characters.
func spellings() []string {
	var out []string
	for k := tea.KeyType(-80); k < 128; k++ {
		for _, alt := range []bool{false, true} {
			out = append(out, tea.KeyMsg{Type: k, Alt: alt}.String())
		}
	}
	for r := 'a'; r <= 'z'; r++ {
		out = append(out, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: true}.String())
	}
	return out
}

func TestTableIsConsistent(t *testing.T) {
	names := spellings()
	type place struct {
		ctx Context
		key string
	}
	seen := map[place]bool{}
	for _, b := range Table() {
		if b.Action == None || b.Help == "" || b.Shown == "" || len(b.Keys) == 0 {
			t.Errorf("incomplete: %+v", b.Help)
		}
		if b.Rank > 0 && b.Hint == "" {
			t.Errorf("%q is in the footer without a word", b.Help)
		}
		if (b.Undo == "") != (b.Undoes == nil) {
			t.Errorf("%q: Undo and Undoes go together", b.Help)
		}
		if !slices.Contains(Contexts(), b.Context) {
			t.Errorf("%q is in no listed context", b.Help)
		}
		for _, k := range b.Keys {
			if utf8.RuneCountInString(k) != 1 && !slices.Contains(names, k) {
				t.Errorf("%q: no key is called %q", b.Help, k)
			}
			if seen[place{b.Context, k}] {
				t.Errorf("%q is bound twice in %s", k, b.Context.Title())
			}
			seen[place{b.Context, k}] = true
		}
	}
	for _, c := range Contexts() {
		if c.Title() == "" {
			t.Errorf("context %d has no title", c)
		}
	}
}

// In the dial line every character is text, so a bare character may be bound only
// where text makes no sense: help on an empty line.
func TestDialLineTakesText(t *testing.T) {
	for _, b := range Table() {
		if b.Context != InDial && b.Context != Anywhere && b.Context != InForm {
			continue
		}
		for _, k := range b.Keys {
			if utf8.RuneCountInString(k) == 1 && !slices.Contains(b.Needs, NeedEmptyLine) {
				t.Errorf("%q can't be typed", k)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		ctx  Context
		key  string
		want Action
	}{
		{InDial, "enter", Dial},
		{InDial, "ctrl+x", Hangup},
		{InDial, "x", None},
		{InCalls, "x", Hangup},
		{InCalls, "5", SendDigit},
		{InCalls, "tab", SwitchFocus},
		{InIncoming, "enter", Answer},
		{InIncoming, "x", None},
		{InKeypad, "a", SendDigit},
		{InForm, "ctrl+l", None}, // text, or nothing
		{InForm, "ctrl+c", Quit},
		{InQuit, "ctrl+c", Confirm},
		{InReader, "ctrl+c", Quit},
	} {
		b, _ := Lookup(tt.ctx, tt.key)
		if b.Action != tt.want {
			t.Errorf("%s in %s: %d, want %d", tt.key, tt.ctx.Title(), b.Action, tt.want)
		}
	}
}

func TestReasons(t *testing.T) {
	up := Facts{Call: true, State: call.Confirmed, Focus: true, Live: 1}
	for _, tt := range []struct {
		ctx   Context
		key   string
		facts Facts
		want  string
	}{
		{InCalls, "h", Facts{}, "there is no call"},
		{InCalls, "h", Facts{Call: true, State: call.Early, Live: 1}, "the call hasn’t been answered yet"},
		{InCalls, "h", up, ""},
		{InCalls, "s", up, "there is no second call"},
		{InCalls, "enter", up, "the call is already yours"},
		{InCalls, "enter", Facts{Call: true, State: call.Incoming, Live: 1}, ""},
		{InCalls, "enter", Facts{Call: true, State: call.Confirmed, Hold: ua.Hold{Desired: true}, Live: 2}, ""},
		{InDial, "enter", Facts{}, "type a number or an address first"},
		{Anywhere, "f2", Facts{}, "accounts can’t be saved here"},
	} {
		b, ok := Lookup(tt.ctx, tt.key)
		if tt.ctx == Anywhere {
			b, ok = Lookup(InDial, tt.key)
		}
		if !ok {
			t.Fatalf("%s isn't bound", tt.key)
		}
		if got := b.Disabled(tt.facts); got != tt.want {
			t.Errorf("%s with %+v: %q, want %q", tt.key, tt.facts, got, tt.want)
		}
	}
	for n := NeedCall; n <= NeedLogLine; n++ {
		if n.Reason() == "" {
			t.Errorf("need %d has no reason", n)
		}
	}
}

func TestHintsOfferOnlyWhatWorks(t *testing.T) {
	for _, ctx := range Contexts() {
		for _, f := range []Facts{{}, {Call: true, State: call.Confirmed, Live: 2, LineText: true, History: true}, {Call: true, State: call.Incoming, Live: 1}} {
			last := 0
			for _, b := range Hints(ctx, f) {
				if why := b.Disabled(f); why != "" {
					t.Errorf("%s in %s is offered although %s", b.Shown, ctx.Title(), why)
				}
				if b.Rank < last {
					t.Errorf("%s in %s is out of order", b.Shown, ctx.Title())
				}
				last = b.Rank
				if got, ok := Find(ctx, b.Keys[0], f); !ok || got.Action != b.Action {
					t.Errorf("%s in %s is offered but does something else", b.Shown, ctx.Title())
				}
			}
		}
	}
}

func TestLabelFollowsTheState(t *testing.T) {
	b, _ := Lookup(InCalls, "h")
	if got := b.Label(Facts{}) + b.Label(Facts{Hold: ua.Hold{Desired: true}}); got != "holdresume" {
		t.Errorf("labels %q", got)
	}
}

func TestMarkdownHasEveryBinding(t *testing.T) {
	doc := Markdown()
	for _, b := range Table() {
		if !strings.Contains(doc, b.Help) {
			t.Errorf("%q is missing", b.Help)
		}
	}
	for _, l := range strings.Split(doc, "\n") {
		if strings.HasPrefix(l, "|") && strings.Count(strings.ReplaceAll(l, "\\|", ""), "|") != 4 {
			t.Errorf("broken row %q", l)
		}
	}
}
