package sip

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook/ua/trace"
)

// These tests run over real loopback sockets, with a peer that is a bare socket.

const patience = 5 * time.Second // of a test that would otherwise hang

// memory keeps trace records.
type memory struct {
	mu   sync.Mutex
	recs []trace.Record
}

func (m *memory) Trace(r trace.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.Raw = bytes.Clone(r.Raw)
	m.recs = append(m.recs, r)
}

func (m *memory) starts() (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.recs {
		line, _, _ := strings.Cut(string(r.Raw), "\r\n")
		out = append(out, fmt.Sprintf("%s%s%s %s", r.Kind, r.Dir, r.Transport, line))
	}
	return out
}

type rig struct {
	*Endpoint
	requests chan ServerTransaction
	answers  chan string
	trace    memory
}

func listen(t *testing.T, addr string) *rig {
	t.Helper()
	r := &rig{requests: make(chan ServerTransaction, 100), answers: make(chan string, 1000)}
	e, err := Listen(Config{
		Listen:  netip.AddrPortFrom(netip.MustParseAddr(addr), 0),
		Handler: func(tx ServerTransaction) { r.requests <- tx },
		Trace:   &r.trace,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Endpoint = e
	t.Cleanup(func() {
		start := time.Now()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("Close took %v", d)
		}
	})
	return r
}

func (r *rig) answer(res *Response, err error) {
	switch {
	case errors.Is(err, ErrTransport):
		r.answers <- "ErrTransport"
	case err != nil:
		r.answers <- err.Error()
	default:
		r.answers <- fmt.Sprint(res.StatusCode)
	}
}

func want[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func udpPeer(t *testing.T, addr string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	return c
}

func readMessage(t *testing.T, c *net.UDPConn) Message {
	t.Helper()
	buf := make([]byte, maxMessage)
	n, _, err := c.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(buf[:n]))
}

func addrOf(a net.Addr) netip.AddrPort { return netip.MustParseAddrPort(a.String()) }

// A 183 and a 200 sent back to back are told in that order, every time.
func TestWireOrder(t *testing.T) {
	r, peer := listen(t, "127.0.0.1"), udpPeer(t, "127.0.0.1")
	to := Target{Addr: addrOf(peer.LocalAddr())}
	for i := range 200 {
		if _, err := r.Request(outgoing(INVITE), to, r.answer); err != nil {
			t.Fatal(err)
		}
		invite := readMessage(t, peer)
		for _, code := range []int{100, 180, 183, 200} {
			if _, err := peer.WriteToUDPAddrPort([]byte(reply(invite, code, "x")), r.LocalAddr(UDP)); err != nil {
				t.Fatal(err)
			}
		}
		got := want(t, r.answers) + want(t, r.answers) + want(t, r.answers) + want(t, r.answers)
		if got != "100180183200" {
			t.Fatalf("run %d: told %s", i, got)
		}
	}
}

// Requests come in wire order too, whatever their transactions.
func TestRequestOrder(t *testing.T) {
	r, peer := listen(t, "127.0.0.1"), udpPeer(t, "127.0.0.1")
	for i := range 100 {
		for _, m := range []Method{INVITE, CANCEL, INFO} {
			text := incoming(m, fmt.Sprintf("z9hG4bK%d", i))
			if _, err := peer.WriteToUDPAddrPort([]byte(text), r.LocalAddr(UDP)); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []Method{INVITE, CANCEL, INFO} {
			if got := want(t, r.requests).Request().Method; got != m {
				t.Fatalf("run %d: %s came, want %s", i, got, m)
			}
		}
	}
}

func TestLargeMessages(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			r, peer := listen(t, addr), udpPeer(t, addr)
			body := bytes.Repeat([]byte("0123456789"), 800)
			req := outgoing(INVITE)
			req.SetBody(body)
			if _, err := r.Request(req, Target{Addr: addrOf(peer.LocalAddr())}, r.answer); err != nil {
				t.Fatal(err)
			}
			invite := readMessage(t, peer)
			if !bytes.Equal(invite.Body(), body) {
				t.Errorf("%d bytes of body came", len(invite.Body()))
			}
			if via := invite.Via(); via.Host != addr || via.Port != int(r.LocalAddr(UDP).Port()) {
				t.Errorf("Via %s", via)
			}
			// And the other way, with the Via's port left out: rport brings the answer back.
			text := strings.Replace(incoming(OPTIONS, "z9hG4bK1"), "192.0.2.2:5070", "somewhere;rport", 1)
			if _, err := peer.WriteToUDPAddrPort([]byte(text), r.LocalAddr(UDP)); err != nil {
				t.Fatal(err)
			}
			tx := want(t, r.requests)
			if tx.Source() != addrOf(peer.LocalAddr()) {
				t.Errorf("source %s", tx.Source())
			}
			res := NewResponse(tx.Request(), 200, "")
			res.SetBody(body)
			if err := tx.Respond(res); err != nil {
				t.Fatal(err)
			}
			back := readMessage(t, peer).(*Response)
			if !bytes.Equal(back.Body(), body) || Observed(back) != addrOf(peer.LocalAddr()) {
				t.Errorf("%d bytes of body, Via %s", len(back.Body()), back.Via())
			}
		})
	}
}

