package audio

import "time"

// lead is how much sound waits for the ear after each beat: the least that doesn't run
// dry. A card that calls back in bursts, or a machine that is busy, needs more than a
// quiet one.
//
//	                 ran dry: a step more, or what was cut just before; if anything was
//	                 cut since it ran dry last, twice the patience
//	a card's buffer <── value ──> earLeadMax
//	   cut by what was left before each beat, all through the patience; half the patience
//	   when for long there was nothing to do
type lead struct {
	value     time.Duration
	underruns uint64        // that value has answered
	least     time.Duration // what was left before a beat, since then
	since     time.Time
	patience  time.Duration
	cut       bool          // since it ran dry last
	before    time.Duration // the value before a cut that hasn't stood its time yet
	quiet     int           // times that patience passed since then without a cut
	begun     bool          // a beat came: before it nothing was queued
}

const (
	// earLead is what a stream begins with, so that a beat may be late. That beats come
	// in time has to show itself.
	earLead    = 10 * time.Millisecond
	earLeadMax = 100 * time.Millisecond
	// earStep is the most that is added at once; a card of shorter buffers gets one more.
	earStep = 5 * time.Millisecond
	// earPatience is for a card that doesn't run dry, earWary for one that has. A card that
	// runs dry whenever it has less is left alone for up to earPatienceMax.
	earPatience    = 3 * time.Second
	earWary        = 5 * time.Second
	earPatienceMax = 2 * time.Minute
	// earQuiet is how often patience passes, without anything to be done, until it is halved.
	earQuiet = 8
)

// start begins with a stream that has run dry so many times before.
func (l *lead) start(underruns uint64, now time.Time) {
	*l = lead{value: earLead, underruns: underruns, patience: earPatience}
	l.watch(now)
}

// watch begins anew to look for the least.
func (l *lead) watch(now time.Time) { l.least, l.since = earLeadMax, now }

// at takes what the stream counts, what is left just before a beat, and the length of
// the card's buffers. It returns how much to fill it up to.
func (l *lead) at(underruns uint64, left, buffer time.Duration, now time.Time) time.Duration {
	if l.begun {
		l.least = min(l.least, left)
	}
	l.begun = true
	switch {
	case underruns > l.underruns:
		l.underruns = underruns
		l.value = min(max(l.value+min(buffer, earStep), l.before), earLeadMax)
		if l.cut {
			l.patience = min(2*l.patience, earPatienceMax)
		}
		l.patience = max(l.patience, earWary)
		l.cut, l.before, l.quiet = false, 0, 0
		l.watch(now)
	case now.Sub(l.since) >= l.patience:
		l.before = 0
		if spare := min(l.least.Truncate(buffer), l.value-buffer); spare > 0 {
			l.cut, l.before = true, l.value
			l.value -= spare
			l.quiet = 0
		} else if l.quiet++; l.quiet >= earQuiet {
			l.patience, l.quiet = max(l.patience/2, earPatience), 0
		}
		l.watch(now)
	}
	l.value = max(l.value, buffer)
	return l.value
}
