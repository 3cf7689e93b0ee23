package audio

import "time"

// lead is how much sound waits for the ear after each beat: the least that doesn't run
// dry. A card that calls back in bursts, or a machine that is busy, needs more than a
// quiet one.
//
//	                 ran dry: a step more, and twice the patience
//	earLeadMin <── value ──> earLeadMax
//	   a step less, when all through the patience a step too much was left before each beat
type lead struct {
	value     time.Duration
	underruns uint64        // that value has answered
	least     time.Duration // what was left before a beat, since then
	since     time.Time
	patience  time.Duration
}

const (
	// earLead is what a stream begins with: two buffers of a card, so that a beat may
	// come one buffer late. earLeadMin is one: that beats come in time has shown itself.
	earLead    = 10 * time.Millisecond
	earLeadMin = 5 * time.Millisecond
	earLeadMax = 100 * time.Millisecond
	earStep    = 5 * time.Millisecond
	// earPatience is for a card that has never run dry; one that has is remembered for
	// up to earPatienceMax.
	earPatience    = 3 * time.Second
	earWary        = 15 * time.Second
	earPatienceMax = 10 * time.Minute
)

// start begins with a stream that has run dry so many times before.
func (l *lead) start(underruns uint64, now time.Time) {
	*l = lead{value: earLead, underruns: underruns, patience: earPatience}
	l.watch(now)
}

func (l *lead) watch(now time.Time) { l.least, l.since = earLeadMax, now }

// at takes what the stream counts and what is left just before a beat, and returns
// how much to fill it up to.
func (l *lead) at(underruns uint64, left time.Duration, now time.Time) time.Duration {
	l.least = min(l.least, left)
	switch {
	case underruns > l.underruns:
		l.underruns = underruns
		l.value = min(l.value+earStep, earLeadMax)
		l.patience = min(max(2*l.patience, earWary), earPatienceMax)
		l.watch(now)
	case now.Sub(l.since) >= l.patience:
		if l.least >= earStep {
			l.value = max(l.value-earStep, earLeadMin)
		}
		l.watch(now)
	}
	return l.value
}
