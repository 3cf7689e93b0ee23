package device

import (
	"sync"
	"time"
)

const (
	// slowStart is how long a card may stay away at first, before it counts as lost: a
	// sound server takes what its buffer holds at once and can then need 2 s.
	slowStart = 4 * time.Second
	// stalledAfter is how long it may stay away once it runs: after so many callbacks.
	stalledAfter = time.Second
	running      = 100
	// overslept since the last look means that the follower itself was kept from looking.
	overslept = 250 * time.Millisecond
	// margin is how long after the time a callback is due we look for it: enough for
	// the scheduling jitter of most.
	margin = 500 * time.Microsecond
)

// follower beats with a card's callbacks, of both sides when it has two. It sleeps until
// the next callback is due by the last one's time stamp, and looks at the callback's
// counter: so the callback needs no channel, and the beat follows the card's clock, not
// the system's. Sides that call back at nearly the same time share a beat.
//
//	microphone    |      |      |      |
//	speaker        |      |      |      |
//	beats            ^      ^      ^      ^   a margin after what is due
type follower struct {
	period  time.Duration
	watched []watched
	beats   chan struct{}
	quit    chan struct{}
	once    sync.Once
	done    sync.WaitGroup
}

// watched is what the follower knows of one side.
type watched struct {
	h    *half
	seen uint64    // callbacks
	look time.Time // when to look for the next
	// asked is when it was asked for last whether the card is lost, and awake since when
	// that is done without a break: a process that was stopped had no callbacks either.
	asked, awake time.Time
}

func follow(period time.Duration, halves ...*half) *follower {
	f := &follower{period: period, beats: make(chan struct{}, 1), quit: make(chan struct{})}
	for _, h := range halves {
		f.watched = append(f.watched, watched{h: h})
	}
	f.done.Go(f.run)
	return f
}

func (f *follower) run() {
	defer close(f.beats)
	t := time.NewTimer(f.period)
	defer t.Stop()
	started := time.Now()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
		now := time.Now()
		came, next := false, now.Add(f.period)
		for i := range f.watched {
			w := &f.watched[i]
			if w.lost(now, started) {
				return
			}
			came = w.came(now, f.period) || came
			if w.look.Before(next) {
				next = w.look
			}
		}
		if came {
			select {
			case f.beats <- struct{}{}:
			default:
			}
		}
		t.Reset(next.Sub(now))
	}
}

// lost reports that the card is no more.
func (w *watched) lost(now, started time.Time) bool {
	if w.h.panicked.Load() {
		return true
	}
	if now.Sub(w.asked) > overslept {
		w.awake = now
	}
	w.asked = now
	away := min(now.Sub(w.h.epoch)-time.Duration(w.h.last.Load()), now.Sub(w.awake))
	if w.h.callbacks.Load() < running {
		return min(away, now.Sub(started)) > slowStart
	}
	return away > stalledAfter
}

// came reports that there was a callback since it was asked last.
func (w *watched) came(now time.Time, period time.Duration) bool {
	n := w.h.callbacks.Load()
	age := now.Sub(w.h.epoch) - time.Duration(w.h.last.Load())
	fresh := n != w.seen
	w.seen = n
	if wait := period - age + margin; wait > 0 || fresh {
		w.look = now.Add(max(margin, wait))
	} else { // late: look again soon, and less often the longer it stays away
		w.look = now.Add(max(2*margin, min(age/4, period)))
	}
	return fresh
}

func (f *follower) stop() {
	f.once.Do(func() { close(f.quit) })
	f.done.Wait()
}
