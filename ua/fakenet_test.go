package ua

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/ua/netwatch"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// fakeNet is a network without sockets, for time that only synctest moves.
type fakeNet struct {
	mu      sync.Mutex
	ends    []*fakeEnd
	targets []sip.Target
	byHost  map[string][]sip.Target // before targets
	err     error                   // of Locate
	hang    bool                    // Locate waits for its context
	local   netip.Addr              // where we are; invalid means loopback
	routes  error                   // of LocalAddrFor
	reach   func(sip.Target) error  // of endpoints; nil refuses
	changed func(netwatch.News)
}

func (n *fakeNet) Listen(c sip.Config) (endpoint, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := &fakeEnd{cfg: c, reach: n.reach, addr: netip.AddrPortFrom(c.Listen.Addr(), 5060)}
	n.ends = append(n.ends, e)
	return e, nil
}

func (n *fakeNet) Locate(ctx context.Context, u sip.URI, _ sip.Transport) ([]sip.Target, error) {
	if n.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if t := n.byHost[u.Host]; t != nil {
		return t, nil
	}
	return n.targets, n.err
}

func (n *fakeNet) LocalAddrFor(netip.AddrPort) (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.routes != nil {
		return netip.Addr{}, n.routes
	}
	if n.local.IsValid() {
		return n.local, nil
	}
	return loopback, nil
}

// Watch waits for the test to change the network.
func (n *fakeNet) Watch(ctx context.Context, f func(netwatch.News)) {
	n.mu.Lock()
	n.changed = f
	n.mu.Unlock()
	f(netwatch.News{Addrs: []netip.Addr{loopback}})
	<-ctx.Done()
}

// move makes another address the only one and tells it.
func (n *fakeNet) move(to string) {
	addr := netip.MustParseAddr(to)
	n.mu.Lock()
	n.local = addr
	changed := n.changed
	n.mu.Unlock()
	changed(netwatch.News{Addrs: []netip.Addr{addr}})
	synctest.Wait()
}

// sleep tells that the machine has been asleep, where it still is.
func (n *fakeNet) sleep(d time.Duration) {
	n.mu.Lock()
	changed := n.changed
	n.mu.Unlock()
	changed(netwatch.News{Addrs: []netip.Addr{loopback}, Slept: d})
	synctest.Wait()
}

func (n *fakeNet) end() *fakeEnd {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.ends) == 0 {
		return nil
	}
	return n.ends[0]
}

// fakeEnd notes what is sent; the test answers.
type fakeEnd struct {
	cfg   sip.Config
	addr  netip.AddrPort
	reach func(sip.Target) error

	mu     sync.Mutex
	sent   []*fakeClient
	closed bool
	kept   sip.KeepAlive // what was last asked for
}

// fakeClient is a request that went out.
type fakeClient struct {
	req       *sip.Request
	to        sip.Target
	h         sip.ResponseHandler
	abandoned atomic.Bool
}

func (c *fakeClient) Request() *sip.Request { return c.req }
func (c *fakeClient) Abandon()              { c.abandoned.Store(true) }

func (e *fakeEnd) LocalAddr(sip.Transport) netip.AddrPort { return e.addr }

func (e *fakeEnd) KeepAlive(_ sip.Target, how sip.KeepAlive) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = how
}

