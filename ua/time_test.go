package ua

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// tick is a moment.
const tick = time.Millisecond

var peerSDP = uatest.SDP(loopback, 4000)

func TestRingTimeoutOut(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob", RingTimeout: 10 * time.Second})
		inv := n.end().one(t, sip.INVITE)
		inv.reply(180, "a", "")
		if sent := n.end().take(); len(sent) != 0 {
			t.Fatalf("sent %s", methods(sent))
		}
		time.Sleep(10*time.Second - tick)
		if sent := n.end().take(); len(sent) != 0 {
			t.Fatalf("too soon: %s", methods(sent))
		}
		time.Sleep(tick)
		n.end().one(t, sip.CANCEL)
		inv.reply(487, "a", "")
		if info := r.ended(id); info.Cause != call.NoAnswer || !strings.Contains(info.Err.Error(), "nobody answered") {
			t.Errorf("end: %v %v", info.Cause, info.Err)
		}
	})
}

func TestRingTimeoutIn(t *testing.T) {
	for name, tt := range map[string]struct {
		expires string
		after   time.Duration
	}{"ours": {"300", 20 * time.Second}, "the caller's Expires": {"5", 5 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) { c.RingTimeout = 20 * time.Second }, func(t *testing.T, r *rig, n *fakeNet) {
				st := n.end().invite("c1", sip.NewHeader("Expires", tt.expires))
				if got := st.codes(); !slices.Equal(got, []int{180}) {
					t.Fatalf("responses: %v", got)
				}
				time.Sleep(tt.after)
				if got := st.codes(); !slices.Equal(got, []int{180, 480}) {
					t.Fatalf("responses: %v", got)
				}
				if info := r.ended(0); info.Cause != call.NoAnswer {
					t.Errorf("end: %v", info.Cause)
				}
			})
		})
	}
}

// RFC 3261, section 13.3.1.4: the 200 again at 0.5, 1, 2, 4, 4 … s, and BYE after 32 s.
func TestNoAckEndsInBye(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		st := n.end().invite("c1")
		st.codes()
		r.agent.Answer(r.state(0, call.Incoming).ID)
		if got := st.codes(); !slices.Equal(got, []int{180, 200}) {
			t.Fatalf("responses: %v", got)
		}
		count := 2
		for i, at := range []float64{0.5, 1, 2, 4, 4, 4, 4, 4, 4} {
			time.Sleep(time.Duration(at * float64(time.Second)))
			count++
			if got := st.codes(); len(got) != count || got[count-1] != 200 {
				t.Fatalf("retransmission %d: %v", i+1, got)
			}
		}
		time.Sleep(32*time.Second - 27500*time.Millisecond)
		bye := n.end().take()
		if len(bye) != 1 || bye[0].req.Method != sip.BYE {
			t.Fatalf("sent %s", methods(bye))
		}
		bye[0].reply(481, "x", "")
		if info := r.ended(0); info.Cause != call.Timeout || !errors.Is(info.Err, call.ErrNoAck) {
			t.Errorf("end: %v %v", info.Cause, info.Err)
		}
	})
}

// A result that comes after the call has ended is dropped, and what it opened is closed.
func TestStaleMedia(t *testing.T) {
	gate := make(chan struct{}, 1)
	bubble(t, func(_ *Config, _ *fakeNet, m *fakeMedia) { gate = make(chan struct{}, 1); m.hold = gate }, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		synctest.Wait()
		r.agent.Hangup(id)
		if info := r.ended(id); info.Cause != call.Canceled {
			t.Errorf("end: %v", info.Cause)
		}
		gate <- struct{}{}
		if sent := n.end().take(); len(sent) != 0 {
			t.Errorf("sent %s for a call that had ended", methods(sent))
		}
		if s := r.media.session(0); s == nil || !s.isClosed() {
			t.Error("the late session isn't closed")
		}
	})
}

