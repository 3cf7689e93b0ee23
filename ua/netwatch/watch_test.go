package netwatch

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// news is what settle told, and when.
type news struct {
	at    time.Duration
	first netip.Addr
}

// TestSettle swaps addresses in virtual time: each burst of signals is one piece of news, with
// the addresses of its end, and a network that never rests is told of each second.
func TestSettle(t *testing.T) {
	addr := func(i byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, i}) }
	for name, c := range map[string]struct {
		signals []time.Duration
		want    []time.Duration
	}{
		"nothing":         {nil, []time.Duration{0}},
		"one":             {[]time.Duration{time.Second}, []time.Duration{0, 1200 * time.Millisecond}},
		"a swap in steps": {[]time.Duration{1000 * time.Millisecond, 1050 * time.Millisecond, 1240 * time.Millisecond}, []time.Duration{0, 1440 * time.Millisecond}},
		"two changes":     {[]time.Duration{time.Second, 2 * time.Second}, []time.Duration{0, 1200 * time.Millisecond, 2200 * time.Millisecond}},
		"flapping": {[]time.Duration{1000 * time.Millisecond, 1150 * time.Millisecond, 1300 * time.Millisecond, 1450 * time.Millisecond, 1600 * time.Millisecond,
			1750 * time.Millisecond, 1900 * time.Millisecond, 2050 * time.Millisecond}, []time.Duration{0, 2000 * time.Millisecond, 2250 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				signals, signal := signaller()
				var got []news
				now := byte(0)
				done := make(chan struct{})
				go func() {
					defer close(done)
					settle(ctx, signals, func() News { return News{Addrs: []netip.Addr{addr(now)}} }, func(n News) {
						got = append(got, news{time.Since(start), n.Addrs[0]})
					})
				}()
				for i, at := range c.signals {
					time.Sleep(at - time.Since(start))
					synctest.Wait()
					now = byte(i + 1)
					signal()
				}
				time.Sleep(10 * time.Second)
				cancel()
				<-done
				var times []time.Duration
				for _, n := range got {
					times = append(times, n.at)
				}
				if !slices.Equal(times, c.want) {
					t.Errorf("told at %v, want %v", times, c.want)
				}
				if last := got[len(got)-1].first; last != addr(byte(len(c.signals))) {
					t.Errorf("the last news are of %v", last)
				}
			})
		})
	}
}

func TestPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var addr atomic.Pointer[netip.Addr]
		be := func(s string) { a := netip.MustParseAddr(s); addr.Store(&a) }
		be("192.0.2.1")
		told := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			poll(ctx, func() []netip.Addr { return []netip.Addr{*addr.Load()} }, func() { told++ })
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if told != 0 {
			t.Errorf("told %d times that nothing changed", told)
		}
		be("192.0.2.2")
		time.Sleep(pollInterval)
		synctest.Wait()
		if told != 1 {
			t.Errorf("told %d times of one change", told)
		}
		cancel()
		<-done
	})
}

// Watch tells at once what there is, and ends with its context.
func TestWatchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan []netip.Addr, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Watch(ctx, func(n News) { first <- n.Addrs })
	}()
	if a := <-first; !slices.Contains(a, netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("loopback isn't among %v", a)
	}
	cancel()
	<-done
}

// Each sleep is told once, with its length.
func TestReporter(t *testing.T) {
	var asleep time.Duration
	report := reporter(Addrs, func() time.Duration { return asleep })
	for i, c := range []struct{ total, want time.Duration }{
		{0, 0}, {time.Hour, time.Hour}, {time.Hour, 0}, {time.Hour + time.Second, time.Second}, {0, 0},
	} {
		asleep = c.total
		if got := report(); got.Slept != c.want || len(got.Addrs) == 0 {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if d := suspended(); d < 0 {
		t.Errorf("asleep for %v", d)
	}
}
