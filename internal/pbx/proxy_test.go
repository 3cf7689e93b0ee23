package pbx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/sip"
)

// wire is an endpoint that writes down what is sent. The test plays the far ends. mu
// guards sent.
type wire struct {
	mu   sync.Mutex
	sent []*leftWire
	// deaf lists the targets that can't be reached.
	deaf map[string]bool
}

type leftWire struct {
	req       *sip.Request
	to        sip.Target
	branch    string
	hear      sip.ResponseHandler
	why       []string // of the CANCEL
	cancelled atomic.Bool
	abandoned atomic.Bool
}

func (l *leftWire) Request() *sip.Request { return l.req }
func (l *leftWire) Abandon()              { l.abandoned.Store(true) }

func (w *wire) Forward(req *sip.Request, to sip.Target, branch string, h sip.ResponseHandler) (sip.ClientTransaction, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &leftWire{req: req, to: to, branch: branch, hear: h}
	w.sent = append(w.sent, l)
	if w.deaf[to.String()] {
		go h(nil, fmt.Errorf("%w: nobody at %s", sip.ErrTransport, to))
	}
	return l, nil
}

func (w *wire) ForwardAck(req *sip.Request, to sip.Target, branch string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, &leftWire{req: req, to: to, branch: branch})
	return nil
}

func (w *wire) Cancel(tx sip.ClientTransaction, _ sip.ResponseHandler, extra ...sip.Header) (sip.ClientTransaction, error) {
	l, ok := tx.(*leftWire)
	if !ok {
		return nil, errors.New("not a transaction of this wire")
	}
	for _, h := range extra {
		l.why = append(l.why, h.Value())
	}
	l.cancelled.Store(true)
	return l, nil
}

// arrived is a server transaction that collects its responses.
type arrived struct {
	req    *sip.Request
	source netip.AddrPort
	mu     sync.Mutex
	got    []*sip.Response // guarded by mu
}

func (a *arrived) Request() *sip.Request  { return a.req }
func (a *arrived) Source() netip.AddrPort { return a.source }
func (a *arrived) Respond(r *sip.Response) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got = append(a.got, r)
	return nil
}

func (a *arrived) codes() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, r := range a.got {
		out = append(out, fmt.Sprint(r.StatusCode))
	}
	return strings.Join(out, " ")
}

// trusting proves everybody by From.
type trusting struct{}

func (trusting) Challenge(req *sip.Request, code int) *sip.Response {
	return sip.NewResponse(req, code, "")
}
func (trusting) Verify(req *sip.Request) (string, bool, error) {
	return req.From().Address.User, false, nil
}

// bench is an exchange without sockets, inside a synctest bubble.
type bench struct {
	t    *testing.T
	x    *exchange
	wire *wire
	stop chan struct{}
	done sync.WaitGroup
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, wire: &wire{deaf: map[string]bool{}}, stop: make(chan struct{})}
	b.x = &exchange{
		domain: testRouter.domain, router: testRouter, store: newStore(limits{minExpires: time.Second, maxExpires: time.Hour, defaultExpires: time.Hour, contacts: 5}),
		digest: trusting{}, realm: "offhook.local", users: map[string]string{"al": "", "bo": ""},
		services: &services{}, endpoint: b.wire, inbox: newMailbox(), log: slog.New(slog.DiscardHandler),
		pending: make(map[txKey]*session), live: make(map[*session]struct{}), ctx: t.Context(),
		locate: func(_ context.Context, u sip.URI, _ sip.Transport) ([]sip.Target, error) {
			if u.Host == "phone.example" {
				return []sip.Target{{Addr: netip.MustParseAddrPort("192.0.2.5:5060")}}, nil
			}
			return nil, errors.New("no such host")
		},
	}
	b.done.Go(func() { b.x.inbox.run(b.stop) })
	return b
}

func (b *bench) close() {
	b.x.workers.Wait()
	close(b.stop)
	b.done.Wait()
	for s := range b.x.live {
		s.stop()
	}
}

