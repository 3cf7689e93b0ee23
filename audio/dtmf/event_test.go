package dtmf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// sent is one packet as it would go out.
type sent struct {
	Packet
	at      time.Duration
	payload [EventSize]byte
}

func (s sent) end() bool        { return s.payload[1]&0x80 != 0 }
func (s sent) duration() uint16 { return binary.BigEndian.Uint16(s.payload[2:]) }

// drain runs a Sender until it is idle.
func drain(s *Sender, clock int, ptime time.Duration) (out []sent) {
	stamp, step := uint32(0xfffffff0), uint32(ptime*time.Duration(clock)/time.Second)
	for at := time.Duration(0); ; at += ptime {
		var x sent
		p, send, active := s.Next(x.payload[:], stamp)
		if !active {
			return out
		}
		if send {
			x.Packet, x.at = p, at
			out = append(out, x)
		}
		stamp += step
	}
}

// The packets of RFC 4733, table 5: a digit of 100 ms in packets of 20 ms.
func TestSenderFollowsRFC4733(t *testing.T) {
	s := NewSender(SenderConfig{Volume: 7})
	if err := s.Queue("9"); err != nil {
		t.Fatal(err)
	}
	want := []struct {
		marker, end bool
		duration    uint16
	}{
		{true, false, 160}, {false, false, 320}, {false, false, 480}, {false, false, 640},
		{false, true, 800}, {false, true, 800}, {false, true, 800},
	}
	got := drain(s, 8000, 20*ms)
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Marker != w.marker || g.end() != w.end || g.duration() != w.duration || g.Stamp != 0xfffffff0 ||
			g.payload[0] != 9 || g.payload[1]&0x7f != 7 || g.Size != EventSize || g.at != time.Duration(i)*20*ms {
			t.Errorf("packet %d: %+v", i, g)
		}
		if (g.Ended == '9') != (i == len(want)-1) {
			t.Errorf("packet %d says ended %q", i, g.Ended)
		}
	}
}

func TestSenderTiming(t *testing.T) {
	for _, c := range []struct {
		clock            int
		ptime, tone, gap time.Duration
		period           time.Duration // from one digit to the next
	}{
		{8000, 20 * ms, 0, 0, 160 * ms}, // 100 up to 5 packets, 50 up to 3
		{48000, 20 * ms, 0, 0, 160 * ms},
		{8000, 10 * ms, 0, 0, 150 * ms},
		{8000, 30 * ms, 0, 0, 120*ms + 60*ms},
		{8000, 60 * ms, 0, 0, 120*ms + 120*ms}, // three ends take two packet times
		{8000, 20 * ms, 250 * ms, 100 * ms, 260*ms + 100*ms},
	} {
		s := NewSender(SenderConfig{ClockRate: c.clock, Ptime: c.ptime, Tone: c.tone, Gap: c.gap})
		if err := s.Queue("12"); err != nil {
			t.Fatal(err)
		}
		var starts []time.Duration
		for _, x := range drain(s, c.clock, c.ptime) {
			if x.Marker {
				starts = append(starts, x.at)
			}
		}
		if len(starts) != 2 || starts[1]-starts[0] != c.period {
			t.Errorf("%+v: digits start at %v", c, starts)
		}
	}
}

func TestSenderQueue(t *testing.T) {
	s := NewSender(SenderConfig{})
	var wrong *DigitError
	if err := s.Queue("12e"); !errors.As(err, &wrong) || wrong.At != 2 || s.Active() {
		t.Errorf("%v", err)
	}
	if err := s.queueLong('x', time.Second); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	if err := s.Queue("1,2"); err != nil {
		t.Fatal(err)
	}
	got := drain(s, 8000, 20*ms)
	if d := got[7].at - got[0].at; d != 160*ms+PauseTime {
		t.Errorf("the digit after the pause begins after %v", d)
	}
	_ = s.Queue("1234")
	var buf [EventSize]byte
	s.Next(buf[:], 0)
	s.Clear()
	if rest := drain(s, 8000, 20*ms); len(rest) != 6 || !rest[5].end() {
		t.Errorf("after Clear: %d packets", len(rest))
	}
}

