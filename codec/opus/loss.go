package opus

import "math"

// loss is what FEC prepares for.
//
//	report: more than before ──> at once
//	        less             ──> a quarter of the way each report
type loss struct {
	fec    bool
	recent float64 // 0 to 1
	told   int     // percent, what libopus knows
}

const (
	// least is a loss that concealment hides alone.
	least = 0.005
	// worth is the percentage from which libopus makes room for copies, if need be
	// at the cost of audio bandwidth.
	worth = 6
	// most is where libopus' redundancy is at its strongest.
	most = 25
)

// update takes a report and gives what to prepare for in percent, and whether
// that differs from before. The loss of a network comes in bursts: a report
// without any doesn't mean that there is no more.
func (l *loss) update(fraction float64) (percent int, changed bool) {
	if !l.fec || !(fraction >= 0 && fraction <= 1) {
		return l.told, false
	}
	l.recent = max(fraction, l.recent-(l.recent-fraction)/4)
	if l.recent >= least {
		percent = min(max(int(math.Ceil(l.recent*100)), worth), most)
	}
	changed = percent != l.told
	l.told = percent
	return percent, changed
}