// The person answers before the media is open.
func TestAnswerWaitsForMedia(t *testing.T) {
	var gate chan struct{}
	bubble(t, func(_ *Config, _ *fakeNet, m *fakeMedia) { gate = make(chan struct{}, 1); m.hold = gate }, func(t *testing.T, r *rig, n *fakeNet) {
		st := n.end().invite("c1")
		st.codes()
		r.agent.Answer(r.state(0, call.Incoming).ID)
		if got := st.codes(); len(got) != 1 {
			t.Fatalf("responses: %v", got)
		}
		if tone := r.media.lastTone(); tone != audio.ToneNone {
			t.Errorf("it rings on: tone %v", tone)
		}
		gate <- struct{}{}
		if got := st.codes(); !slices.Equal(got, []int{180, 200}) {
			t.Fatalf("responses: %v", got)
		}
	})
}

// A peer that never answers doesn't keep Close.
func TestCloseIsBounded(t *testing.T) {
	bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Register = true }, func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		reg.reply(200, "r", "", sip.NewHeader("Expires", "300"))
		r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		inv.reply(200, "a", peerSDP)
		n.end().one(t, sip.ACK)
		begin := time.Now()
		done := make(chan struct{})
		go func() { defer close(done); _ = r.agent.Close(t.Context()) }()
		n.end().one(t, sip.BYE)
		time.Sleep(hangupGrace)
		bye := n.end().one(t, sip.REGISTER)
		if got := sip.HeaderValue(bye.req, "Expires"); got != "0" {
			t.Errorf("Expires: %q", got)
		}
		<-done
		if d := time.Since(begin); d != hangupGrace+unregisterGrace {
			t.Errorf("Close took %v", d)
		}
	})
}

// RFC 3261, section 14.1: the owner of the Call-ID retries after 2.1 to 4 s.
func TestInterop26GlareDelayOfTheCaller(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		n.end().one(t, sip.INVITE).reply(200, "a", peerSDP)
		n.end().one(t, sip.ACK)
		r.agent.Hold(id)
		re := n.end().one(t, sip.INVITE)
		re.reply(491, "a", "")
		time.Sleep(2099 * time.Millisecond)
		if sent := n.end().take(); len(sent) != 0 {
			t.Fatalf("too soon: %s", methods(sent))
		}
		time.Sleep(4*time.Second - 2099*time.Millisecond)
		again := n.end().one(t, sip.INVITE)
		if again.req.CSeq().SeqNo != re.req.CSeq().SeqNo+1 {
			t.Errorf("CSeq %d after %d", again.req.CSeq().SeqNo, re.req.CSeq().SeqNo)
		}
		again.reply(200, "a", uatest.SDP(loopback, 4000, "recvonly"))
		n.end().one(t, sip.ACK)
		next(r, func(e CallChanged) bool { return e.Call.Hold.Local })
	})
}

// RFC 3263, section 4.3: on to the next server after 503, a time-out, or a broken transport.
func TestFailover(t *testing.T) {
	first, second := netip.AddrPortFrom(loopback, 7001), netip.AddrPortFrom(loopback, 7002)
	for name, fail := range map[string]func(*fakeClient){
		"503":       func(c *fakeClient) { c.reply(503, "a", "") },
		"time-out":  func(c *fakeClient) { c.h(nil, fmt.Errorf("x: %w", sip.ErrTimeout)) },
		"transport": func(c *fakeClient) { c.h(nil, sip.ErrTransport) },
	} {
		t.Run(name, func(t *testing.T) {
			two := func(_ *Config, n *fakeNet, _ *fakeMedia) { n.targets = []sip.Target{{Addr: first}, {Addr: second}} }
			bubble(t, two, func(t *testing.T, r *rig, n *fakeNet) {
				id := r.agent.Dial(DialRequest{Target: "bob"})
				inv := n.end().one(t, sip.INVITE)
				fail(inv)
				again := n.end().one(t, sip.INVITE)
				if inv.to.Addr != first || again.to.Addr != second || again.req.CSeq().SeqNo != 2 {
					t.Errorf("to %v, then %v", inv.to, again.to)
				}
				fail(again)
				info := r.ended(id)
				if info.Err == nil || info.Cause == call.CauseNone {
					t.Errorf("end: %v %v", info.Cause, info.Err)
				}
			})
		})
	}
}

