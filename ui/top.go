package ui

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// top draws what is above the body: title, accounts, lamps, dial line.
func (m *Model) top(l layout, w int) []string {
	accounts := pane.Accounts{
		Theme: m.theme, Registrations: m.registrations, Current: m.account, Now: m.now,
		Policy: words.Policy(m.policy, false), Brief: words.Policy(m.policy, true),
		Mail: m.desk.mail, Presence: m.desk.published,
	}
	if l == compact {
		// What waits stands beside the account; the lamps are in the contacts.
		waiting := words.Waiting(m.desk.past.Missed, m.desk.inbox.Unread(), true)
		if t := m.theme.Say(m.trouble(true)); t != "" {
			waiting = strings.TrimSpace(t + "  " + waiting)
		}
		waiting = m.theme.Warn.Render(waiting)
		if a := m.alarm(true); a != "" {
			if cell.Width(waiting) > 0 {
				waiting += " "
			}
			waiting += a
		}
		return []string{
			cell.Ends(strings.TrimRight(accounts.Render(w-cell.Width(waiting)-1, 1), " "), waiting, w, m.theme.Glyphs.Ellipsis),
			m.dialBox().Render(w, 1),
		}
	}
	top := append([]string{m.title(w)}, m.lines(accounts.Render(w, min(max(len(m.registrations), 1), 3)))...)
	if watched := m.desk.board.Watched(); len(watched) > 0 {
		top = append(top, pane.Lamps{Theme: m.theme, Watched: watched, Name: m.nameOf}.Render(w))
	}
	return append(top, m.lines(m.dialBox().Render(w, 3))...)
}

func (m *Model) lines(block string) []string { return cell.Lines(block) }

func (m *Model) title(w int) string {
	left := " " + m.theme.Key.Render("offhook")
	right := m.theme.Dim.Render(m.theme.Say(m.opts.Version) + " ")
	if waiting := words.Waiting(m.desk.past.Missed, m.desk.inbox.Unread(), false); waiting != "" {
		right = m.theme.Warn.Render(waiting) + "  " + right
	}
	if t := m.trouble(false); t != "" {
		right = m.theme.Warn.Render(m.theme.Say(t)) + "  " + right
	}
	if a := m.alarm(false); a != "" {
		if cell.Width(left)+1+cell.Width(a)+1+cell.Width(right) > w {
			a = m.alarm(true)
		}
		left += "  " + a
	}
	return cell.Ends(left, right, w, m.theme.Glyphs.Ellipsis)
}

func (m *Model) dialBox() pane.DialBox {
	b := pane.DialBox{
		Theme: m.theme, Dial: m.dial,
		Focused: m.focus == keys.InDial && m.context() == keys.InDial,
		Empty:   "number or address",
	}
	if len(m.registrations) > 1 {
		b.From = m.account
	}
	if m.focus != keys.InDial {
		b.Empty = "n for a new call"
	}
	return b
}
