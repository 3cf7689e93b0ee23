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

// Schedule says when the next report is due, for a session of two, with timer
// reconsideration (RFC 3550, section 6.3.6): when the time has come, the interval is
// drawn once more, and the report goes out only if that is over too.
//
//	Start ──> waits ──Due──> Reconsider ─┬─ not yet: waits on
//	            ^                        └─ now: report, Sent
//	            └──────────────────────────────────────┘
//
// The zero value works once Start was called.
type Schedule struct {
	// Bandwidth as in Traffic. Zero means 5 % of 64 kbit/s.
	Bandwidth float64

	last, next time.Time // when a report went out, or Start; when the next may
	size       float64
	sent       bool // a first report went out
	peer       bool // somebody else is there
	talks      bool // and sends
}

// Start sets the first report's time.
func (s *Schedule) Start(now time.Time, random float64) {
	s.size, s.sent, s.last = 128, false, now
	s.next = now.Add(s.traffic(false).Interval(random))
}

// Due reports that it is time for Reconsider.
func (s *Schedule) Due(now time.Time) bool { return !s.next.IsZero() && !now.Before(s.next) }

// Next is when the next report may be due.
func (s *Schedule) Next() time.Time { return s.next }

// Reconsider says whether a report is to go out now, once Due says so; otherwise the
// time is put off. sending says whether we sent RTP since the last one.
func (s *Schedule) Reconsider(sending bool, now time.Time, random float64) bool {
	next := s.last.Add(s.traffic(sending).Interval(random))
	if next.After(now) {
		s.next = next
		return false
	}
	return true
}

// Sent takes a report of size bytes that has gone out, or could not (0), and sets the
// time of the next one.
func (s *Schedule) Sent(size int, sending bool, now time.Time, random float64) {
	if size > 0 {
		s.average(size)
	}
	s.sent, s.last = true, now
	s.next = now.Add(s.traffic(sending).Interval(random))
}

// Heard takes the size of a report that arrived (section 6.3.3).
func (s *Schedule) Heard(size int) {
	s.peer = true
	s.average(size)
}

// Peer says whether the peer sends RTP.
func (s *Schedule) Peer(talks bool) {
	s.talks = talks
	s.peer = s.peer || talks
}

// Left takes the peer's BYE: the time to the next report shrinks with the members
// (section 6.3.4, reverse reconsideration).
func (s *Schedule) Left(now time.Time) {
	if !s.peer {
		return
	}
	s.peer, s.talks = false, false
	s.next = now.Add(s.next.Sub(now) / 2)
	s.last = now.Add(-now.Sub(s.last) / 2)
}

func (s *Schedule) average(size int) {
	const udpIP = 28
	s.size += (float64(size+udpIP) - s.size) / 16
}

func (s *Schedule) traffic(sending bool) Traffic {
	t := Traffic{Members: 1, Bandwidth: s.Bandwidth, WeSent: sending, Size: s.size, Initial: !s.sent}
	if t.Bandwidth == 0 {
		t.Bandwidth = 64000 / 8 * 0.05
	}
	if s.peer {
		t.Members++
	}
	if s.talks {
		t.Senders++
	}
	if sending {
		t.Senders++
	}
	return t
}
