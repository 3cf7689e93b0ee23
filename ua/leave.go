package ua

import (
	"slices"

	"offhook/ua/event"
)

// takeLeave ends subscriptions in both directions and takes back what was published.
func (a *Agent) takeLeave() {
	for _, s := range slices.Clone(a.subscriptions) {
		s.standby = false
		s.stop()
		if s.over() {
			s.drop()
		}
	}
	for _, w := range slices.Clone(a.watchers) {
		w.step(event.Terminate{Reason: event.Deactivated}, nil)
	}
	for _, l := range a.lines {
		if l.pub != nil {
			l.pub.retract()
		}
	}
}

// tookLeave says that all of them have ended, that collectors have their reports, and that
// recordings have their files.
func (a *Agent) tookLeave() bool {
	for _, l := range a.lines {
		if l.pub != nil && l.pub.m.Snapshot().Phase != event.Idle {
			return false
		}
	}
	return len(a.reporting) == 0 && len(a.recordings) == 0 && len(a.subscriptions) == 0 && len(a.watchers) == 0
}

// stopClocks stops the timers of what is left.
func (a *Agent) stopClocks() {
	for _, s := range a.subscriptions {
		for _, b := range s.limbs {
			b.clock.stop()
		}
	}
	for _, w := range a.watchers {
		w.clock.stop()
	}
	for _, l := range a.lines {
		if l.pub != nil {
			l.pub.clock.stop()
		}
	}
}
