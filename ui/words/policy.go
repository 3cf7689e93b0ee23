package words

import (
	"fmt"
	"strings"

	"offhook/ua"
)

// Policy tells what keeps calls from ringing here; empty when all ring. Brief is for
// a line with little room.
func Policy(p ua.Policy, brief bool) string {
	var on []string
	add := func(long, short string) {
		if brief {
			long = short
		}
		on = append(on, long)
	}
	if p.DND {
		add("do not disturb", "dnd")
	}
	f := p.Forward
	if f.Always != "" {
		add("all calls go to "+Address(f.Always), "all fwd")
	}
	if f.Busy != "" {
		add("busy: to "+Address(f.Busy), "busy fwd")
	}
	if f.NoAnswer != "" {
		add(fmt.Sprintf("after %s: to %s", Long(f.After), Address(f.NoAnswer)), "late fwd")
	}
	if brief && len(on) > 1 && p.DND {
		return "dnd fwd"
	}
	if brief && len(on) > 1 {
		return "fwd"
	}
	return strings.Join(on, ", ")
}

// Refused is the sentence about a call that never rang.
func Refused(e ua.CallRefused) string {
	who := strings.TrimSpace(e.Name)
	if who == "" {
		who = Address(e.From)
	}
	what := "The call from " + who
	if e.Method != "" && e.Method != "INVITE" {
		what = e.Method + " from " + who
	}
	switch e.Why {
	case ua.RefusedUnknown:
		if e.Count > 1 {
			return fmt.Sprintf("%d calls from an unknown source, %s, were turned away", e.Count, e.Source.Addr())
		}
		return fmt.Sprintf("%s was turned away: the source, %s, isn’t known", what, e.Source.Addr())
	case ua.RefusedBusy:
		return what + " was refused: the phone is busy"
	case ua.RefusedDND:
		return what + " was refused: do not disturb"
	case ua.RefusedRule:
		if e.Rule != "" {
			return fmt.Sprintf("%s was refused by the rule %s", what, e.Rule)
		}
		return what + " was refused by a rule"
	case ua.RefusedUnfit:
		return fmt.Sprintf("%s was refused: %s (%d)", what, e.Unfit(), e.Code)
	case ua.RefusedForwarded:
		return fmt.Sprintf("%s was sent on to %s", what, Address(e.Target))
	}
	return what + " was refused"
}

// Redirected is the sentence about a 3xx; empty when the person is asked instead, or
// when the call's end tells it.
func Redirected(e ua.Redirected) string {
	if e.Policy != ua.RedirectFollow || len(e.Targets) == 0 {
		return ""
	}
	return "Sent on to " + list(e.Targets)
}

// list names addresses, the rest counted.
func list(uris []string) string {
	const most = 3
	var out []string
	for i, u := range uris {
		if i == most {
			return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", len(uris)-most)
		}
		out = append(out, Address(u))
	}
	return strings.Join(out, ", ")
}
