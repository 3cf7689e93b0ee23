package ua

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/netwatch"
	"offhook/ua/sip"
)

// lets opens some transports, refuses others, and hangs for the rest.
func lets(how map[sip.Transport]error) func(sip.Target) error {
	return func(t sip.Target) error {
		if err, known := how[t.Transport]; known {
			return err
		}
		return errHangs
	}
}

// undecided is an account whose transport is the phone's to choose.
func undecided(reach func(sip.Target) error) func(*Config, *fakeNet, *fakeMedia) {
	return func(c *Config, n *fakeNet, _ *fakeMedia) {
		c.Accounts[0].Register, c.Accounts[0].TransportChoice = true, TransportByDNS
		n.targets[0].Host = "example.org"
		n.targets[0].Addr = netip.MustParseAddrPort("127.0.0.1:5060")
		n.reach = reach
	}
}

// Where UDP is blocked, the others are tried in their order, and what is found is kept.
func TestBlockedUDP(t *testing.T) {
	refused := sip.ErrTransport
	for _, c := range []struct {
		name  string
		reach map[sip.Transport]error
		want  string
		after time.Duration // the first REGISTER
	}{
		{"TCP is open", map[sip.Transport]error{sip.TCP: nil, sip.TLS: nil}, "TCP 127.0.0.1:5060", 4 * time.Second},
		{"TCP is refused", map[sip.Transport]error{sip.TCP: refused, sip.TLS: nil}, "TLS 127.0.0.1:5061", 4 * time.Second},
		{"TCP is dropped", map[sip.Transport]error{sip.TLS: nil}, "TLS 127.0.0.1:5061", 5 * time.Second},
		{"only the web is open", map[sip.Transport]error{sip.TCP: refused, sip.TLS: refused, sip.WSS: nil}, "WSS 127.0.0.1:443", 4 * time.Second},
		{"only the web is open, the rest dropped", map[sip.Transport]error{sip.WSS: nil}, "WSS 127.0.0.1:443", 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, undecided(lets(c.reach)), func(t *testing.T, r *rig, n *fakeNet) {
				udp := n.end().one(t, sip.REGISTER)
				time.Sleep(c.after - time.Millisecond)
				if sent := n.end().take(); len(sent) != 0 || udp.abandoned.Load() {
					t.Fatalf("before its time: %s", methods(sent))
				}
				time.Sleep(time.Millisecond)
				reg := n.end().one(t, sip.REGISTER)
				if got := reg.to.Transport.String() + " " + reg.to.Addr.String(); got != c.want || !udp.abandoned.Load() || reg.to.Host != "example.org" {
					t.Fatalf("registers by %v; UDP given up: %v", reg.to, udp.abandoned.Load())
				}
				reg.reply(200, "r", "", sip.NewHeader("Expires", "100"))
				// The Contact has to name the transport that works.
				again := n.end().one(t, sip.REGISTER)
				want := ";transport=tcp"
				if reg.to.Transport == sip.WSS {
					want = ";transport=ws"
				} else if reg.to.Transport == sip.TLS {
					want = ";transport=tls"
				}
				if again.to != reg.to || !strings.Contains(sip.HeaderValue(again.req, "Contact"), want) {
					t.Errorf("again by %v with %s", again.to, sip.HeaderValue(again.req, "Contact"))
				}
				again.reply(200, "r", "", sip.NewHeader("Expires", "100"))
				next(r, func(e RegistrationChanged) bool { return e.State == Registered })
				// Calls go the same way at once.
				r.agent.Dial(DialRequest{Target: "bob"})
				if inv := n.end().one(t, sip.INVITE); inv.to != reg.to {
					t.Errorf("calls by %v", inv.to)
				}
			})
		})
	}
}

