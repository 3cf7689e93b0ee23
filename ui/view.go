package ui

import (
	"fmt"
	"strings"

	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// The sizes at which the layout changes, in cells.
const (
	minWidth, minHeight       = 36, 10
	normalWidth, normalHeight = pane.Narrow, 16
	wideWidth, wideHeight     = 100, 24
)

// layout is how the screen is divided.
//
//	wide 120x40                    normal 80x24      compact 40x12
//	title                          title             accounts
//	accounts                       accounts          dial
//	dial                           dial              calls (or log)
//	calls   | details              calls             status
//	recent  | log                  recent or log     hints
//	status                         status
//	hints                          hints
type layout uint8

const (
	tooSmall layout = iota
	compact
	normal
	wide
)

func layoutFor(w, h int) layout {
	switch {
	case w < minWidth || h < minHeight:
		return tooSmall
	case w >= wideWidth && h >= wideHeight:
		return wide
	case w >= normalWidth && h >= normalHeight:
		return normal
	}
	return compact
}

// logVisible says whether the log is on the screen: always where there is room,
// elsewhere when it was asked for.
func (m *Model) logVisible() bool {
	switch m.logShown {
	case shownYes:
		return true
	case shownNo:
		return false
	case shownAuto:
	}
	return layoutFor(m.width, m.height) == wide
}

// View implements tea.Model. Whatever the size, each line has exactly the
// terminal's width and there are exactly as many lines as it has.
func (m *Model) View() string {
	w, h := m.width, m.height
	if w <= 0 || h <= 0 {
		return "" // the size comes with the first message
	}
	l := layoutFor(w, h)
	if l == tooSmall {
		return m.tooSmall(w, h)
	}
	screen := strings.Join(m.screen(l, w, h), "\n")
	if m.context() == keys.InDial {
		y := len(m.top(l, w))
		if box := m.suggestionBox(w, h-y-1); box != "" {
			screen = cell.Over(screen, box, 0, y, w)
		}
	}
	top := 0
	if m.opts.Insecure != "" {
		top = 1 // nothing covers that
	}
	box := m.over(w, h-top)
	if box == "" {
		return screen
	}
	lines := cell.Lines(box)
	x, y := (w-cell.Width(lines[0]))/2, max((h-len(lines))/2, top)
	if m.context() == keys.InReader {
		y = top
	}
	return cell.Over(screen, box, x, y, w)
}

func (m *Model) tooSmall(w, h int) string {
	text := fmt.Sprintf("Too small: offhook needs %dx%d, this is %dx%d", minWidth, minHeight, w, h)
	lines := cell.Wrap(text, w)
	if m.opts.Insecure != "" {
		lines = append([]string{cell.Trunc("INSECURE", w, "")}, lines...)
	}
	if c := m.call(m.ringing); c != nil {
		lines = append(lines, cell.Wrap("Incoming call: "+m.theme.Say(words.Party(c.Info)), w)...)
	}
	return cell.Block(lines, w, h)
}

// screen draws the panes in h lines of w cells.
func (m *Model) screen(l layout, w, h int) []string {
	top := m.top(l, w)
	status := m.statusLines(w)
	bottom := append(status, m.footer(w))
	room := h - len(top) - len(bottom)
	if room < 0 { // never at the sizes above; keep the ends rather than overflow
		bottom, room = bottom[len(bottom)-1:], 0
	}
	body := cell.Lines(cell.Block(m.body(l, w, room), w, room))
	all := append(append(top, body...), bottom...)
	return strings.Split(cell.Block(all, w, h), "\n")
}

func (m *Model) statusLines(w int) []string {
	text := m.theme.Say(m.status.text)
	style := m.theme.Text
	switch m.status.level {
	case pane.Info:
	case pane.Warning:
		style = m.theme.Warn
	case pane.Failure:
		style = m.theme.Bad
	}
	const most = 3
	wrapped := cell.Wrap(text, w-2)
	if len(wrapped) > most {
		last := strings.Join(wrapped[most-1:], " ")
		wrapped = append(wrapped[:most-1], cell.Trunc(last, w-2, m.theme.Glyphs.Ellipsis))
	}
	out := make([]string, len(wrapped))
	for i, s := range wrapped {
		out[i] = " " + style.Render(s)
	}
	return out
}

func (m *Model) footer(w int) string {
	ctx := m.context()
	if !m.settled(ctx) {
		ctx = m.below()
	}
	switch ctx {
	case keys.InPrompt, keys.InPolicy, keys.InConsent, keys.InIncoming, keys.InKeypad, keys.InQuit, keys.InForm,
		keys.InContacts, keys.InHistory, keys.InMessages, keys.InChat, keys.InCard, keys.InPresence, keys.InDevices:
		return "" // the box shows its own
	case keys.Anywhere, keys.InDial, keys.InCalls, keys.InLog, keys.InReader:
	}
	return pane.Footer{Theme: m.theme, Context: ctx, Facts: m.facts()}.Render(w)
}

// over draws what lies over the screen; empty for nothing.
func (m *Model) over(w, h int) string {
	switch m.context() {
	case keys.InQuit:
		q := overlay.Quit{Theme: m.theme, Calls: len(m.calls)}
		if len(m.calls) > 0 {
			q.Party = words.Party(m.calls[0].Info)
		}
		return q.Render(w, h)
	case keys.InIncoming:
		return m.incoming(w, h)
	case keys.InConsent:
		if c := m.call(m.asking); c != nil {
			return overlay.Consent{Theme: m.theme, Call: c.Info, Active: m.settled(keys.InConsent)}.Render(w, h)
		}
	case keys.InPrompt:
		return m.prompt.Render(m.theme, m.facts(), w, h)
	case keys.InPolicy:
		return m.policyForm.Render(w, h)
	case keys.InForm:
		return m.form.Render(w, h)
	case keys.InReader:
		return m.reader.Render(w, h-1) // the last line keeps the hints
	case keys.InKeypad:
		c := m.call(m.keypad.call)
		if c == nil {
			return ""
		}
		return overlay.Keypad{Theme: m.theme, Call: c, Pressed: m.keypad.pressed, Facts: m.facts()}.Render(w, h)
	case keys.InContacts, keys.InHistory, keys.InMessages, keys.InChat, keys.InCard, keys.InPresence, keys.InDevices:
		return m.panelBox(w, h)
	case keys.Anywhere, keys.InDial, keys.InCalls, keys.InLog:
	}
	return ""
}

// panelBox draws the open panel.
func (m *Model) panelBox(w, h int) string {
	d := &m.desk
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		return overlay.ContactsView{Contacts: p, Book: d.book, Lamp: m.lamp, Facts: m.facts(), Err: d.bookErr}.Render(w, h)
	case *overlay.History:
		return overlay.HistoryView{History: p, Past: d.past, Book: d.book, Now: m.now, Facts: m.facts(), Err: d.pastErr}.Render(w, h)
	case *overlay.Inbox:
		return overlay.InboxView{Inbox: p, Messages: &d.inbox, Book: d.book, Domain: m.domain(), Now: m.now, Facts: m.facts()}.Render(w, h)
	case *overlay.Chat:
		v := overlay.ChatView{Chat: p, Theme: m.theme, Party: m.nameOf(p.Address), Now: m.now, Facts: m.facts()}
		if c := d.inbox.Find(p.Key); c != nil {
			v.Party, v.Messages = c.Party(d.book), c.Messages
		}
		return v.Render(w, h)
	case *overlay.Card:
		return p.Render(w, h)
	case *overlay.Devices:
		return overlay.DevicesView{Devices: p, Facts: m.facts()}.Render(w, h)
	case *overlay.Presence:
		return p.Render(w, h)
	}
	return ""
}

func (m *Model) incoming(w, h int) string {
	c := m.call(m.ringing)
	if c == nil {
		return ""
	}
	o := overlay.Incoming{
		Theme: m.theme, Call: c.Info, Now: m.now,
		Active: m.grace.Settled(m.now), Facts: m.facts(), Other: m.partyOf,
	}
	for _, other := range m.calls {
		switch {
		case other == c:
		case other.Choice == pane.Undecided && other.Info.State == c.Info.State:
			o.More++
		case other.Info.Focus:
			o.Busy = words.Party(other.Info)
		}
	}
	return o.Render(w, h)
}

// partyOf names the other side of a call of ours, also of one that has just ended.
func (m *Model) partyOf(id ua.CallID) string {
	if c := m.call(id); c != nil {
		return words.Party(c.Info)
	}
	for _, r := range m.recent {
		if r.ID == id {
			return words.Party(r)
		}
	}
	return "another call"
}