func TestNoSuchHost(t *testing.T) {
	dns := &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}
	bubble(t, func(c *Config, n *fakeNet, _ *fakeMedia) { n.err = dns; c.Accounts[0].Register = true }, func(t *testing.T, r *rig, n *fakeNet) {
		e := next(r, func(e RegistrationChanged) bool { return e.State == RegFailed })
		if cause, _ := CauseOf(e.Err); cause != call.TransportFailure || e.RetryAt.IsZero() || !strings.Contains(e.Err.Error(), "nowhere.invalid") {
			t.Errorf("%+v", e.Registration)
		}
		info := r.ended(r.agent.Dial(DialRequest{Target: "bob"}))
		if info.Cause != call.TransportFailure || !strings.Contains(info.Err.Error(), "nowhere.invalid") {
			t.Errorf("end: %v %v", info.Cause, info.Err)
		}
		// The name resolves later: it registers by itself.
		n.mu.Lock()
		n.err = nil
		n.mu.Unlock()
		time.Sleep(time.Until(e.RetryAt))
		n.end().one(t, sip.REGISTER)
	})
}

func TestRefresh(t *testing.T) {
	bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Register = true }, func(t *testing.T, r *rig, n *fakeNet) {
		reg := n.end().one(t, sip.REGISTER)
		reg.reply(200, "r", "", sip.NewHeader("Expires", "100"))
		next(r, func(e RegistrationChanged) bool { return e.State == Registered })
		for range 3 {
			time.Sleep(100 * time.Second)
			again := n.end().one(t, sip.REGISTER)
			if again.req.CSeq().SeqNo <= reg.req.CSeq().SeqNo || sip.HeaderValue(again.req, "Call-ID") != sip.HeaderValue(reg.req, "Call-ID") {
				t.Error("the refresh isn't of the same registration")
			}
			reg = again
			reg.reply(200, "r", "", sip.NewHeader("Expires", "100"))
		}
	})
}

func TestBusyToneEnds(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		n.end().one(t, sip.INVITE).reply(486, "a", "")
		r.ended(id)
		synctest.Wait()
		if got := r.media.lastTone(); got != audio.ToneBusy {
			t.Errorf("tone %v", got)
		}
		time.Sleep(signalTime)
		synctest.Wait()
		if got := r.media.lastTone(); got != audio.ToneNone {
			t.Errorf("tone %v after a while", got)
		}
	})
}

func TestOptionsTimeout(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		r.agent.Options(OptionsRequest{Target: "bob", Timeout: 2 * time.Second})
		ask := n.end().one(t, sip.OPTIONS)
		begin := time.Now()
		e := next(r, func(OptionsAnswered) bool { return true })
		if cause, _ := CauseOf(e.Result.Err); cause != call.Timeout || time.Since(begin) != 2*time.Second || !ask.abandoned.Load() {
			t.Errorf("%v after %v", e.Result.Err, time.Since(begin))
		}
	})
}

// A fork's 2xx that comes long after the call is ACKed and ended; much later
// nothing remembers the call.
func TestLate2xx(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		inv.reply(200, "a", peerSDP)
		n.end().one(t, sip.ACK)
		r.agent.Hangup(id)
		n.end().one(t, sip.BYE).reply(200, "a", "")
		r.ended(id)
		time.Sleep(20 * time.Second)
		inv.reply(200, "b", peerSDP)
		if got := methods(n.end().take()); got != "ACK BYE " {
			t.Errorf("sent %s", got)
		}
		time.Sleep(call.Lifetime)
		synctest.Wait()
		left := make(chan int, 1)
		r.agent.box.post(func() { left <- len(r.agent.calls) })
		if n := <-left; n != 0 {
			t.Errorf("%d calls are remembered", n)
		}
	})
}

// Locating that hangs is cut short by Close.
func TestCloseCutsLocating(t *testing.T) {
	bubble(t, func(_ *Config, n *fakeNet, _ *fakeMedia) { n.hang = true }, func(t *testing.T, r *rig, _ *fakeNet) {
		r.agent.Dial(DialRequest{Target: "bob"})
		synctest.Wait()
	})
}

func TestFlood(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		stop := make(chan struct{})
		r.agent.box.post(func() { <-stop }) // a loop that is busy
		synctest.Wait()
		for range floodLimit {
			r.agent.box.post(func() {})
		}
		st := n.end().invite("c1")
		if got := st.codes(); !slices.Equal(got, []int{503}) {
			t.Errorf("responses: %v", got)
		}
		close(stop)
	})
}

