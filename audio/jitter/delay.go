package jitter

import "time"

// estimate learns how late packets come, against the fastest lately: the delay
// that a share of them keeps within.
//
//	arrival - stream time ──> - least of the last seconds ──> histogram ──> quantile ──┐
//	                                                    └──> peaks ──> their height ───┴──> most
type estimate struct {
	least minimum
	// hist weighs each lateness, total is the sum. What comes weighs ever more, in
	// place of what was there fading.
	hist   [buckets]float32
	total  float32
	zero   time.Duration // the fastest packet that hist is relative to
	seen   int
	stale  bool          // the next packet's transit can't be compared with least
	known  time.Duration // when least is again that of a fast packet
	late   time.Duration // the quantile
	peaks  peaks
	high   time.Duration // late, or as high as regular peaks
	spikes uint64
}

const (
	buckets = 500
	bucket  = time.Millisecond
	// quantile of the packets that are to come in time; the rest is stretched
	// or concealed.
	quantile = 0.99
	// memory is the weight of one packet once the histogram is settled: what is
	// older than 4 s fades.
	memory = 0.005
	// prior is the delay taken for granted before there is anything to learn
	// from, and worth is how many packets that guess is worth.
	prior = 2 * time.Millisecond
	// early is how much a single packet may be before all others.
	early = 25 * time.Millisecond
	worth = 8
	// settling is how long after a jump the fastest packet is still being looked for. What
	// was learned is relative to a fast one, and the first is as late as any.
	settling = time.Second
)

func (e *estimate) init() {
	e.hist[prior/bucket] = 1
	e.total = 1
	e.least.period = 1500 * time.Millisecond
	e.late = prior + bucket
	e.high = e.late
}

// rebase forgets the fastest packet: a jump made transit times incomparable.
func (e *estimate) rebase() { e.stale = true }

// add takes the transit time, arrival less stream time, of a packet that came at.
func (e *estimate) add(transit, at time.Duration) {
	if e.stale {
		e.least.reset()
		e.known = at + settling
	}
	e.least.add(transit, at)
	if e.stale || e.seen == 0 || at < e.known {
		e.zero, e.stale = e.least.value(), false
	}
	e.shift(e.least.value() - e.zero)
	late := transit - e.least.value()
	// What came first weighs less and less: a call's first packets are late for their own
	// reasons, while devices open and programs wake.
	w := max(float32(memory), 2/float32(e.seen+2*worth))
	e.seen++
	unit := e.total * w / (1 - w)
	e.hist[min(late/bucket, buckets-1)] += unit
	if e.total += unit; e.total > 1e9 {
		for i := range e.hist {
			e.hist[i] /= e.total
		}
		e.total = 1
	}
	if e.peaks.add(late, e.late, at) {
		e.spikes++
	}
	e.late = e.find()
	e.high = max(e.late, e.peaks.height(at))
}

// shift moves what was learned when the fastest packet is another: relative to one that
// is slower by d, all were less late.
func (e *estimate) shift(d time.Duration) {
	n := min(max(int(d/bucket), -buckets), buckets)
	if n == 0 {
		return
	}
	e.zero += time.Duration(n) * bucket
	h := &e.hist
	if n > 0 {
		var sum float32
		for _, w := range h[:n] {
			sum += w
		}
		copy(h[:], h[n:])
		clear(h[buckets-n:])
		h[0] += sum
		return
	}
	if n = -n; n*int(bucket) > int(early) {
		return // it is another path, and what was learned of the old one no guide
	}
	var sum float32
	for _, w := range h[buckets-n:] {
		sum += w
	}
	copy(h[n:], h[:buckets-n])
	clear(h[:n])
	h[buckets-1] += sum
}

// find is the quantile of lateness.
func (e *estimate) find() time.Duration {
	sum := e.total * quantile
	for i, w := range e.hist {
		if sum -= w; sum <= 0 {
			return time.Duration(i+1) * bucket
		}
	}
	return buckets * bucket
}

// fastest is the least transit time lately.
func (e *estimate) fastest() time.Duration { return e.least.value() }

// spread is how late packets are to be expected.
func (e *estimate) spread() time.Duration { return e.high }

// minimum is the least value of the last one to two periods.
type minimum struct {
	period    time.Duration
	now, last time.Duration
	from      time.Duration // when the present period began
	filled    uint8         // periods with a value: 0, 1 or 2
}

func (m *minimum) reset() { m.filled = 0 }

func (m *minimum) add(v, at time.Duration) {
	switch {
	case m.filled == 0:
		m.now, m.from, m.filled = v, at, 1
	case at-m.from >= m.period:
		m.last, m.now, m.from, m.filled = m.now, v, at, 2
	default:
		m.now = min(m.now, v)
	}
}

func (m *minimum) value() time.Duration {
	switch m.filled {
	case 0:
		return 0
	case 1:
		return m.now
	default:
		return min(m.now, m.last)
	}
}

// shift moves all values.
func (m *minimum) shift(d time.Duration) { m.now += d; m.last += d }

// span is the longest of recent values: it rises at once and falls when 100 in
// a row were shorter.
type span struct {
	value, next time.Duration
	shorter     int
}

func (s *span) add(v time.Duration) {
	if v >= s.value {
		s.value, s.next, s.shorter = v, 0, 0
		return
	}
	s.next = max(s.next, v)
	if s.shorter++; s.shorter >= 100 {
		s.value, s.next, s.shorter = s.next, 0, 0
	}
}
