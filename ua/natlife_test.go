package ua

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"offhook/nat"
	"offhook/ua/netwatch"
	"offhook/ua/sip"
)

// oneServer is a DNS with one STUN server.
type oneServer struct{}

func (oneServer) SRV(context.Context, string) ([]*net.SRV, error) { return nil, nil }
func (oneServer) Addrs(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
}

// natted answers a REGISTER as a registrar beyond a NAT does.
func natted(reg *fakeClient, seen string) {
	at := netip.MustParseAddrPort(seen)
	if via := reg.req.Via(); via == nil { // the endpoint's own, which the fake one leaves out
		reg.req.PrependHeader(&sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "127.0.0.1", Port: 5060})
	}
	res := sip.NewResponse(reg.req, 200, "")
	res.Via().Params = append(slices.Clone(res.Via().Params), sip.Param{K: "received", V: at.Addr().String()}, sip.Param{K: "rport", V: strconv.Itoa(int(at.Port()))})
	res.AppendHeader(sip.NewHeader("Expires", "600"))
	reg.h(res, nil)
}

// TestKeepAliveFollowsTheNAT: behind a NAT UDP is kept alive, and at half of what a silent mapping
// is measured to outlive.
func TestKeepAliveFollowsTheNAT(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Account)
		seen   string
		lived  nat.Lived
		want   sip.KeepAlive // at the end
		media  time.Duration
		told   bool
	}{
		{"no NAT", nil, "127.0.0.1:5060", nat.Lived{AtLeast: 10 * time.Second}, sip.KeepAlive{}, 0, false},
		{"a NAT", nil, "198.51.100.1:5060", nat.Lived{AtLeast: 10 * time.Second, Below: 15 * time.Second},
			sip.KeepAlive{Method: sip.KeepAliveCRLF, Interval: 5 * time.Second, Witness: witness}, 5 * time.Second, true},
		{"one that forgets at once", nil, "198.51.100.1:5060", nat.Lived{Below: 5 * time.Second},
			sip.KeepAlive{Method: sip.KeepAliveCRLF, Interval: 2500 * time.Millisecond, Witness: witness}, 2500 * time.Millisecond, true},
		{"a patient one", func(a *Account) { a.MediaKeepAlive = 15 * time.Second }, "198.51.100.1:5060", nat.Lived{AtLeast: 2 * time.Minute},
			sip.KeepAlive{Method: sip.KeepAliveCRLF, Interval: time.Minute, Witness: witness}, 15 * time.Second, true},
		{"nobody to ask", func(a *Account) { a.STUN = "" }, "198.51.100.1:5060", nat.Lived{AtLeast: 10 * time.Second}, sip.KeepAlive{Method: sip.KeepAliveCRLF}, 0, false},
		{"an interval by hand", func(a *Account) { a.KeepAlive.Interval = 20 * time.Second }, "198.51.100.1:5060", nat.Lived{AtLeast: 10 * time.Second},
			sip.KeepAlive{Method: sip.KeepAliveCRLF, Interval: 20 * time.Second, Witness: witness}, 0, false},
		{"off by hand", func(a *Account) { a.KeepAlive.Method = sip.KeepAliveOff }, "198.51.100.1:5060", nat.Lived{AtLeast: 10 * time.Second},
			sip.KeepAlive{Method: sip.KeepAliveOff, Interval: 5 * time.Second}, 5 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []nat.Config
			bubble(t, func(cfg *Config, _ *fakeNet, _ *fakeMedia) {
				cfg.Accounts[0].STUN = "stun.example.org"
				if c.change != nil {
					c.change(&cfg.Accounts[0])
				}
			}, func(t *testing.T, r *rig, n *fakeNet) {
				r.agent.names = oneServer{}
				r.agent.lifetime = func(_ context.Context, cfg nat.Config, _ []time.Duration) (nat.Lived, error) {
					asked = append(asked, cfg)
					return c.lived, nil
				}
				l := r.agent.lines[0]
				r.agent.box.post(l.reg.register)
				natted(n.end().one(t, sip.REGISTER), c.seen)
				for _, again := range n.end().take() {
					natted(again, c.seen)
				}
				n.end().take()
				if got := n.end().kept; got != c.want {
					t.Errorf("kept alive by %+v", got)
				}
				if l.mediaKeepAlive() != c.media {
					t.Errorf("media each %v", l.mediaKeepAlive())
				}
				if c.told {
					e := next(r, func(KeepAliveLearnt) bool { return true })
					if e.Every != c.lived.KeepAlive() || e.AtLeast != c.lived.AtLeast || len(asked) != 1 {
						t.Errorf("told %+v, measured %d times", e, len(asked))
					}
				} else if len(asked) != 0 {
					t.Error("measured for nothing")
				}
				// In another network nothing of it holds.
				n.mu.Lock()
				changed := n.changed
				n.mu.Unlock()
				changed(netwatch.News{Addrs: []netip.Addr{loopback, netip.MustParseAddr("192.0.2.9")}})
				n.end().take()
				if l.life.lived != (nat.Lived{}) {
					t.Error("another network has the lifetime of the one before")
				}
			})
		})
	}
}

var witness = netip.MustParseAddrPort("192.0.2.1:3478")
