package ua

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/netwatch"
	"offhook/ua/sip"
)

// sent gathers what all endpoints have sent since the last time.
func (n *fakeNet) sent() map[sip.Method]*fakeClient {
	synctest.Wait()
	n.mu.Lock()
	ends := append([]*fakeEnd(nil), n.ends...)
	n.mu.Unlock()
	out := make(map[sip.Method]*fakeClient)
	for _, e := range ends {
		for _, c := range e.take() {
			out[c.req.Method] = c
		}
	}
	return out
}

// free lets the account have whatever address leads to the registrar.
func free(c *Config, _ *fakeNet, _ *fakeMedia) {
	c.Accounts[0].Register, c.Accounts[0].Listen = true, netip.AddrPort{}
}

// talkingInBubble is a registered account with a call that is up.
func talkingInBubble(t *testing.T, r *rig, n *fakeNet) CallID {
	t.Helper()
	synctest.Wait()
	n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "300"))
	synctest.Wait()
	id := r.agent.Dial(DialRequest{Target: "bob"})
	n.end().one(t, sip.INVITE).reply(200, "b", peerSDP)
	n.end().one(t, sip.ACK)
	r.state(id, call.Confirmed)
	return id
}

// The machine gets another address in the middle of a call: the registration and the call
// follow at once, with the new Contact and the new place for audio.
func TestNetworkChangeMovesAll(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		id := talkingInBubble(t, r, n)
		start := time.Now()
		n.move("127.0.0.8")
		out := n.sent()
		reg, inv := out[sip.REGISTER], out[sip.INVITE]
		if reg == nil || inv == nil || time.Since(start) > time.Second {
			t.Fatalf("sent %v after %v", out, time.Since(start))
		}
		contacts := strings.Join(sip.HeaderValues(reg.req, "Contact"), ", ")
		if !strings.Contains(contacts, "@127.0.0.8:5060;line=") || !strings.Contains(contacts, ">;expires=0") || !strings.Contains(contacts, "@127.0.0.1:5060;line=") {
			t.Errorf("registered %s", contacts)
		}
		if got := sip.HeaderValue(inv.req, "Contact"); got != "<sip:alice@127.0.0.8:5060>" {
			t.Errorf("re-INVITE with Contact %s", got)
		}
		if body := string(inv.req.Body()); !strings.Contains(body, "c=IN IP4 127.0.0.8") || !strings.Contains(body, "m=audio 41002") {
			t.Errorf("re-INVITE with\n%s", body)
		}
		e := next(r, func(e NetworkChanged) bool { return true })
		if e.Was != loopback || e.Now != netip.MustParseAddr("127.0.0.8") || len(e.Calls) != 1 || e.Calls[0] != id || e.Account != "me" {
			t.Errorf("told %+v", e)
		}
		reg.reply(200, "r", "", sip.NewHeader("Expires", "300"))
		inv.reply(200, "b", peerSDP)
		ack := n.sent()[sip.ACK]
		if ack == nil {
			t.Fatal("no ACK")
		}
		// Requests in the dialog come from there now, the socket of before is closed, and nothing is sent again.
		r.agent.Hangup(id)
		bye := n.sent()[sip.BYE]
		if bye == nil {
			t.Fatal("no BYE")
		}
		bye.reply(200, "b", "")
		r.ended(id)
		time.Sleep(time.Minute)
		synctest.Wait()
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.ends[0].closed || n.ends[1].closed || len(n.ends) != 2 {
			t.Errorf("of %d endpoints the first is closed: %v, the second: %v", len(n.ends), n.ends[0].closed, n.ends[1].closed)
		}
	})
}

// The same addresses told again, or other ones that nothing is reached from, move nothing.
func TestNetworkChangeElsewhere(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		talkingInBubble(t, r, n)
		n.mu.Lock()
		changed := n.changed
		n.mu.Unlock()
		changed(netwatch.News{Addrs: []netip.Addr{loopback, netip.MustParseAddr("192.0.2.77")}})
		if out := n.sent(); len(out) != 0 {
			t.Errorf("sent %v", out)
		}
	})
}

// There and back: the first endpoint is used again, whether it was closed by then or not.
func TestNetworkChangeThereAndBack(t *testing.T) {
	for name, wait := range map[string]time.Duration{"soon": time.Second, "late": time.Minute} {
		t.Run(name, func(t *testing.T) {
			bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
				talkingInBubble(t, r, n)
				for _, at := range []string{"127.0.0.8", "127.0.0.1", "127.0.0.8"} {
					n.move(at)
					out := n.sent()
					reg, inv := out[sip.REGISTER], out[sip.INVITE]
					if reg == nil || inv == nil {
						t.Fatalf("at %s: sent %v", at, out)
					}
					if got := sip.HeaderValue(reg.req, "Contact"); !strings.Contains(got, "@"+at+":5060") {
						t.Errorf("at %s: registered %s", at, got)
					}
					if !strings.Contains(string(inv.req.Body()), "c=IN IP4 "+at) {
						t.Errorf("at %s: re-INVITE with\n%s", at, inv.req.Body())
					}
					reg.reply(200, "r", "", sip.NewHeader("Expires", "300"))
					inv.reply(200, "b", peerSDP)
					n.sent()
					time.Sleep(wait)
				}
			})
		})
	}
}

// A cable that is out for a while: nothing leads anywhere, and when something does
// again, without another word of the network, the account is found there.
func TestNetworkGoneForAWhile(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		talkingInBubble(t, r, n)
		n.mu.Lock()
		n.routes = errors.New("network is unreachable")
		n.mu.Unlock()
		n.move("127.0.0.8")
		if out := n.sent(); len(out) != 0 {
			t.Errorf("sent %v without a way", out)
		}
		time.Sleep(20 * time.Second)
		n.mu.Lock()
		n.routes = nil
		n.mu.Unlock()
		time.Sleep(searchLast + time.Second)
		if out := n.sent(); out[sip.REGISTER] == nil || out[sip.INVITE] == nil {
			t.Errorf("sent %v once there was a way", out)
		}
	})
}

