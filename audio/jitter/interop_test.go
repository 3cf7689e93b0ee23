package jitter

import (
	"testing"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/rtp"
)

// RFC 3550, section 8: another SSRC is another source, whose numbers and times begin
// anywhere. It is heard where the one before ends: no click, no silence, and no more
// delay than the packet that is held until a second one proves the source.
func TestInterop45SourceChange(t *testing.T) {
	for name, next := range map[string]rtp.Packet{
		"far numbers":      {SSRC: 2, Sequence: 30000, Timestamp: 0x80000000},
		"about to wrap":    {SSRC: 9, Sequence: 65533, Timestamp: 0xffffff00},
		"the same numbers": {SSRC: 3, Sequence: 100, Timestamp: 100 * 160},
	} {
		for _, later := range []time.Duration{0, 3 * msec, 13 * msec} {
			change(t, name, next, later, 25*msec+later)
		}
	}
}

func TestInterop45SourceChangeOpus(t *testing.T) {
	n := newNetwork(t, Config{Formats: []Format{opusFormat(t, 111)}})
	opusPackets(n, wide(48000*4), "", prompt)
	for i := range n.events {
		if p := &n.events[i].p; i >= 100 {
			p.SSRC, p.Sequence, p.Timestamp = 2, p.Sequence+777, p.Timestamp+123456789
		}
	}
	n.run(3900 * msec)
	s := n.b.Stats()
	if s.Concealed > 20*msec || s.Late+s.Lost+s.Discarded+s.Foreign != 0 || s.Delay > 45*msec {
		t.Errorf("%+v", s)
	}
	for at := 48000; at < 48000*3; at += 480 {
		if l := dsp.RMS(n.out[at : at+480]); l < -40 {
			t.Fatalf("%v ms: %.1f dBFS", at/48, l)
		}
	}
}

// RFC 3550, section 5.1: a timestamp may jump, as when a gateway changes what it sends.
// The sequence number goes on, so nothing is missing: the sound goes on as well, sample
// by sample, and not a millisecond is added.
func TestInterop46TimestampJump(t *testing.T) {
	for name, next := range map[string]rtp.Packet{
		"far":          {SSRC: 1, Sequence: 100, Timestamp: 0x90000000},
		"back":         {SSRC: 1, Sequence: 100, Timestamp: 7},
		"by a second":  {SSRC: 1, Sequence: 100, Timestamp: 100*160 + 8000},
		"over the top": {SSRC: 1, Sequence: 100, Timestamp: 0xfffffff0},
	} {
		s := change(t, name, next, 0, 12*msec)
		if s.Concealed+s.Removed+s.Inserted != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// A sequence number out of order by far is a sender that has started anew.
func TestInterop46SequenceJump(t *testing.T) {
	for name, next := range map[string]rtp.Packet{
		"on":   {SSRC: 1, Sequence: 30000, Timestamp: 100 * 160},
		"back": {SSRC: 1, Sequence: 60000, Timestamp: 100 * 160},
	} {
		change(t, name, next, 0, 45*msec)
	}
}

// change lets a stream of 2 s go on as next, later than it should.
func change(t *testing.T, name string, next rtp.Packet, later, delay time.Duration) Stats {
	t.Helper()
	n := newNetwork(t, Config{})
	talk := voice(32000)
	n.speak(talk[:16000], 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.speak(talk[16000:], 160, next, 2*time.Second+later, prompt)
	n.run(3900 * msec)
	s := n.b.Stats()
	if s.Concealed > 20*msec+later || s.Late+s.Lost+s.Discarded+s.Foreign != 0 || s.Resyncs != 1 {
		t.Errorf("%s, %v later: %+v", name, later, s)
	}
	if s.Delay > delay {
		t.Errorf("%s, %v later: the delay is %v after it", name, later, s.Delay)
	}
	if d := longestSilence(n.out[4000:30000], 200); d > 10*msec {
		t.Errorf("%s, %v later: a silence of %v", name, later, d)
	}
	if got, clean := largestStep(n.out[4000:30000]), largestStep(n.sent); got > clean*5/4 {
		t.Errorf("%s, %v later: a click: step %d, %d in the original", name, later, got, clean)
	}
	return s
}
