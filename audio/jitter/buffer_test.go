package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/rtp"
)

const msec = time.Millisecond

func TestCleanNetworkPlaysEverySampleWithLittleDelay(t *testing.T) {
	for _, size := range []int{40, 80, 160, 240, 320, 480, 960} { // 5 to 120 ms
		n := newNetwork(t, Config{})
		first := rtp.Packet{SSRC: 1, Sequence: 65500, Timestamp: 0xffffff00}
		n.speak(voice(40000), size, first, 0, prompt)
		n.run(4900 * msec)
		s := n.b.Stats()
		if s.Concealed != 0 || s.Underruns != 0 || s.Removed != 0 || s.Inserted != 0 || s.Late != 0 {
			t.Errorf("%d: a clean network was not left alone: %+v", size, s)
		}
		if s.Delay > 14*msec {
			t.Errorf("%d: delay %v", size, s.Delay)
		}
		score, at := match(n.sent[8000:8800], n.out[8000:12000])
		if score < 0.998 {
			t.Errorf("%d: the voice comes out with likeness %.4f", size, score)
		}
		if d := time.Duration(at) * time.Second / 8000; d > 25*msec {
			t.Errorf("%d: the voice comes out after %v", size, d)
		}
	}
}

func TestLossIsConcealedInPlace(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(80000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) { return 0, i%20 != 10 })
	n.run(9900 * msec)
	s := n.b.Stats()
	if want := uint64(25); s.Lost != want && s.Lost != want-1 {
		t.Errorf("lost %d, want %d", s.Lost, want)
	}
	if s.Concealed < 460*msec || s.Concealed > 520*msec {
		t.Errorf("concealed %v of 500 ms", s.Concealed)
	}
	if s.Delay > 45*msec { // a packet time is spent on seeing the far side of a gap
		t.Errorf("loss made the delay grow to %v", s.Delay)
	}
	if d := longestSilence(n.out[8000:72000], 200); d > 10*msec {
		t.Errorf("a silence of %v", d)
	}
	if got, clean := largestStep(n.out[8000:72000]), largestStep(n.sent); got > clean*3/2 {
		t.Errorf("a click: step %d, %d in the original", got, clean)
	}
}

func TestReorderingWithinTheDelayIsInvisible(t *testing.T) {
	n := newNetwork(t, Config{Min: 60 * msec})
	n.speak(voice(40000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		if i%7 == 3 {
			return 30 * msec, true // after its successor
		}
		return 0, true
	})
	n.run(4900 * msec)
	s := n.b.Stats()
	if s.Reordered < 30 || s.Concealed != 0 || s.Late != 0 {
		t.Errorf("%+v", s)
	}
	if score, _ := match(n.sent[16000:16800], n.out[16000:18000]); score < 0.998 {
		t.Errorf("likeness %.4f", score)
	}
}

func TestDuplicatesCountOnce(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.events = append(n.events, n.events...)
	n.run(1900 * msec)
	if s := n.b.Stats(); s.Duplicate < 90 || s.Concealed != 0 || s.Late != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTargetFollowsJitterUpAndDown(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := newNetwork(t, Config{})
	n.speak(voice(8000*60), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		if i > 500 && i < 1500 {
			return time.Duration(rng.IntN(60)) * msec, true
		}
		return 0, true
	})
	n.run(30 * time.Second)
	mid := n.b.Stats()
	if mid.Target < 55*msec || mid.Target > 90*msec {
		t.Errorf("target under 60 ms of jitter: %v", mid.Target)
	}
	if share := float64(mid.Concealed) / float64(30*time.Second); share > 0.02 {
		t.Errorf("%.1f %% concealed", share*100)
	}
	n.run(59 * time.Second)
	end := n.b.Stats()
	if end.Target > 25*msec || end.Delay > 45*msec {
		t.Errorf("after the jitter: target %v, delay %v", end.Target, end.Delay)
	}
	if end.Removed == 0 {
		t.Error("the delay came down without removing anything")
	}
}

func TestStallGrowsTheDelayAndGivesItBack(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(8000*20), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		if i >= 200 && i < 208 { // 160 ms stand still, then all come at once
			return time.Duration(208-i) * 20 * msec, true
		}
		return 0, true
	})
	n.run(19 * time.Second)
	s := n.b.Stats()
	if s.Late+s.Lost+s.Discarded != 0 {
		t.Errorf("speech was lost in a stall: %+v", s)
	}
	if s.Delay > 45*msec {
		t.Errorf("15 s after a stall the delay is still %v (target %v)", s.Delay, s.Target)
	}
}