// What one server asked for is an offer to guess the password for any other
// (RFC 3261, sections 22.2 and 22.3): the answer stays with who asked.
func TestCredentialsStayWithTheirServer(t *testing.T) {
	bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Register = true }, func(t *testing.T, r *rig, n *fakeNet) {
		challenge := sip.NewHeader("WWW-Authenticate", `Digest realm="home", nonce="n1", qop="auth"`)
		n.end().one(t, sip.REGISTER).reply(401, "r", "", challenge)
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "300"))

		// The registrar passes Authorization on to whom we call.
		r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		if got := sip.HeaderValue(inv.req, "Authorization"); got != "" {
			t.Errorf("to a callee: %s", got)
		}
		proxy := sip.NewHeader("Proxy-Authenticate", `Digest realm="home", nonce="p1", qop="auth"`)
		inv.reply(407, "b", "", proxy)
		inv = n.end().one(t, sip.INVITE)
		inv.reply(486, "b", "")

		// The proxy knows us by now, whomever we call.
		r.agent.Dial(DialRequest{Target: "carol"})
		inv = n.end().one(t, sip.INVITE)
		if got := sip.HeaderValue(inv.req, "Proxy-Authorization"); !strings.Contains(got, "nc=00000002") {
			t.Errorf("to the proxy: %q", got)
		}
		inv.reply(486, "c", "")

		n.mu.Lock()
		n.targets = []sip.Target{{Addr: netip.MustParseAddrPort("127.0.0.66:5060")}}
		n.mu.Unlock()
		r.agent.Dial(DialRequest{Target: "sip:eve@127.0.0.66"})
		inv = n.end().one(t, sip.INVITE)
		for _, name := range []string{"Authorization", "Proxy-Authorization"} {
			if got := sip.HeaderValue(inv.req, name); got != "" {
				t.Errorf("to a stranger: %s", got)
			}
		}
		inv.reply(486, "e", "")
	})
}

// The machine moves to another network and back: each time the next refresh brings the
// registrar the address that we have by then.
func TestRegisterFollowsTheLocalAddress(t *testing.T) {
	roam := func(c *Config, _ *fakeNet, _ *fakeMedia) {
		c.Accounts[0].Register, c.Accounts[0].Listen = true, netip.AddrPort{}
	}
	bubble(t, roam, func(t *testing.T, r *rig, n *fakeNet) {
		synctest.Wait()
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "100"))
		for _, at := range []string{"127.0.0.8", "127.0.0.1", "127.0.0.8"} {
			n.mu.Lock()
			n.local = netip.MustParseAddr(at)
			n.mu.Unlock()
			time.Sleep(100 * time.Second)
			synctest.Wait()
			var last *fakeClient
			for range 3 { // a refresh, and what it brings about
				var sent []*fakeClient
				for _, e := range n.ends {
					sent = append(sent, e.take()...)
				}
				for _, c := range sent {
					last = c
					c.reply(200, "r", "", sip.NewHeader("Expires", "100"))
				}
			}
			if last == nil {
				t.Fatalf("at %s: no refresh", at)
			}
			if got := sip.HeaderValue(last.req, "Contact"); !strings.Contains(got, "@"+at+":5060;line=") || strings.Contains(got, ">;expires=0") {
				t.Errorf("at %s the Contact is %s", at, got)
			}
		}
	})
}

// RFC 6874's zone is of this machine alone (RFC 3261's grammar has no room for it).
func TestContactHasNoZone(t *testing.T) {
	l := &line{}
	got := l.contactURI(netip.MustParseAddrPort("[fe80::1%eth0]:5060"), sip.UDP)
	if want := "sip:[fe80::1]:5060"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A callee that invents a new fork with each response can't fill the memory; the one
// that answers in the end is heard.
func TestEndlessForks(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		inv := n.end().one(t, sip.INVITE)
		for i := range 1000 {
			inv.reply(183, fmt.Sprint("f", i), peerSDP)
		}
		synctest.Wait()
		legs := make(chan int, 1)
		r.agent.box.post(func() { legs <- len(r.agent.calls[id].legs) })
		if n := <-legs; n > 100 {
			t.Errorf("%d dialogs are remembered", n)
		}
		inv.reply(200, "f999", peerSDP)
		n.end().one(t, sip.ACK)
		r.state(id, call.Confirmed)
	})
}