// Reach opens what the test's network lets through; what isn't refused hangs.
func (e *fakeEnd) Reach(ctx context.Context, to sip.Target) error {
	if e.reach == nil {
		return sip.ErrTransport
	}
	if err := e.reach(to); !errors.Is(err, errHangs) {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

var errHangs = errors.New("a firewall drops it")

func (e *fakeEnd) note(req *sip.Request, to sip.Target, h sip.ResponseHandler) *fakeClient {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &fakeClient{req: req, to: to, h: h}
	e.sent = append(e.sent, c)
	return c
}

func (e *fakeEnd) Request(req *sip.Request, to sip.Target, h sip.ResponseHandler) (sip.ClientTransaction, error) {
	return e.note(req, to, h), nil
}

func (e *fakeEnd) Cancel(tx sip.ClientTransaction, h sip.ResponseHandler, extra ...sip.Header) (sip.ClientTransaction, error) {
	invite := tx.(*fakeClient)
	req := sip.NewRequest(sip.CANCEL, invite.req.Recipient)
	for _, h := range extra {
		req.AppendHeader(h)
	}
	return e.note(req, invite.to, h), nil
}

func (e *fakeEnd) Send(req *sip.Request, to sip.Target) error {
	e.note(req, to, nil)
	return nil
}

func (e *fakeEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

// take waits until all is at rest and gives what was sent since the last take.
func (e *fakeEnd) take() []*fakeClient {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	sent := e.sent
	e.sent = nil
	return sent
}

// one is take for exactly one request of a method.
func (e *fakeEnd) one(t *testing.T, m sip.Method) *fakeClient {
	t.Helper()
	sent := e.take()
	if len(sent) != 1 || sent[0].req.Method != m {
		t.Fatalf("want one %s, got %s", m, methods(sent))
	}
	return sent[0]
}

func methods(sent []*fakeClient) string {
	s := ""
	for _, c := range sent {
		s += string(c.req.Method) + " "
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// reply answers a request that went out.
func (c *fakeClient) reply(code int, tag, body string, headers ...sip.Header) {
	res := sip.NewResponse(c.req, code, "")
	sip.SetToTag(res, tag)
	res.AppendHeader(sip.NewHeader("Contact", "<sip:peer@127.0.0.1:7000>"))
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if body != "" {
		setSDP(res, []byte(crlf(body)))
	}
	c.h(res, nil)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// fakeServer is a request that came in; it notes the responses.
type fakeServer struct {
	req *sip.Request
	mu  sync.Mutex
	out []int
}

func (s *fakeServer) Request() *sip.Request  { return s.req }
func (s *fakeServer) Source() netip.AddrPort { return netip.AddrPortFrom(loopback, 7000) }

func (s *fakeServer) Respond(res *sip.Response) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, res.StatusCode)
	return nil
}

// codes are the responses so far, once all is at rest.
func (s *fakeServer) codes() []int {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int(nil), s.out...)
}

// invite lets an INVITE come in.
func (e *fakeEnd) invite(callID string, headers ...sip.Header) *fakeServer {
	uri, _ := sip.ParseURI("sip:alice@127.0.0.1")
	req := sip.NewRequest(sip.INVITE, uri)
	for name, value := range map[string]string{
		"Via": "SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bK" + callID, "From": "<sip:peer@127.0.0.1>;tag=" + callID,
		"To": "<sip:alice@127.0.0.1>", "Call-ID": callID, "CSeq": "1 INVITE", "Contact": "<sip:peer@127.0.0.1:7000>",
	} {
		req.AppendHeader(sip.NewHeader(name, value))
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	setSDP(req, []byte(crlf(uatest.SDP(loopback, 4000))))
	st := &fakeServer{req: req}
	e.cfg.Handler(st)
	return st
}

// bubble runs an Agent in fake time and closes it at the end.
func bubble(t *testing.T, change func(*Config, *fakeNet, *fakeMedia), test func(t *testing.T, r *rig, n *fakeNet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNet{targets: []sip.Target{{Addr: netip.AddrPortFrom(loopback, 7000)}}}
		media := &fakeMedia{}
		cfg := Config{Media: media, Accounts: []Account{{
			Name: "me", AOR: "sip:alice@127.0.0.1", Password: "secret", Listen: netip.AddrPortFrom(loopback, 5060),
			Codecs: codec.Set{g711.PCMU{}},
		}}}
		if change != nil {
			change(&cfg, n, media)
		}
		agent, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		agent.net = n
		r := &rig{t: t, agent: agent, media: media, sub: agent.Subscribe()}
		if err := agent.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, r, n)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = agent.Close(ctx)
		if e := n.end(); e != nil && !e.closed {
			t.Error("the endpoint is left open")
		}
		if media.open() != 0 {
			t.Error("media is left open")
		}
	})
}
