package device

import (
	"sync"
	"time"
)

// stalledAfter is how long a card may stay away before it counts as unplugged. It is
// above the 2 s that a sound server may take for its first buffer.
const stalledAfter = 4 * time.Second

// follower beats with a card's callbacks. It sleeps until the next callback is due by
// the last one's time stamp, and looks at the callback's counter: so the callback
// needs no channel, and the beat follows the card's clock, not the system's.
type follower struct {
	h      *half
	period time.Duration
	beats  chan struct{}
	quit   chan struct{}
	once   sync.Once
	done   sync.WaitGroup
}

func follow(h *half, period time.Duration) *follower {
	f := &follower{h: h, period: period, beats: make(chan struct{}, 1), quit: make(chan struct{})}
	f.done.Go(f.run)
	return f
}

// margin is how long after the time a callback is due we look for it: enough for the
// scheduling jitter of most.
const margin = 500 * time.Microsecond

func (f *follower) run() {
	defer close(f.beats)
	t := time.NewTimer(f.period)
	defer t.Stop()
	var seen uint64
	started := time.Now()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
		n := f.h.callbacks.Load()
		age := time.Since(f.h.epoch) - time.Duration(f.h.last.Load())
		if f.h.panicked.Load() || (age > stalledAfter && time.Since(started) > stalledAfter) {
			return
		}
		if n == seen { // late: look again soon, and less often the longer it stays away
			t.Reset(max(2*margin, min(age/4, f.period)))
			continue
		}
		seen = n
		select {
		case f.beats <- struct{}{}:
		default:
		}
		t.Reset(max(margin, f.period-age+margin))
	}
}

func (f *follower) stop() {
	f.once.Do(func() { close(f.quit) })
	f.done.Wait()
}