func (b *bench) send(req *sip.Request) *arrived {
	a := &arrived{req: req, source: netip.MustParseAddrPort("127.0.0.1:5099")}
	b.x.receive(a)
	synctest.Wait()
	return a
}

// bind registers contacts for bo.
func (b *bench) bind(contacts ...string) {
	b.t.Helper()
	a := b.send(request(b.t, append([]string{"REGISTER sip:127.0.0.1:5070 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bKreg",
		"From: <sip:bo@127.0.0.1:5070>;tag=f", "To: <sip:bo@127.0.0.1:5070>", "Call-ID: reg", "CSeq: 1 REGISTER", "Expires: 3600"},
		contacts...)...))
	if a.codes() != "200" {
		b.t.Fatalf("REGISTER got %s", a.codes())
	}
}

func (b *bench) legs(n int) []*leftWire {
	b.t.Helper()
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	if len(b.wire.sent) != n {
		b.t.Fatalf("%d requests left, want %d", len(b.wire.sent), n)
	}
	return b.wire.sent
}

func (l *leftWire) answers(codes ...int) {
	for _, code := range codes {
		res := sip.NewResponse(l.req, code, "")
		sip.SetToTag(res, "far-"+l.to.Addr.String())
		l.hear(res, nil)
	}
	synctest.Wait()
}

func invite(t *testing.T, more ...string) *sip.Request {
	return basic(t, "INVITE", "sip:bo@127.0.0.1:5070", "", append([]string{
		"Contact: <sip:al@127.0.0.1:5099>", "Max-Forwards: 20", `Proxy-Authorization: Digest realm="offhook.local"`}, more...)...)
}

func cancelOf(t *testing.T) *sip.Request { return basic(t, "CANCEL", "sip:bo@127.0.0.1:5070", "") }

func TestForwardedInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.bind("Contact: <sip:bo@127.0.0.1:6001;x=y>")
		call := b.send(invite(t, "Subject: hello", "P-Asserted-Identity: <sip:boss@127.0.0.1>", "P-Preferred-Identity: <sip:secret@127.0.0.1>", `Proxy-Authorization: Digest realm="elsewhere"`))
		leg := b.legs(1)[0]
		text := leg.req.String()
		for _, want := range []string{
			"INVITE sip:bo@127.0.0.1:6001;x=y SIP/2.0\r\n", "Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bKclient",
			"Record-Route: " + testRouter.rr("call-1") + "\r\n", "Max-Forwards: 19\r\n", "Subject: hello\r\n",
			"To: <sip:bo@127.0.0.1:5070>\r\n", "Proxy-Authorization: Digest realm=\"elsewhere\"\r\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the forwarded INVITE lacks %q:\n%s", want, text)
			}
		}
		if strings.Contains(text, `realm="offhook.local"`) {
			t.Error("the caller's credentials for us were passed on")
		}
		if strings.Contains(text, "boss") {
			t.Error("an identity that the caller asserted itself was passed on: phones would believe it")
		}
		if strings.Contains(text, "secret") {
			t.Error("an identity that was for us alone was passed on")
		}
		if leg.to.String() != "udp:127.0.0.1:6001" {
			t.Errorf("went to %s", leg.to)
		}
		leg.answers(100, 180, 200, 200)
		if call.codes() != "180 200 200" {
			t.Errorf("the caller got %s", call.codes())
		}
		if vias := call.got[1].GetHeaders("via"); len(vias) != 1 || branchOf(call.got[1].Via()) != "z9hG4bKclient" {
			t.Errorf("the caller's response has the Vias %v", vias)
		}
		if got := sip.Tag(call.got[1].To()); got != "far-127.0.0.1:6001" {
			t.Errorf("the To tag became %q", got)
		}
		if len(b.x.pending)+len(b.x.live) != 0 {
			t.Errorf("%d pending and %d live after the call was set up", len(b.x.pending), len(b.x.live))
		}
	})
}

