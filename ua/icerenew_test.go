package ua

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/nat/ice"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// hidingAccount has ICE as mode says, and a relay that nobody asks where we are.
func hidingAccount(mode ICEMode) func(*Config, *fakeNet, *fakeMedia) {
	return func(c *Config, n *fakeNet, m *fakeMedia) {
		free(c, n, m)
		c.Accounts[0].ICE = mode
		c.Accounts[0].TURN = []TURNServer{{URI: "turn:127.0.0.9?transport=tcp", Username: "u", Password: "p"}}
	}
}

// iceBody is a peer's description with ICE.
func iceBody(ufrag string) string {
	return strings.ReplaceAll(uatest.SDP(loopback, 4000, "rtcp-mux", "ice-ufrag:"+ufrag, theirPwd, theirPlace), "\r\n", "\n")
}

var (
	sayUfrag   = regexp.MustCompile(`a=ice-ufrag:(\S+)`)
	sayAddress = regexp.MustCompile(`c=IN IP4 (\S+)`)
)

func said(t *testing.T, re *regexp.Regexp, body []byte) string {
	t.Helper()
	m := re.FindSubmatch(body)
	if m == nil {
		t.Fatalf("no %v in\n%s", re, body)
	}
	return string(m[1])
}

// checkingInBubble is a registered account with a call that is up and has ICE, and our user
// fragment in it.
func checkingInBubble(t *testing.T, r *rig, n *fakeNet) (CallID, string) {
	t.Helper()
	synctest.Wait()
	n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "300"))
	synctest.Wait()
	id := r.agent.Dial(DialRequest{Target: "bob"})
	time.Sleep(3 * time.Second)
	inv := n.end().one(t, sip.INVITE)
	inv.reply(200, "b", iceBody("them"))
	n.end().one(t, sip.ACK)
	r.state(id, call.Confirmed)
	return id, said(t, sayUfrag, inv.req.Body())
}

// inLoop runs f in the agent's loop, and waits until all is at rest.
func (r *rig) inLoop(f func()) {
	r.agent.box.post(f)
	synctest.Wait()
}

// slowFinder takes a second to gather, by a relay. As with the true one, its description is that of
// the newest round, one restart ends the gathering of another, and Abandon goes back to the first.
type slowFinder struct {
	*fakeFinder
	newest, now int // rounds; they differ while a restart is under way
}

func (f *slowFinder) Gather(ctx context.Context) error {
	f.mu.Lock()
	mine := f.newest
	f.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest != mine {
		return ice.ErrClosed
	}
	f.local.Candidates = []ice.Candidate{hidingPlace}
	return nil
}

var hidingPlace = ice.Candidate{
	Foundation: "1", Component: 1, Transport: "udp", Priority: 1, Type: ice.Relayed, Addr: netip.MustParseAddrPort("203.0.113.5:50000"),
}

func (f *slowFinder) Local() ice.Description {
	d := f.fakeFinder.Local()
	f.mu.Lock()
	defer f.mu.Unlock()
	d.Ufrag = fmt.Sprintf("ours%d", f.newest)
	return d
}

func (f *slowFinder) Restart() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restarts++
	f.newest = f.restarts
	f.local.Candidates = nil
	return nil
}

func (f *slowFinder) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = f.now
	f.local.Candidates = []ice.Candidate{hidingPlace}
}

func slowly(r *rig) {
	r.agent.newFinder = func(cfg ice.Config) (pathfinder, error) { return &slowFinder{fakeFinder: &fakeFinder{cfg: cfg}}, nil }
}

// The network changes while a restart gathers, which is how the restart came to be needed: the
// peer is told of new credentials with the new address.
func TestNetworkChangeDuringAnICERestart(t *testing.T) {
	bubble(t, hidingAccount(ICERelay), func(t *testing.T, r *rig, n *fakeNet) {
		slowly(r)
		id, before := checkingInBubble(t, r, n)
		r.inLoop(func() { r.agent.calls[id].restartICE() })
		time.Sleep(500 * time.Millisecond)
		n.move("127.0.0.8")
		var told [][]byte
		for range 20 {
			time.Sleep(500 * time.Millisecond)
			if inv := n.sent()[sip.INVITE]; inv != nil {
				told = append(told, inv.req.Body())
				inv.reply(200, "b", iceBody("them2"))
			}
		}
		if len(told) == 0 {
			t.Fatal("no re-INVITE")
		}
		last := told[len(told)-1]
		if now := said(t, sayUfrag, last); now == before {
			t.Errorf("after the move we are %s as before:\n%s", now, last)
		}
		for _, body := range told {
			if !strings.Contains(string(body), "a=candidate:") || said(t, sayAddress, body) != "203.0.113.5" {
				t.Errorf("we are nowhere:\n%s", body)
			}
		}
	})
}

// Our own offers while a restart gathers tell what is in force: new credentials without candidates
// are of no use to the peer, and the socket's address is nobody's business where relays hide it.
func TestOfferDuringAnICERestart(t *testing.T) {
	for _, mode := range []ICEMode{ICEOn, ICERelay} {
		t.Run(mode.String(), func(t *testing.T) {
			bubble(t, hidingAccount(mode), func(t *testing.T, r *rig, n *fakeNet) {
				slowly(r)
				id, before := checkingInBubble(t, r, n)
				r.inLoop(func() {
					c := r.agent.calls[id]
					c.way.renewing = true
					_ = c.way.finder.Restart()
				})
				r.agent.Hold(id)
				inv := n.sent()[sip.INVITE]
				if inv == nil {
					t.Fatal("no re-INVITE")
				}
				body := inv.req.Body()
				if now := said(t, sayUfrag, body); now != before || !strings.Contains(string(body), "a=candidate:") {
					t.Errorf("we offer %s, and were %s:\n%s", now, before, body)
				}
				if mode == ICERelay && strings.Contains(string(body), "127.0.0.1") {
					t.Errorf("the relay hides nothing:\n%s", body)
				}
				// The answer is about those, and starts nothing for credentials that the peer doesn't know.
				r.inLoop(func() {
					c := r.agent.calls[id]
					c.way.renewing, c.way.fresh = false, true
				})
				inv.reply(200, "b", iceBody("them"))
				r.inLoop(func() {
					if !r.agent.calls[id].way.fresh {
						t.Error("the answer to an older offer is taken for one to the restart")
					}
				})
			})
		})
	}
}