// A re-INVITE that is under way when the address goes can't be answered: it is given up, and
// the one with the new address follows at once.
func TestNetworkChangeDuringAReinvite(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		id := talkingInBubble(t, r, n)
		r.agent.Hold(id)
		held := n.sent()[sip.INVITE]
		if held == nil {
			t.Fatal("no re-INVITE for hold")
		}
		n.move("127.0.0.8")
		inv := n.sent()[sip.INVITE]
		if inv == nil || !held.abandoned.Load() {
			t.Fatalf("the re-INVITE of before is abandoned: %v; the next: %v", held.abandoned.Load(), inv)
		}
		if body := string(inv.req.Body()); !strings.Contains(body, "c=IN IP4 127.0.0.8") || !strings.Contains(body, "a=sendonly") {
			t.Errorf("re-INVITE with\n%s", body)
		}
	})
}

// The peer's side of the way comes back later than ours: it is told again.
func TestNetworkChangeIsToldAgain(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		id := talkingInBubble(t, r, n)
		n.move("127.0.0.8")
		out := n.sent()
		out[sip.REGISTER].reply(200, "r", "", sip.NewHeader("Expires", "300"))
		out[sip.INVITE].h(nil, sip.ErrTimeout)
		time.Sleep(retellAfter)
		inv := n.sent()[sip.INVITE]
		if inv == nil || !strings.Contains(string(inv.req.Body()), "c=IN IP4 127.0.0.8") {
			t.Fatalf("not told again: %v", inv)
		}
		inv.reply(488, "b", "")
		if e := r.failed("move"); e.Call != id {
			t.Errorf("told %+v", e)
		}
		time.Sleep(time.Minute)
		if inv := n.sent()[sip.INVITE]; inv != nil {
			t.Error("told a third time, though the peer refuses it")
		}
	})
}

// An account with an address of its own in the configuration stays there.
func TestNetworkChangeWithAFixedAddress(t *testing.T) {
	fixed := func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Register = true }
	bubble(t, fixed, func(t *testing.T, r *rig, n *fakeNet) {
		talkingInBubble(t, r, n)
		n.move("127.0.0.8")
		if out := n.sent(); len(out) != 0 {
			t.Errorf("sent %v", out)
		}
	})
}

// A registration that failed for want of a network is tried when there is another, and not after its delay.
func TestNetworkChangeCutsTheDelayShort(t *testing.T) {
	down := func(c *Config, n *fakeNet, m *fakeMedia) {
		free(c, n, m)
		n.err = sip.ErrTransport
	}
	bubble(t, down, func(t *testing.T, r *rig, n *fakeNet) {
		next(r, func(e RegistrationChanged) bool { return e.State == RegFailed })
		time.Sleep(11 * time.Minute) // the delay is long by now
		synctest.Wait()
		n.mu.Lock()
		n.err = nil
		n.mu.Unlock()
		n.move("127.0.0.8")
		reg := n.sent()[sip.REGISTER]
		if reg == nil {
			t.Fatal("nothing is sent")
		}
		// Refused by a registrar that is busy: tried with the next change, but not with each.
		reg.reply(503, "r", "")
		n.move("127.0.0.8")
		if n.sent()[sip.REGISTER] != nil {
			t.Error("a restless network storms the registrar")
		}
		time.Sleep(retryPause)
		n.move("127.0.0.8")
		if n.sent()[sip.REGISTER] == nil {
			t.Error("nothing is sent after the pause")
		}
	})
}

// While a registration hangs at an address that is gone, the new address doesn't wait for it.
func TestNetworkChangeDuringARegistration(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		synctest.Wait()
		n.end().one(t, sip.REGISTER)
		n.move("127.0.0.8")
		reg := n.sent()[sip.REGISTER]
		if reg == nil || !strings.Contains(sip.HeaderValue(reg.req, "Contact"), "@127.0.0.8:5060;line=") {
			t.Fatalf("sent %v", reg)
		}
		reg.reply(200, "r", "", sip.NewHeader("Expires", "300"))
		if up := next(r, func(e RegistrationChanged) bool { return e.State == Registered }); !strings.Contains(up.Contact, "127.0.0.8") {
			t.Errorf("registered %s", up.Contact)
		}
	})
}

// After a sleep the registrar has forgotten us, while the refresh is hours away by our timers:
// we register at once, and what we watch is asked for again. A nap changes nothing.
func TestSleepRegistersAnew(t *testing.T) {
	bubble(t, free, func(t *testing.T, r *rig, n *fakeNet) {
		synctest.Wait()
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "7200"))
		r.agent.SubscribeTo(SubscribeRequest{Event: "message-summary"})
		n.end().one(t, sip.SUBSCRIBE).reply(200, "s", "", sip.NewHeader("Expires", "3600"))
		n.sleep(longSleep - time.Second)
		if out := n.sent(); len(out) > 0 {
			t.Fatalf("after a nap: sent %v", out)
		}
		n.sleep(time.Hour)
		reg := n.sent()[sip.REGISTER]
		if reg == nil {
			t.Fatal("nothing was registered")
		}
		if c := sip.HeaderValues(reg.req, "Contact"); len(c) != 1 {
			t.Errorf("Contacts %v", c)
		}
		reg.reply(200, "r", "", sip.NewHeader("Expires", "7200"))
		if n.sent()[sip.SUBSCRIBE] == nil {
			t.Error("the subscription wasn't refreshed")
		}
	})
}
