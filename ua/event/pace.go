package event

import "time"

// pace is how soon to try again after an end or a failure.
type pace uint8

const (
	atOnce  pace = iota
	backOff      // exponentially
	slow         // the other side said no, and would again
	never        // only a person can help
)

// patience is the pace for a refusal of a SUBSCRIBE or PUBLISH:
//
//	401 407 489          never: wrong password; no such package
//	408 480 5xx          back off: it may pass
//	everything else      slow
func patience(code int) pace {
	switch code {
	case 401, 407, 489, 501, 505:
		return never
	case 408, 480:
		return backOff
	}
	if code/100 == 5 {
		return backOff
	}
	return slow
}

const (
	retryBase = 4 * time.Second
	retryMax  = 30 * time.Minute
	// longest bounds what another side may make us wait.
	longest = time.Hour
	// hasty: a subscription that ends sooner isn't begun again at once.
	hasty = 10 * time.Second
	// timerN is how long a 2xx may stay without its NOTIFY (RFC 6665, section 4.1.2.4).
	timerN = 32 * time.Second
)

// wait is the delay after so many failures in a row, spread over its second half.
func wait(p pace, failures int, retryAfter time.Duration, random func() float64) time.Duration {
	if retryAfter > 0 {
		return min(retryAfter, longest)
	}
	w := retryMax
	if p == backOff {
		w = retryBase
		for i := 1; i < failures && w < retryMax; i++ {
			w *= 2
		}
		w = min(w, retryMax)
	}
	return w/2 + time.Duration(random()*float64(w/2))
}

// refreshAfter leaves room for one time-out (timer F, 32 s) and a retry before
// the end, or a tenth of a long lifetime, or half of a short one.
func refreshAfter(granted time.Duration, random func() float64) time.Duration {
	const room = 35 * time.Second
	lead := min(max(granted/10, room), granted/2)
	return min(granted-lead-time.Duration(random()*float64(granted)/20), 24*time.Hour)
}

// chance is a source of randomness between 0 and 1; nil is the middle.
func chance(f func() float64) func() float64 {
	return func() float64 {
		if f == nil {
			return 0.5
		}
		return min(max(f(), 0), 1)
	}
}
