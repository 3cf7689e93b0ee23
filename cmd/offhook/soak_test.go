package main

import (
	"context"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"offhook/config"
	"offhook/internal/pbx"
	"offhook/ua"
	"offhook/ua/call"
)

// footprint is what a leak would grow.
type footprint struct {
	goroutines, descriptors int
	heap                    uint64
}

func measure(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return footprint{runtime.NumGoroutine(), len(fds), m.HeapAlloc}
}

// TestSoak places one call after the other: some dozens in an ordinary test, for
// as long as OFFHOOK_SOAK says with `make soak`. Nothing may grow.
func TestSoak(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("OFFHOOK_SOAK"))
	if err != nil {
		long = 0
	}
	a := &app{stdout: os.Stdout, stderr: os.Stderr, getenv: func(string) string { return "" }, now: time.Now}
	codecs, err := codecSet([]string{"opus", "g722", "pcmu", "pcma"}, config.Default().Media)
	if err != nil {
		t.Fatal(err)
	}
	exchange, err := pbx.New(pbx.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Codecs: codecs})
	if err != nil {
		t.Fatal(err)
	}
	if err := exchange.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer exchange.Close()

	s := settings{Config: config.Default()}
	who := config.NewAccount()
	who.Name, who.AOR, who.Register, who.Listen = "soak", "sip:soak@"+exchange.Addr().String(), false, "127.0.0.1:0"
	account, err := a.account(s, who, mediaFlags{}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.openPhone(s, []ua.Account{account}, mediaFlags{audioIn: "silence", audioOut: "null"}, traceFlags{}, phoneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events := p.agent.Subscribe()
	if err := p.agent.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := func(n int) {
		for range n {
			soakCall(t, p, events)
		}
	}
	calls(10) // pools fill, maps grow to their size
	before := measure(t)
	total := 0
	for end := time.Now().Add(long); ; {
		calls(20)
		total += 20
		if long == 0 || time.Now().After(end) {
			break
		}
	}
	after := measure(t)
	t.Logf("%d calls; goroutines %d to %d, descriptors %d to %d, heap %d to %d KiB", total,
		before.goroutines, after.goroutines, before.descriptors, after.descriptors, before.heap>>10, after.heap>>10)
	// Transactions of the last calls linger for 32 s by design (RFC 3261, section
	// 17.2.2), with their memory but without a socket.
	if after.descriptors > before.descriptors+8 {
		t.Errorf("descriptors grew from %d to %d", before.descriptors, after.descriptors)
	}
	if long > 2*time.Minute && (after.heap > 2*before.heap+16<<20 || after.goroutines > before.goroutines+2000) {
		t.Errorf("grew from %+v to %+v", before, after)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := p.close(ctx); err != nil {
		t.Error(err)
	}
}

// soakCall calls the echo service, waits for its sound and hangs up.
func soakCall(t *testing.T, p *phone, events *ua.Subscription) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id := p.agent.Dial(ua.DialRequest{Target: "echo"})
	for {
		e, err := events.Next(ctx)
		if err != nil {
			t.Fatalf("call %d: %v", id, err)
		}
		switch e := e.(type) {
		case ua.MediaChanged:
			if e.Call.ID == id && e.What == ua.MediaStarted {
				p.agent.Hangup(id)
			}
		case ua.CallChanged:
			if e.Call.ID != id || e.Call.State != call.Ended {
				continue
			}
			if e.Call.Cause != call.LocalHangup {
				t.Fatalf("call %d: %s: %v", id, e.Call.Cause.String(), e.Call.Err)
			}
			return
		}
	}
}
