package impair

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want Spec
	}{
		{"", Spec{}},
		{"loss=3%,jitter=40ms,seed=7", Spec{Loss: .03, Jitter: 40 * time.Millisecond, Seed: 7}},
		{" loss = 5% , burst=2.5 ", Spec{Loss: .05, Burst: 2.5}},
		{"delay=20ms,order=kept,way=in", Spec{Delay: 20 * time.Millisecond, Ordered: true, Way: In}},
		{"reorder=1%,reorder-by=50ms,duplicate=0.5%,spike=0.1%,spike-by=200ms",
			Spec{Reorder: .01, HoldBack: 50 * time.Millisecond, Duplicate: .005, Spike: .001, Stall: 200 * time.Millisecond}},
		{"loss=100%", Spec{Loss: 1}},
	} {
		got, err := Parse(c.text)
		if err != nil || got != c.want {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", c.text, got, err, c.want)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%q became %q and reads back as %+v, %v", c.text, got.String(), again, err)
		}
	}
	for text, says := range map[string]string{
		"loss":             "needs a value",
		"loss=3":           "0% to 100%",
		"loss=101%":        "0% to 100%",
		"loss=NaN%":        "0% to 100%",
		"jiter=3ms":        "isn't one of loss, burst",
		"jitter=3":         "an example is jitter=40ms",
		"jitter=-3ms":      "0s to 10s",
		"delay=1h":         "0s to 10s",
		"loss=1%,loss=2%":  "twice",
		"burst=0":          "1 to 1000",
		"way=up":           "in, out and both",
		"order=lost":       "kept nor free",
		"seed=-1":          "whole number",
		"loss=95%,burst=2": "between two bursts",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(%q): %v; want %q", text, err, says)
		}
	}
}

var (
	peer  = netip.MustParseAddrPort("192.0.2.1:4000")
	start = time.Unix(1000, 0)
)

// play sends n packets 20 ms apart and gives when each number came out.
func play(s Spec, n int) (out []int, at []time.Time, counts Counts) {
	l := NewLink(s, In)
	take := func(until time.Time) {
		for due, ok := l.Due(); ok && !due.After(until); due, ok = l.Due() {
			if _, early := l.Take(due.Add(-1)); early {
				panic("a datagram came out before it was due")
			}
			d, _ := l.Take(due)
			out, at = append(out, int(binary.BigEndian.Uint32(d.Raw))), append(at, d.At)
		}
	}
	for i := range n {
		now := start.Add(time.Duration(i) * 20 * time.Millisecond)
		take(now.Add(-1))
		l.Put(binary.BigEndian.AppendUint32(nil, uint32(i)), peer, true, now)
	}
	take(start.Add(24 * time.Hour))
	return out, at, l.Counts()
}

func TestPerfect(t *testing.T) {
	out, at, _ := play(Spec{}, 100)
	for i, n := range out {
		if n != i || !at[i].Equal(start.Add(time.Duration(i)*20*time.Millisecond)) {
			t.Fatalf("%d came out as number %d at %v", n, i, at[i])
		}
	}
}

func TestLoss(t *testing.T) {
	const n = 100_000
	for _, c := range []struct{ loss, burst float64 }{{.01, 0}, {.05, 1}, {.05, 2.5}, {.2, 3}, {1, 0}} {
		out, _, counts := play(Spec{Loss: c.loss, Burst: c.burst, Seed: 3}, n)
		if got := 1 - float64(len(out))/n; math.Abs(got-c.loss) > c.loss/10 || counts.Lost != uint64(n-len(out)) {
			t.Errorf("%+v: %.4f lost, %d counted", c, got, counts.Lost)
		}
		bursts, before := 0, -1
		for _, i := range out {
			if i != before+1 {
				bursts++
			}
			before = i
		}
		if bursts == 0 {
			continue
		}
		want := max(c.burst, 1/(1-c.loss)) // losses by themselves meet by chance too
		if mean := float64(n-len(out)) / float64(bursts); math.Abs(mean-want) > want/10 {
			t.Errorf("%+v: bursts of %.2f, want %.2f", c, mean, want)
		}
	}
}

func TestDelay(t *testing.T) {
	s := Spec{Delay: 50 * time.Millisecond, Jitter: 40 * time.Millisecond}
	out, at, _ := play(s, 10_000)
	var sum time.Duration
	for i, n := range out {
		d := at[i].Sub(start.Add(time.Duration(n) * 20 * time.Millisecond))
		if d < s.Delay || d > s.Delay+s.Jitter {
			t.Fatalf("%d is %v late", n, d)
		}
		sum += d
	}
	if mean := sum / time.Duration(len(out)); mean < 69*time.Millisecond || mean > 71*time.Millisecond {
		t.Errorf("the mean delay is %v", mean)
	}
}

