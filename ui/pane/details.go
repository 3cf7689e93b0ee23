package pane

import (
	"net/netip"
	"strings"

	"offhook/audio"
	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Details tells all about one call, for a screen with room.
type Details struct {
	Theme *theme.Theme
	Call  *Call
}

// Render draws the facts in two columns, name and value. Long values take further lines
// while there are some to spare, those at the top first, and are cut from there on.
func (p Details) Render(width, height int) string {
	const name = 12
	facts, room := Facts(p.Call), max(width-name-2, 1)
	spare := height - len(facts)
	var lines []string
	for _, f := range facts {
		value := p.Theme.Say(f.Value)
		wrapped := cell.Wrap(value, room)
		if more := len(wrapped) - 1; more > 0 && more <= spare {
			spare -= more
		} else {
			wrapped = []string{cell.Trunc(value, room, p.Theme.Glyphs.Ellipsis)}
		}
		for i, v := range wrapped {
			head := ""
			if i == 0 {
				head = f.Name
			}
			lines = append(lines, " "+p.Theme.Dim.Render(cell.Fit(head, name, ""))+v)
		}
	}
	return cell.Block(lines, width, height)
}

// Facts is what is known of a call, by name, what matters most first.
func Facts(p *Call) []words.Fact {
	c := p.Info
	var out []words.Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, words.Fact{Name: name, Value: value})
		}
	}
	add("with", words.Party(c))
	if a := words.Address(c.RemoteURI); a != words.Party(c) {
		add("address", a)
	}
	add("account", c.Account)
	add("transfer", words.Progress(c.Transfer))
	for _, s := range words.Caller(c, func(ua.CallID) string { return "another call" }) {
		add("they say", s)
	}
	add("rules", c.Decision.Did)
	switch words.LockOf(c.Security) {
	case words.LockNone:
	case words.LockOpen:
		add("padlock", words.Padlock(c.Security, false))
	default:
		add("padlock", c.Security.Text())
	}
	add("keys by", words.Exchange(c.Security))
	add("signalling", words.Hop(c.Via, c.Security))
	out = append(out, words.WayFacts(c.ICE)...)
	add("we hear", words.Opinion(p.Stats.MOSIn))
	add("they hear", words.Opinion(p.Stats.MOSOut))
	add("codec", codecLine(c, p.Stats))
	add("microphone", p.Microphone)
	if m := addrs(c.LocalMedia, c.RemoteMedia); m != "" {
		add("audio", m)
	}
	add("digits by", dtmf(c.DTMF))
	out = append(out, mediaFacts(p)...)
	out = append(out, words.SearchFacts(c.ICE)...)
	add("kept alive", words.SessionTimer(c.SessionTimer))
	add("their phone", c.Peer.UserAgent)
	if c.Warning.Text != "" {
		add("warning", c.Warning.Text)
	}
	add("recording", c.Recording)
	add("Call-ID", c.SIPCallID)
	return out
}

// codecLine is what we send, and what comes when that is something else.
func codecLine(c ua.CallInfo, s audio.Stats) string {
	out := c.Codec
	if out != "" && c.Ptime > 0 {
		out += ", " + words.Millis(c.Ptime)
	}
	if s.CodecIn != "" && !strings.EqualFold(s.CodecIn, words.Codec(c.Codec)) {
		out += "; they send " + s.CodecIn
	}
	return out
}

func addrs(local, remote netip.AddrPort) string {
	switch {
	case local.IsValid() && remote.IsValid():
		return local.String() + " – " + remote.String()
	case local.IsValid():
		return local.String()
	}
	return ""
}

func dtmf(m audio.DTMFMode) string {
	switch m {
	case audio.DTMFRFC4733:
		return "RTP events (RFC 4733)"
	case audio.DTMFInfo:
		return "SIP INFO"
	case audio.DTMFInband:
		return "tones in the audio"
	case audio.DTMFAuto:
	}
	return ""
}
