package sip

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"offhook/ua/trace"
)

// t1 is the round-trip estimate of RFC 3261, section 17.1.1.1; sipgo's timers are derived
// from the same value.
const t1 = 500 * time.Millisecond

const (
	// queueLength bounds the deliveries that wait for the handlers. When it is full the
	// readers wait, and the kernel's buffers, then the senders, take up the slack.
	queueLength = 256
	// maxServerTransactions bounds what a flood of requests can make us remember.
	maxServerTransactions = 8192
)

// Config says how to make an Endpoint. Its zero value listens on UDP and TCP, on a
// free port of the address that routes to the Internet, and answers requests with 501.
type Config struct {
	// Listen is the local address. A zero or unspecified address stands for the one that
	// routes to the Internet, or loopback without a route: a Via must name a
	// concrete one. Port 0 means any, the same for all transports.
	Listen netip.AddrPort
	// Transports to listen on: UDP, TCP. Empty means both.
	Transports []Transport
	// Handler is told the requests. Nil answers each with 501.
	Handler RequestHandler
	// Trace sees every message. Nil for none.
	Trace trace.Sink
	// UserAgent is put into requests. Empty for none.
	UserAgent string
	// Log takes what is worth a look afterwards. Nil discards it.
	Log *slog.Logger
}

// Endpoint is one local SIP address: its sockets and its transactions.
type Endpoint struct {
	cfg    Config // immutable
	log    *slog.Logger
	parser *Parser
	seed   maphash.Seed
	udp    packetConn // nil without UDP
	tcp    *net.TCPListener
	local  [WSS + 1]netip.AddrPort // immutable; invalid where we don't listen

	ctx        context.Context // done when the endpoint closes
	cancel     context.CancelFunc
	wg         sync.WaitGroup
	deliveries chan delivery
	stats      counters

	// mu guards the tables. It is never held while a machine, a handler or a socket is called.
	mu      sync.Mutex
	closed  bool
	clients map[string]*clientTx
	servers map[string]*serverTx
	conns   map[netip.AddrPort]*tcpConn
}

// packetConn is what is used of a *net.UDPConn.
type packetConn interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	Close() error
}

// Listen opens the sockets and starts to serve them.
func Listen(cfg Config) (*Endpoint, error) {
	e := newEndpoint(cfg)
	if err := e.open(); err != nil {
		e.cancel()
		return nil, err
	}
	e.serve()
	return e, nil
}

func newEndpoint(cfg Config) *Endpoint {
	quietSipgo()
	e := &Endpoint{
		cfg:        cfg,
		log:        cfg.Log,
		parser:     NewParser(),
		seed:       maphash.MakeSeed(),
		deliveries: make(chan delivery, queueLength),
		clients:    map[string]*clientTx{},
		servers:    map[string]*serverTx{},
		conns:      map[netip.AddrPort]*tcpConn{},
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

func (e *Endpoint) serve() {
	e.wg.Go(e.deliver)
	if e.udp != nil {
		e.wg.Go(e.readUDP)
	}
	if e.tcp != nil {
		e.wg.Go(e.acceptTCP)
	}
}

// open binds all transports to one port.
func (e *Endpoint) open() error {
	want := map[Transport]bool{}
	for _, t := range e.cfg.Transports {
		if t != UDP && t != TCP {
			return fmt.Errorf("SIP over %s can't be listened on; use UDP or TCP", t)
		}
		want[t] = true
	}
	if len(want) == 0 {
		want[UDP], want[TCP] = true, true
	}
	addr := e.cfg.Listen.Addr().Unmap()
	if !addr.IsValid() || addr.IsUnspecified() {
		addr = defaultLocalAddr(addr)
	}
	port := e.cfg.Listen.Port()
	// A free port is free for one transport at first: try again when the other has it in use.
	for attempt := 0; ; attempt++ {
		err := e.bind(netip.AddrPortFrom(addr, port), want)
		if err == nil {
			return nil
		}
		e.closeSockets()
		if port != 0 || attempt == 15 || !want[UDP] || !want[TCP] {
			return err
		}
	}
}

func (e *Endpoint) bind(at netip.AddrPort, want map[Transport]bool) error {
	if want[UDP] {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("can't listen for SIP on udp %s: %w; choose another address or port", at, err)
		}
		// Bursts wait in the kernel while handlers run; less room than asked for is fine.
		_ = c.SetReadBuffer(1 << 20)
		e.udp = c
		e.local[UDP] = unmap(c.LocalAddr().(*net.UDPAddr).AddrPort())
		at = e.local[UDP]
	}
	if want[TCP] {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("can't listen for SIP on tcp %s: %w; choose another address or port", at, err)
		}
		e.tcp = l
		e.local[TCP] = unmap(l.Addr().(*net.TCPAddr).AddrPort())
	}
	return nil
}

