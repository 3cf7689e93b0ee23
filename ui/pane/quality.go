package pane

import (
	"time"

	"offhook/audio"
)

// A call's quality is bad enough to be shown from here on.
const (
	BadLoss   = 0.01
	BadJitter = 30 * time.Millisecond
)

// window is the time over which loss is counted: the sum since the start would
// hide what happens now.
const window = 5 * time.Second

// Quality follows a call's statistics. The zero value is ready.
type Quality struct {
	start, mark  audio.Stats
	startAt, at  time.Time
	last         audio.Stats
	Loss         float64 // 0 to 1, of the last 5 to 10 seconds
	RemoteLoss   float64 // what the peer reports
	Jitter       time.Duration
	RTT, Playout time.Duration
}

// Update takes a new snapshot.
func (q *Quality) Update(s audio.Stats, now time.Time) {
	switch {
	case q.startAt.IsZero() || s.PacketsReceived < q.last.PacketsReceived: // a new stream
		q.start, q.mark, q.startAt, q.at = s, s, now, now
	case now.Sub(q.at) >= window:
		q.start, q.startAt = q.mark, q.at
		q.mark, q.at = s, now
	}
	q.last = s
	q.Jitter, q.RTT, q.Playout, q.RemoteLoss = s.Jitter, s.RTT, s.Playout, s.RemoteFraction
	lost := s.Lost - q.start.Lost
	got := int64(s.PacketsReceived - q.start.PacketsReceived)
	q.Loss = 0
	if lost > 0 && got >= 0 {
		q.Loss = float64(lost) / float64(lost+got)
	}
}

// Bad reports whether a person should be told.
func (q *Quality) Bad() bool {
	return q.Loss >= BadLoss || q.RemoteLoss >= BadLoss || q.Jitter >= BadJitter
}
