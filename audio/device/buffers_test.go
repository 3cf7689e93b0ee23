package device

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
)

// A clock that stands still, or a card that says so, again and again means that the
// buffers are too short; late callbacks, a slow card and a single stall don't.
func TestStrain(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		// after a callback at n periods of 2.5 ms
		xruns  func(n int) uint64
		behind func(n int) time.Duration
		want   bool
		slips  uint64
	}{
		{"quiet", nil, nil, false, 0},
		{"late callbacks", nil, func(n int) time.Duration { return time.Duration(n%7) * 2 * ms }, false, 0},
		{"a card slow by 0.4 %", nil, func(n int) time.Duration { return time.Duration(n) * 10 * time.Microsecond }, false, 0},
		{"bursts of ten", nil, func(n int) time.Duration { return time.Duration(9-n%10) * 2500 * time.Microsecond }, false, 0},
		{"a stall each 10 s", nil, func(n int) time.Duration { return time.Duration(n/4000) * 700 * ms }, false, 4},
		{"a stall each 15 s", nil, func(n int) time.Duration { return time.Duration(n/6000) * 20 * ms }, false, 3},
		{"stands still", nil, func(n int) time.Duration { return time.Duration(n/300) * 3 * ms }, true, 4},
		{"tells", func(n int) uint64 { return uint64(n / 20) }, nil, true, 0},
		{"told before", func(int) uint64 { return 12 }, nil, false, 0},
		{"tells now and then", func(n int) uint64 { return uint64(n / 6000) }, nil, false, 0},
	} {
		var s strain
		var slips uint64
		tooShort := false
		start := time.Unix(0, 0)
		for n := 0; n < 20000 && !tooShort; n++ {
			var xruns uint64
			var behind time.Duration
			if c.xruns != nil {
				xruns = c.xruns(n)
			}
			if c.behind != nil {
				behind = c.behind(n)
			}
			var k uint64
			k, tooShort = s.look(xruns, behind, start.Add(time.Duration(n)*2500*time.Microsecond))
			slips += k
		}
		if tooShort != c.want || slips != c.slips {
			t.Errorf("%s: too short %v, %d slips", c.name, tooShort, slips)
		}
	}
}

// shortCard calls back, and says that it ran dry until its buffers are long enough.
func shortCard(h *half, quit chan struct{}, enough time.Duration) {
	for {
		period := time.Duration(h.period.Load())
		if time.Sleep(period); period < enough {
			h.xruns.Add(1)
		}
		select {
		case <-quit:
			return
		default:
			n := samples(period, h.rate)
			h.beat(n, 1, n)
		}
	}
}

func TestFollowerHasBuffersMadeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := running48k(bufferTimes[0])
		quit := make(chan struct{})
		lengthen := func(h *half) error {
			h.buffer++
			time.Sleep(30 * time.Millisecond)
			h.period.Store(int64(bufferTimes[h.buffer]))
			return nil
		}
		f := follow(lengthen, h)
		var card sync.WaitGroup
		card.Go(func() { shortCard(h, quit, 10*time.Millisecond) })
		start := time.Now()
		buffers := func() time.Duration { return time.Duration(h.period.Load()) }
		for buffers() < 10*time.Millisecond {
			if _, ok := <-f.beats; !ok || time.Since(start) > 5*time.Second {
				t.Fatalf("buffers of %v after %v, beats %v", buffers(), time.Since(start), ok)
			}
		}
		for range 2000 { // 20 s
			if _, ok := <-f.beats; !ok {
				t.Fatal("the beats ended")
			}
		}
		if got := buffers(); got != 10*time.Millisecond {
			t.Errorf("longer than needed: %v", got)
		}
		close(quit)
		f.stop()
		card.Wait()
	})
	synctest.Test(t, func(t *testing.T) {
		h := running48k(bufferTimes[0])
		quit := make(chan struct{})
		f := follow(func(*half) error { return errors.New("busy") }, h)
		var card sync.WaitGroup
		card.Go(func() { shortCard(h, quit, time.Second) })
		for range f.beats {
		}
		close(quit)
		f.stop() // and the beats have ended: the card is lost
		card.Wait()
	})
}

// What a card needed is known when it is opened next, for a while.
func TestBuffersAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &duplex{}
		now := func() [2]int { return [2]int{d.firstBuffer(sideIn), d.firstBuffer(sideOut)} }
		if got := now(); got != [2]int{1, 0} {
			t.Errorf("%v at first", got)
		}
		d.strained(sideOut, 2)
		time.Sleep(forgetStrain - time.Minute)
		if got := now(); got != [2]int{1, 2} {
			t.Errorf("%v after a strain", got)
		}
		time.Sleep(2 * time.Minute)
		if got := now(); got != [2]int{1, 0} {
			t.Errorf("%v long after", got)
		}
	})
}

// A side that is opened anew goes on with what waits in its ring.
func TestLongerBuffersKeepTheRing(t *testing.T) {
	h := newHalf()
	out := h.play(48000, 1, 120)
	pcm := make([]int16, 960)
	for i := range pcm {
		pcm[i] = int16(i + 1)
	}
	h.ring.Write(pcm)
	buf := make([]int16, 480)
	out(buf[:120])
	h.play(48000, 1, 240)(buf[:240])
	if buf[0] != 121 || h.lost.Load() != 0 {
		t.Errorf("goes on with sample %d, %d lost", buf[0], h.lost.Load())
	}
	s := &card{rate: 48000, ear: h}
	h.period.Store(int64(bufferTimes[0]))
	if got := s.Period(); got != bufferTimes[0] {
		t.Errorf("a beat of %v", got)
	}
	h.slips.Add(2)
	h.xruns.Add(3)
	if st := s.Stats(); st != (audio.StreamStats{Hardware: 5}) {
		t.Errorf("%+v", st)
	}
}
