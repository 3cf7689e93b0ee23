package ua

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/header"
	"offhook/ua/sip"
)

const ourURN = "urn:uuid:00000000-0000-4000-8000-00000000000a"

func hdr(name, value string) sip.Header { return sip.NewHeader(name, value) }

// route is a request's Route values, in one line.
func route(m sip.Message) string { return strings.Join(sip.HeaderValues(m, "Route"), ", ") }

// granted is what a registrar that speaks outbound and GRUU answers a REGISTER of ours.
func granted(reg *fakeClient, extra ...sip.Header) {
	contact := sip.HeaderValue(reg.req, "Contact") + `;pub-gruu="sip:alice@127.0.0.1;gr=` + ourURN + `";temp-gruu="sip:tgruu.7hs@127.0.0.1;gr"`
	res := sip.NewResponse(reg.req, 200, "")
	sip.SetToTag(res, "r")
	for _, h := range append([]sip.Header{hdr("Contact", contact), hdr("Require", "outbound")}, extra...) {
		res.AppendHeader(h)
	}
	reg.h(res, nil)
}

func outboundAccount(change func(*Account)) func(*Config, *fakeNet, *fakeMedia) {
	return func(c *Config, _ *fakeNet, _ *fakeMedia) {
		c.Accounts[0].Register, c.Accounts[0].Instance = true, ourURN
		if change != nil {
			change(&c.Accounts[0])
		}
	}
}

// What a registrar tells is used: its Service-Route as our way (RFC 3608, section 6.1), the public
// GRUU as our Contact (RFC 5627, section 4.4), and calls to either GRUU are ours.
func TestServiceRouteAndGRUU(t *testing.T) {
	bubble(t, outboundAccount(nil), func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		if got := sip.HeaderValue(reg.req, "Contact"); !strings.Contains(got, `+sip.instance="<`+ourURN+`>"`) || !strings.Contains(got, "reg-id=1") {
			t.Errorf("Contact %s", got)
		}
		if tags := sip.HeaderValues(reg.req, "Supported"); !slices.Contains(tags, "outbound") || !slices.Contains(tags, "path") || !slices.Contains(tags, "gruu") {
			t.Errorf("Supported %v", tags)
		}
		granted(reg, hdr("Service-Route", "<sip:home.example.com;lr>, <sip:app.example.com;lr>"), hdr("Path", "<sip:edge.example.com;lr;ob>"))
		up := next(r, func(e RegistrationChanged) bool { return e.State == Registered })
		if up.Instance != ourURN || len(up.Flows) != 1 || !up.Flows[0].Outbound || up.PubGRUU == "" || len(up.ServiceRoute) != 2 || len(up.Path) != 1 {
			t.Errorf("learnt %+v", up.Registration)
		}
		r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		if got, want := route(inv.req), "<sip:home.example.com;lr>, <sip:app.example.com;lr>"; got != want {
			t.Errorf("Route %s, want %s", got, want)
		}
		if got, want := sip.HeaderValue(inv.req, "Contact"), "<sip:alice@127.0.0.1;gr="+ourURN+">"; got != want {
			t.Errorf("Contact %s, want %s", got, want)
		}
		inv.reply(486, "b", "")

		// Replaced by the next 2xx.
		r.agent.Register("me")
		granted(n.end().one(t, sip.REGISTER), hdr("Service-Route", "<sip:other.example.com;lr>"))
		synctest.Wait()
		r.agent.Dial(DialRequest{Target: "bob"})
		inv = n.end().one(t, sip.INVITE)
		if got := route(inv.req); got != "<sip:other.example.com;lr>" {
			t.Errorf("Route %s", got)
		}
		inv.reply(486, "b", "")
	})
}

// Calls to a GRUU find the account that it was given to, though the user of a
// temporary one is nobody's.
func TestCallToAGRUU(t *testing.T) {
	l := &line{aor: sip.URI{User: "alice", Host: "127.0.0.1"}}
	l.keepGRUUs("sip:alice@127.0.0.1;gr="+ourURN, "sip:tgruu.1@127.0.0.1;gr", "", "sip:tgruu.2@127.0.0.1;gr")
	a := &Agent{lines: []*line{{aor: sip.URI{User: "work", Host: "127.0.0.1"}}, l}}
	for uri, want := range map[string]*line{
		"sip:alice@127.0.0.1;gr=" + strings.ToUpper(ourURN): l,
		"sip:tgruu.1@127.0.0.1;gr":                          l,
		"sip:tgruu.2@127.0.0.1;gr":                          l,
		"sip:tgruu.3@127.0.0.1;gr":                          a.lines[0],
		"sip:tgruu.1@127.0.0.1":                             a.lines[0],
	} {
		u, err := sip.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.lineFor(a.lines[0], sip.NewRequest(sip.INVITE, u)); got != want {
			t.Errorf("%s goes to %s", uri, got.aor.User)
		}
	}
	for range 2 * maxGRUUs {
		l.keepGRUUs("sip:" + sip.NewTag() + "@127.0.0.1;gr")
	}
	if len(l.gruus) > maxGRUUs {
		t.Errorf("%d GRUUs are kept", len(l.gruus))
	}
}