func TestOrder(t *testing.T) {
	swaps := func(s Spec) (n int) {
		out, _, _ := play(s, 10_000)
		for i := range out[1:] {
			if out[i+1] < out[i] {
				n++
			}
		}
		return n
	}
	jitter := Spec{Jitter: 60 * time.Millisecond}
	if swaps(jitter) == 0 {
		t.Error("60 ms of jitter on 20 ms packets reorder none")
	}
	jitter.Ordered = true
	if n := swaps(jitter); n != 0 {
		t.Errorf("%d out of order, though order is kept", n)
	}
	if n := swaps(Spec{Reorder: .01}); n < 50 || n > 200 {
		t.Errorf("%d of 10000 reordered at 1%%", n)
	}
}

func TestDuplicate(t *testing.T) {
	out, _, counts := play(Spec{Duplicate: .02}, 10_000)
	if more := len(out) - 10_000; more < 150 || more > 250 || counts.Duplicated != uint64(more) {
		t.Errorf("%d more, %d counted", more, counts.Duplicated)
	}
}

func TestSpike(t *testing.T) {
	out, at, _ := play(Spec{Spike: .005, Stall: 300 * time.Millisecond}, 10_000)
	late := 0
	for i, n := range out {
		if i > 0 && at[i].Before(at[i-1]) {
			t.Fatal("a spike changed the order")
		}
		if at[i].Sub(start.Add(time.Duration(n)*20*time.Millisecond)) >= 280*time.Millisecond {
			late++
		}
	}
	if late < 20 || late > 90 {
		t.Errorf("%d of 10000 behind a spike's start at 0.5%%", late)
	}
}

// The same seed does the same, whatever the times and whatever else is sent.
func TestRepeats(t *testing.T) {
	s := Spec{Loss: .1, Jitter: 30 * time.Millisecond, Seed: 7}
	fates := func(s Spec, apart time.Duration, reports bool) (lost []bool) {
		l := NewLink(s, Out)
		for i := range 1000 {
			before := l.Counts().Lost
			l.Put([]byte{1}, peer, true, start.Add(time.Duration(i)*apart))
			lost = append(lost, l.Counts().Lost > before)
			if reports {
				l.Put([]byte{2}, peer, false, start)
			}
		}
		return lost
	}
	same := func(a, b []bool) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	first := fates(s, 20*time.Millisecond, false)
	if !same(first, fates(s, 33*time.Millisecond, true)) {
		t.Error("other times and reports in between change what is lost")
	}
	jittered := s
	jittered.Jitter, jittered.Duplicate = 0, .5
	if !same(first, fates(jittered, 20*time.Millisecond, false)) {
		t.Error("another setting changes what is lost")
	}
	s.Seed = 8
	if same(first, fates(s, 20*time.Millisecond, false)) {
		t.Error("another seed changes nothing")
	}
}

// A flood doesn't grow a Link without bound, and a steady stream allocates nothing.
func TestBounded(t *testing.T) {
	l := NewLink(Spec{Delay: 10 * time.Second}, In)
	for range 3 * room {
		l.Put([]byte{1}, peer, true, start)
	}
	if len(l.queue) > room {
		t.Errorf("%d wait", len(l.queue))
	}
	l = NewLink(Spec{Jitter: 40 * time.Millisecond}, In)
	raw, now := make([]byte, 172), start
	step := func() {
		l.Put(raw, peer, true, now)
		now = now.Add(20 * time.Millisecond)
		for _, ok := l.Take(now); ok; _, ok = l.Take(now) {
		}
	}
	for range 100 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("loss=3%,burst=2,jitter=40ms,seed=7")
	f.Add("delay=1e3ms,,way=out,order=free")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			if s != (Spec{}) {
				t.Fatalf("%q: %v, and yet %+v", text, err, s)
			}
			return
		}
		if _, err := Parse(s.String()); err != nil {
			t.Fatalf("%q reads as %q, which doesn't: %v", text, s.String(), err)
		}
		l := NewLink(s, In)
		l.Put([]byte(text), peer, true, start)
		if due, ok := l.Due(); ok && due.Sub(start) > 4*most {
			t.Fatalf("%q delays by %v", text, due.Sub(start))
		}
	})
}
