package pane

import (
	"fmt"

	"offhook/ui/words"
)

// mediaFacts is what is known of a call's sound and of the network under it.
func mediaFacts(p *Call) []words.Fact {
	s := p.Stats
	if s.PacketsSent+s.PacketsReceived == 0 {
		return nil
	}
	var out []words.Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, words.Fact{Name: name, Value: value})
		}
	}
	add("sent", fmt.Sprintf("%d packets", s.PacketsSent))
	add("received", words.Received(s))
	add("jitter", words.Millis(s.Jitter))
	add("buffer", words.Buffer(s))
	add("missing", words.Concealed(s))
	if s.RTT > 0 {
		trip := words.Millis(s.RTT)
		if s.RTTMax > 0 {
			trip += fmt.Sprintf(", mean %s, worst %s", words.Millis(s.RTTMean), words.Millis(s.RTTMax))
		}
		add("round trip", trip)
	}
	if s.RemoteLost > 0 || s.RemoteJitter > 0 {
		add("they report", fmt.Sprintf("%d lost, %s just now, jitter %s", s.RemoteLost, words.Percent(s.RemoteFraction), words.Millis(s.RemoteJitter)))
	}
	add("whole, in", words.Opinion(s.CallIn))
	add("whole, out", words.Opinion(s.CallOut))
	add("our XR", words.Metrics(s.XR))
	add("their XR", words.Metrics(s.RemoteXR))
	if s.Drift != 0 {
		add("clock", fmt.Sprintf("theirs is %+.1f ppm off ours", s.Drift))
	}
	if n := s.Stream; n.Underruns+n.Overruns > 0 {
		add("sound card", fmt.Sprintf("%d underruns, %d overruns", n.Underruns, n.Overruns))
	}
	add("also came", words.Oddities(s))
	if s.SSRC != 0 {
		add("SSRC", fmt.Sprintf("%08x, theirs %08x", s.SSRC, s.RemoteSSRC))
	}
	return out
}
