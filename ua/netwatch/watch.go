package netwatch

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

const (
	// quiet is how long nothing may change before it is told: an address that is swapped
	// goes and comes in several steps, and a flapping link in many.
	quiet = 200 * time.Millisecond
	// longest bounds how much a restless network delays the news.
	longest = time.Second
	// pollInterval is for systems that don't tell.
	pollInterval = 2 * time.Second
)

// News is how this machine stands in the network.
type News struct {
	// Addrs are its addresses.
	Addrs []netip.Addr
	// Slept is how long it was suspended since the news before: no timer ran then, and who
	// counts on being heard from has given us up. Zero where that can't be known.
	Slept time.Duration
}

// Watch calls f with this machine's addresses: at once, after each change of addresses or
// routes, also where the addresses are the same again, and after a sleep. It returns when
// ctx ends. f is called from Watch's own goroutine.
func Watch(ctx context.Context, f func(News)) {
	signals, stop := source(ctx)
	defer stop()
	settle(ctx, signals, reporter(Addrs, suspended), f)
}

// reporter makes the news out of the addresses and of the time spent asleep so far.
func reporter(addrs func() []netip.Addr, asleep func() time.Duration) func() News {
	before := asleep()
	return func() News {
		n := News{Addrs: addrs()}
		now := asleep()
		n.Slept, before = max(now-before, 0), now
		return n
	}
}

// Addrs are the addresses of all interfaces that are up, loopback included.
func Addrs() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// settle turns restless signals into news.
//
//	idle --signal--> restless --quiet or longest over--> f, idle
func settle(ctx context.Context, signals <-chan struct{}, report func() News, f func(News)) {
	f(report())
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		end := time.NewTimer(longest)
		for restless := true; restless; {
			still := time.NewTimer(quiet)
			select {
			case <-ctx.Done():
				still.Stop()
				end.Stop()
				return
			case <-signals:
			case <-still.C:
				restless = false
			case <-end.C:
				restless = false
			}
			still.Stop()
		}
		end.Stop()
		f(report())
	}
}

// poll signals when the addresses aren't those of the time before.
func poll(ctx context.Context, addrs func() []netip.Addr, signal func()) {
	was := addrs()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := addrs(); !slices.Equal(now, was) {
			was = now
			signal()
		}
	}
}

// signaller makes a channel that holds one signal, so that who signals never waits.
func signaller() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	return c, func() {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// polling is the source for any system.
func polling(ctx context.Context) (<-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals, signal := signaller()
	done := make(chan struct{})
	go func() {
		defer close(done)
		poll(ctx, Addrs, signal)
	}()
	return signals, func() { cancel(); <-done }
}
