package overlay

import (
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// Help reads the binding table, the context that help was called from first.
// What doesn't work now is dim and says why.
func Help(th *theme.Theme, from keys.Context, facts func() keys.Facts) *Reader {
	return &Reader{Theme: th, Title: "Help", Lines: func(w int) []string {
		f := facts()
		col := 0
		for _, b := range keys.Table() {
			col = max(col, cell.Width(pane.Shown(th, b)))
		}
		var out []string
		for i, s := range keys.Sections(from) {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, th.Key.Render(s.Context.Title()))
			for _, b := range s.Bindings {
				out = append(out, helpLines(th, b, why(s.Context, from, b, f), col, w)...)
			}
		}
		return append(out, padlocks(th, w)...)
	}}
}

// padlocks explains what stands before the name of a call's other side.
func padlocks(th *theme.Theme, w int) []string {
	out := []string{"", th.Key.Render(cell.Trunc("The padlock before a name", w, ""))}
	for _, l := range pane.Locks(th) {
		for i, text := range cell.Wrap(th.Say(l[1]), w-4) {
			head := "    "
			if i == 0 {
				head = "  " + l[0] + " "
			}
			out = append(out, head+text)
		}
	}
	return out
}

// why tells the reason only where the key could be pressed now.
func why(section, from keys.Context, b keys.Binding, f keys.Facts) string {
	if section != from && section != keys.Anywhere {
		return ""
	}
	return b.Disabled(f)
}

// helpLines hangs the text beside the key's column.
func helpLines(th *theme.Theme, b keys.Binding, why string, col, w int) []string {
	key, text := th.Key, b.Help
	style := th.Text
	if why != "" {
		text += " (not now: " + why + ")"
		key, style = th.Dim, th.Dim
	}
	in, gap := "  ", "  "
	if w < pane.Narrow { // the text needs the room more
		in, gap = "", " "
	}
	indent := len(in) + col + len(gap)
	var out []string
	for i, l := range cell.Wrap(th.Say(text), w-indent) {
		head := cell.Fit("", indent, "")
		if i == 0 {
			head = in + key.Render(cell.Fit(pane.Shown(th, b), col, "")) + gap
		}
		out = append(out, head+style.Render(l))
	}
	return out
}
