package ui

import (
	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// body draws what is between the dial line and the status: calls above all.
func (m *Model) body(l layout, w, h int) []string {
	switch l {
	case wide:
		if m.current() == nil && !m.logVisible() {
			return m.leftColumn(w, h)
		}
		left := w * 11 / 20
		return m.columns(m.leftColumn(left, h), m.rightColumn(w-left-1, h), left, w, h)
	case normal:
		return m.oneColumn(w, h)
	case compact:
		return m.compactBody(w, h)
	case tooSmall:
	}
	return nil
}

func (m *Model) columns(left, right []string, at, w, h int) []string {
	l := cell.Lines(cell.Block(left, at, h))
	r := cell.Lines(cell.Block(right, w-at-1, h))
	out := make([]string, h)
	for i := range out {
		out[i] = l[i] + m.theme.Dim.Render(m.theme.Glyphs.Vertical) + r[i]
	}
	return out
}

func (m *Model) leftColumn(w, h int) []string {
	callRows := max(min(m.callRows()+1, h/2), 5)
	lines := m.section("Calls", w, callRows, m.callsOrHint)
	return append(lines, m.endedSection(w, h-len(lines))...)
}

// endedSection lists the calls that have ended, once there are some.
func (m *Model) endedSection(w, h int) []string {
	if len(m.desk.past.Calls) == 0 {
		return nil
	}
	return m.section("Recent calls", w, h, func(w, h int) string {
		return pane.Recent{Theme: m.theme, Calls: m.desk.past.Calls, Book: m.desk.book, Now: m.now}.Render(w, h)
	})
}

func (m *Model) rightColumn(w, h int) []string {
	var lines []string
	if c := m.current(); c != nil {
		details := h
		if m.logVisible() {
			details = min(len(pane.Facts(c))+1, h*3/5)
		}
		lines = m.section("This call", w, details, func(w, h int) string {
			return pane.Details{Theme: m.theme, Call: c}.Render(w, h)
		})
	}
	if m.logVisible() {
		lines = append(lines, m.section("Log", w, h-len(lines), m.logPane)...)
	}
	return lines
}

// oneColumn gives calls what they need, and the rest to the log or the ended calls.
func (m *Model) oneColumn(w, h int) []string {
	callRows := max(min(m.callRows()+1, h/2), 5)
	lines := m.section("Calls", w, callRows, m.callsOrHint)
	if m.logVisible() {
		return append(lines, m.section("Log", w, h-len(lines), m.logPane)...)
	}
	return append(lines, m.endedSection(w, h-len(lines))...)
}

// compactBody shows the calls, or under them the log when it was asked for.
func (m *Model) compactBody(w, h int) []string {
	if !m.logVisible() {
		return cell.Lines(m.callsOrHint(w, h))
	}
	rows := min(len(m.calls), h/2)
	var lines []string
	if rows > 0 {
		lines = cell.Lines(m.callsOrHint(w, rows))
	}
	return append(lines, m.section("Log", w, h-rows, m.logPane)...)
}

// section puts a title over a pane; both take h lines.
func (m *Model) section(title string, w, h int, render func(w, h int) string) []string {
	if h <= 0 {
		return nil
	}
	lines := []string{m.theme.Rule(title, w)}
	return append(lines, cell.Lines(render(w, h-1))...)
}

// callRows is how many lines the calls would like.
func (m *Model) callRows() int { return pane.Rows(m.calls, m.selected) }

// callsOrHint draws the calls, or what to do to have one.
func (m *Model) callsOrHint(w, h int) string {
	if len(m.calls) > 0 {
		return pane.Calls{
			Theme: m.theme, Calls: m.calls, Selected: m.selected, Now: m.now,
			Focused: m.focus == keys.InCalls, Several: len(m.registrations) > 1,
			Recording: m.confRecording != "",
		}.Render(w, h)
	}
	hints := []string{"Type a number or an address, and press enter."}
	switch aor := m.reachable(); {
	case aor == "":
	case m.policy.DND || m.policy.Forward.Always != "":
		hints = append(hints, "Calls to "+m.theme.Say(aor)+" don’t ring: F4 says why.")
	default:
		hints = append(hints, "Calls to "+m.theme.Say(aor)+" ring here.")
	}
	if m.opts.Notice != "" {
		hints = append(hints, m.theme.Say(m.opts.Notice))
	}
	var lines []string
	for _, s := range hints {
		for _, l := range cell.Wrap(s, w-4) {
			lines = append(lines, "   "+m.theme.Dim.Render(l))
		}
	}
	return cell.Block(lines, w, h)
}

// reachable is the address at which calls come in, of the current account.
func (m *Model) reachable() string {
	for _, r := range m.registrations {
		if r.Account == m.account && r.State == ua.Registered {
			return words.Address(r.AOR)
		}
	}
	return ""
}

func (m *Model) logPane(w, h int) string {
	return pane.LogView{Theme: m.theme, Log: m.log, Focused: m.focus == keys.InLog}.Render(w, h)
}
