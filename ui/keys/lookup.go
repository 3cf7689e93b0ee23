package keys

import (
	"fmt"
	"slices"
	"strings"
)

// Lookup finds what a key does in a context: the context's own binding first,
// then one that holds anywhere. The form takes all other keys as text.
func Lookup(ctx Context, key string) (Binding, bool) {
	for _, b := range table {
		if b.Context == ctx && slices.Contains(b.Keys, key) {
			return b, true
		}
	}
	if types(ctx) { // a line to type: edited as the dial line is
		if b, ok := Lookup(InDial, key); ok && b.edits() {
			return b, true
		}
	}
	if ctx == InForm || ctx == InQuit || ctx == Anywhere {
		return Binding{}, false
	}
	return Lookup(Anywhere, key)
}

// Find is Lookup with a second choice: where the own binding of a context that is no overlay does nothing under
// these facts, one that holds anywhere and works.
func Find(ctx Context, key string, f Facts) (Binding, bool) {
	b, ok := Lookup(ctx, key)
	if !ok || b.Context == Anywhere || b.Disabled(f) == "" || !background(ctx) {
		return b, ok
	}
	if any, ok := Lookup(Anywhere, key); ok && any.Disabled(f) == "" {
		return any, true
	}
	return b, true
}

// edits reports a binding that edits a line.
func (b Binding) edits() bool { return b.Action >= CharLeft && b.Action <= DeleteToEnd }

// Disabled says why the binding does nothing under these facts; empty when it works.
func (b Binding) Disabled(f Facts) string {
	for _, n := range b.Needs {
		if !n.Met(f) {
			return n.Reason()
		}
	}
	return ""
}

// Label is the footer's word for the binding under these facts.
func (b Binding) Label(f Facts) string {
	if b.Undoes != nil && b.Undoes(f) {
		return b.Undo
	}
	return b.Hint
}

// Hints lists the bindings for the footer: those that work now, by rank.
func Hints(ctx Context, f Facts) []Binding {
	var out []Binding
	for _, b := range table {
		if b.Rank == 0 || b.Disabled(f) != "" {
			continue
		}
		switch {
		case b.Context == ctx:
		case b.Context != Anywhere || !background(ctx):
			continue
		case shadowed(ctx, b, f), b.Action == SwitchFocus && !elsewhere(f):
			continue
		}
		out = append(out, b)
	}
	slices.SortStableFunc(out, func(a, b Binding) int { return a.Rank - b.Rank })
	return out
}

// background reports the contexts that aren't overlays.
func background(ctx Context) bool { return ctx == InDial || ctx == InCalls || ctx == InLog }

// elsewhere reports that tab has somewhere to go that n and esc don't tell already.
func elsewhere(f Facts) bool { return f.LogOpen || f.Call && !f.InCalls }

// shadowed reports that the context itself binds the same action, or the key shown.
func shadowed(ctx Context, any Binding, f Facts) bool {
	for _, b := range table {
		if b.Context == ctx && b.Rank > 0 && b.Disabled(f) == "" && (b.Action == any.Action || slices.Contains(b.Keys, any.Keys[0])) {
			return true
		}
	}
	return false
}

// Section is a context and its bindings, for help and docs.
type Section struct {
	Context  Context
	Bindings []Binding
}

// Sections lists all bindings by context, first first.
func Sections(first Context) []Section {
	order := Contexts()
	if i := slices.Index(order, first); i > 0 {
		order = slices.Concat([]Context{first}, order[:i], order[i+1:])
	}
	var out []Section
	for _, c := range order {
		s := Section{Context: c}
		for _, b := range table {
			if b.Context == c {
				s.Bindings = append(s.Bindings, b)
			}
		}
		out = append(out, s)
	}
	return out
}

// Markdown renders the whole table for the user guide.
func Markdown() string {
	var b strings.Builder
	for _, s := range Sections(InDial) {
		fmt.Fprintf(&b, "## %s\n\n| key | does | not when |\n|---|---|---|\n", s.Context.Title())
		for _, k := range s.Bindings {
			var why []string
			for _, n := range k.Needs {
				why = append(why, n.Reason())
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", shownKeys(k), escape(k.Help), escape(strings.Join(why, "; ")))
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// shownKeys names every key of a binding; runs of digits stay as they are shown.
func shownKeys(b Binding) string {
	if b.Action == SendDigit {
		return "`" + b.Shown + "`"
	}
	names := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		if k == " " {
			k = "space"
		}
		names[i] = "`" + escape(k) + "`"
	}
	return strings.Join(names, ", ")
}

func escape(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
