package dtmf

import (
	"slices"
	"testing"
	"time"
)

// Row 50: RFC 4733, section 2.5. An event is known by its timestamp; markers, ends and what
// lies between may all be lost or wrong.
func TestInterop50EventIsKeyedOnItsTimestamp(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		plain := func() []sent {
			s := NewSender(SenderConfig{ClockRate: clock})
			if err := s.Queue("1159"); err != nil {
				t.Fatal(err)
			}
			return drain(s, clock, 20*ms)
		}
		without := func(drop func(int, sent) bool) []sent {
			i := -1
			return slices.DeleteFunc(plain(), func(p sent) bool { i++; return drop(i, p) })
		}
		marked := func(m bool) []sent {
			all := plain()
			for i := range all {
				all[i].Marker = m
			}
			return all
		}
		for name, packets := range map[string][]sent{
			"as sent":                        plain(),
			"no marker at all":               marked(false),
			"a marker on every packet":       marked(true),
			"without first packets":          without(func(_ int, p sent) bool { return p.Marker }),
			"without any end":                without(func(_ int, p sent) bool { return p.end() }),
			"only one end of three":          without(func(i int, p sent) bool { return p.end() && i%7 != 5 }),
			"nothing but the last end":       without(func(i int, _ sent) bool { return i%7 != 6 }),
			"nothing but a packet in middle": without(func(i int, _ sent) bool { return i%7 != 2 }),
			"each packet twice":              slices.Concat(interleave(plain())),
		} {
			if got, _ := receive(clock, packets); got != "1159" {
				t.Errorf("%d Hz, %s: %q", clock, name, got)
			}
		}
	}
}

// interleave is each packet twice in a row.
func interleave(p []sent) (out []sent) {
	for _, x := range p {
		out = append(out, x, x)
	}
	return out
}

// The clock is that of the event's own payload type: 8000 beside a codec of 48000, too.
func TestInterop50ClockOfItsOwnPayloadType(t *testing.T) {
	for _, clock := range []int{8000, 16000, 48000} {
		s := NewSender(SenderConfig{ClockRate: clock, Tone: 160 * ms})
		_ = s.Queue("7")
		r := NewReceiver(96000 / 2)
		r.SetClock(clock)
		var got []Digit
		for i, p := range drain(s, clock, 20*ms) {
			r.Put(p.Stamp, p.payload[:], time.Unix(0, int64(i)*int64(20*ms)))
			for d, ok := r.Next(); ok; d, ok = r.Next() {
				got = append(got, d)
			}
		}
		if len(got) != 1 || got[0].Duration != 160*ms {
			t.Errorf("%d Hz: %+v", clock, got)
		}
	}
}

// An event longer than its duration can count goes on in segments, the last packet of one
// and the first of the next lost, or a second in the middle: one digit, of its whole length.
func TestInterop50LongEventsSurvive(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		for name, drop := range map[string]func(i, seam int) bool{
			"whole":           func(int, int) bool { return false },
			"a lossy seam":    func(i, seam int) bool { return i >= seam-2 && i < seam+2 },
			"a lossy middle":  func(i, seam int) bool { return i > 20 && i < 29 },
			"every other one": func(i, _ int) bool { return i%2 == 1 },
		} {
			s := NewSender(SenderConfig{ClockRate: clock})
			const long = 20 * time.Second
			if err := s.queueLong('#', long); err != nil {
				t.Fatal(err)
			}
			all := drain(s, clock, 20*ms)
			seam := slices.IndexFunc(all, func(p sent) bool { return p.Stamp != all[0].Stamp })
			if seam < 1 {
				t.Fatal("it has but one segment")
			}
			var kept []sent
			for i, p := range all {
				if !drop(i, seam) {
					kept = append(kept, p)
				}
			}
			digits, list := receive(clock, kept)
			if digits != "#" || list[0].Duration < long-500*ms || list[0].Duration > long+500*ms {
				t.Errorf("%d Hz, %s: %q %+v", clock, name, digits, list)
			}
		}
	}
}

// Volume and the reserved bit say nothing about the digit.
func TestInterop50VolumeDoesNotMatter(t *testing.T) {
	for _, volume := range []uint8{1, 36, 63} {
		s := NewSender(SenderConfig{Volume: volume})
		_ = s.Queue("*D")
		all := drain(s, 8000, 20*ms)
		for i := range all {
			if all[i].payload[1]&0x3f != volume {
				t.Fatalf("volume %d", all[i].payload[1]&0x3f)
			}
			all[i].payload[1] |= 0x40 // reserved
		}
		if got, _ := receive(8000, all); got != "*D" {
			t.Errorf("volume %d: %q", volume, got)
		}
	}
}

// A digit that is cut short has its three ends all the same.
func TestCutDigitHasThreeEnds(t *testing.T) {
	for after := range 9 {
		s := NewSender(SenderConfig{})
		_ = s.Queue("55")
		var all []sent
		stamp := uint32(1000)
		take := func(p Packet, payload [EventSize]byte) {
			all = append(all, sent{Packet: p, payload: payload})
		}
		for range after {
			var b [EventSize]byte
			if p, send, _ := s.Next(b[:], stamp); send {
				take(p, b)
			}
			stamp += 160
		}
		ended := ""
		for {
			var b [EventSize]byte
			p, ok := s.Cut(b[:])
			if !ok {
				break
			}
			take(p, b)
			if p.Ended != 0 {
				ended += string(p.Ended)
			}
		}
		ends := 0
		for _, p := range all {
			if p.end() {
				ends++
			}
		}
		digits, _ := receive(8000, all)
		want := "5"
		if after == 0 {
			want = ""
		}
		if digits != want || ends != 3*len(want) || s.Active() {
			t.Errorf("cut after %d packets: %q, %d ends, %q told, active %t", after, digits, ends, ended, s.Active())
		}
	}
}