func TestStrayPacketDoesNotTakeOver(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(32000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.events = append(n.events,
		event{1005 * msec, rtp.Packet{SSRC: 77, Sequence: 5, Payload: make([]byte, 160)}},
		event{2005 * msec, rtp.Packet{SSRC: 1, Sequence: 40000, Payload: make([]byte, 160)}},
		event{3005 * msec, rtp.Packet{SSRC: 77, Sequence: 900, Payload: make([]byte, 160)}})
	n.run(3900 * msec)
	if s := n.b.Stats(); s.Resyncs != 0 || s.Concealed != 0 {
		t.Errorf("%+v", s)
	}
	if score, _ := match(n.sent[16000:16800], n.out[16000:17000]); score < 0.998 {
		t.Errorf("likeness %.4f", score)
	}
}

func TestTwoSourcesAtOnceDoNotFlap(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(32000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.speak(voice(24000), 160, rtp.Packet{SSRC: 2}, 1003*msec, prompt)
	n.run(3900 * msec)
	if s := n.b.Stats(); s.Resyncs != 1 || s.Foreign < 130 {
		t.Errorf("%+v", s)
	}
}

func TestPauseCostsNoDelay(t *testing.T) {
	for name, stamp := range map[string]uint32{
		"the timestamp went on":     16000 + 5*8000,
		"the timestamp stood still": 16000,
	} {
		n := newNetwork(t, Config{})
		n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		n.speak(voice(24000), 160, rtp.Packet{SSRC: 1, Sequence: 100, Timestamp: stamp, Marker: true}, 7*time.Second, prompt)
		n.run(9900 * msec)
		s := n.b.Stats()
		if s.Delay > 25*msec || s.Late+s.Lost+s.Discarded != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		if s.Concealed > 320*msec {
			t.Errorf("%s: a pause counts as concealment: %v", name, s.Concealed)
		}
	}
}

func TestIdleDeviceCostsNoDelay(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(80000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	for _, e := range n.events[:350] { // 7 s, and nobody pulls
		n.b.Put(&e.p, start.Add(e.at))
	}
	n.fed, n.now = 350, 7*time.Second
	n.run(9 * time.Second)
	if s := n.b.Stats(); s.Delay > 60*msec || s.Discarded < 250 {
		t.Errorf("%+v", s)
	}
}

func TestDriftIsFollowed(t *testing.T) {
	for _, ppm := range []int{-300, 300} {
		n := newNetwork(t, Config{})
		n.speak(voice(8000*60), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
			return 100*msec + time.Duration(i)*20*msec*time.Duration(ppm)/1e6, true
		})
		n.run(59 * time.Second)
		s := n.b.Stats()
		if s.Lost+s.Late+s.Discarded != 0 || s.Concealed > 60*msec || s.Delay > 50*msec {
			t.Errorf("%d ppm: %+v", ppm, s)
		}
	}
}

func TestBadPacketsAreCountedOnly(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	for i := range 20 {
		at := time.Duration(500+i) * msec
		n.events = append(n.events,
			event{at, rtp.Packet{SSRC: 1, PayloadType: 96, Sequence: uint16(i), Payload: []byte{1}}},
			event{at, rtp.Packet{SSRC: 1, Sequence: 26}},
			event{at, rtp.Packet{SSRC: 1, Sequence: 26, Payload: make([]byte, 2000)}})
	}
	n.run(1900 * msec)
	if s := n.b.Stats(); s.Foreign != 40 || s.Discarded != 20 || s.Concealed != 0 {
		t.Errorf("%+v", s)
	}
}

func TestBoundsHold(t *testing.T) {
	n := newNetwork(t, Config{Min: 100 * msec})
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.run(1900 * msec)
	if s := n.b.Stats(); s.Target != 100*msec || s.Delay < 95*msec || s.Delay > 105*msec {
		t.Errorf("floor: target %v, delay %v", s.Target, s.Delay)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	n = newNetwork(t, Config{Max: 40 * msec})
	n.speak(voice(80000), 160, rtp.Packet{SSRC: 1}, 0, func(int) (time.Duration, bool) {
		return time.Duration(rng.IntN(150)) * msec, true
	})
	n.run(9900 * msec)
	if s := n.b.Stats(); s.Target != 40*msec {
		t.Errorf("ceiling: target %v", s.Target)
	}
}

// A busy machine pulls late, and then several pieces at once: that is no delay, and
// nothing is cut for it.
func TestLatePullsAreNoDelay(t *testing.T) {
	for _, tick := range []time.Duration{5 * msec, 10 * msec} {
		rng := rand.New(rand.NewPCG(5, 6))
		n := newNetwork(t, Config{})
		n.tick = tick
		n.late = func() time.Duration {
			if rng.IntN(50) == 0 {
				return 30 * msec
			}
			return time.Duration(rng.IntN(4000)) * time.Microsecond
		}
		n.speak(voice(8000*30), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		n.run(29 * time.Second)
		if s := n.b.Stats(); s.Concealed > 30*msec || s.Removed+s.Inserted > 60*msec || s.Late != 0 || s.Delay > 2*tick+20*msec {
			t.Errorf("%v: %+v", tick, s)
		}
	}
}

// A peer may change its packet time at any packet (RFC 3551, section 4.2).
func TestPacketTimeChangesMidStream(t *testing.T) {
	n := newNetwork(t, Config{})
	talk := voice(8000 * 14)
	next := rtp.Packet{SSRC: 1}
	at, from := time.Duration(0), 0
	for _, size := range []int{160, 480, 40, 960, 80, 320, 160} { // 2 s each
		part := talk[from : from+15360]
		// The first packet of a longer one comes when it is full.
		n.speak(part, size, next, at+time.Duration(size)*time.Second/8000, prompt)
		next.Sequence += uint16(len(part) / size)
		next.Timestamp += uint32(len(part))
		from += len(part)
		at += time.Duration(len(part)) * time.Second / 8000
	}
	n.run(at)
	s := n.b.Stats()
	if s.Lost+s.Late+s.Discarded+s.Resyncs != 0 {
		t.Errorf("%+v", s)
	}
	// A longer packet comes later: its beginning is waited for, and nothing is skipped.
	if s.Concealed > 250*msec || s.Delay > 130*msec {
		t.Errorf("%+v", s)
	}
	if got, clean := largestStep(n.out[4000:]), largestStep(talk); got > clean*5/4 {
		t.Errorf("a click: step %d, %d in the original", got, clean)
	}
}

// Both bounds alike fix the delay, whatever the network does.
func TestFixedDelay(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	n := newNetwork(t, Config{Min: 60 * msec, Max: 60 * msec})
	n.speak(voice(80000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		if i < 250 {
			return 0, true
		}
		return time.Duration(rng.IntN(50)) * msec, i%20 != 7
	})
	for _, at := range []time.Duration{2 * time.Second, 9900 * msec} {
		n.run(at)
		if s := n.b.Stats(); s.Target != 60*msec || s.Delay < 60*msec || s.Delay > 75*msec {
			t.Errorf("after %v the target is %v, the delay %v", at, s.Target, s.Delay)
		}
	}
}

// The first packet is sent at once, and the beat of the others begins later: they aren't
// late for ever because one was early.
func TestEarlyFirstPacketCostsNoDelay(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(8000*15), 160, rtp.Packet{SSRC: 1}, 20*msec, func(i int) (time.Duration, bool) {
		if i == 0 {
			return -17 * msec, true
		}
		return 0, true
	})
	n.run(14900 * msec)
	if s := n.b.Stats(); s.Delay > 17*msec || s.Target > 4*msec || s.Inserted > 20*msec || s.Concealed > 20*msec {
		t.Errorf("%+v", s)
	}
}

// A card that stood still has played nothing meanwhile: all that came waits, and the
// delay comes down again within seconds, without a pause in the sound.
func TestStalledCardCostsDelayForSecondsOnly(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(8000*12), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.run(4 * time.Second)
	for n.now < 4150*msec { // packets come, and nobody pulls
		n.now += n.tick
	}
	n.run(4300 * msec)
	if s := n.b.Stats(); s.Delay < 100*msec {
		t.Fatalf("nothing waits: %+v", s)
	}
	n.run(8 * time.Second)
	if s := n.b.Stats(); s.Delay > 35*msec || s.Discarded+s.Late+s.Lost != 0 || s.Concealed > 20*msec {
		t.Errorf("%+v", s)
	}
	if got, clean := largestStep(n.out[4000:]), largestStep(n.sent); got > clean*5/4 {
		t.Errorf("a click: step %d, %d in the original", got, clean)
	}
}
