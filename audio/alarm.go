package audio

import "time"

// alarm is what a loop without a device sleeps on.
//
//	set(until) -> look at the mail -> wait -> it is until, or somebody rang
//
// A ring that comes after set isn't missed, even before wait.
type alarm interface {
	set(until time.Time)
	wait()
	// ring ends wait; any goroutine may call it, also after close.
	ring()
	close()
}

// runtimeAlarm is the alarm for every system, and for virtual time. The mailbox's own
// wake rings it.
type runtimeAlarm struct {
	timer *time.Timer
	wake  <-chan struct{}
}

func newRuntimeAlarm(wake <-chan struct{}) *runtimeAlarm {
	a := &runtimeAlarm{timer: time.NewTimer(time.Hour), wake: wake}
	a.timer.Stop()
	return a
}

func (a *runtimeAlarm) set(until time.Time) { a.timer.Reset(time.Until(until)) }

func (a *runtimeAlarm) wait() {
	select {
	case <-a.timer.C:
	case <-a.wake:
	}
}

func (a *runtimeAlarm) ring()  {}
func (a *runtimeAlarm) close() { a.timer.Stop() }
