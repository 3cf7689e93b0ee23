package words

import (
	"fmt"
	"strings"

	"offhook/audio"
)

// Grade is how a direction of a call sounds, in steps that people tell apart.
type Grade uint8

const (
	Ungraded Grade = iota
	Bad
	Poor
	Fair
	Good
	Excellent
)

// GradeOf puts the mean opinion score of a conversation into words. The limits are those
// between the user satisfactions of G.107, annex B.
func GradeOf(q audio.Quality) Grade {
	switch {
	case !q.Known():
		return Ungraded
	case q.CQ >= 4.3:
		return Excellent
	case q.CQ >= 4.0:
		return Good
	case q.CQ >= 3.6:
		return Fair
	case q.CQ >= 3.1:
		return Poor
	}
	return Bad
}

// String is the word for a grade.
func (g Grade) String() string {
	switch g {
	case Bad:
		return "bad"
	case Poor:
		return "poor"
	case Fair:
		return "fair"
	case Good:
		return "good"
	case Excellent:
		return "great"
	case Ungraded:
	}
	return ""
}

// Opinion is a rating in full, what matters most first: "good 4.1, delay 86 ms, R 84,
// listening alone 4.3, wideband".
func Opinion(q audio.Quality) string {
	if !q.Known() {
		return ""
	}
	s := fmt.Sprintf("%s %.1f, delay %s", GradeOf(q), q.CQ, Millis(q.Delay))
	if q.Loss > 0 {
		s += fmt.Sprintf(", %s not heard", Percent(q.Loss))
		if q.BurstR > 1.05 {
			s += fmt.Sprintf(" in bursts (%.1f)", q.BurstR)
		}
	}
	return s + fmt.Sprintf(", R %.0f, listening alone %.1f, %s", q.R, q.LQ, q.Band)
}

// Buffer is what the jitter buffer does: how long sound waits, and what was cut out or put
// in to change that.
func Buffer(s audio.Stats) string {
	if s.Playout == 0 && s.Target == 0 {
		return ""
	}
	out := []string{"holds " + Millis(s.Playout), "wants " + Millis(s.Target)}
	if s.Removed > 0 {
		out = append(out, Millis(s.Removed)+" cut out")
	}
	if s.Inserted > 0 {
		out = append(out, Millis(s.Inserted)+" put in")
	}
	return strings.Join(out, ", ")
}

// Concealed tells what was heard in place of packets that were missing.
func Concealed(s audio.Stats) string {
	var out []string
	if s.Concealed > 0 {
		out = append(out, Millis(s.Concealed)+" made up")
	}
	if s.Bridged > 0 {
		out = append(out, Millis(s.Bridged)+" of it knowing both ends")
	}
	if s.Recovered > 0 {
		out = append(out, Millis(s.Recovered)+" from copies (FEC)")
	}
	return strings.Join(out, ", ")
}

// Received counts what came, by what became of it.
func Received(s audio.Stats) string {
	out := fmt.Sprintf("%d packets, %d lost, %d late", s.PacketsReceived, max(s.Lost, 0), s.Late)
	for _, n := range []struct {
		count uint64
		word  string
	}{{s.Reordered, "out of order"}, {s.Duplicate, "twice"}, {s.Discarded, "dropped"}, {s.Invalid, "no voice of theirs"}} {
		if n.count > 0 {
			out += fmt.Sprintf(", %d %s", n.count, n.word)
		}
	}
	return out
}

// Metrics are VoIP metrics (RFC 3611, section 4.7): of what we hear, or as the peer
// reports of what it hears.
func Metrics(m audio.VoIPMetrics) string {
	if !m.Known() {
		return ""
	}
	out := []string{"lost " + Percent(m.Loss), "too late " + Percent(m.Discard)}
	if m.BurstDuration > 0 && m.BurstDensity > 0 {
		out = append(out, fmt.Sprintf("bursts of %s with %s", Millis(m.BurstDuration), Percent(m.BurstDensity)))
	}
	if m.EndSystem > 0 {
		out = append(out, "phone adds "+Millis(m.EndSystem))
	}
	if m.R <= 120 {
		out = append(out, fmt.Sprintf("R %d", m.R))
	}
	if m.MOSCQ > 0 {
		out = append(out, fmt.Sprintf("MOS %.1f", m.MOSCQ))
	}
	return strings.Join(out, ", ")
}

// Oddities counts what came to the media ports and was no voice of the peer's, by kind.
func Oddities(s audio.Stats) string {
	var out []string
	for kind, n := range s.Odd {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, oddity(audio.Oddity(kind))))
		}
	}
	return strings.Join(out, ", ")
}

func oddity(o audio.Oddity) string {
	switch o {
	case audio.OddJunk:
		return "junk"
	case audio.OddBroken:
		return "broken RTP"
	case audio.OddFormat:
		return "of a payload type nobody agreed on"
	case audio.OddPayload:
		return "that can’t be decoded"
	case audio.OddEncrypted:
		return "that look encrypted"
	case audio.OddForged:
		return "that aren’t authentic"
	case audio.OddReplayed:
		return "replayed"
	case audio.OddStranger:
		return "from a stranger"
	case audio.OddStray:
		return "stray"
	case audio.OddRTP:
		return "RTP on the RTCP port"
	case audio.OddMuxed:
		return "RTCP on the RTP port"
	case audio.OddReport:
		return "broken RTCP"
	case audio.OddReporter:
		return "RTCP of strangers"
	case audio.OddSTUN:
		return "STUN"
	case audio.OddDTLS:
		return "DTLS"
	case audio.OddFlood:
		return "of a flood"
	}
	return "odd"
}