// A server that is slow, or down, isn't blocked: the request stays where it is.
func TestSlowServer(t *testing.T) {
	bubble(t, undecided(nil), func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		time.Sleep(20 * time.Second)
		if sent := n.end().take(); len(sent) != 0 || reg.abandoned.Load() {
			t.Fatalf("given up: %s", methods(sent))
		}
		reg.reply(200, "r", "", sip.NewHeader("Expires", "100"))
		if e := next(r, func(e RegistrationChanged) bool { return e.State == Registered }); e.Contact == "" {
			t.Error("not registered")
		}
	})
	// An error at once, as a local firewall gives, is told when there is nothing else.
	bubble(t, undecided(nil), func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		reg.h(nil, sip.ErrTransport)
		if e := next(r, func(e RegistrationChanged) bool { return e.State == RegFailed }); e.RetryAt.IsZero() {
			t.Error("no further try")
		}
	})
	// The answer comes while connections are tried.
	bubble(t, undecided(lets(nil)), func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		time.Sleep(5 * time.Second)
		reg.reply(200, "r", "", sip.NewHeader("Expires", "100"))
		next(r, func(e RegistrationChanged) bool { return e.State == Registered })
		time.Sleep(15 * time.Second)
		if sent := n.end().take(); len(sent) != 0 {
			t.Errorf("after the answer: %s", methods(sent))
		}
	})
}

// Who names the transport gets it.
func TestNamedTransportStays(t *testing.T) {
	all := lets(map[sip.Transport]error{sip.TCP: nil, sip.TLS: nil, sip.WSS: nil})
	for _, change := range []func(*Account){
		func(a *Account) { a.TransportChoice = TransportFixed },
		func(a *Account) { a.Registrar = "sip:127.0.0.1;transport=udp" },
	} {
		bubble(t, func(c *Config, n *fakeNet, m *fakeMedia) { undecided(all)(c, n, m); change(&c.Accounts[0]) }, func(t *testing.T, r *rig, n *fakeNet) {
			reg := n.end().one(t, sip.REGISTER)
			time.Sleep(20 * time.Second)
			if sent := n.end().take(); len(sent) != 0 || reg.abandoned.Load() {
				t.Errorf("another transport: %s", methods(sent))
			}
		})
	}
}

// A detour that fails is left, and one of another network forgotten.
func TestDetourEnds(t *testing.T) {
	open := lets(map[sip.Transport]error{sip.TCP: nil})
	bubble(t, undecided(open), func(t *testing.T, r *rig, n *fakeNet) {
		n.end().one(t, sip.REGISTER)
		time.Sleep(4 * time.Second)
		n.end().one(t, sip.REGISTER)
		id := r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		if inv.to.Transport != sip.TCP {
			t.Errorf("the call goes by %v", inv.to)
		}
		inv.h(nil, sip.ErrTransport) // and UDP is still in reserve
		time.Sleep(time.Second)
		if inv = n.end().one(t, sip.INVITE); inv.to.Transport != sip.UDP {
			t.Errorf("then it goes by %v", inv.to)
		}
		inv.h(nil, sip.ErrTransport) // TCP has failed, TLS and WSS hang
		time.Sleep(2 * detourTime)
		if info := r.ended(id); info.Cause != call.TransportFailure {
			t.Errorf("%v %v", info.Cause, info.Err)
		}
		r.agent.Dial(DialRequest{Target: "bob"})
		if inv := n.end().one(t, sip.INVITE); inv.to.Transport != sip.UDP {
			t.Errorf("after the detour failed: by %v", inv.to)
		}
	})
	bubble(t, undecided(open), func(t *testing.T, r *rig, n *fakeNet) {
		n.end().one(t, sip.REGISTER)
		time.Sleep(4 * time.Second)
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "100"))
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "100"))
		n.mu.Lock()
		changed := n.changed
		n.mu.Unlock()
		changed(netwatch.News{Addrs: []netip.Addr{loopback, netip.MustParseAddr("192.0.2.9")}})
		n.end().take()
		r.agent.Options(OptionsRequest{Target: "sip:127.0.0.1"})
		if q := n.end().one(t, sip.OPTIONS); q.to.Transport != sip.UDP {
			t.Errorf("in another network: by %v", q.to)
		}
	})
}
