package ice

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestEveryPairOfNATs connects two phones behind every pair of NATs, 20 ms from everywhere, with
// media both ways within 0.3 s of the answer. Direct where that is possible, and by the relay
// where not.
func TestEveryPairOfNATs(t *testing.T) {
	for ours := open; ours <= symmetric; ours++ {
		for theirs := open; theirs <= symmetric; theirs++ {
			t.Run(natNames[ours]+" to "+natNames[theirs], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(20 * time.Millisecond)
					stop := w.server(t)
					withRelay := func(c *Config) { c.TURN = []TURNServer{turnServer} }
					home := func(kind natKind, inside, public string) *phone {
						if kind == open {
							return w.phone(t, public+":5004", nil, withRelay)
						}
						return w.phone(t, inside+":5004", w.nat(kind, public), withRelay)
					}
					caller := home(ours, "10.1.0.2", "203.0.113.2")
					callee := home(theirs, "10.2.0.2", "203.0.113.3")
					talk(t, caller, callee)
					time.Sleep(300 * time.Millisecond)
					synctest.Wait()
					for _, p := range []*phone{caller, callee} {
						if pair, ok := p.last(); ok {
							t.Logf("%v: %v -> %v by %v -> %v", p.at[0], p.pairs[0].Local.Type, p.pairs[0].Remote.Type, pair.Local.Type, pair.Remote.Type)
						} else {
							t.Errorf("no pair within 0.3 s")
						}
						p.say("hello")
					}
					time.Sleep(200 * time.Millisecond)
					if len(caller.heardAll()) != 1 || len(callee.heardAll()) != 1 {
						t.Errorf("heard %q and %q", caller.heardAll(), callee.heardAll())
					}
					time.Sleep(2 * time.Second)
					relayed := ours == symmetric && theirs >= portRestricted || theirs == symmetric && ours >= portRestricted
					for _, p := range []*phone{caller, callee} {
						pair, _ := p.last()
						if got := pair.Local.Type == Relayed || pair.Remote.Type == Relayed; got != relayed || !pair.Nominated {
							t.Errorf("media goes by %v, nominated %v", pair, pair.Nominated)
						}
					}
					caller.Close()
					callee.Close()
					stop()
				})
			})
		}
	}
}
