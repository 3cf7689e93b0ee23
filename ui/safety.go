package ui

import (
	"offhook/ua"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// What a person has to know of a call's safety and of its way is said once, when it becomes so;
// the padlock and the line under the call say it for as long as it is so.

// securityChanged tells what a person has to worry about.
func (m *Model) securityChanged(e ua.SecurityChanged) {
	c := m.call(e.Call.ID)
	if c == nil {
		return // its end says why
	}
	who, text := words.Party(m.named(e.Call)), e.Warning()
	if s := e.Call.Security; text == "" && s.Media == ua.MediaEncrypted && e.Was != ua.MediaEncrypted {
		m.log.Notice(m.now, pane.Info, who+": "+s.Text())
	}
	if text == c.Told.Warning { // new keys, and the same to be said of them
		return
	}
	c.Told.Warning = text
	if text == "" {
		return
	}
	m.log.Notice(m.now, pane.Warning, who+": "+text)
	if e.Err == nil && e.Call.Security.Warning() == text && layoutFor(m.width, m.height) == compact {
		text = words.Unsafe(e.Call.Security) // the log has the rest
	}
	m.say(pane.Warning, who+": "+text)
	m.status.brief = true
}

// wayChanged tells how the sound goes from now on, and that it doesn't.
func (m *Model) wayChanged(info ua.CallInfo) {
	c := m.call(info.ID)
	if c == nil {
		return
	}
	was, told := c.Told.Way, c.Told.WayText
	text, trouble := words.WayTold(words.Party(m.named(info)), was, info.ICE)
	if info.ICE.State != ua.ICEGathered && info.ICE.State != ua.ICEChecking { // a way that is looked for anew was broken
		c.Told.Way = info.ICE
	}
	switch {
	case text == "" || text == told:
	case trouble, words.WayBroken(was):
		level := pane.Info
		if trouble {
			level = pane.Warning
		}
		m.note(level, text)
		m.status.brief = true
	default:
		m.log.Notice(m.now, pane.Info, text)
	}
	if text != "" {
		c.Told.WayText = text
	}
	// A server that gives no candidate is no news on the screen while there is a way.
	if err := info.ICE.Err; err != nil && !trouble && c.Told.Lack != err.Error() {
		c.Told.Lack = err.Error()
		m.log.Notice(m.now, pane.Warning, words.Sentence(words.OneLine(err)))
	}
}

// unverified tells of a server that proved nothing: on the screen once, then in the log only, as
// each new connection tells it again.
func (m *Model) unverified(e ua.ServerUnverified) {
	text := words.Unverified(e)
	if m.unproved[e.Account] == text {
		m.log.Notice(m.now, pane.Warning, text)
		return
	}
	m.unproved[e.Account] = text
	m.note(pane.Warning, text)
}

// networkChanged tells that calls and registrations move to another address of this machine.
func (m *Model) networkChanged(e ua.NetworkChanged) {
	m.note(pane.Info, words.Moved(e))
	m.status.brief = true
}
