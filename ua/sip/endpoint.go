package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
	// maxFromSource is how much of that one address may take: a scanner's flood leaves room for
	// the calls of others.
	maxFromSource = maxServerTransactions / 8 * 7
)

// Config says how to make an Endpoint. Its zero value listens on UDP and TCP, on a
// free port of the address that routes to the Internet, and answers requests with 501.
type Config struct {
	// Listen is the local address. A zero or unspecified address stands for the one that
	// routes to the Internet, or loopback without a route: a Via must name a
	// concrete one. Port 0 means any, the same for all transports.
	Listen netip.AddrPort
	// Transports to listen on. Empty means UDP and TCP, and TLS when there is a certificate.
	Transports []Transport
	// Ports are the local ports of the transports that don't share Listen's. Absent means
	// Listen's port for UDP and TCP, the one after it for TLS, any for WS and WSS.
	Ports map[Transport]uint16
	// TLS says whom to believe over TLS and WSS, and who we are there.
	TLS TLSConfig
	// Unverified is told what is wrong with the certificate of a server that is taken all the
	// same (VerifyNothing). It is called for each connection, and must not block. Nil for no
	// interest.
	Unverified func(*CertificateError)
	// Origins are the sites whose web pages may connect to our WebSockets, as ParseOrigin
	// gives them. Empty lets none: only programs that are no browsers.
	Origins []string
	// WSPath is the path to ask for over WS and WSS. Empty means "/ws".
	WSPath string
	// Handler is told the requests. Nil answers each with 501.
	Handler RequestHandler
	// FlowLost is told of each flow that was lost: a connection that we dialled or that was
	// kept alive, and a kept UDP flow without answers. It is called like Handler, in order
	// with it, and must not block. Nil for no interest.
	FlowLost func(Flow)
	// Trace sees every message. Nil for none.
	Trace trace.Sink
	// Secrets says what Trace sees of passwords' hashes and keys: by default nothing.
	Secrets trace.Secrets
	// UserAgent is put into requests. Empty for none.
	UserAgent string
	// Server is put into responses that don't name one; a proxy leaves it empty, as it
	// passes on what others said.
	Server string
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
	// listeners are the streams', nil where we don't listen.
	listeners [WSS + 1]net.Listener
	local     [WSS + 1]netip.AddrPort // immutable; invalid where we don't listen
	// dialStream makes a TCP connection; tests put another in.
	dialStream func(ctx context.Context, local netip.Addr, to netip.AddrPort) (net.Conn, error)
	// maxConns bounds the connections that others made, maxDialled ours.
	maxConns, maxDialled int

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
	sources map[netip.Addr]int // how many of servers each address has
	conns   map[connKey]*conn
	// accepted counts the connections that others have made.
	accepted int
	// noTCP are the peers that took no TCP, and until when that is believed.
	noTCP    map[netip.AddrPort]time.Time
	kept     map[connKey]*kept
	bindings map[stunID]chan netip.AddrPort // STUN requests of ours without an answer
	tlsCache tls.ClientSessionCache         // nil before the first TLS connection
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
		sources:    map[netip.Addr]int{},
		conns:      map[connKey]*conn{},
		noTCP:      map[netip.AddrPort]time.Time{},
		kept:       map[connKey]*kept{},
		bindings:   map[stunID]chan netip.AddrPort{},
		dialStream: dialFrom,
		maxConns:   maxConns,
		maxDialled: maxDialled,
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
	for t, l := range e.listeners {
		if l != nil {
			e.wg.Go(func() { e.accept(Transport(t), l) })
		}
	}
}

// open binds all transports to one port.
func (e *Endpoint) open() error {
	want := map[Transport]bool{}
	for _, t := range e.cfg.Transports {
		if (t == TLS || t == WSS) && e.cfg.TLS.Certificate == nil {
			return fmt.Errorf("SIP over %s can't be listened on without a certificate", t)
		}
		want[t] = true
	}
	if len(want) == 0 {
		want[UDP], want[TCP], want[TLS] = true, true, e.cfg.TLS.Certificate != nil
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
		if port != 0 || attempt == 15 || !errors.Is(err, syscall.EADDRINUSE) {
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
	for t := TCP; t <= WSS; t++ {
		if !want[t] {
			continue
		}
		port := e.portFor(t, at.Port())
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at.Addr(), port)))
		if err != nil {
			return fmt.Errorf("can't listen for SIP on %s %s: %w; choose another address or port",
				strings.ToLower(t.String()), netip.AddrPortFrom(at.Addr(), port), err)
		}
		e.listeners[t] = l
		e.local[t] = unmap(l.Addr().(*net.TCPAddr).AddrPort())
	}
	return nil
}

// portFor is the port to listen on, beside the one that UDP has or will have.
func (e *Endpoint) portFor(t Transport, main uint16) uint16 {
	if p, ok := e.cfg.Ports[t]; ok {
		return p
	}
	switch t {
	case UDP, TCP:
		return main
	case TLS: // 5061 beside 5060 (RFC 3261, section 19.1.2)
		if p := e.cfg.Listen.Port(); p != 0 && p != 65535 {
			return p + 1
		}
	default:
	}
	return 0
}

func (e *Endpoint) closeSockets() {
	if e.udp != nil {
		_ = e.udp.Close()
		e.udp = nil
	}
	for t, l := range e.listeners {
		if l != nil {
			_ = l.Close()
		}
		e.listeners[t] = nil
	}
	e.local = [WSS + 1]netip.AddrPort{}
}

// LocalAddr is where the endpoint listens; invalid for UDP and TCP when it doesn't. TLS, WS
// and WSS can be spoken without: requests come back over the connections that we made, and
// Via and Contact name the main address then.
func (e *Endpoint) LocalAddr(t Transport) netip.AddrPort {
	switch {
	case int(t) >= len(e.local):
		return netip.AddrPort{}
	case e.local[t].IsValid() || t <= TCP:
		return e.local[t]
	case e.local[TCP].IsValid():
		return e.local[TCP]
	}
	return e.local[UDP]
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
	for _, l := range e.listeners {
		if l != nil {
			errs = append(errs, l.Close())
		}
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
	e.cfg.Trace.Trace(e.cfg.Secrets.Record(trace.Record{
		Time: time.Now(), Kind: kind, Dir: dir, Transport: t.String(),
		Local: local, Remote: remote, Raw: raw, Note: note,
	}))
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
