package ua

import (
	"context"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"offhook/nat/ice"
)

// deafFinder hears of no server.
type deafFinder struct{ *fakeFinder }

func (f deafFinder) Gather(ctx context.Context) error {
	_ = f.fakeFinder.Gather(ctx)
	<-ctx.Done()
	return ctx.Err()
}

// deafConn is a socket that nothing comes to.
type deafConn struct{ until chan time.Time }

func (c deafConn) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return len(b), nil }

func (c deafConn) SetReadDeadline(t time.Time) error {
	c.until <- t
	return nil
}

func (c deafConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	end := <-c.until
	for time.Until(end) > 0 {
		select {
		case end = <-c.until:
		case <-time.After(time.Until(end)):
		}
	}
	return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
}

// Servers that were silent for one call keep the next from going out for less long, and on another
// network they have their full time again. Who goes by relays alone waits for them.
func TestSilentServersCostCallsOnce(t *testing.T) {
	for mode, second := range map[ICEMode]time.Duration{ICEOn: gatherShort, ICERelay: gatherTime} {
		t.Run(mode.String(), func(t *testing.T) {
			bubble(t, hidingAccount(mode), func(t *testing.T, r *rig, n *fakeNet) {
				r.agent.newFinder = func(cfg ice.Config) (pathfinder, error) { return deafFinder{&fakeFinder{cfg: cfg}}, nil }
				l := r.agent.lines[0]
				took := func() (asked, gathered time.Duration) {
					start := time.Now()
					if _, _, err := r.agent.ask(t.Context(), deafConn{make(chan time.Time, 100)}, l, "127.0.0.9:3478", loopback, true); err == nil {
						t.Error("nobody answers")
					}
					asked = time.Since(start)
					f, _ := r.agent.newFinder(ice.Config{Socket: &fakeSession{local: netip.MustParseAddrPort("127.0.0.1:4000")}})
					if err := r.agent.gather(t.Context(), l, &mediaWay{finder: f}); err != nil {
						t.Error(err)
					}
					return asked, time.Since(start) - asked
				}
				check := func(when string, asks, gathers time.Duration) {
					t.Helper()
					if a, g := took(); a != asks || g != gathers {
						t.Errorf("%s: %v for STUN and %v for relays, want %v and %v", when, a, g, asks, gathers)
					}
				}
				check("first", askTime, gatherTime)
				check("again", askShort, second)
				n.move("127.0.0.8")
				check("elsewhere", askTime, gatherTime)
				time.Sleep(forgetSilence)
				synctest.Wait()
				check("later", askTime, gatherTime)
			})
		})
	}
}
