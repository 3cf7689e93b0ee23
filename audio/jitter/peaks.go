package jitter

import "time"

// peaks remembers spikes of the network's delay: a few packets far later than the
// rest, which the quantile forgets before the next spike comes. When they are regular
// (a radio that looks for other channels, a backup each ten seconds), the target stays
// as high as they are.
//
//	late ^        |\            |\            |\      ── target while they go on
//	     |________| \___________| \___________| \_____
//	              <── period ──>                   end: twice the period without one
type peaks struct {
	peak  [4]peak // the newest first
	count int     // in a regular row, at most len(peak)
}

type peak struct{ at, height time.Duration }

const (
	// steep is how much later than the quantile a packet of a peak is.
	steep = 40 * time.Millisecond
	// foot is how long a peak may be.
	foot = 500 * time.Millisecond
	// rare peaks aren't waited for.
	rare = 12 * time.Second
)

// add takes the lateness of a packet beside that of most, and reports a new peak.
func (p *peaks) add(late, most, at time.Duration) bool {
	if late < most+steep {
		return false
	}
	last := &p.peak[0]
	if p.count > 0 && at-last.at < foot {
		last.height = max(last.height, late)
		return false
	}
	if p.count > 0 && at-last.at > rare {
		p.count = 0
	}
	copy(p.peak[1:], p.peak[:])
	p.peak[0] = peak{at, late}
	p.count = min(p.count+1, len(p.peak))
	return true
}

// height is that of regular peaks, 0 while there are none.
func (p *peaks) height(at time.Duration) (h time.Duration) {
	var period time.Duration
	for i := range max(p.count-1, 0) {
		period = max(period, p.peak[i].at-p.peak[i+1].at)
	}
	if p.count < 2 || at-p.peak[0].at > 2*period {
		return 0
	}
	for _, k := range p.peak[:p.count] {
		h = max(h, k.height)
	}
	return h
}
