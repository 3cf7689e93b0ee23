package audio

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestLead(t *testing.T) {
	now := time.Unix(0, 0)
	var l lead
	l.start(7, now) // of those before us
	beat := func(underruns uint64, left, pass time.Duration) time.Duration {
		now = now.Add(pass)
		return l.at(underruns, left, 5*time.Millisecond, now)
	}
	const ms, s = time.Millisecond, time.Second
	beat(7, 0, 0) // the first finds nothing
	for i, step := range []struct {
		underruns        uint64
		left, pass, want time.Duration
	}{
		{7, 5 * ms, 5 * ms, 10 * ms},
		{7, 5 * ms, 4 * s, 5 * ms}, // always 5 ms left: as much is enough
		{7, 0, 20 * s, 5 * ms},     // never less than a buffer
		{8, 0, 5 * ms, 10 * ms},    // ran dry, after a cut: patience is 6 s
		{8, 5 * ms, 5 * s, 10 * ms},
		{8, 5 * ms, 2 * s, 5 * ms}, // tried again
		{9, 0, 5 * s, 10 * ms},     // in vain: 12 s
		{12, 0, 5 * ms, 15 * ms},
		{13, 0, 5 * ms, 20 * ms}, // nothing was cut since: 12 s still
		{13, 9 * ms, 11 * s, 20 * ms},
		{13, 16 * ms, 2 * s, 15 * ms}, // one beat had but 9 ms
		{14, 0, 2 * s, 20 * ms},       // too much at once: taken back, 24 s
		{14, 16 * ms, 23 * s, 20 * ms},
		{14, 16 * ms, 2 * s, 5 * ms},
		{15, 0, 2 * s, 20 * ms},
	} {
		if got := beat(step.underruns, step.left, step.pass); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	for range 100 {
		l.at(l.underruns+1, 0, 5*ms, now)
	}
	if l.value != earLeadMax {
		t.Errorf("%v on a card that never keeps time", l.value)
	}
	const short, long = 2500 * time.Microsecond, 10 * ms
	l.start(0, now)
	l.at(0, 0, short, now)
	for _, step := range []struct{ left, buffer, pass, want time.Duration }{
		{5 * ms, short, earPatience, 5 * ms}, // two buffers of four were always left
		{3 * ms, short, earPatience, short},
		{0, long, 5 * ms, long}, // the card has longer buffers now
		{0, short, earPatience, long},
		{8 * ms, short, earPatience, short},
	} {
		now = now.Add(step.pass)
		if got := l.at(0, step.left, step.buffer, now); got != step.want {
			t.Errorf("%+v: %v", step, got)
		}
	}
}

// ear plays what waits for it, and a lead says up to how much that is filled at each beat.
type ear struct {
	lead  lead
	now   time.Time
	waits time.Duration
	dry   uint64
}

// beat comes late by so much.
func (e *ear) beat(late time.Duration) {
	pass := 5*time.Millisecond + late
	e.now = e.now.Add(pass)
	if e.waits -= pass; e.waits < 0 {
		e.waits = 0
		e.dry++
	}
	e.waits = max(e.waits, e.lead.at(e.dry, e.waits, 5*time.Millisecond, e.now))
}

func (e *ear) run(d time.Duration, late func() time.Duration) {
	for until := e.now.Add(d); e.now.Before(until); {
		e.beat(late())
	}
}

func punctual() time.Duration { return 0 }

// A machine that was busy for a minute costs delay while it is, and for seconds after.
func TestLeadComesDownAfterABusyMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var e ear
	e.lead.start(0, e.now)
	e.run(time.Minute, func() time.Duration {
		if rng.IntN(200) == 0 {
			return 50*time.Millisecond + time.Duration(rng.IntN(150))*time.Millisecond
		}
		return 0
	})
	busy := e.lead.value
	e.run(30*time.Second, punctual)
	t.Logf("%v while busy, %v after", busy, e.lead.value)
	if e.lead.value > earLead {
		t.Errorf("%v, half a minute after the last stall; %v before", e.lead.value, busy)
	}
}

// A card that hiccups regularly isn't tried at a lead that it has shown to be too small
// again and again.
func TestLeadRemembersHiccups(t *testing.T) {
	for _, every := range []time.Duration{2 * time.Second, 10 * time.Second, 25 * time.Second} {
		var e ear
		e.lead.start(0, e.now)
		n := 0
		e.run(10*time.Minute, func() time.Duration {
			if n++; n%int(every/(5*time.Millisecond)) == 0 {
				return 15 * time.Millisecond
			}
			return 0
		})
		t.Logf("every %v: dry %d times in 10 min, lead %v", every, e.dry, e.lead.value)
		if e.dry > 12 || e.lead.value > 25*time.Millisecond {
			t.Errorf("every %v: dry %d times in 10 min, lead %v", every, e.dry, e.lead.value)
		}
	}
}
