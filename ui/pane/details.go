package pane

import (
	"fmt"
	"net/netip"

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

// Render draws the facts in two columns, name and value.
func (p Details) Render(width, height int) string {
	c := p.Call.Info
	var lines []string
	add := func(name, value string) {
		if value == "" {
			return
		}
		lines = append(lines, " "+p.Theme.Dim.Render(cell.Fit(name, 11, ""))+
			cell.Trunc(p.Theme.Say(value), width-13, p.Theme.Glyphs.Ellipsis))
	}
	add("with", words.Party(c))
	if a := words.Address(c.RemoteURI); a != words.Party(c) {
		add("address", a)
	}
	add("account", c.Account)
	add("codec", codecLine(c))
	if m := addrs(c.LocalMedia, c.RemoteMedia); m != "" {
		add("audio", m)
	}
	add("digits by", dtmf(c.DTMF))
	s := p.Call.Stats
	if s.PacketsSent+s.PacketsReceived > 0 {
		add("sent", fmt.Sprintf("%d packets", s.PacketsSent))
		add("received", fmt.Sprintf("%d packets, %d lost, %d late", s.PacketsReceived, max(s.Lost, 0), s.Late))
		add("jitter", words.Millis(s.Jitter)+", buffered "+words.Millis(s.Playout))
		if s.RTT > 0 {
			add("round trip", words.Millis(s.RTT))
		}
	}
	add("recording", c.Recording)
	add("Call-ID", c.SIPCallID)
	return cell.Block(lines, width, height)
}

func codecLine(c ua.CallInfo) string {
	if c.Codec == "" {
		return ""
	}
	if c.Ptime > 0 {
		return c.Codec + ", " + words.Millis(c.Ptime)
	}
	return c.Codec
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
