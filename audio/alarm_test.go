package audio

import (
	"testing"
	"time"
)

// alarmKinds are the portable alarm and, where it is another, the system's.
var alarmKinds = []struct {
	name string
	make func(wake <-chan struct{}) alarm
}{
	{"portable", func(wake <-chan struct{}) alarm { return newRuntimeAlarm(wake) }},
	{"system", newAlarm},
}

func eachAlarm(t *testing.T, f func(t *testing.T, a alarm, post func())) {
	for _, k := range alarmKinds {
		t.Run(k.name, func(t *testing.T) {
			m := newMailbox()
			a := k.make(m.wake)
			m.ring = a.ring
			defer a.ring() // a late post: harmless
			defer a.close()
			f(t, a, func() { m.post(func() {}) })
		})
	}
}

func TestAlarmGoesOffInTime(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a alarm, _ func()) {
		for _, d := range []time.Duration{20 * time.Millisecond, 0, -time.Second, 5 * time.Millisecond} {
			until := time.Now().Add(d)
			a.set(until)
			a.wait()
			// Late may be the machine's fault; early is ours.
			if time.Now().Before(until) {
				t.Errorf("%v: early by %v", d, time.Until(until))
			}
		}
	})
}

func TestAlarmRings(t *testing.T) {
	far := time.Now().Add(time.Hour)
	eachAlarm(t, func(t *testing.T, a alarm, post func()) {
		a.set(far)
		post() // before wait
		a.wait()
		a.set(far)
		time.AfterFunc(5*time.Millisecond, post)
		a.wait()
		// What rang before set is old news, or wakes once for nothing; never for long.
		post()
		until := time.Now().Add(20 * time.Millisecond)
		a.set(until)
		for n := 0; time.Now().Before(until); n++ {
			if n > 1 {
				t.Fatal("it keeps going off")
			}
			a.wait()
		}
	})
}

func TestAlarmAllocatesNothing(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a alarm, _ func()) {
		if n := testing.AllocsPerRun(50, func() { a.set(time.Now()); a.wait() }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