// A call that keeps its caller back gives the temporary GRUU, whole, and not the public one.
func TestPrivateCallByGRUU(t *testing.T) {
	bubble(t, outboundAccount(nil), func(t *testing.T, r *rig, n *fakeNet) {
		granted(n.end().one(t, sip.REGISTER))
		synctest.Wait()
		r.agent.Dial(DialRequest{Target: "bob", Privacy: header.PrivacyID | header.PrivacyUser})
		inv := n.end().one(t, sip.INVITE)
		if got := sip.HeaderValue(inv.req, "Contact"); got != "<sip:tgruu.7hs@127.0.0.1;gr>" {
			t.Errorf("Contact %s", got)
		}
		inv.reply(486, "b", "")
	})
}

// Which Contact a dialog gets, by mode and by what the registrar speaks.
func TestContactOfAFlow(t *testing.T) {
	const gruu, temp = "<sip:alice@127.0.0.1;gr=" + ourURN + ">", "<sip:tgruu.7hs@127.0.0.1;gr>"
	for name, c := range map[string]struct {
		mode          GRUUMode
		outbound      bool
		want, private string
	}{
		"auto with outbound":    {GRUUAuto, true, gruu, temp},
		"auto without outbound": {GRUUAuto, false, "<sip:alice@127.0.0.1:5060>", "<sip:alice@127.0.0.1:5060>"},
		"on without outbound":   {GRUUOn, false, gruu, temp},
		"off with outbound":     {GRUUOff, true, "<sip:alice@127.0.0.1:5060;ob>", "<sip:alice@127.0.0.1:5060;ob>"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, outboundAccount(func(a *Account) { a.GRUU = c.mode }), func(t *testing.T, r *rig, n *fakeNet) {
				reg := n.end().one(t, sip.REGISTER)
				if c.outbound {
					granted(reg)
				} else {
					reg.reply(200, "r", "", hdr("Contact", sip.HeaderValue(reg.req, "Contact")+`;pub-gruu="sip:alice@127.0.0.1;gr=`+ourURN+`";temp-gruu="sip:tgruu.7hs@127.0.0.1;gr"`))
				}
				synctest.Wait()
				got := make(chan string, 2)
				r.agent.box.post(func() {
					l := r.agent.lines[0]
					got <- l.contactFor(*l.main(), sip.UDP, false)
					got <- l.contactFor(*l.main(), sip.UDP, true)
				})
				if open, private := <-got, <-got; open != c.want || private != c.private {
					t.Errorf("%s and privately %s; want %s and %s", open, private, c.want, c.private)
				}
			})
		})
	}
}