// receive feeds packets and returns the digits.
func receive(clock int, packets []sent) (digits string, all []Digit) {
	r := NewReceiver(clock)
	start := time.Unix(1000, 0)
	take := func() {
		for d, ok := r.Next(); ok; d, ok = r.Next() {
			digits += string(d.Code)
			all = append(all, d)
		}
	}
	var last time.Duration
	for _, p := range packets {
		for ; last < p.at; last += 10 * ms {
			r.Tick(start.Add(last))
			take()
		}
		r.Put(p.Stamp, p.payload[:], start.Add(p.at))
		take()
	}
	r.Tick(start.Add(last + time.Second))
	take()
	return digits, all
}

func TestReceiverReadsTheSender(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		for _, ptime := range []time.Duration{10 * ms, 20 * ms, 60 * ms} {
			s := NewSender(SenderConfig{ClockRate: clock, Ptime: ptime, Tone: 120 * ms})
			_ = s.Queue(Digits + "1155")
			got, all := receive(clock, drain(s, clock, ptime))
			if got != Digits+"1155" {
				t.Errorf("%d Hz, %v: %q", clock, ptime, got)
			}
			for _, d := range all {
				if d.Duration != 120*ms {
					t.Errorf("%d Hz, %v: %c lasted %v", clock, ptime, d.Code, d.Duration)
				}
			}
		}
	}
}

