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
//	microphone    |             |             |
//	speaker        |      |      |      |      |
//	beats            ^      ^      ^      ^      ^   a margin after what is due
//
// It also has the buffers of a side that they are too short for made longer.
type follower struct {
	lengthen func(*half) error
	watched  []watched
	beats    chan struct{}
	quit     chan struct{}
	once     sync.Once
	done     sync.WaitGroup
}

// watched is what the follower knows of one side.
type watched struct {
	h       *half
	started time.Time
	before  uint64    // callbacks before it was
	seen    uint64    // callbacks
	look    time.Time // when to look for the next
	strain  strain
	// asked is when it was asked for last whether the card is lost, and awake since when
	// that is done without a break: a process that was stopped had no callbacks either.
	asked, awake time.Time
}

func (w *watched) period() time.Duration { return time.Duration(w.h.period.Load()) }

// restart expects a card that has just been started.
func (w *watched) restart(now time.Time) {
	n := w.h.callbacks.Load()
	*w = watched{h: w.h, started: now, before: n, seen: n, look: now.Add(w.period())}
}

// follow follows halves. lengthen gives one of them longer buffers; when it can't, the
// beats end.
func follow(lengthen func(*half) error, halves ...*half) *follower {
	f := &follower{lengthen: lengthen, beats: make(chan struct{}, 1), quit: make(chan struct{})}
	for _, h := range halves {
		w := watched{h: h}
		w.restart(time.Now())
		f.watched = append(f.watched, w)
	}
	f.done.Go(f.run)
	return f
}

func (f *follower) run() {
	defer close(f.beats)
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
		now := time.Now()
		came, next := false, now.Add(bufferTimes[len(bufferTimes)-1])
		for i := range f.watched {
			w := &f.watched[i]
			if w.lost(now) {
				return
			}
			if w.came(now) {
				came = true
				if w.strained(now) {
					if err := f.lengthen(w.h); err != nil {
						return
					}
					w.restart(time.Now())
				}
			}
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
func (w *watched) lost(now time.Time) bool {
	if w.h.panicked.Load() {
		return true
	}
	if now.Sub(w.asked) > overslept {
		w.awake = now
	}
	w.asked = now
	away := min(now.Sub(w.h.epoch)-time.Duration(w.h.last.Load()), now.Sub(w.awake))
	if w.h.callbacks.Load()-w.before < running {
		return min(away, now.Sub(w.started)) > slowStart
	}
	return away > stalledAfter
}

// came reports that there was a callback since it was asked last.
func (w *watched) came(now time.Time) bool {
	period := w.period()
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

// strained reports that the buffers are too short, once the card runs.
func (w *watched) strained(now time.Time) bool {
	if w.seen-w.before < running {
		return false
	}
	slips, tooShort := w.strain.look(w.h.xruns.Load(), time.Duration(w.h.behind.Load()), now)
	w.h.slips.Add(slips)
	return tooShort
}

func (f *follower) stop() {
	f.once.Do(func() { close(f.quit) })
	f.done.Wait()
}
