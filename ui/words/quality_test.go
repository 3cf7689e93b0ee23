package words

import (
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/rtp"
)

// TestGrades: G.711 on networks that get worse goes through all grades (G.107, annex B).
func TestGrades(t *testing.T) {
	for _, c := range []struct {
		loss  float64
		delay time.Duration
		want  Grade
	}{
		{0, 50 * time.Millisecond, Excellent},
		{0, 200 * time.Millisecond, Good},
		{0.04, 200 * time.Millisecond, Fair},
		{0.06, 200 * time.Millisecond, Poor},
		{0.2, 400 * time.Millisecond, Bad},
	} {
		v := rtp.Conversation{Codec: rtp.ImpairmentOf("PCMU"), Loss: c.loss, Burst: 1, Delay: c.delay}
		q := audio.Quality{Rating: v.Rate(), Loss: c.loss, Delay: c.delay}
		if got := GradeOf(q); got != c.want {
			t.Errorf("loss %v, delay %v: %v (%.2f), want %v", c.loss, c.delay, got, q.CQ, c.want)
		}
	}
	if g := GradeOf(audio.Quality{}); g != Ungraded || g.String() != "" {
		t.Errorf("nothing known is graded %v", g)
	}
}

// TestSentencesOfSound: each fact is told when there is something to tell, and only then.
func TestSentencesOfSound(t *testing.T) {
	var s audio.Stats
	for name, got := range map[string]string{
		"opinion": Opinion(s.MOSIn), "buffer": Buffer(s), "concealed": Concealed(s), "metrics": Metrics(s.XR), "oddities": Oddities(s),
	} {
		if got != "" {
			t.Errorf("%s of nothing: %q", name, got)
		}
	}
	s.Playout, s.Target, s.Removed = 45*time.Millisecond, 40*time.Millisecond, 120*time.Millisecond
	s.Concealed, s.Bridged, s.Recovered = 80*time.Millisecond, 20*time.Millisecond, 60*time.Millisecond
	s.PacketsReceived, s.Lost, s.Late, s.Duplicate, s.Invalid = 500, 4, 2, 1, 9
	s.Odd[audio.OddEncrypted], s.Odd[audio.OddSTUN] = 8, 1
	s.RemoteXR = audio.VoIPMetrics{Gmin: rtp.Gmin, Loss: 0.02, Discard: 0.01, R: 70, MOSCQ: 3.6, EndSystem: 90 * time.Millisecond}
	for want, got := range map[string]string{
		"holds 45 ms, wants 40 ms, 120 ms cut out":                              Buffer(s),
		"80 ms made up, 20 ms of it knowing both ends, 60 ms from copies (FEC)": Concealed(s),
		"500 packets, 4 lost, 2 late, 1 twice, 9 no voice of theirs":            Received(s),
		"8 that look encrypted, 1 STUN":                                         Oddities(s),
		"lost 2.0 %, too late 1.0 %, phone adds 90 ms, R 70, MOS 3.6":           Metrics(s.RemoteXR),
	} {
		if got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	for kind := range audio.NumOddities {
		if oddity(audio.Oddity(kind)) == "odd" {
			t.Errorf("kind %v has no words", audio.Oddity(kind))
		}
	}
}
