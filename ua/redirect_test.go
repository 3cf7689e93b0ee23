package ua

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

func at(port uint16) []sip.Target {
	return []sip.Target{{Addr: netip.AddrPortFrom(loopback, port)}}
}

// redirect answers a request with a 3xx.
func (c *fakeClient) redirect(code int, contacts ...string) {
	res := sip.NewResponse(c.req, code, "")
	sip.SetToTag(res, "r")
	for _, v := range contacts {
		res.AppendHeader(sip.NewHeader("Contact", v))
	}
	c.h(res, nil)
}

func mustURI(t *testing.T, s string) sip.URI {
	t.Helper()
	u, err := sip.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// RFC 3261, section 8.1.3.4, as a table.
func TestTargetSet(t *testing.T) {
	for _, c := range []struct {
		name, asked string
		code        int
		contacts    []string // of one 3xx each, commas between them
		want        string   // what is left after the last
		err         error    // of the last
	}{
		{"by q", "sip:bob@a", 302, []string{"<sip:1@x>;q=0.2, <sip:2@x>, <sip:3@x>;q=0.9, <sip:4@x>;q=1.0"}, "sip:2@x sip:4@x sip:3@x sip:1@x", nil},
		{"q out of range", "sip:bob@a", 300, []string{"<sip:1@x>;q=0.5, <sip:2@x>;q=7, <sip:3@x>;q=x"}, "sip:2@x sip:3@x sip:1@x", nil},
		{"a later one in its place", "sip:bob@a", 302, []string{"<sip:1@x>;q=0.5, <sip:2@x>;q=0.9", "<sip:3@x>;q=0.7"}, "sip:2@x sip:3@x sip:1@x", nil},
		{"each once", "sip:bob@a", 302, []string{"<sip:1@x>, <sip:1@X>, <sip:bob@a>"}, "sip:1@x", nil},
		{"back to the start", "sip:bob@a", 302, []string{"<sip:bob@A>"}, "", ErrRedirectLoop},
		{"round", "sip:bob@a", 302, []string{"<sip:1@x>", "<sip:bob@a>, <sip:1@x>"}, "sip:1@x", ErrRedirectLoop},
		{"another transport is another place", "sip:bob@a", 302, []string{"<sip:bob@a;transport=tcp>"}, "sip:bob@a", nil},
		{"never from sips to sip", "sips:bob@a", 302, []string{"<sip:1@x>, <sips:2@x>"}, "sips:2@x", nil},
		{"only insecure ones", "sips:bob@a", 302, []string{"<sip:1@x>"}, "", ErrRedirectInsecure},
		{"nothing to call", "sip:bob@a", 302, []string{"<mailto:bob@a>, *, rubbish"}, "", ErrRedirectNowhere},
		{"no Contact", "sip:bob@a", 301, []string{""}, "", ErrRedirectNowhere},
		{"a telephone number", "sip:bob@a", 302, []string{"<tel:+49-30-123>"}, "sip:+4930123@home", nil},
		{"five times", "sip:bob@a", 302, []string{"<sip:1@x>", "<sip:2@x>", "<sip:3@x>", "<sip:4@x>", "<sip:5@x>"}, "sip:1@x sip:2@x sip:3@x sip:4@x sip:5@x", nil},
		{"six times", "sip:bob@a", 302, []string{"<sip:1@x>", "<sip:2@x>", "<sip:3@x>", "<sip:4@x>", "<sip:5@x>", "<sip:6@x>"}, "sip:1@x sip:2@x sip:3@x sip:4@x sip:5@x", ErrRedirectLimit},
		{"a flood", "sip:bob@a", 300, []string{flood(100)}, strings.TrimSpace(strings.ReplaceAll(strings.NewReplacer("<", "", ">", "").Replace(flood(16)), ",", "")), nil},
		{"use proxy", "sip:bob@a", 305, []string{"<sip:proxy>"}, "sip:proxy", nil},
		{"use an insecure proxy", "sips:bob@a", 305, []string{"<sip:proxy>"}, "", ErrRedirectNowhere},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s targetSet
			var err error
			for _, contacts := range c.contacts {
				res := sip.NewResponse(sip.NewRequest(sip.INVITE, mustURI(t, c.asked)), c.code, "")
				res.AppendHeader(sip.NewHeader("Contact", contacts))
				_, err = s.add(mustURI(t, c.asked), res, "home")
			}
			var left []string
			for p, ok := s.next(); ok; p, ok = s.next() {
				left = append(left, p.String())
			}
			if got := strings.Join(left, " "); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func flood(n int) string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprintf("<sip:%d@x>", i))
	}
	return strings.Join(s, ", ")
}

