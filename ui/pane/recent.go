package pane

import (
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// MaxRecent is how many ended calls are kept for the screen.
const MaxRecent = 50

// Recent lists the calls that ended while the phone was open, newest first.
type Recent struct {
	Theme *theme.Theme
	Calls []ua.CallInfo // newest first
}

// Render draws one line for each call that fits.
func (p Recent) Render(width, height int) string {
	g := p.Theme.Glyphs
	lines := make([]string, 0, height)
	for _, c := range p.Calls {
		if len(lines) == height {
			break
		}
		dir := g.Outgoing
		if c.Direction == ua.Incoming {
			dir = g.Incoming
		}
		outcome := p.Theme.Say(words.Outcome(c))
		style := p.Theme.Dim
		switch c.Cause {
		case call.RemoteCanceled, call.NoAnswer:
			if c.Direction == ua.Incoming {
				style = p.Theme.Warn
			}
		case call.Timeout, call.TransportFailure, call.AuthFailure, call.MediaFailure, call.ProtocolError:
			style = p.Theme.Bad
		case call.CauseNone, call.LocalHangup, call.RemoteHangup, call.Canceled, call.Rejected, call.Declined, call.Shutdown, call.AnsweredElsewhere:
		}
		who := p.Theme.Say(words.Party(c))
		lines = append(lines, "   "+p.Theme.Dim.Render(dir)+" "+
			cell.Fit(who, width-30, g.Ellipsis)+"  "+
			style.Render(cell.Fit(outcome, 14, g.Ellipsis))+
			p.Theme.Dim.Render(cell.FitLeft(c.Created.Format("15:04"), 8, "")))
	}
	return cell.Block(lines, width, height)
}
