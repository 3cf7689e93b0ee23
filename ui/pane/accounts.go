package pane

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"offhook/ua"
	"offhook/ua/event"
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Accounts draws a line for each account: who, and whether calls can reach it.
type Accounts struct {
	Theme         *theme.Theme
	Registrations []ua.Registration
	// Current is the account that calls are made from.
	Current string
	// Policy is what keeps calls from ringing, in words; Brief the same in fewer.
	Policy, Brief string
	// Mail and Presence are what is told of an account after its state; nil for none.
	Mail     map[string]event.VoicemailInfo
	Presence map[string]ua.PublicationInfo
	Now      time.Time
}

// Render shows as many accounts as fit; the last line counts the others.
func (a Accounts) Render(width, height int) string {
	lines := cell.Lines(a.accounts(width, height))
	if a.Policy == "" || len(lines) == 0 {
		return strings.Join(lines, "\n")
	}
	said, first := a.Policy, strings.TrimRight(lines[0], " ")
	if cell.Width(first)+cell.Width(said)+3 > width {
		said = a.Brief
	}
	lines[0] = cell.Ends(first, a.Theme.Warn.Render(a.Theme.Say(said))+" ", width, a.Theme.Glyphs.Ellipsis)
	return strings.Join(lines, "\n")
}

func (a Accounts) accounts(width, height int) string {
	regs := a.Registrations
	if len(regs) == 0 {
		return cell.Block([]string{" " + a.Theme.Warn.Render(a.Theme.Glyphs.Off+" No account: calls go straight to the address you dial")}, width, height)
	}
	more := 0
	if len(regs) > height {
		more = len(regs) - height + 1
		regs = regs[:height-1]
		if height == 1 {
			regs, more = a.worst(), len(a.Registrations)-1
		}
	}
	// The names share a column so that the states stand under one another.
	name, state := 0, 0
	for _, r := range regs {
		name = max(name, cell.Width(a.Theme.Say(words.Address(r.AOR))))
		state = max(state, cell.Width(a.Theme.Say(words.Registration(r, a.Now))))
	}
	name = min(name, max(width/2-4, width-state-6))
	lines := make([]string, 0, height)
	for _, r := range regs {
		lines = append(lines, a.line(r, name, width))
	}
	switch {
	case more > 0 && height == 1:
		lines[0] = cell.Ends(lines[0], a.Theme.Dim.Render(fmt.Sprintf("+%d ", more)), width, a.Theme.Glyphs.Ellipsis)
	case more > 0:
		lines = append(lines, a.Theme.Dim.Render(fmt.Sprintf("   and %d more", more)))
	}
	return cell.Block(lines, width, height)
}

// worst is the account to show when there is room for one: the one in trouble,
// otherwise the current one.
func (a Accounts) worst() []ua.Registration {
	pick := a.Registrations[0]
	for _, r := range a.Registrations {
		if r.Account == a.Current {
			pick = r
		}
	}
	for _, r := range a.Registrations {
		if r.State == ua.RegFailed {
			pick = r
		}
	}
	return []ua.Registration{pick}
}

func (a Accounts) line(r ua.Registration, name, width int) string {
	g := a.Theme.Glyphs
	var mark string
	var style lipgloss.Style
	switch r.State {
	case ua.Registered:
		mark, style = g.On, a.Theme.Good
	case ua.Registering, ua.Unregistering:
		mark, style = g.Busy, a.Theme.Warn
	case ua.Unregistered:
		mark, style = g.Off, a.Theme.Dim
	case ua.RegFailed:
		mark, style = g.Failed, a.Theme.Bad
	}
	who := a.Theme.Text
	if r.Account == a.Current && len(a.Registrations) > 1 {
		who = a.Theme.Strong
	}
	aor := cell.Fit(a.Theme.Say(words.Address(r.AOR)), name, g.Ellipsis)
	state := a.Theme.Say(words.Registration(r, a.Now))
	state = cell.Trunc(state, width-name-6, g.Ellipsis)
	return " " + style.Render(mark) + " " + who.Render(aor) + "  " + style.Render(state) +
		a.beside(r.Account, width-name-5-cell.Width(state))
}

// beside is the mailbox and one's own presence, as far as there is room for either.
func (a Accounts) beside(account string, room int) string {
	out := ""
	add := func(style lipgloss.Style, texts ...string) {
		for _, t := range texts {
			if t = a.Theme.Say(t); t != "" && cell.Width(t)+3 <= room {
				out += a.Theme.Dim.Render(" "+a.Theme.Glyphs.Dot+" ") + style.Render(t)
				room -= cell.Width(t) + 3
				return
			}
		}
	}
	if v, ok := a.Mail[account]; ok {
		style := a.Theme.Dim
		if v.Waiting || v.New > 0 {
			style = a.Theme.Key
		}
		add(style, words.Mailbox(v, false), words.Mailbox(v, true))
	}
	if p, ok := a.Presence[account]; ok {
		full := words.Presence(p)
		p.Note = ""
		add(a.Theme.Accent, full, words.Presence(p))
	}
	return out
}