func (e *Endpoint) closeSockets() {
	if e.udp != nil {
		_ = e.udp.Close()
		e.udp = nil
	}
	if e.tcp != nil {
		_ = e.tcp.Close()
		e.tcp = nil
	}
	e.local = [WSS + 1]netip.AddrPort{}
}

// LocalAddr is where the endpoint listens; invalid for a transport that it doesn't.
func (e *Endpoint) LocalAddr(t Transport) netip.AddrPort {
	if int(t) >= len(e.local) {
		return netip.AddrPort{}
	}
	return e.local[t]
}

// Close abandons all transactions, sends what the connections still hold, closes the
// sockets and waits for every goroutine. No handler is called once it has returned.
// It must not be called from a handler.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		e.wg.Wait()
		return nil
	}
	e.closed = true
	clients, servers, conns := e.clients, e.servers, e.conns
	e.clients, e.servers, e.conns = nil, nil, nil
	e.mu.Unlock()

	e.cancel()
	for _, t := range clients {
		t.Abandon()
	}
	for _, t := range servers {
		t.drop()
	}
	for _, c := range conns {
		c.shut()
	}
	var errs []error
	if e.udp != nil {
		errs = append(errs, e.udp.Close())
	}
	if e.tcp != nil {
		errs = append(errs, e.tcp.Close())
	}
	e.wg.Wait()
	return errors.Join(errs...)
}

// start runs f in a goroutine that Close waits for, unless the endpoint is closed.
func (e *Endpoint) start(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.wg.Go(f)
	return true
}

// trace records one message. It is called before the bytes leave, so that an answer
// never comes before its request.
func (e *Endpoint) trace(kind trace.Kind, dir trace.Direction, t Transport, local, remote netip.AddrPort, raw []byte, note string) {
	if e.cfg.Trace == nil {
		return
	}
	e.cfg.Trace.Trace(trace.Record{
		Time: time.Now(), Kind: kind, Dir: dir, Transport: t.String(),
		Local: local, Remote: remote, Raw: raw, Note: note,
	})
}

// Stats are counters since the start.
type Stats struct {
	// Received and Sent count messages; Malformed, the ones that no parser took.
	Received, Sent, Malformed uint64
	// Retransmitted counts requests that came again, Stray responses that match no transaction.
	Retransmitted, Stray uint64
	// KeepAlives counts CRLF keep-alives that came.
	KeepAlives uint64
	// Refused counts requests that were turned away because too many are pending.
	Refused uint64
}

type counters struct {
	received, sent, malformed, retransmitted, stray, keepAlives, refused atomic.Uint64
}

// Stats gives the counters.
func (e *Endpoint) Stats() Stats {
	return Stats{
		Received:      e.stats.received.Load(),
		Sent:          e.stats.sent.Load(),
		Malformed:     e.stats.malformed.Load(),
		Retransmitted: e.stats.retransmitted.Load(),
		Stray:         e.stats.stray.Load(),
		KeepAlives:    e.stats.keepAlives.Load(),
		Refused:       e.stats.refused.Load(),
	}
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
