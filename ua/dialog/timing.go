package dialog

import "time"

// T1 and T2 of RFC 3261, table 4.
const (
	T1 = 500 * time.Millisecond
	T2 = 4 * time.Second
)

// GlareDelay is how long to wait after a 491 before the offer goes again: 2.1 to
// 4 s for the owner of the Call-ID, up to 2 s for the other, in steps of 10 ms, so
// that the two don't meet again (RFC 3261, section 14.1; interop 26). random is in [0, 1).
func GlareDelay(ownsCallID bool, random float64) time.Duration {
	const step = 10 * time.Millisecond
	random = min(max(random, 0), 1)
	if ownsCallID {
		return 2100*time.Millisecond + step*time.Duration(random*190+0.5)
	}
	return step * time.Duration(random*200+0.5)
}

// Due is what a Retransmission asks for.
type Due uint8

const (
	NotYet Due = iota
	// SendAgain: the 2xx goes out once more.
	SendAgain
	// GiveUp: no ACK came in 64*T1; the call ends with BYE.
	GiveUp
)

// Retransmission is the schedule of a 2xx to an INVITE until its ACK comes: after
// T1, then twice that up to T2, for 64*T1, over any transport (RFC 3261, section
// 13.3.1.4).
//
//	0 s    0.5    1.5    3.5    7.5    11.5  ...   32
//	2xx    2xx    2xx    2xx    2xx    2xx         give up
type Retransmission struct {
	next, end time.Time
	interval  time.Duration
}

// StartRetransmission begins when the 2xx is sent first.
func StartRetransmission(now time.Time) Retransmission {
	return Retransmission{next: now.Add(T1), end: now.Add(64 * T1), interval: T1}
}

// Next is when to Step again.
func (r *Retransmission) Next() time.Time {
	if r.next.Before(r.end) {
		return r.next
	}
	return r.end
}

// Step says what to do at now. A late caller gets one SendAgain, not all it missed.
func (r *Retransmission) Step(now time.Time) Due {
	if !now.Before(r.end) {
		return GiveUp
	}
	if now.Before(r.next) {
		return NotYet
	}
	for !now.Before(r.next) {
		r.interval = min(2*r.interval, T2)
		r.next = r.next.Add(r.interval)
	}
	return SendAgain
}