// stream is a TCP peer's end.
type stream struct {
	net.Conn
	in *bufio.Reader
	t  *testing.T
}

func newStream(t *testing.T, c net.Conn) *stream {
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &stream{Conn: c, in: bufio.NewReader(c), t: t}
}

func dialTCP(t *testing.T, r *rig) *stream {
	t.Helper()
	c, err := net.Dial("tcp", r.LocalAddr(TCP).String())
	if err != nil {
		t.Fatal(err)
	}
	return newStream(t, c)
}

func (s *stream) write(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stream) message() Message {
	s.t.Helper()
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := s.in.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%v after %q", err, head.String())
		}
		head.WriteString(line)
	}
	n, err := contentLength([]byte(head.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(s.in, body); err != nil {
		s.t.Fatal(err)
	}
	return parse(s.t, head.String()+string(body))
}

func TestTCPFraming(t *testing.T) {
	r := listen(t, "127.0.0.1")
	s := dialTCP(t, r)
	one, two := incoming(OPTIONS, "z9hG4bK1"), incoming(INFO, "z9hG4bK2")
	two = strings.Replace(two, "Content-Length: 0\r\n\r\n", "l: 4\r\n\r\nab\r\n", 1)
	s.write(one + two + "\r\n\r\n" + one[:10]) // merged, with a ping between, and the start of the next
	for _, m := range []Method{OPTIONS, INFO} {
		tx := want(t, r.requests)
		if tx.Request().Method != m {
			t.Fatalf("%s came, want %s", tx.Request().Method, m)
		}
		respond(t, tx, 200)
	}
	seen := ""
	for range 3 { // two answers, and the pong in between or after
		b, err := s.in.Peek(2)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) == "\r\n" {
			_, _ = s.in.Discard(2)
			seen += "pong "
			continue
		}
		seen += s.message().CSeq().MethodName.String() + " "
	}
	if !strings.Contains(seen, "OPTIONS") || !strings.Contains(seen, "INFO") || !strings.Contains(seen, "pong") {
		t.Errorf("came back: %s", seen)
	}
	s.write(strings.Replace(one[10:], "z9hG4bK1", "z9hG4bK3", 1)) // the rest
	respond(t, want(t, r.requests), 404)
	if got := s.message().(*Response).StatusCode; got != 404 {
		t.Errorf("got %d", got)
	}
}

// Catalogue 7: a ping that is cut in two.
func TestTCPPingInPieces(t *testing.T) {
	r := listen(t, "127.0.0.1")
	s := dialTCP(t, r)
	if tcp, ok := s.Conn.(*net.TCPConn); ok {
		_ = tcp.SetNoDelay(true)
	}
	for _, piece := range []string{"\r", "\n\r", "\n"} {
		s.write(piece)
	}
	pong := make([]byte, 2)
	if _, err := io.ReadFull(s.in, pong); err != nil || string(pong) != "\r\n" {
		t.Fatalf("%q, %v", pong, err)
	}
}

func TestTCPMalformed(t *testing.T) {
	r := listen(t, "127.0.0.1")
	s := dialTCP(t, r)
	// Inside its frame a malformed message costs itself alone.
	s.write(strings.Replace(incoming(OPTIONS, "z9hG4bK1"), "From: <sip:bob@192.0.2.2>", "From: \"bob <sip:bob@192.0.2.2>", 1))
	b, err := s.in.Peek(11)
	if err != nil || string(b) != "SIP/2.0 400" {
		t.Fatalf("%q, %v", b, err)
	}
	for line := "x"; line != "\r\n"; {
		if line, err = s.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	s.write(incoming(OPTIONS, "z9hG4bK2"))
	respond(t, want(t, r.requests), 200)
	s.message()
	// Without a frame the connection is lost, once the answer is out.
	s.write(strings.Replace(incoming(OPTIONS, "z9hG4bK3"), "Content-Length: 0", "Content-Length: x", 1))
	if res := s.message().(*Response); res.StatusCode != 400 {
		t.Errorf("got %s", res.StartLine())
	}
	if _, err := s.in.ReadByte(); err != io.EOF {
		t.Errorf("the connection is still there: %v", err)
	}
	if got := r.Stats().Malformed; got != 2 {
		t.Errorf("%d malformed", got)
	}
}

func TestTCPDialled(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			r := listen(t, addr)
			l, err := net.Listen("tcp", netip.AddrPortFrom(netip.MustParseAddr(addr), 0).String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			to := Target{Transport: TCP, Addr: addrOf(l.Addr())}
			for i := range 3 { // in order, though the connection is still being made
				req := outgoing(OPTIONS)
				req.CSeq().SeqNo = uint32(i)
				if _, err := r.Request(req, to, r.answer); err != nil {
					t.Fatal(err)
				}
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			s := newStream(t, c)
			for i := range 3 {
				req := s.message()
				if req.CSeq().SeqNo != uint32(i) {
					t.Errorf("request %d came as number %d", req.CSeq().SeqNo, i)
				}
				if v := req.Via(); v.Transport != "TCP" || v.Port != int(r.LocalAddr(TCP).Port()) || v.Host != addr {
					t.Errorf("Via %s", v)
				}
				s.write(reply(req, 200+i, "x"))
				if got := want(t, r.answers); got != fmt.Sprint(200+i) {
					t.Errorf("told %s", got)
				}
			}
			// The peer asks us over the same connection, and gets its answer there.
			s.write(strings.Replace(incoming(OPTIONS, "z9hG4bK1"), "/UDP", "/TCP", 1))
			respond(t, want(t, r.requests), 200)
			s.message()
			// It goes away under a transaction: told after what came before, and at once.
			if _, err := r.Request(outgoing(INVITE), to, r.answer); err != nil {
				t.Fatal(err)
			}
			s.write(reply(s.message(), 180, "x"))
			_ = s.Close()
			if got := want(t, r.answers) + " " + want(t, r.answers); got != "180 ErrTransport" {
				t.Errorf("told %s", got)
			}
		})
	}
}