// What can happen to the packets of two digits on the way.
func TestReceiverSurvivesTheNetwork(t *testing.T) {
	for name, drop := range map[string]func(i int, p sent) bool{
		"lost starts":           func(i int, p sent) bool { return p.Marker },
		"all but the ends":      func(i int, p sent) bool { return !p.end() },
		"all ends":              func(i int, p sent) bool { return p.end() },
		"two of three ends":     func(i int, p sent) bool { return p.end() && i%7 != 6 },
		"every second":          func(i int, p sent) bool { return i%2 == 0 },
		"all but the last one":  func(i int, p sent) bool { return i%7 != 6 },
		"all but the first one": func(i int, p sent) bool { return i%7 != 0 },
	} {
		s := NewSender(SenderConfig{})
		_ = s.Queue("557#")
		var kept []sent
		for i, p := range drain(s, 8000, 20*ms) {
			if !drop(i, p) {
				kept = append(kept, p)
			}
		}
		if got, _ := receive(8000, kept); got != "557#" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestReceiverIgnoresDuplicatesAndStragglers(t *testing.T) {
	s := NewSender(SenderConfig{})
	_ = s.Queue("1212")
	packets := drain(s, 8000, 20*ms)
	var twice []sent
	for i, p := range packets {
		twice = append(twice, p, p)
		if i >= 7 { // and one of the digit before, late
			late := packets[i-7]
			late.at = p.at
			twice = append(twice, late)
		}
	}
	if got, _ := receive(8000, twice); got != "1212" {
		t.Errorf("%q", got)
	}
}

func TestLongEventIsOneDigit(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		for _, keep := range []int{1, 2, 3} { // every packet, every second, every third
			s := NewSender(SenderConfig{ClockRate: clock})
			if err := s.queueLong('5', 20*time.Second); err != nil {
				t.Fatal(err)
			}
			_ = s.Queue("5")
			packets := drain(s, clock, 20*ms)
			var kept []sent
			markers := 0
			for i, p := range packets {
				if p.Marker {
					markers++
				}
				if i%keep == 0 || p.end() {
					kept = append(kept, p)
				}
			}
			if markers != 2 {
				t.Errorf("%d Hz: %d markers", clock, markers)
			}
			got, all := receive(clock, kept)
			if got != "55" {
				t.Fatalf("%d Hz, one of %d: %q", clock, keep, got)
			}
			if d := all[0].Duration; d < 19900*ms || d > 20100*ms {
				t.Errorf("%d Hz, one of %d: lasted %v", clock, keep, d)
			}
		}
	}
}

func TestReceiverCountsWhatIsTooShort(t *testing.T) {
	r := NewReceiver(0)
	r.Put(1, []byte{1, 2, 3}, time.Now())
	r.Put(1, nil, time.Now())
	r.Put(1, []byte{16, 0x80, 1, 0}, time.Now()) // flash
	if _, ok := r.Next(); ok || r.Invalid() != 2 || r.Sounding() != 0 {
		t.Errorf("invalid %d, sounding %d", r.Invalid(), r.Sounding())
	}
}

func TestEventsDoNotAllocate(t *testing.T) {
	s, r := NewSender(SenderConfig{}), NewReceiver(8000)
	_ = s.queueLong('1', time.Hour)
	buf, stamp, now := make([]byte, EventSize), uint32(0), time.Now()
	if n := testing.AllocsPerRun(1000, func() {
		p, _, _ := s.Next(buf, stamp)
		r.Put(p.Stamp, buf, now)
		r.Tick(now)
		r.Next()
		stamp += 160
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever comes in whatever order, a digit is reported at most once for each
// timestamp, and its duration is sane.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0x80, 3, 32, 0, 1, 1, 0x80, 3, 32}, uint64(1))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		r, now := NewReceiver(8000), time.Unix(1, 0)
		stamps := map[uint32]bool{}
		count := 0
		for ; len(raw) >= 2; raw = raw[min(6, len(raw)):] {
			stamp := uint32(binary.BigEndian.Uint16(raw)) * 160
			stamps[stamp] = true
			r.Put(stamp, raw[2:min(6, len(raw))], now)
			now = now.Add(time.Duration(rng.IntN(300)) * ms)
			r.Tick(now)
			for d, ok := r.Next(); ok; d, ok = r.Next() {
				count++
				if d.Duration < 0 || d.Duration > time.Hour {
					t.Fatal(d)
				}
			}
		}
		if count > len(stamps) {
			t.Fatalf("%d digits from %d events", count, len(stamps))
		}
	})
}

func BenchmarkSenderReceiver(b *testing.B) {
	b.ReportAllocs()
	s, r := NewSender(SenderConfig{}), NewReceiver(8000)
	_ = s.queueLong('1', 100000*time.Hour)
	buf, stamp, now := make([]byte, EventSize), uint32(0), time.Now()
	for b.Loop() {
		p, _, _ := s.Next(buf, stamp)
		r.Put(p.Stamp, buf, now)
		stamp += 160
	}
}

func ExampleSender() {
	s := NewSender(SenderConfig{ClockRate: 8000})
	_ = s.Queue("1")
	payload := make([]byte, EventSize)
	for stamp := uint32(1600); ; stamp += 160 {
		p, send, active := s.Next(payload, stamp)
		if !active {
			break
		}
		if send {
			fmt.Printf("%d %v %x\n", p.Stamp, p.Marker, payload)
		}
	}
	// Output:
	// 1600 true 010a00a0
	// 1600 false 010a0140
	// 1600 false 010a01e0
	// 1600 false 010a0280
	// 1600 false 018a0320
	// 1600 false 018a0320
	// 1600 false 018a0320
}

// Another source, as after a transfer, starts at a random timestamp (RFC 3550,
// section 5.1): one that is behind the last event's is no straggler.
func TestReceiverHearsASourceWithEarlierTimestamps(t *testing.T) {
	now := time.Unix(1000, 0)
	r := NewReceiver(8000)
	var got []byte
	for i, stamp := range []uint32{3_000_000_000, 1_000_000_000, 3_900_000_000, 3_800_000_000} {
		r.Put(stamp, []byte{byte(i + 1), 0x8a, 3, 0x20}, now.Add(time.Duration(i)*time.Second))
		for d, ok := r.Next(); ok; d, ok = r.Next() {
			got = append(got, d.Code)
		}
	}
	if string(got) != "1234" {
		t.Errorf("heard %q", got)
	}
}