// RFC 3261, section 8.1.3.4: the Contacts by q, the same To, From and Call-ID, a fresh
// CSeq; a loop ends, and so does a call that is sent on for ever.
func TestInterop32Redirect(t *testing.T) {
	hosts := func(_ *Config, n *fakeNet, _ *fakeMedia) {
		n.byHost = map[string][]sip.Target{"one.test": at(7001), "two.test": at(7002)}
	}
	bubble(t, hosts, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1"})
		inv := n.end().one(t, sip.INVITE)
		inv.reply(180, "a", "")
		inv.redirect(302, "<sip:bob@two.test>;q=0.3", "<sip:bob@one.test;method=INVITE?Subject=moved%20here&Call-ID=evil>;q=0.8")
		if e := next(r, func(Redirected) bool { return true }); e.Call != id || e.Code != 302 || e.Policy != RedirectFollow ||
			strings.Join(e.Targets, " ") != "sip:bob@one.test sip:bob@two.test" {
			t.Errorf("event %+v", e)
		}
		second := n.end().one(t, sip.INVITE)
		same := func(name string) bool {
			return sip.HeaderValue(second.req, name) == sip.HeaderValue(inv.req, name) && sip.HeaderValue(inv.req, name) != ""
		}
		if second.to != at(7001)[0] || second.req.Recipient.String() != "sip:bob@one.test" || !same("To") || !same("From") || !same("Call-ID") ||
			second.req.CSeq().SeqNo != inv.req.CSeq().SeqNo+1 || sip.HeaderValue(second.req, "Subject") != "moved here" ||
			string(second.req.Body()) != string(inv.req.Body()) {
			t.Errorf("second INVITE to %v:\n%s", second.to, second.req)
		}
		second.reply(486, "b", "") // a failure: the next place
		third := n.end().one(t, sip.INVITE)
		if third.to != at(7002)[0] || third.req.CSeq().SeqNo != second.req.CSeq().SeqNo+1 {
			t.Errorf("third INVITE to %v:\n%s", third.to, third.req)
		}
		third.reply(200, "c", peerSDP)
		n.end().one(t, sip.ACK)
		r.state(id, call.Confirmed)
	})
	bubble(t, hosts, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@one.test"})
		n.end().one(t, sip.INVITE).redirect(302, "<sip:bob@two.test>")
		n.end().one(t, sip.INVITE).redirect(302, "<sip:bob@one.test>")
		if info := r.ended(id); info.Cause != call.Rejected || info.Code != 302 || !errors.Is(info.Err, ErrRedirectLoop) {
			t.Errorf("loop: %v %d %v", info.Cause, info.Code, info.Err)
		}
	})
	bubble(t, hosts, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1"})
		for i := range maxRedirects + 1 {
			n.end().one(t, sip.INVITE).redirect(301, fmt.Sprintf("<sip:%d@one.test>", i))
		}
		if info := r.ended(id); !errors.Is(info.Err, ErrRedirectLimit) {
			t.Errorf("for ever: %v", info.Err)
		}
	})
	bubble(t, hosts, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@one.test"})
		n.end().one(t, sip.INVITE).redirect(302, "<sip:x@two.test>, <sip:y@two.test>;q=0.1")
		n.end().one(t, sip.INVITE).reply(603, "b", "") // everybody's answer
		if info := r.ended(id); info.Code != 603 {
			t.Errorf("603: %d", info.Code)
		}
	})
}

// Each place that is tried gets keys of its own: who sent the call elsewhere must not be able to
// hear it.
func TestKeysAreNotToldTwice(t *testing.T) {
	hosts := func(c *Config, n *fakeNet, _ *fakeMedia) {
		c.Accounts[0].SRTP = audio.SRTPRequired
		n.byHost = map[string][]sip.Target{"one.test": at(7001), "two.test": append(at(7001), at(7002)...)}
	}
	bubble(t, hosts, func(t *testing.T, r *rig, n *fakeNet) {
		r.agent.Dial(DialRequest{Target: "sip:bob@one.test"})
		told := map[string]bool{}
		fresh := func(inv *fakeClient) {
			t.Helper()
			lines := cryptoLines(&uatest.Message{Body: string(inv.req.Body())})
			if len(lines) != 2 {
				t.Fatalf("offer:\n%s", inv.req.Body())
			}
			for _, l := range lines {
				if told[l] {
					t.Errorf("the keys of an offer before in that to %s by %v", inv.req.Recipient.String(), inv.to)
				}
				told[l] = true
			}
		}
		inv := n.end().one(t, sip.INVITE)
		fresh(inv)
		inv.redirect(302, "<sip:bob@two.test>") // the same server, for another person
		inv = n.end().one(t, sip.INVITE)
		fresh(inv)
		inv.reply(503, "b", "")
		fresh(n.end().one(t, sip.INVITE)) // the next server
	})
}