func TestTCPRefused(t *testing.T) {
	r := listen(t, "127.0.0.1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := Target{Transport: TCP, Addr: addrOf(l.Addr())}
	_ = l.Close()
	if _, err := r.Request(outgoing(OPTIONS), to, r.answer); err != nil {
		r.answers <- "ErrTransport"
		if !errors.Is(err, ErrTransport) {
			t.Fatal(err)
		}
	}
	if got := want(t, r.answers); got != "ErrTransport" {
		t.Errorf("told %s", got)
	}
}

// RFC 3261, section 18.2.2: a response whose connection is gone goes to the sent-by.
func TestTCPAnswerOnAnotherConnection(t *testing.T) {
	r := listen(t, "127.0.0.1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := dialTCP(t, r)
	s.write(strings.Replace(incoming(OPTIONS, "z9hG4bK1"), "192.0.2.2:5070", l.Addr().String(), 1))
	tx := want(t, r.requests)
	conn := tx.(*serverTx).link.conn
	_ = s.Close()
	want(t, conn.broken)
	respond(t, tx, 200)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if res := newStream(t, c).message().(*Response); res.StatusCode != 200 {
		t.Errorf("got %s", res.StartLine())
	}
}

// What was sent just before Close still goes out.
func TestCloseDrains(t *testing.T) {
	r := listen(t, "127.0.0.1")
	s := dialTCP(t, r)
	s.write(incoming(BYE, "z9hG4bK1"))
	respond(t, want(t, r.requests), 200)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if res := s.message().(*Response); res.StatusCode != 200 {
		t.Errorf("got %s", res.StartLine())
	}
}

func TestTraced(t *testing.T) {
	r, peer := listen(t, "127.0.0.1"), udpPeer(t, "127.0.0.1")
	for _, text := range []string{"\r\n\r\n", "rubbish", incoming(OPTIONS, "z9hG4bK1;rport")} {
		if _, err := peer.WriteToUDPAddrPort([]byte(text), r.LocalAddr(UDP)); err != nil {
			t.Fatal(err)
		}
	}
	respond(t, want(t, r.requests), 200)
	readMessage(t, peer)
	s := dialTCP(t, r)
	s.write(incoming(OPTIONS, "z9hG4bK2"))
	respond(t, want(t, r.requests), 200)
	s.message()
	got := strings.Join(r.trace.starts(), "; ")
	for _, part := range []string{
		"SIP<--UDP OPTIONS sip:alice@192.0.2.1 SIP/2.0", "SIP-->UDP SIP/2.0 200 OK",
		"SIP<--TCP OPTIONS sip:alice@192.0.2.1 SIP/2.0", "SIP-->TCP SIP/2.0 200 OK",
		"malformed<--UDP rubbish", "SIP<--UDP ;",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q isn't in %s", part, got)
		}
	}
}

func TestListenErrors(t *testing.T) {
	r := listen(t, "127.0.0.1")
	if _, err := Listen(Config{Listen: r.LocalAddr(UDP)}); err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("a port in use: %v", err)
	}
	if _, err := Listen(Config{Transports: []Transport{TLS}}); err == nil {
		t.Error("TLS is listened on without a certificate")
	}
	e, err := Listen(Config{Transports: []Transport{UDP}})
	if err != nil {
		t.Fatal(err)
	}
	if a := e.LocalAddr(UDP); a.Addr().IsUnspecified() || a.Port() == 0 || e.LocalAddr(TCP).IsValid() {
		t.Errorf("listens on %s and %s", a, e.LocalAddr(TCP))
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
