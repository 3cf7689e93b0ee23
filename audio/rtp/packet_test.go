package rtp

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestParseStripsWhatIsNotPayload(t *testing.T) {
	for name, raw := range map[string][]byte{
		"plain":               {0x80, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 'a', 'b'},
		"padding":             {0xa0, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 'a', 'b', 0, 2},
		"CSRC list":           {0x82, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 1, 1, 1, 2, 2, 2, 2, 'a', 'b'},
		"header extension":    {0x90, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0x12, 0x34, 0, 1, 1, 2, 3, 4, 'a', 'b'},
		"one-byte extensions": {0x90, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0, 'a', 'b'},
		"all at once": {0xb1, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 1, 1, 1, 0x12, 0x34, 0, 0,
			'a', 'b', 0, 0, 3},
	} {
		var r Parser
		var p Packet
		if err := r.Parse(raw, &p); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(p.Payload) != "ab" || !p.Marker || p.Sequence != 7 || p.Timestamp != 9 || p.SSRC != 5 || p.PayloadType != 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, raw := range map[string][]byte{
		"nothing":                 nil,
		"too short":               {0x80, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0},
		"version 1":               {0x40, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1},
		"version 0":               {0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1},
		"CSRC beyond the end":     {0x8f, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1},
		"extension beyond":        {0x90, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 9},
		"padding of none":         {0xa0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0},
		"padding beyond":          {0xa0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 9},
		"padding without a place": {0xa0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5},
	} {
		var r Parser
		p := Packet{SSRC: 1, Payload: []byte{1}}
		if err := r.Parse(raw, &p); !errors.Is(err, ErrPacket) || p.Payload != nil || p.SSRC != 0 {
			t.Errorf("%s: %v, %+v", name, err, p)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		raw  []byte
		want Kind
	}{
		{nil, Unknown}, {[]byte{0x80}, Unknown},
		{[]byte{0x80, 0}, RTP}, {[]byte{0x80, 0x80}, RTP}, {[]byte{0xbf, 127}, RTP},
		{[]byte{0x80, 0x80 | 96}, Kind(RTP)}, {[]byte{0x80, 224}, RTP},
		{[]byte{0x80, 200}, RTCP}, {[]byte{0x81, 201}, RTCP}, {[]byte{0x80, 192}, RTCP}, {[]byte{0x80, 223}, RTCP},
		{[]byte{0, 1}, STUN}, {[]byte{1, 1}, STUN}, {[]byte{20, 254}, DTLS}, {[]byte{63, 0}, DTLS},
		{[]byte{64, 0}, TURN}, {[]byte{79, 255}, TURN}, {[]byte{16, 0}, Unknown}, {[]byte{80, 0}, Unknown}, {[]byte{0xc0, 200}, Unknown}, {[]byte("\r\n"), Unknown},
	} {
		if got := Classify(c.raw); got != c.want {
			t.Errorf("%x: %d, want %d", c.raw, got, c.want)
		}
	}
}

// What Sender writes is what pion's parser reads.
func TestSenderNumbersAndStamps(t *testing.T) {
	s := NewSender(SenderConfig{SSRC: 0xdeadbeef, Sequence: 0xffff, Timestamp: 0xfffffff0})
	buf, now := make([]byte, 1500), time.Unix(100, 0)
	copy(buf[HeaderSize:], "payload")
	var got []rtp.Header
	keep := func(raw []byte) {
		var p rtp.Packet
		if err := p.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		if string(p.Payload) != "payload" {
			t.Errorf("payload %q", p.Payload)
		}
		got = append(got, p.Header)
	}
	keep(s.Audio(buf, 7, 0, 160, now))
	keep(s.Audio(buf, 7, 0, 160, now))
	at := s.Timestamp()
	keep(s.Event(buf, 7, 101, true, at, 160, now))
	keep(s.Event(buf, 7, 101, false, at, 160, now))
	keep(s.Audio(buf, 7, 0, 160, now))
	s.Silence(160)
	s.Silence(160)
	keep(s.Audio(buf, 7, 8, 160, now))
	want := []rtp.Header{
		{SequenceNumber: 0xffff, Timestamp: 0xfffffff0, Marker: true},
		{SequenceNumber: 0, Timestamp: 0x90},
		{SequenceNumber: 1, Timestamp: 0x130, Marker: true, PayloadType: 101},
		{SequenceNumber: 2, Timestamp: 0x130, PayloadType: 101},
		{SequenceNumber: 3, Timestamp: 0x270},
		{SequenceNumber: 4, Timestamp: 0x450, Marker: true, PayloadType: 8},
	}
	for i, w := range want {
		g := got[i]
		if g.SequenceNumber != w.SequenceNumber || g.Timestamp != w.Timestamp || g.Marker != w.Marker ||
			g.PayloadType != w.PayloadType || g.SSRC != 0xdeadbeef {
			t.Errorf("packet %d: %+v, want %+v", i, g, w)
		}
	}
	if s.Packets() != 6 || s.Octets() != 42 {
		t.Errorf("%d packets, %d octets", s.Packets(), s.Octets())
	}
}

func TestSenderReportExtrapolates(t *testing.T) {
	s := NewSender(SenderConfig{Timestamp: 1000})
	if at := s.StampAt(time.Unix(50, 0)); at != 1000 {
		t.Errorf("before the first packet: %d", at)
	}
	s.Audio(make([]byte, 200), 160, 0, 160, time.Unix(100, 0))
	if at := s.StampAt(time.Unix(102, 0)); at != 1000+16000 {
		t.Errorf("two seconds later: %d", at)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0xb1, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 1, 1, 1, 0x12, 0x34, 0, 0, 'a', 'b', 0, 0, 3})
	f.Add([]byte{0x90, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0, 'a', 'b'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r Parser
		var p Packet
		if err := r.Parse(raw, &p); err != nil {
			if !errors.Is(err, ErrPacket) || p.Payload != nil {
				t.Fatalf("%v, %+v", err, p)
			}
			return
		}
		if len(p.Payload) > len(raw)-HeaderSize || !bytes.Contains(raw, p.Payload) {
			t.Fatalf("%d octets of payload from %d", len(p.Payload), len(raw))
		}
		if Classify(raw) == STUN || Classify(raw) == DTLS {
			t.Fatal("RTP that is something else")
		}
	})
}

func TestPacketsDoNotAllocate(t *testing.T) {
	s, r := NewSender(SenderConfig{}), NewReceiver(8000)
	var parser Parser
	var p Packet
	buf, now := make([]byte, 200), time.Unix(100, 0)
	var l Latch
	if n := testing.AllocsPerRun(100, func() {
		raw := s.Audio(buf, 160, 0, 160, now)
		if err := parser.Parse(raw, &p); err != nil {
			t.Fatal(err)
		}
		r.Update(&p, now)
		l.Observe(home, &p, now)
		now = now.Add(20 * time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPacket(b *testing.B) {
	b.ReportAllocs()
	s, r := NewSender(SenderConfig{}), NewReceiver(8000)
	var parser Parser
	var p Packet
	buf, now := make([]byte, 200), time.Unix(100, 0)
	for b.Loop() {
		raw := s.Audio(buf, 160, 0, 160, now)
		_ = parser.Parse(raw, &p)
		r.Update(&p, now)
		now = now.Add(20 * time.Millisecond)
	}
}