func TestRedirectPolicies(t *testing.T) {
	policy := func(p RedirectPolicy) func(*Config, *fakeNet, *fakeMedia) {
		return func(c *Config, n *fakeNet, _ *fakeMedia) {
			c.Accounts[0].Redirects = p
			n.byHost = map[string][]sip.Target{"one.test": at(7001), "proxy.test": at(7009)}
		}
	}
	ask := func(r *rig) CallInfo {
		return next(r, func(e CallChanged) bool { return e.Call.Pending == PendingRedirect }).Call
	}
	t.Run("refuse", func(t *testing.T) {
		bubble(t, policy(RedirectRefuse), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			n.end().one(t, sip.INVITE).redirect(302, "<sip:carol@one.test>")
			info := r.ended(id)
			if info.Cause != call.Rejected || info.Code != 302 || !strings.Contains(info.Err.Error(), "sip:carol@one.test") {
				t.Errorf("end: %v %v", info.Cause, info.Err)
			}
		})
	})
	t.Run("consent", func(t *testing.T) {
		bubble(t, policy(RedirectAsk), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			n.end().one(t, sip.INVITE).redirect(302, "<sip:carol@one.test>")
			if info := ask(r); strings.Join(info.RedirectTo, " ") != "sip:carol@one.test" {
				t.Errorf("asked about %q", info.RedirectTo)
			}
			if sent := n.end().take(); len(sent) != 0 {
				t.Fatalf("without consent: %s", methods(sent))
			}
			r.agent.Consent(id, true)
			inv := n.end().one(t, sip.INVITE)
			inv.reply(200, "c", peerSDP)
			if info := r.state(id, call.Confirmed); info.Pending != PendingNone {
				t.Errorf("still pending: %v", info.Pending)
			}
			n.end().take()
		})
	})
	t.Run("no consent", func(t *testing.T) {
		bubble(t, policy(RedirectAsk), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			n.end().one(t, sip.INVITE).redirect(302, "<sip:carol@one.test>")
			ask(r)
			r.agent.Consent(id, false)
			if info := r.ended(id); info.Code != 302 || info.Pending != PendingNone {
				t.Errorf("end: %d %v", info.Code, info.Pending)
			}
		})
	})
	t.Run("hang-up while asked", func(t *testing.T) {
		for _, trying := range []bool{false, true} { // with and without a 1xx there was something to CANCEL
			bubble(t, policy(RedirectAsk), func(t *testing.T, r *rig, n *fakeNet) {
				id := r.agent.Dial(DialRequest{Target: "bob"})
				inv := n.end().one(t, sip.INVITE)
				if trying {
					inv.reply(100, "", "")
				}
				inv.redirect(302, "<sip:carol@one.test>")
				ask(r)
				r.agent.Hangup(id)
				if info := r.ended(id); info.Cause != call.Canceled {
					t.Errorf("end: %v", info.Cause)
				}
				if sent := n.end().take(); len(sent) != 0 {
					t.Errorf("sent %s", methods(sent))
				}
			})
		}
	})
	t.Run("use proxy", func(t *testing.T) {
		bubble(t, policy(RedirectFollow), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			n.end().one(t, sip.INVITE).redirect(305, "<sip:proxy.test>")
			if info := r.ended(id); !errors.Is(info.Err, ErrUseProxy) || info.Code != 305 {
				t.Errorf("followed blindly: %v", info.Err)
			}
		})
		bubble(t, policy(RedirectAsk), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			first := n.end().one(t, sip.INVITE)
			first.redirect(305, "<sip:proxy.test>")
			ask(r)
			r.agent.Consent(id, true)
			inv := n.end().one(t, sip.INVITE)
			if inv.to != at(7009)[0] || inv.req.Recipient.String() != first.req.Recipient.String() || sip.HeaderValue(inv.req, "Route") != "<sip:proxy.test;lr>" {
				t.Errorf("to %v:\n%s", inv.to, inv.req)
			}
			inv.reply(404, "x", "")
			r.ended(id)
		})
	})
	t.Run("alternative service", func(t *testing.T) {
		bubble(t, policy(RedirectFollow), func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			inv := n.end().one(t, sip.INVITE)
			res := sip.NewResponse(inv.req, 380, "")
			sip.SetToTag(res, "t")
			res.AppendHeader(sip.NewHeader("Content-Type", "application/3gpp-ims+xml"))
			res.SetBody([]byte("<ims-3gpp><reason>dial 112\r\non the mobile</reason></ims-3gpp>"))
			inv.h(res, nil)
			if info := r.ended(id); info.Code != 380 || !strings.Contains(info.Err.Error(), "dial 112 on the mobile") {
				t.Errorf("end: %v", info.Err)
			}
		})
	})
}

