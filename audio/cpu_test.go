package audio

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestCPUOfACall prints what one headless call costs: two sessions talk to each other
// over loopback for OFFHOOK_TEST_CPU (a duration), and half of the CPU time is one call's.
func TestCPUOfACall(t *testing.T) {
	d, err := time.ParseDuration(os.Getenv("OFFHOOK_TEST_CPU"))
	if err != nil {
		t.Skip("set OFFHOOK_TEST_CPU to a duration, as in 20s, to measure")
	}
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			e := newEngine(t, EngineConfig{})
			a, b := openPhone(t, e), openPhone(t, e)
			a.Apply(talk(b.LocalAddr(), f.codec, f.pt))
			b.Apply(talk(a.LocalAddr(), f.codec, f.pt))
			a.SetEcho(true) // something else than silence to encode would need a source
			wait[FirstPacket](t, a)
			before, start := cpuTime(t), time.Now()
			<-time.After(d)
			used := cpuTime(t) - before
			t.Logf("one call: %.2f %% of a core", 50*used.Seconds()/time.Since(start).Seconds())
		})
	}
}

func cpuTime(t *testing.T) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
