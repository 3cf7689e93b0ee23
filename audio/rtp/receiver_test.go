package rtp

import (
	"math"
	"testing"
	"time"
)

// stream feeds packets to a Receiver, 20 ms apart.
type stream struct {
	r   *Receiver
	now time.Time
}

func (s *stream) put(ssrc uint32, seq uint16, stamp uint32) Verdict {
	p := Packet{SSRC: ssrc, Sequence: seq, Timestamp: stamp, Payload: make([]byte, 160)}
	v := s.r.Update(&p, s.now)
	s.now = s.now.Add(20 * time.Millisecond)
	return v
}

func newStream() *stream { return &stream{NewReceiver(8000), time.Unix(1000, 0)} }

func TestReceiverValidatesASource(t *testing.T) {
	s := newStream()
	for i, c := range []struct {
		ssrc uint32
		seq  uint16
		want Verdict
	}{
		{1, 100, Probation}, {1, 101, Started}, {1, 102, Accepted},
		{2, 7, Probation},                   // another source
		{2, 9, Probation}, {2, 10, Started}, // not in sequence at first
		{2, 5000, Rejected}, {2, 11, Accepted}, // a stray
		{2, 6000, Rejected}, {2, 6001, Accepted}, {2, 6002, Accepted}, // a restart
		{2, 6001, Accepted}, // late or twice
	} {
		if got := s.put(c.ssrc, c.seq, uint32(i)*160); got != c.want {
			t.Errorf("packet %d: %d, want %d", i, got, c.want)
		}
	}
	if s.r.Totals().Sources != 2 {
		t.Errorf("%d sources", s.r.Totals().Sources)
	}
}

func TestReceiverCountsLoss(t *testing.T) {
	s := newStream()
	// Over a wrap of the sequence number, every tenth lost, one twice, two swapped.
	for i := range 1000 {
		if i%10 == 5 {
			continue
		}
		k := i
		switch i {
		case 300:
			k = 301
		case 301:
			k = 300
		}
		s.put(1, uint16(65000+k), uint32(k*160))
		if i == 400 {
			s.put(1, uint16(65000+k), uint32(k*160))
		}
	}
	if l := s.r.Lost(); l != 99 {
		t.Errorf("lost %d, want 100 less one that came twice", l)
	}
	b, ok := s.r.Block()
	if !ok || b.Lost != 99 || b.Highest != 65536+uint32(uint16((65000+999)%65536)) || b.SSRC != 1 {
		t.Errorf("%v %+v", ok, b)
	}
	if want := uint8(99 * 256 / 1000); b.Fraction != want {
		t.Errorf("fraction %d, want %d", b.Fraction, want)
	}
	total := s.r.Totals()
	if total.Packets != 901 || total.Bytes != 901*160 || total.Duplicate != 1 || total.Reordered != 1 {
		t.Errorf("%+v", total)
	}
	// The next interval has no loss.
	for i := 1000; i < 1100; i++ {
		s.put(1, uint16(65000+i), uint32(i*160))
	}
	if b, _ := s.r.Block(); b.Fraction != 0 || b.Lost != 99 {
		t.Errorf("%+v", b)
	}
}

func TestReceiverLossGoesOnOverSources(t *testing.T) {
	s := newStream()
	for _, i := range []int{0, 1, 3, 4} {
		s.put(1, uint16(i), uint32(i*160))
	}
	for _, i := range []int{0, 1, 2, 5} {
		s.put(2, uint16(i), uint32(i*160))
	}
	if l := s.r.Lost(); l != 3 {
		t.Errorf("lost %d", l)
	}
}

func TestReceiverHasNoBlockOnProbation(t *testing.T) {
	s := newStream()
	if _, ok := s.r.Block(); ok {
		t.Error("a block about nothing")
	}
	s.put(1, 1, 0)
	if _, ok := s.r.Block(); ok || s.r.Lost() != 0 {
		t.Error("a block about a source on probation")
	}
}

func TestJitterIsThatOfTheRFC(t *testing.T) {
	s := newStream()
	// Arrivals 5 ms early and late in turn: |D| is 10 ms, J goes to 10 ms.
	for i := range 500 {
		at := s.now
		p := Packet{SSRC: 1, Sequence: uint16(i), Timestamp: uint32(i) * 160}
		s.r.Update(&p, at.Add(time.Duration(5-10*(i%2))*time.Millisecond))
		s.now = at.Add(20 * time.Millisecond)
	}
	if j := s.r.Jitter(); j < 9900*time.Microsecond || j > 10100*time.Microsecond {
		t.Errorf("jitter %v", j)
	}
	if b, _ := s.r.Block(); math.Abs(float64(b.Jitter)-80) > 1 {
		t.Errorf("jitter %d units", b.Jitter)
	}
	s.r.SetClockRate(48000)
	if j := s.r.Jitter(); j < 9900*time.Microsecond || j > 10100*time.Microsecond {
		t.Errorf("in another clock: %v", j)
	}
}

func TestJitterIgnoresJumpsAndEvents(t *testing.T) {
	s := newStream()
	seq := uint16(0)
	for i := range 100 {
		s.put(1, seq, uint32(i)*160)
		seq++
	}
	for range 20 { // an event has one timestamp
		s.put(1, seq, 100*160)
		seq++
	}
	for i := range 100 { // and another epoch
		s.put(1, seq, 0x80000000+uint32(i)*160)
		seq++
	}
	// 20 packets of one timestamp and a step of 2400 units remain in no case.
	if j := s.r.Jitter(); j > time.Millisecond {
		t.Errorf("jitter %v", j)
	}
}

func TestPacketTimeIsMeasured(t *testing.T) {
	s := newStream()
	if d := s.r.PacketTime(); d != 0 {
		t.Errorf("before any packet: %v", d)
	}
	for i, stamp := range []uint32{0, 320, 640, 640, 1600, 1920} { // an event's, and a pause
		s.put(1, uint16(i), stamp)
	}
	s.put(1, 9, 9999) // what was lost says nothing
	if d := s.r.PacketTime(); d != 40*time.Millisecond {
		t.Errorf("%v", d)
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0, 3, 255, 255, 0, 4})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := newStream()
		for i := 0; i+1 < len(raw); i += 2 {
			s.put(uint32(raw[i]>>6), uint16(raw[i])<<8|uint16(raw[i+1]), uint32(i)*160)
			total := s.r.Totals()
			if got := int64(total.Packets) + s.r.Lost(); got < 0 {
				t.Fatalf("%d packets, %d lost", total.Packets, s.r.Lost())
			}
			if b, ok := s.r.Block(); ok && b.Jitter > 1<<31 {
				t.Fatalf("%+v", b)
			}
		}
	})
}