// Two outbound proxies are two flows of one phone (RFC 5626, section 4.2.1): requests go by the
// first that lives, with its Route, and to the other when it fails.
func TestTwoFlows(t *testing.T) {
	proxies := func(a *Account) { a.OutboundProxy = "sip:127.0.0.11:5060, sip:127.0.0.12:5060" }
	one, two := sip.Target{Addr: netip.MustParseAddrPort("127.0.0.11:5060"), Host: "127.0.0.11"}, sip.Target{Addr: netip.MustParseAddrPort("127.0.0.12:5060"), Host: "127.0.0.12"}
	start := func(t *testing.T, test func(t *testing.T, r *rig, n *fakeNet, first *fakeClient)) {
		bubble(t, func(c *Config, n *fakeNet, m *fakeMedia) {
			outboundAccount(proxies)(c, n, m)
			n.byHost = map[string][]sip.Target{"127.0.0.11": {one}, "127.0.0.12": {two}}
		}, func(t *testing.T, r *rig, n *fakeNet) {
			first := n.end().one(t, sip.REGISTER)
			if first.to != one || route(first.req) != "<sip:127.0.0.11:5060;lr>" {
				t.Fatalf("the first REGISTER went to %v by %s", first.to, route(first.req))
			}
			test(t, r, n, first)
		})
	}
	t.Run("both live, then the first fails", func(t *testing.T) {
		start(t, func(t *testing.T, r *rig, n *fakeNet, first *fakeClient) {
			granted(first)
			second := n.end().one(t, sip.REGISTER)
			if got := sip.HeaderValue(second.req, "Contact"); second.to != two || !strings.Contains(got, "reg-id=2") || !strings.Contains(got, ourURN) ||
				route(second.req) != "<sip:127.0.0.12:5060;lr>" {
				t.Fatalf("the second flow: %v %s\n%s", second.to, route(second.req), got)
			}
			granted(second)
			up := next(r, func(e RegistrationChanged) bool { return len(e.Flows) == 2 && e.Flows[1].State == Registered })
			if up.State != Registered || up.Flows[0].State != Registered || up.Flows[1].RegID != 2 || up.Flows[1].Proxy != "sip:127.0.0.12:5060" {
				t.Errorf("flows %+v", up.Flows)
			}
			r.agent.Dial(DialRequest{Target: "bob"})
			inv := n.end().one(t, sip.INVITE)
			if inv.to != one || route(inv.req) != "<sip:127.0.0.11:5060;lr>" {
				t.Errorf("INVITE to %v by %s", inv.to, route(inv.req))
			}
			inv.h(nil, sip.ErrTransport)
			inv = n.end().one(t, sip.INVITE)
			if inv.to != two || route(inv.req) != "<sip:127.0.0.12:5060;lr>" {
				t.Errorf("then to %v by %s", inv.to, route(inv.req))
			}
			inv.reply(486, "b", "")
			n.end().take()

			// The first flow breaks, and what comes next goes by the second at once.
			n.end().cfg.FlowLost(sip.Flow{Target: one, Err: sip.ErrTransport})
			again := n.end().one(t, sip.REGISTER)
			if again.to != one {
				t.Errorf("the lost flow is made anew to %v", again.to)
			}
			r.agent.Dial(DialRequest{Target: "bob"})
			inv = n.end().one(t, sip.INVITE)
			if inv.to != two || route(inv.req) != "<sip:127.0.0.12:5060;lr>" {
				t.Errorf("while the first is down: to %v by %s", inv.to, route(inv.req))
			}
			inv.reply(486, "b", "")
			// RFC 5626, section 4.5: 90 to 180 s, as the other flow works.
			again.h(nil, sip.ErrTransport)
			synctest.Wait()
			state := r.agent.Registrations()[0]
			if wait := time.Until(state.Flows[0].RetryAt); state.State != Registered || wait < 89*time.Second || wait > 180*time.Second {
				t.Errorf("%v, and the first flow tries again in %v", state.State, wait)
			}
		})
	})
	t.Run("no outbound: one is enough", func(t *testing.T) {
		start(t, func(t *testing.T, r *rig, n *fakeNet, first *fakeClient) {
			first.reply(200, "r", "", hdr("Expires", "300"))
			if sent := n.end().take(); len(sent) != 0 {
				t.Errorf("after a 200 without outbound: %s", methods(sent))
			}
		})
	})
	t.Run("the first is down: the second stands in", func(t *testing.T) {
		start(t, func(t *testing.T, r *rig, n *fakeNet, first *fakeClient) {
			first.h(nil, sip.ErrTimeout)
			second := n.end().one(t, sip.REGISTER)
			if second.to != two {
				t.Fatalf("to %v", second.to)
			}
			second.reply(200, "r", "", hdr("Expires", "300"))
			up := next(r, func(e RegistrationChanged) bool { return e.State == Registered })
			if up.Flows[0].State != RegFailed {
				t.Errorf("flows %+v", up.Flows)
			}
			r.agent.Dial(DialRequest{Target: "bob"})
			if inv := n.end().one(t, sip.INVITE); inv.to != two {
				t.Errorf("INVITE to %v", inv.to)
			}
		})
	})
}

// Row 11, in the Agent: what was altered on the way is said with the registration.
func TestInterop11WarningIsTold(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Register = true }))
	reg := r.peer.Expect("REGISTER")
	r.peer.Reply(reg, 200, "Contact: <sip:alice@203.0.113.9:1024>;expires=60", "Expires: 60")
	up := next(r, func(e RegistrationChanged) bool { return e.State == Registered })
	if len(up.Warnings) != 1 || !strings.Contains(up.Warnings[0], "203.0.113.9:1024") {
		t.Errorf("warnings %q", up.Warnings)
	}
}
