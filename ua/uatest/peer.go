package uatest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long Expect waits. Nothing waits for it to pass: it only ends a
// test that has failed.
const patience = 10 * time.Second

// Peer is one peer with a socket of its own. A test's goroutine drives it.
type Peer struct {
	t   testing.TB
	udp *net.UDPConn
	tcp net.Listener
	// secure says that the connections are TLS.
	secure bool
	local  netip.AddrPort
	// Repeats makes retransmissions count.
	Repeats bool

	in    chan *Message
	seen  map[string]bool
	wg    sync.WaitGroup
	mu    sync.Mutex
	conns map[string]net.Conn // guarded by mu; by remote address
	count int
}

// UDP opens a peer on 127.0.0.1.
func UDP(t testing.TB) *Peer { return UDPAt(t, "127.0.0.1") }

// UDPAt opens a peer on a local address.
func UDPAt(t testing.TB, host string) *Peer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	p.udp = conn
	p.local = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	p.wg.Go(p.readUDP)
	return p
}

// TCP opens a peer that accepts connections on 127.0.0.1.
func TCP(t testing.TB) *Peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	p.tcp = l
	p.local = l.Addr().(*net.TCPAddr).AddrPort()
	p.wg.Go(p.acceptTCP)
	return p
}

func newPeer(t testing.TB) *Peer {
	p := &Peer{t: t, in: make(chan *Message, 1024), seen: map[string]bool{}, conns: map[string]net.Conn{}}
	t.Cleanup(p.Close)
	return p
}

// Close closes the sockets; the test's end does it too.
func (p *Peer) Close() {
	if p.udp != nil {
		_ = p.udp.Close()
	}
	if p.tcp != nil {
		_ = p.tcp.Close()
	}
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// Addr is the peer's address.
func (p *Peer) Addr() netip.AddrPort { return p.local }

// URI is a user at the peer.
func (p *Peer) URI(user string) string {
	u := "sip:" + p.local.String()
	if user != "" {
		u = "sip:" + user + "@" + p.local.String()
	}
	switch {
	case p.secure:
		u += ";transport=tls"
	case p.tcp != nil:
		u += ";transport=tcp"
	}
	return u
}

func (p *Peer) readUDP() {
	buf := make([]byte, 65536)
	for {
		n, from, err := p.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		p.take(string(buf[:n]), from.String())
	}
}

func (p *Peer) acceptTCP() {
	for {
		c, err := p.tcp.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns[c.RemoteAddr().String()] = c
		p.mu.Unlock()
		p.wg.Go(func() { p.readTCP(c) })
	}
}

func (p *Peer) readTCP(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				if head.Len() == 0 {
					continue // keep-alive
				}
				break
			}
			name, value, _ := strings.Cut(line, ":")
			if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "l") {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
			head.WriteString(line)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		p.take(strings.TrimSuffix(head.String(), "\r\n")+"\r\n\r\n"+string(body), c.RemoteAddr().String())
	}
}

func (p *Peer) take(raw, from string) {
	if strings.TrimSpace(raw) == "" {
		return
	}
	m := Parse(raw)
	m.From = from
	select {
	case p.in <- m:
	default: // a flood that no test expects
	}
}

// Next is the next message that counts; the test ends when none comes.
func (p *Peer) Next() *Message {
	p.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case m := <-p.in:
			if p.seen[m.Raw] && !p.Repeats || m.Code() == 100 {
				continue
			}
			p.seen[m.Raw] = true
			return m
		case <-timeout.C:
			p.t.Fatalf("nothing came in %v", patience)
			return nil
		}
	}
}

// Expect ends the test unless the next message is what the words name, as
// Message.Matches reads them.
func (p *Peer) Expect(what string) *Message {
	p.t.Helper()
	m := p.Next()
	if !m.Matches(what) {
		p.t.Fatalf("want %s, got %s\n%s", what, m, m.Raw)
	}
	return m
}

// Send sends text, with its Content-Length put right, to an address.
func (p *Peer) Send(to, text string) {
	p.t.Helper()
	raw := Finish(text)
	if p.udp != nil {
		if _, err := p.udp.WriteToUDPAddrPort([]byte(raw), netip.MustParseAddrPort(to)); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	if _, err := p.conn(to).Write([]byte(raw)); err != nil {
		p.t.Fatal(err)
	}
}

// SendRaw sends bytes as they are, over UDP.
func (p *Peer) SendRaw(to string, raw []byte) {
	p.t.Helper()
	if _, err := p.udp.WriteToUDPAddrPort(raw, netip.MustParseAddrPort(to)); err != nil {
		p.t.Fatal(err)
	}
}

// conn is the connection to an address, a new one if need be.
func (p *Peer) conn(to string) net.Conn {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.conns[to]; c != nil {
		return c
	}
	c, err := net.Dial("tcp", to)
	if err != nil {
		p.t.Fatal(err)
	}
	p.conns[to] = c
	p.wg.Go(func() { p.readTCP(c) })
	return c
}

// Finish puts the lines of a message into their form on the wire: CRLF, and a
// Content-Length if there is none.
func Finish(text string) string {
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	if !strings.Contains(strings.ToLower(head), "\ncontent-length:") && !strings.Contains(head, "\nl:") {
		body = strings.ReplaceAll(body, "\n", "\r\n")
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	return strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n") + "\r\n\r\n" + body
}

// Drain forgets what has come and wasn't asked for.
func (p *Peer) Drain() {
	for {
		select {
		case <-p.in:
		default:
			return
		}
	}
}

// TCPAt opens a peer that accepts connections at an address, beside one on UDP.
func TCPAt(t testing.TB, at netip.AddrPort) *Peer {
	t.Helper()
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	p.tcp = l
	p.local = at
	p.wg.Go(p.acceptTCP)
	return p
}
