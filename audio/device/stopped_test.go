package device

import (
	"testing"
	"time"
)

// A process that was stopped, as by Ctrl-Z, has seen no callbacks, which stood still as
// well: the card isn't lost until it has had its time again.
func TestStoppedProcessLosesNoCard(t *testing.T) {
	h := newHalf()
	const period = 5 * time.Millisecond
	h.period.Store(int64(period))
	w := &watched{h: h}
	w.restart(h.epoch)
	now := time.Duration(0)
	lost := func() bool { return w.lost(h.epoch.Add(now)) }
	callback := func() { h.last.Store(int64(now)); h.callbacks.Add(1) }
	for range 2 * running {
		callback()
		if now += period; lost() {
			t.Fatalf("lost at %v", now)
		}
	}
	now += 5 * time.Second // stopped
	for range 20 {
		if lost() {
			t.Fatal("lost as soon as the process went on")
		}
		now += period
	}
	callback()
	gone := now
	for !lost() {
		if now += period; now > gone+10*time.Second {
			t.Fatal("a card that is gone isn't lost")
		}
	}
	if d := now - gone; d < stalledAfter || d > stalledAfter+100*time.Millisecond {
		t.Errorf("lost %v after its last callback", d)
	}
}

// A beat allocates nothing.
func TestStatsDontAllocate(t *testing.T) {
	c := &card{mic: newHalf(), ear: newHalf()}
	if n := testing.AllocsPerRun(100, func() { c.Stats() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
