package jitter

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
)

// network plays a schedule of packets into a Buffer and pulls at a fixed beat.
type network struct {
	t    testing.TB
	b    *Buffer
	tick time.Duration
	out  []int16
	sent []int16
	// events are packets by arrival; fed is how many of them came, by now.
	events []event
	fed    int
	now    time.Duration
	// late is how much later than due a pull comes; nil for punctual ones.
	late func() time.Duration
	came time.Duration
}

type event struct {
	at time.Duration
	p  rtp.Packet
}

// telephone is the payload type of events in these tests.
const telephone = 101

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func pcmu(t testing.TB) Format {
	t.Helper()
	d, err := g711.PCMU{}.NewDecoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	return Format{PT: 0, Decoder: d, ClockRate: 8000, SampleRate: 8000}
}

func newNetwork(t testing.TB, cfg Config) *network {
	t.Helper()
	if cfg.Formats == nil {
		cfg.Formats = []Format{pcmu(t)}
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &network{t: t, b: b, tick: 10 * time.Millisecond}
}

// voice is a buzz of 125 Hz with harmonics whose pitch wanders: like speech, it
// has a period, and no two seconds of it are the same.
func voice(n int) []int16 {
	pcm := make([]int16, n)
	phase := 0.0
	for i := range pcm {
		s := float64(i) / 8000
		phase += (125 + 15*math.Sin(2*math.Pi*0.7*s)) / 8000
		v := 0.0
		for h := 1.0; h <= 6; h++ {
			v += math.Sin(2*math.Pi*h*phase) / h
		}
		pcm[i] = int16(6000 * v * (0.6 + 0.4*math.Sin(2*math.Pi*1.3*s)))
	}
	return pcm
}

// speak makes packets of size samples from pcm; delay says when packet i arrives
// after it was sent, and false that it never does.
func (n *network) speak(pcm []int16, size int, first rtp.Packet, from time.Duration, delay func(i int) (time.Duration, bool)) {
	enc, err := g711.PCMU{Plain: true}.NewEncoder(codec.Params{})
	if err != nil {
		n.t.Fatal(err)
	}
	n.sent = append(n.sent, pcm...)
	for i := 0; (i+1)*size <= len(pcm); i++ {
		p := first
		p.Sequence += uint16(i)
		p.Timestamp += uint32(i * size)
		p.Payload = make([]byte, size)
		if _, err := enc.Encode(p.Payload, pcm[i*size:(i+1)*size]); err != nil {
			n.t.Fatal(err)
		}
		if d, ok := delay(i); ok {
			n.events = append(n.events, event{from + time.Duration(i*size)*time.Second/8000 + d, p})
		}
	}
}

// run pulls until the given time.
func (n *network) run(until time.Duration) {
	slices.SortStableFunc(n.events[n.fed:], func(a, b event) int { return cmp.Compare(a.at, b.at) })
	dst := make([]int16, int(n.tick*time.Duration(n.b.Rate())/time.Second))
	for ; n.now < until; n.now += n.tick {
		now := n.now
		if n.late != nil {
			n.came = max(n.came, now+n.late()) // one that is late holds up the next
			now = n.came
		}
		for n.fed < len(n.events) && n.events[n.fed].at <= now {
			e := &n.events[n.fed]
			if e.p.PayloadType == telephone {
				n.b.Skip(&e.p, start.Add(e.at))
			} else {
				n.b.Put(&e.p, start.Add(e.at))
			}
			n.fed++
		}
		n.b.Pull(dst, start.Add(now))
		n.out = append(n.out, dst...)
	}
}

// on time, always.
func prompt(int) (time.Duration, bool) { return 0, true }

// match is the best normalised correlation of want in got, and where.
func match(want, got []int16) (score float64, at int) {
	var own float64
	for _, s := range want {
		own += float64(s) * float64(s)
	}
	for k := 0; k+len(want) <= len(got); k++ {
		var cross, energy float64
		for i, s := range want {
			g := float64(got[k+i])
			cross += float64(s) * g
			energy += g * g
		}
		if s := cross / math.Sqrt(own*energy+1); s > score {
			score, at = s, k
		}
	}
	return score, at
}

// longestSilence is the longest run of samples below a level, in pcm.
func longestSilence(pcm []int16, level int16) time.Duration {
	run, best := 0, 0
	for _, s := range pcm {
		if s > -level && s < level {
			run++
			best = max(best, run)
		} else {
			run = 0
		}
	}
	return time.Duration(best) * time.Second / 8000
}

// largestStep is the greatest difference of two neighbours.
func largestStep(pcm []int16) int {
	best := 0
	for i := 1; i < len(pcm); i++ {
		d := int(pcm[i]) - int(pcm[i-1])
		best = max(best, d, -d)
	}
	return best
}