// Requests outside calls are redirected too, and a REGISTER.
func TestRedirectElsewhere(t *testing.T) {
	bubble(t, func(c *Config, n *fakeNet, _ *fakeMedia) {
		c.Accounts[0].Register = true
		n.byHost = map[string][]sip.Target{"one.test": at(7001)}
	}, func(t *testing.T, r *rig, n *fakeNet) {
		reg := firstRegister(t, n)
		reg.redirect(302, "<sip:one.test>")
		again := n.end().one(t, sip.REGISTER)
		if again.to != at(7001)[0] || again.req.Recipient.String() != "sip:one.test" {
			t.Errorf("to %v:\n%s", again.to, again.req)
		}
		again.reply(200, "x", "", sip.NewHeader("Expires", "300"), sip.NewHeader("Contact", sip.HeaderValue(again.req, "Contact")))
		next(r, func(e RegistrationChanged) bool { return e.State == Registered })
		r.agent.Options(OptionsRequest{Target: "bob"})
		n.end().one(t, sip.OPTIONS).redirect(301, "<sip:bob@one.test>")
		opt := n.end().one(t, sip.OPTIONS)
		if opt.to != at(7001)[0] {
			t.Errorf("OPTIONS to %v", opt.to)
		}
		opt.reply(200, "x", "")
		if e := next(r, func(OptionsAnswered) bool { return true }); e.Result.Code != 200 {
			t.Errorf("%+v", e.Result)
		}
	})
}

func firstRegister(t *testing.T, n *fakeNet) *fakeClient {
	t.Helper()
	synctest.Wait() // until there is an endpoint
	return n.end().one(t, sip.REGISTER)
}

// RFC 3263, section 4.3: several servers on one host are tried in turn, after a
// transport error, silence, and 503; and the next request begins with one that works.
func TestInterop54Failover(t *testing.T) {
	targets := append(append(at(7001), at(7002)...), append(at(7003), at(7004)...)...)
	bubble(t, func(_ *Config, n *fakeNet, _ *fakeMedia) { n.targets = targets }, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		first := n.end().one(t, sip.INVITE)
		first.h(nil, fmt.Errorf("%w: refused", sip.ErrTransport))
		second := n.end().one(t, sip.INVITE)
		time.Sleep(defaultAttempt - tick)
		if sent := n.end().take(); len(sent) != 0 {
			t.Fatalf("too soon: %s", methods(sent))
		}
		time.Sleep(tick)
		third := n.end().one(t, sip.INVITE)
		if !second.abandoned.Load() {
			t.Error("the silent server is still asked")
		}
		third.reply(100, "", "")
		time.Sleep(2 * defaultAttempt) // it lives
		third.reply(503, "x", "", sip.NewHeader("Retry-After", "1000"))
		fourth := n.end().one(t, sip.INVITE)
		for i, c := range []*fakeClient{first, second, third, fourth} {
			if c.to != targets[i] || c.req.CSeq().SeqNo != uint32(i+1) || c.req.CallID().Value() != first.req.CallID().Value() {
				t.Errorf("attempt %d to %v: CSeq %v", i, c.to, c.req.CSeq())
			}
		}
		fourth.reply(200, "y", peerSDP)
		r.state(id, call.Confirmed)
		n.end().take()

		r.agent.Options(OptionsRequest{Target: "bob"})
		opt := n.end().one(t, sip.OPTIONS)
		if opt.to != targets[3] {
			t.Errorf("the next request goes to %v", opt.to)
		}
		opt.reply(200, "z", "")
		time.Sleep(sip.SilentFor)
		r.agent.Options(OptionsRequest{Target: "bob"})
		if opt = n.end().one(t, sip.OPTIONS); opt.to != targets[0] {
			t.Errorf("later requests go to %v", opt.to)
		}
		opt.reply(200, "z", "")
	})
	// The last one has all the time that RFC 3261 gives it.
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		time.Sleep(31 * time.Second)
		if sent := n.end().take(); len(sent) != 0 || inv.abandoned.Load() {
			t.Errorf("given up: %s", methods(sent))
		}
	})
}
