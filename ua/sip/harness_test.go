package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a datagram network in memory between an endpoint and one peer, so that time is
// synctest's. Both ends are packetConns.
type wire struct {
	addr netip.AddrPort
	in   chan []byte
	peer *wire
	once sync.Once
	done chan struct{}
	cut  atomic.Bool // nothing gets out
}

func newWire() (endpoint, peer *wire) {
	a := &wire{addr: netip.MustParseAddrPort("192.0.2.1:5060"), in: make(chan []byte, 1000), done: make(chan struct{})}
	b := &wire{addr: netip.MustParseAddrPort("192.0.2.2:5070"), in: make(chan []byte, 1000), done: make(chan struct{})}
	a.peer, b.peer = b, a
	return a, b
}

func (w *wire) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case m := <-w.in:
		return copy(b, m), w.peer.addr, nil
	case <-w.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (w *wire) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	if w.cut.Load() {
		return 0, syscall.ENETUNREACH
	}
	w.peer.in <- append([]byte(nil), b...)
	return len(b), nil
}

func (w *wire) Close() error { w.once.Do(func() { close(w.done) }); return nil }

// sent lists the start lines of what the endpoint has sent since the last call.
func (w *wire) sent(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range w.messages(t) {
		line, _, _ := strings.Cut(m.String(), "\r\n")
		out = append(out, line)
	}
	return out
}

// messages waits until nothing moves, and gives what the endpoint has sent.
func (w *wire) messages(t *testing.T) []Message {
	t.Helper()
	var out []Message
	for _, text := range w.texts() {
		m, err := ParseMessage([]byte(text))
		if err != nil {
			t.Fatalf("the endpoint sent what can't be read: %v\n%s", err, text)
		}
		out = append(out, m)
	}
	return out
}

func (w *wire) texts() (out []string) {
	synctest.Wait()
	for {
		select {
		case raw := <-w.in:
			out = append(out, string(raw))
		default:
			return out
		}
	}
}

func (w *wire) send(text string) { w.peer.in <- []byte(text) }

// told is what an endpoint's handlers were told.
type told struct {
	mu       sync.Mutex
	requests []ServerTransaction
	answers  []string
}

func (r *told) request(tx ServerTransaction) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, tx)
}

func (r *told) answer(res *Response, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.answers = append(r.answers, "error")
		return
	}
	s := fmt.Sprint(res.StatusCode)
	if tag := Tag(res.To()); tag != "" {
		s += " " + tag
	}
	r.answers = append(r.answers, s)
}

// all gives the answers told so far, as one string.
func (r *told) all() string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.answers, ", ")
}

// next gives the requests told since the last call.
func (r *told) next(t *testing.T, methods ...Method) []ServerTransaction {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.requests
	r.requests = nil
	if len(got) != len(methods) {
		t.Fatalf("%d requests were told, want %v", len(got), methods)
	}
	for i, tx := range got {
		if tx.Request().Method != methods[i] {
			t.Fatalf("request %d is %s, want %v", i, tx.Request().Method, methods)
		}
	}
	return got
}

// inMemory runs a test of an endpoint with a peer in memory and time of its own.
func inMemory(t *testing.T, f func(t *testing.T, e *Endpoint, peer *wire, r *told)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &told{}
		mine, peer := newWire()
		e := newEndpoint(Config{Handler: r.request, UserAgent: "test"})
		e.udp, e.local[UDP] = mine, mine.addr
		e.serve()
		defer func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, e, peer, r)
	})
}

// tables says how many transactions the endpoint remembers.
func (e *Endpoint) tables() (clients, servers int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.clients), len(e.servers)
}

func pass(d time.Duration) { time.Sleep(d); synctest.Wait() } // synctest's time

// outgoing is a request as a user agent makes it.
func outgoing(m Method) *Request {
	to, _ := ParseURI("sip:bob@192.0.2.2:5070")
	from, _ := ParseURI("sip:alice@192.0.2.1")
	req := NewRequest(m, to)
	req.AppendHeader(&FromHeader{Address: from, Params: Params{{K: "tag", V: "a1"}}})
	req.AppendHeader(&ToHeader{Address: to})
	id := CallIDHeader("call")
	req.AppendHeader(&id)
	req.AppendHeader(&CSeqHeader{SeqNo: 1, MethodName: m})
	return req
}

func (w *wire) target() Target { return Target{Transport: UDP, Addr: w.addr} }

// incoming is a request of the peer.
func incoming(m Method, branch string) string {
	method := m
	return string(crlf(
		fmt.Sprintf("%s sip:alice@192.0.2.1 SIP/2.0", method),
		"Via: SIP/2.0/UDP 192.0.2.2:5070;branch="+branch,
		"From: <sip:bob@192.0.2.2>;tag=b1",
		"To: <sip:alice@192.0.2.1>",
		"Call-ID: in",
		fmt.Sprintf("CSeq: 1 %s", method),
		"Content-Length: 0", "", ""))
}

// reply is the peer's response to a request of ours.
func reply(req Message, code int, tag string) string {
	res := NewResponse(req.(*Request), code, "")
	if tag != "" {
		SetToTag(res, tag)
	}
	return res.String()
}
