package audio

import "time"

// lead is how much sound waits for the ear after each beat: the least that doesn't run
// dry. A card that calls back in bursts, or a machine that is busy, needs more than a
// quiet one.
//
//	            ran dry: a step more            never less than a step left
//	earLead ─────────────────────────> value <────────────────────────────── patience passed:
//	                                            a step less
//
// After each underrun the patience doubles, so that it doesn't swing.
type lead struct {
	value     time.Duration
	underruns uint64        // that value has answered
	least     time.Duration // what was left before a beat, since then
	since     time.Time
	patience  time.Duration
}

const (
	// earLead is two buffers of a card: a beat may come one buffer late.
	earLead     = 10 * time.Millisecond
	earStep     = 5 * time.Millisecond
	earLeadMax  = 100 * time.Millisecond
	earPatience = 10 * time.Second
	// earPatienceMax bounds how long a card is remembered that ran dry.
	earPatienceMax = 10 * time.Minute
)

// start begins with a stream that has run dry so many times before.
func (l *lead) start(underruns uint64, now time.Time) {
	*l = lead{value: earLead, underruns: underruns, least: earLeadMax, since: now, patience: earPatience}
}

// at takes what the stream counts and what is left just before a beat, and returns
// how much to fill it up to.
func (l *lead) at(underruns uint64, left time.Duration, now time.Time) time.Duration {
	l.least = min(l.least, left)
	switch {
	case underruns > l.underruns:
		l.underruns = underruns
		l.value = min(l.value+earStep, earLeadMax)
		l.patience = min(2*l.patience, earPatienceMax)
		l.least, l.since = earLeadMax, now
	case now.Sub(l.since) >= l.patience:
		// A step less still leaves a step for a beat that is later than all of these.
		if l.least >= 2*earStep && l.value > earLead {
			l.value -= earStep
		}
		l.least, l.since = earLeadMax, now
	}
	return l.value
}
