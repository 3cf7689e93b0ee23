package ice

import "time"

// Whether the peer still wants what we send (RFC 7675), and whether the way is open.
//
//	         every 4 to 6 s                2 s without an answer
//	fresh ───ask───> asked ──0.5 s, 4 times──> doubted ──30 s──> expired
//	  ^                │                          │
//	  └────answered────┴──────────answered────────┘
//
// RFC 7675, section 5.1, asks every 5 s, at random by a fifth, and never sooner than 4 s. After
// a request without an answer, or when media has stopped, we ask at once and every half second: a
// way that broke is found out in two seconds rather than thirty, and a single packet lost
// means nothing.
const (
	askMin    = 4 * time.Second
	askSpread = 2 * time.Second
	askAgain  = 500 * time.Millisecond
	askLate   = time.Second // once doubted
	maxAsked  = 4
	expiry    = 30 * time.Second
)

// health is what consent says of a way.
type health uint8

const (
	fresh health = iota
	doubted
	expired
)

// consent is pure: time and chance are passed in.
type consent struct {
	answered time.Time // the last answer
	first    time.Time // the first request since then; zero: none
	asked    int       // requests since then
	next     time.Time
}

// begin starts with a check that was answered. spread is a number from 0 to 1.
func (c *consent) begin(now time.Time, spread float64) {
	*c = consent{answered: now, next: now.Add(askMin + time.Duration(spread*float64(askSpread)))}
}

// due reports whether to ask now.
func (c *consent) due(now time.Time) bool { return !now.Before(c.next) }

func (c *consent) ask(now time.Time) {
	if c.asked == 0 {
		c.first = now
	}
	c.asked++
	c.next = now.Add(askAgain)
	if c.asked > maxAsked {
		c.next = now.Add(askLate)
	}
}

// doubt asks at once, unless it is asking.
func (c *consent) doubt(now time.Time) {
	if c.asked == 0 {
		c.next = now
	}
}

func (c *consent) health(now time.Time) health {
	switch {
	case now.Sub(c.answered) >= expiry:
		return expired
	case c.asked >= maxAsked && now.Sub(c.first) >= maxAsked*askAgain:
		return doubted
	}
	return fresh
}
