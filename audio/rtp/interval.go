package rtp

import (
	"math"
	"time"
)

// Traffic is what the RTCP interval depends on (RFC 3550, section 6.3).
type Traffic struct {
	Members, Senders int
	// Bandwidth that RTCP may use, in octets a second: 5 % of the session's.
	Bandwidth float64
	WeSent    bool
	// Size is the average compound packet in octets, with UDP and IP headers.
	Size float64
	// Initial: no report went out yet.
	Initial bool
}

// MinInterval is the shortest deterministic interval (RFC 3550, section 6.2).
const MinInterval = 5 * time.Second

// Interval is the time from one report to the next (RFC 3550, section 6.3.1 and
// appendix A.7). random is uniform in [0, 1).
func (t Traffic) Interval(random float64) time.Duration {
	least := MinInterval
	if t.Initial {
		least /= 2
	}
	members, bandwidth := float64(max(t.Members, 1)), t.Bandwidth
	if s := float64(t.Senders); s > 0 && s <= members*0.25 {
		if t.WeSent {
			members, bandwidth = s, bandwidth*0.25
		} else {
			members, bandwidth = members-s, bandwidth*0.75
		}
	}
	interval := least
	if bandwidth > 0 {
		interval = max(least, time.Duration(t.Size*members/bandwidth*float64(time.Second)))
	}
	// Timer reconsideration makes the mean too short by this factor.
	const compensation = math.E - 1.5
	return time.Duration(float64(interval) * (random + 0.5) / compensation)
}

// Schedule says when the next report is due, for a session of two. The zero
// value works once Start was called.
type Schedule struct {
	// Bandwidth as in Traffic. Zero means 5 % of 64 kbit/s.
	Bandwidth float64

	next time.Time
	size float64
	sent bool // a first report went out
}

// Start sets the first report's time.
func (s *Schedule) Start(now time.Time, random float64) {
	s.size, s.sent = 128, false
	s.next = now.Add(s.traffic(false).Interval(random))
}

// Due reports whether a report is to be sent at now.
func (s *Schedule) Due(now time.Time) bool { return !s.next.IsZero() && !now.Before(s.next) }

// Next is when the next report is due.
func (s *Schedule) Next() time.Time { return s.next }

// Sent takes a report of size bytes that has gone out, or could not, and sets
// the time of the next one. sending says whether we sent RTP since the last.
func (s *Schedule) Sent(size int, sending bool, now time.Time, random float64) {
	s.Heard(size)
	s.sent = true
	s.next = now.Add(s.traffic(sending).Interval(random))
}

// Heard takes the size of a report that arrived (section 6.3.3).
func (s *Schedule) Heard(size int) {
	const udpIP = 28
	s.size += (float64(size+udpIP) - s.size) / 16
}

func (s *Schedule) traffic(sending bool) Traffic {
	bandwidth := s.Bandwidth
	if bandwidth == 0 {
		bandwidth = 64000 / 8 * 0.05
	}
	return Traffic{Members: 2, Senders: 2, Bandwidth: bandwidth, WeSent: sending, Size: s.size, Initial: !s.sent}
}
