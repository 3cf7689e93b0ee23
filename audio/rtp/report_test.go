package rtp

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func TestReportRoundTrip(t *testing.T) {
	for name, r := range map[string]Report{
		"receiver, nothing heard": {SSRC: 1, CNAME: "a@b"},
		"receiver": {SSRC: 1, CNAME: "a@b", Blocks: []Block{
			{SSRC: 2, Fraction: 25, Lost: -3, Highest: 70000, Jitter: 80, LastSR: 0x11223344, Delay: 65536}}},
		"sender": {SSRC: 1, CNAME: "a@b", Sent: &SenderInfo{NTP: 1 << 63, Stamp: 7, Packets: 8, Octets: 9},
			Blocks: []Block{{SSRC: 2, Lost: 1<<23 - 1}, {SSRC: 3, Lost: -1 << 23}}},
		"goodbye": {SSRC: 1, CNAME: "a@b", Bye: true, Left: []uint32{1}, Reason: "hung up"},
	} {
		raw, err := r.Marshal()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if Classify(raw) != RTCP {
			t.Errorf("%s: it isn't recognised as RTCP", name)
		}
		got, err := ParseReport(raw)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, r)
		}
	}
}

func TestParseReportRefuses(t *testing.T) {
	good, _ := Report{SSRC: 1, CNAME: "x"}.Marshal()
	for name, raw := range map[string][]byte{
		"nothing": nil, "RTP": {0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, "cut": good[:len(good)-2],
		"a length beyond": {0x80, 201, 0, 9, 0, 0, 0, 1}, "header only": {0x81, 201, 0, 0},
	} {
		if r, err := ParseReport(raw); !errors.Is(err, ErrReport) || !reflect.DeepEqual(r, Report{}) {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
}

func TestReducedSizeIsTaken(t *testing.T) {
	if r, err := ParseReport([]byte{0x81, 203, 0, 1, 0, 0, 0, 5}); err != nil || !r.Bye || r.Left[0] != 5 {
		t.Errorf("%v %+v", err, r)
	}
}

// The example of RFC 3550, figure 2.
func TestRTTOfTheRFC(t *testing.T) {
	// A is 0xb710:8000 (46864.500 s), DLSR 0x0005:4000 (5.250 s), LSR 0xb705:2000 (46853.125 s).
	base := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	// Any second whose lower 16 bits are 0xb710.
	at := time.Unix(base+0xe000b710, 500e6)
	if m := Middle(NTP(at)); m != 0xb7108000 {
		t.Fatalf("middle %08x", m)
	}
	d, ok := RTT(Block{LastSR: 0xb7052000, Delay: 0x00054000}, at)
	if !ok || d != 6125*time.Millisecond {
		t.Errorf("%v %v, want 6.125 s", d, ok)
	}
	if _, ok := RTT(Block{Delay: 5}, at); ok {
		t.Error("a round trip without a sender report")
	}
	if _, ok := RTT(Block{LastSR: 0xb7108000, Delay: 0x00054000}, at); ok {
		t.Error("a round trip of less than nothing")
	}
	if d, ok := RTT(Block{LastSR: 0xb7108000 - 61<<16}, at); ok {
		t.Errorf("a round trip of %v", d)
	}
}

func TestLastReportFillsTheBlock(t *testing.T) {
	var l LastReport
	b := Block{SSRC: 7}
	at := time.Unix(1000, 0)
	l.Fill(&b, at)
	if b.LastSR != 0 || b.Delay != 0 {
		t.Errorf("without a report: %+v", b)
	}
	l.Note(7, &SenderInfo{NTP: 0x1122334455667788}, at)
	l.Fill(&b, at.Add(1500*time.Millisecond))
	if b.LastSR != 0x33445566 || b.Delay != 3*65536/2 {
		t.Errorf("%+v", b)
	}
	other := Block{SSRC: 8}
	l.Fill(&other, at)
	if other.LastSR != 0 {
		t.Error("a report of another source")
	}
}

func TestIntervalOfTheRFC(t *testing.T) {
	const c = math.E - 1.5
	for _, k := range []struct {
		name string
		t    Traffic
		want time.Duration // at random 0.5: the deterministic one, compensated
	}{
		{"two on a telephone", Traffic{Members: 2, Senders: 2, Bandwidth: 400, Size: 100}, 5 * time.Second},
		{"the first", Traffic{Members: 2, Senders: 2, Bandwidth: 400, Size: 100, Initial: true}, 2500 * time.Millisecond},
		{"many", Traffic{Members: 1000, Senders: 500, Bandwidth: 400, Size: 100}, 250 * time.Second},
		{"many, few send, not we", Traffic{Members: 1000, Senders: 10, Bandwidth: 400, Size: 100}, 330 * time.Second},
		{"many, few send, we too", Traffic{Members: 1000, Senders: 100, Bandwidth: 400, Size: 100, WeSent: true}, 100 * time.Second},
		{"no bandwidth known", Traffic{Members: 2}, 5 * time.Second},
		{"nothing known", Traffic{}, 5 * time.Second},
	} {
		want := time.Duration(float64(k.want) / c)
		if got := k.t.Interval(0.5); got < want-time.Millisecond || got > want+time.Millisecond {
			t.Errorf("%s: %v, want %v", k.name, got, want)
		}
		if lo, hi := k.t.Interval(0), k.t.Interval(0.9999); lo < want/2-time.Millisecond || hi > want*3/2+time.Millisecond || lo > hi {
			t.Errorf("%s: from %v to %v", k.name, lo, hi)
		}
	}
}

func TestScheduleKeepsTheBeat(t *testing.T) {
	var s Schedule
	now := time.Unix(1000, 0)
	if s.Due(now) {
		t.Error("due before the start")
	}
	s.Start(now, 0.5)
	first := s.Next().Sub(now)
	if first < 2*time.Second || first > 2100*time.Millisecond || s.Due(now.Add(2*time.Second)) || !s.Due(now.Add(first)) {
		t.Errorf("the first after %v", first)
	}
	now = now.Add(first)
	if s.Reconsider(true, now, 0.8) || s.Due(now) {
		t.Error("reconsidered to be later, and yet now")
	}
	later := s.Next()
	if want := now.Add(-first).Add(Traffic{Members: 1, Initial: true}.Interval(0.8)); later != want {
		t.Errorf("put off to %v, want %v after the start", later, want)
	}
	now = later
	if !s.Reconsider(true, now, 0.3) {
		t.Error("reconsidered to be past, and yet not now")
	}
	s.Sent(80, true, now, 0.5)
	if d := s.Next().Sub(now); d < 4*time.Second || d > 4200*time.Millisecond {
		t.Errorf("the second after %v", d)
	}
}

// With reconsideration the mean interval is that of section 6.2, 5 s, and none is shorter
// than half nor longer than one and a half of it by appendix A.7's factor.
func TestScheduleHasTheIntervalOfTheRFC(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var s Schedule
	now := time.Unix(1000, 0)
	s.Start(now, rnd.Float64())
	s.Heard(80)
	s.Peer(true)
	last, n, began := time.Time{}, 0, time.Time{}
	for ; n < 20000; now = now.Add(20 * time.Millisecond) {
		if !s.Due(now) || !s.Reconsider(true, now, rnd.Float64()) {
			continue
		}
		s.Sent(80, true, now, rnd.Float64())
		if last.IsZero() {
			began = now
		} else {
			n++
			if d := now.Sub(last); d < 2050*time.Millisecond || d > 6200*time.Millisecond {
				t.Fatalf("an interval of %v", d)
			}
		}
		last = now
	}
	if mean := last.Sub(began) / time.Duration(n); mean < 4800*time.Millisecond || mean > 5200*time.Millisecond {
		t.Errorf("reports every %v in the mean, want 5 s", mean)
	}
}

func TestScheduleWithLittleBandwidth(t *testing.T) {
	s := Schedule{Bandwidth: 10} // octets a second
	now := time.Unix(1000, 0)
	s.Start(now, 0.5)
	s.Peer(true)
	s.Sent(100, true, now, 0.5)
	if d := s.Next().Sub(now); d < 20*time.Second || d > 22*time.Second { // 128 * 2 / 10 / 1.22
		t.Errorf("%v", d)
	}
	s.Left(now)
	if d := s.Next().Sub(now); d < 10*time.Second || d > 11*time.Second {
		t.Errorf("alone again: %v", d)
	}
}

func FuzzParseReport(f *testing.F) {
	raw, _ := Report{SSRC: 1, CNAME: "a@b", Sent: &SenderInfo{}, Blocks: []Block{{SSRC: 2}}, Bye: true}.Marshal()
	f.Add(raw)
	f.Add([]byte{0x81, 203, 0, 1, 0, 0, 0, 5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseReport(raw)
		if err != nil {
			if !errors.Is(err, ErrReport) || !reflect.DeepEqual(r, Report{}) {
				t.Fatalf("%v %+v", err, r)
			}
			return
		}
		for _, b := range r.Blocks {
			if b.Lost < -1<<23 || b.Lost >= 1<<23 {
				t.Fatalf("%+v", b)
			}
			RTT(b, time.Unix(1000, 0))
		}
	})
}

// A beat's clock is read before its datagrams: an SR of that instant is "later".
func TestLastReportOfThisInstantHasNoDelay(t *testing.T) {
	now := time.Unix(1000, 0)
	var l LastReport
	l.Note(7, &SenderInfo{NTP: NTP(now)}, now.Add(200*time.Microsecond))
	b := Block{SSRC: 7}
	if l.Fill(&b, now); b.LastSR == 0 || b.Delay != 0 {
		t.Errorf("a delay of %d/65536 s", b.Delay)
	}
}