func TestForkAndCancelLosers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.bind("Contact: <sip:bo@127.0.0.1:6001>, <sip:bo@127.0.0.1:6002>;q=0.5, <sip:bo@127.0.0.1:6003>")
		call := b.send(invite(t))
		legs := b.legs(3)
		if legs[0].branch == legs[1].branch {
			t.Error("two legs have one branch")
		}
		legs[0].answers(180)
		legs[1].answers(183)
		legs[2].answers(200)
		if !legs[0].cancelled.Load() || !legs[1].cancelled.Load() || legs[2].cancelled.Load() {
			t.Errorf("cancelled: %t %t %t, want the first two", legs[0].cancelled.Load(), legs[1].cancelled.Load(), legs[2].cancelled.Load())
		}
		if why := strings.Join(legs[0].why, ""); why != `SIP;cause=200;text="Call completed elsewhere"` { // RFC 3326, section 3.1
			t.Errorf("the loser is told %q", why)
		}
		legs[0].answers(487)
		legs[1].answers(200) // crossed the CANCEL
		if call.codes() != "180 183 200 200" {
			t.Errorf("the caller got %s", call.codes())
		}
	})
}

func TestCallerCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.bind("Contact: <sip:bo@127.0.0.1:6001>")
		call := b.send(invite(t))
		leg := b.legs(1)[0]
		if got := b.send(cancelOf(t)); got.codes() != "200" || leg.cancelled.Load() {
			t.Errorf("CANCEL got %s, sent on before a 1xx: %t", got.codes(), leg.cancelled.Load())
		}
		leg.answers(180)
		if !leg.cancelled.Load() {
			t.Error("the leg isn't cancelled after its 180")
		}
		leg.answers(487)
		if call.codes() != "487" {
			t.Errorf("the caller got %s", call.codes())
		}
		if got := b.send(cancelOf(t)); got.codes() != "481" {
			t.Errorf("a second CANCEL got %s", got.codes())
		}
	})
}

func TestNobodyAnswersForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.bind("Contact: <sip:bo@127.0.0.1:6001>")
		call := b.send(invite(t))
		leg := b.legs(1)[0]
		leg.answers(180)
		for range 3 { // timer C starts again at each 180
			time.Sleep(timerC - time.Second)
			leg.answers(180)
		}
		if leg.cancelled.Load() {
			t.Fatal("cancelled while it still rings")
		}
		time.Sleep(timerC)
		synctest.Wait()
		if !leg.cancelled.Load() {
			t.Fatal("timer C didn't cancel")
		}
		time.Sleep(cancelGrace)
		synctest.Wait()
		if !leg.abandoned.Load() || !strings.HasSuffix(call.codes(), " 408") {
			t.Errorf("abandoned %t, the caller got %s", leg.abandoned.Load(), call.codes())
		}
	})
}

func TestUnreachableWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.wire.deaf["udp:127.0.0.1:6001"] = true
		b.bind("Contact: <sip:bo@127.0.0.1:6001>")
		call := b.send(invite(t))
		synctest.Wait()
		if call.codes() != "480" {
			t.Errorf("the caller got %s", call.codes())
		}
		b.x.store = newStore(b.x.store.limits)
		call = b.send(invite(t))
		if call.codes() != "480" || call.got[0].Reason != "Not Registered" {
			t.Errorf("the caller got %s %s", call.codes(), call.got[0].Reason)
		}
	})
}

// TestSecondWay: the connection that a phone registered by is gone, its contact is tried.
func TestSecondWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		b.wire.deaf["tcp:127.0.0.1:40000"] = true
		_, err := b.x.store.apply(time.Now(), registration{aor: "bo", callID: "r", cseq: 1,
			source:   sip.Target{Transport: sip.TCP, Addr: netip.MustParseAddrPort("127.0.0.1:40000")},
			contacts: []contact{{uri: mustURI(t, "sip:bo@127.0.0.1:6001;transport=tcp"), q: 1000, expires: time.Hour}}})
		if err != nil {
			t.Fatal(err)
		}
		call := b.send(invite(t))
		legs := b.legs(2)
		if legs[1].to.String() != "tcp:127.0.0.1:6001" {
			t.Errorf("tried %s second", legs[1].to)
		}
		// The transports differ, so both are recorded, the callee's on top (RFC 5658).
		rr := legs[1].req.GetHeaders("record-route")
		if len(rr) != 2 || !strings.Contains(rr[0].Value(), "transport=tcp") || strings.Contains(rr[1].Value(), "transport") {
			t.Errorf("recorded %v", rr)
		}
		legs[1].answers(200)
		if call.codes() != "200" {
			t.Errorf("the caller got %s", call.codes())
		}
	})
}

func TestInDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		route := "Route: " + testRouter.rr("call-1")
		b.send(basic(t, "ACK", "sip:bo@127.0.0.1:6001", "t", route))
		ack := b.legs(1)[0]
		if ack.hear != nil || ack.to.String() != "udp:127.0.0.1:6001" || len(ack.req.GetHeaders("route")) != 0 {
			t.Errorf("the ACK went to %s with the routes %v", ack.to, ack.req.GetHeaders("route"))
		}
		bye := b.send(basic(t, "BYE", "sip:bo@phone.example", "t", route))
		synctest.Wait()
		leg := b.legs(2)[1]
		if leg.to.String() != "udp:192.0.2.5:5060" || leg.req.GetHeader("record-route") != nil {
			t.Errorf("the BYE went to %s with %v", leg.to, leg.req.GetHeader("record-route"))
		}
		leg.answers(200)
		if bye.codes() != "200" {
			t.Errorf("the BYE got %s", bye.codes())
		}
		lost := b.send(basic(t, "BYE", "sip:bo@nowhere.example", "t", route))
		synctest.Wait()
		if lost.codes() != "480" {
			t.Errorf("a BYE to a host that isn't there got %s", lost.codes())
		}
	})
}

// TestCancelWhileLocating: the CANCEL comes before there is a leg.
func TestCancelWhileLocating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		tx := &arrived{req: invite(t), source: netip.MustParseAddrPort("127.0.0.1:5099")}
		var s *session
		b.x.inbox.post(func() { s = b.x.open(tx, passage{}) })
		synctest.Wait()
		if got := b.send(cancelOf(t)); got.codes() != "200" {
			t.Errorf("CANCEL got %s", got.codes())
		}
		b.x.inbox.post(func() { s.start([]*branch{{ways: []sip.Target{{}}}}) })
		synctest.Wait()
		if tx.codes() != "487" {
			t.Errorf("the INVITE got %s", tx.codes())
		}
		b.legs(0)
		if len(b.x.pending)+len(b.x.live) != 0 {
			t.Error("the session is still kept")
		}
	})
}

func TestSelf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.close()
		if got := b.send(basic(t, "OPTIONS", "sip:127.0.0.1:5070", "")); got.codes() != "200" {
			t.Errorf("OPTIONS got %s", got.codes())
		}
		got := b.send(basic(t, "MESSAGE", "sip:127.0.0.1:5070", ""))
		if got.codes() != "405" || got.got[0].GetHeader("Allow") == nil {
			t.Errorf("MESSAGE got %s", got.codes())
		}
		sub := b.send(request(t, "SUBSCRIBE sip:al@127.0.0.1:5070 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bKs",
			"From: <sip:al@127.0.0.1:5070>;tag=f", "To: <sip:al@127.0.0.1:5070>", "Call-ID: s", "CSeq: 1 SUBSCRIBE", "Event: message-summary"))
		if sub.codes() != "489" {
			t.Errorf("a subscription to oneself got %s", sub.codes())
		}
	})
}

func TestFlood(t *testing.T) {
	b := &bench{t: t, x: &exchange{inbox: newMailbox()}}
	for range maxQueue {
		b.x.inbox.post(func() {})
	}
	a := &arrived{req: invite(t)}
	b.x.receive(a)
	if a.codes() != "503" {
		t.Errorf("the request too many got %q, want 503", a.codes())
	}
	ack := &arrived{req: basic(t, "ACK", "sip:bo@127.0.0.1:5070", "t")}
	b.x.receive(ack)
	if ack.codes() != "" {
		t.Errorf("an ACK was answered with %s", ack.codes())
	}
}
