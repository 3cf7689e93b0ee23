package event

import "time"

// Effect is what the caller is to do, in order. Sealed.
type Effect interface{ effect() }

type (
	// SendSubscribe sends a SUBSCRIBE: one that begins a new dialog when Fresh is set,
	// otherwise in the dialog there is. Again keeps the names of the one before, which
	// began none (RFC 3261, section 8.1.3.5).
	SendSubscribe struct {
		Fresh   bool
		Again   bool
		Expires time.Duration // 0 ends the subscription, or only fetches
	}
	// SendPublish sends a PUBLISH. Without Match it publishes anew; without Body it
	// refreshes or, with Expires 0, removes what Match names (RFC 3903, section 4.1).
	SendPublish struct {
		Match   string
		Body    bool
		Expires time.Duration
	}
	// SendNotify sends a NOTIFY with the state as it is now; Full asks for all of it,
	// whatever was sent before.
	SendNotify struct {
		State State
		Full  bool
	}
	// Answer answers the NOTIFY or SUBSCRIBE that the Input was. For a 200, a NOTIFY's body
	// counts. Expires goes into the 200 to a SUBSCRIBE, MinExpires into a 423.
	Answer struct {
		Code                int
		Expires, MinExpires time.Duration
	}
	// SetTimer asks for a Tick at the given time, in place of any before.
	SetTimer struct{ At time.Time }
	// StopTimer takes back SetTimer.
	StopTimer struct{}
	// Changed tells a new Snapshot.
	Changed struct{ Snapshot }
)

func (SendSubscribe) effect() {}
func (SendPublish) effect()   {}
func (SendNotify) effect()    {}
func (Answer) effect()        {}
func (SetTimer) effect()      {}
func (StopTimer) effect()     {}
func (Changed) effect()       {}

// alarm is the one timer of a machine that waits for several things.
type alarm struct{ at time.Time }

// set asks for the earliest of the times that aren't zero.
func (a *alarm) set(out []Effect, times ...time.Time) []Effect {
	var next time.Time
	for _, t := range times {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	switch {
	case next.Equal(a.at):
		return out
	case next.IsZero():
		a.at = next
		return append(out, StopTimer{})
	}
	a.at = next
	return append(out, SetTimer{next})
}

// pass notes that the time asked for may have come.
func (a *alarm) pass(now time.Time) {
	if due(a.at, now) {
		a.at = time.Time{}
	}
}

// due says that a deadline has come.
func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
