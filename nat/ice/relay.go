package ice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// relay is an address that a TURN server lends us (RFC 8656). pion's client makes the
// allocation, keeps it and its permissions fresh, answers 401 and 438, and binds channels; its
// writes may block, so packets wait in an outbox for each peer's address.
//
//	send ──> outbox of the address ──> writer: permission, channel ──> client ──> server
//	         (drops when full)                                          |
//	deliver <── reader of the allocation <── client <── reader of the server's socket
type relay struct {
	server TURNServer
	conn   net.PacketConn // to the server
	client *turn.Client
	packet net.PacketConn // the allocation
	mapped netip.AddrPort // where the server sees us; zero if it didn't say
	dead   func(error)    // told once, when nothing goes through it any more

	work    sync.WaitGroup
	closing atomic.Bool
	broken  sync.Once
	fate    atomic.Pointer[error] // what broke it

	mu       sync.Mutex
	outboxes map[netip.Addr]*outbox
}

// farewell is what giving an address back may take.
const farewell = 200 * time.Millisecond

// maxPeers bounds the addresses that a relay sends to: each costs a permission.
const maxPeers = 32

// dialRelay asks the server for an address of the family. Errors say what to do.
func dialRelay(ctx context.Context, server TURNServer, dial dialer, v6 bool, log logging.LoggerFactory, dead func(error)) (*relay, error) {
	conn, err := dial(ctx, server)
	if err != nil {
		return nil, fmt.Errorf("the relay %v can't be reached: %w; check its address, or whether a firewall lets %v through", server.Addr, err, server.Transport)
	}
	r := &relay{server: server, conn: &watched{PacketConn: conn}, dead: dead, outboxes: make(map[netip.Addr]*outbox)}
	family := turn.RequestedAddressFamilyIPv4
	if v6 {
		family = turn.RequestedAddressFamilyIPv6
	}
	r.client, err = turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: server.Addr.String(), Username: server.Username, Password: server.Password,
		Conn: r.conn, Net: noNet{}, LoggerFactory: log, RequestedAddressFamily: family,
	})
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("the relay %v: %w", server.Addr, err)
	}
	r.work.Go(r.listen)
	stop := context.AfterFunc(ctx, r.client.Close) // ends a transaction that waits
	r.packet, err = r.client.AllocateWithContext(ctx)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if fate := r.fate.Load(); fate != nil {
			err = *fate // the client only knows that it was closed
		}
		r.close()
		return nil, fmt.Errorf("the relay %v gave no address: %w", server.Addr, refusal(ctx, err))
	}
	r.mapped = r.conn.(*watched).seen()
	return r, nil
}

// dialer connects to a server; tests have networks of their own.
type dialer func(context.Context, TURNServer) (net.PacketConn, error)

// dialServer connects to the server, so that a dead one is noticed by the system's errors.
func dialServer(ctx context.Context, server TURNServer) (net.PacketConn, error) {
	var d net.Dialer
	switch server.Transport {
	case UDP:
		c, err := d.DialContext(ctx, "udp", server.Addr.String())
		if err != nil {
			return nil, err
		}
		return connected{c}, nil
	case TCP, TLS:
		c, err := d.DialContext(ctx, "tcp", server.Addr.String())
		if err != nil {
			return nil, err
		}
		if server.Transport == TLS {
			secure := tls.Client(c, tlsConfig(server))
			if err := secure.HandshakeContext(ctx); err != nil {
				c.Close()
				return nil, err
			}
			c = secure
		}
		return turn.NewSTUNConn(c), nil
	}
	return nil, fmt.Errorf("no such transport: %d", server.Transport)
}

func tlsConfig(server TURNServer) *tls.Config {
	c := server.TLS.Clone()
	if c == nil {
		c = &tls.Config{}
	}
	if c.ServerName == "" {
		c.ServerName = server.Addr.Addr().String()
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}

// refusal puts the usual errors into words.
func refusal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no answer in time (%w)", ctx.Err())
	}
	var t *stun.TurnError
	if !errors.As(err, &t) {
		return err
	}
	switch t.ErrorCodeAttr.Code {
	case stun.CodeUnauthorized, stun.CodeBadRequest, stun.CodeWrongCredentials: // some say 400 to a wrong password
		return fmt.Errorf("%w: check user name and password, or whether they have expired (%w)", ErrCredentials, err)
	case stun.CodeAllocQuotaReached, stun.CodeInsufficientCapacity:
		return fmt.Errorf("it has no room for another call (%w)", err)
	default:
		return err
	}
}

// listen hands the client what the server sends, until the socket ends.
func (r *relay) listen() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := r.conn.ReadFrom(buf)
		if err != nil {
			if !r.closing.Load() {
				r.die(fmt.Errorf("%w: %w", ErrRelay, err))
			}
			return
		}
		// What isn't TURN is of no use, and told by an error that is of none either.
		_, _ = r.client.HandleInbound(buf[:n], from)
		if err := r.conn.(*watched).lost(); err != nil {
			r.die(err)
		}
	}
}

func (r *relay) die(err error) {
	r.broken.Do(func() {
		r.fate.Store(&err)
		r.client.Close()
		r.dead(err)
	})
}

// read starts to hand out what peers send.
func (r *relay) read(b *base, in inbound) {
	r.work.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := r.packet.ReadFrom(buf)
			if err != nil {
				return
			}
			if a, ok := from.(*net.UDPAddr); ok {
				in(b, buf[:n], unmap(a.AddrPort()), time.Now())
			}
		}
	})
}

func (r *relay) addr() netip.AddrPort {
	if a, ok := r.packet.LocalAddr().(*net.UDPAddr); ok {
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func (r *relay) send(raw []byte, to netip.AddrPort) error {
	if o := r.outbox(to.Addr()); o != nil {
		return o.put(raw, to)
	}
	return fmt.Errorf("%w: too many addresses for one relay", ErrRelay)
}

// outbox is where packets to an address wait; it has its writer from the first one on.
func (r *relay) outbox(to netip.Addr) *outbox {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing.Load() {
		return nil
	}
	o := r.outboxes[to]
	if o == nil && len(r.outboxes) < maxPeers {
		o = newOutbox()
		r.outboxes[to] = o
		r.work.Go(func() { o.write(r.packet) })
	}
	return o
}

// permit asks for the permission before the first packet, which saves it a round trip.
func (r *relay) permit(to netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing.Load() || r.outboxes[to] != nil || len(r.outboxes) >= maxPeers {
		return
	}
	o := newOutbox()
	r.outboxes[to] = o
	r.work.Go(func() {
		// One that is refused is refused again, and told, when a check needs it.
		_ = r.client.CreatePermission(&net.UDPAddr{IP: to.AsSlice(), Port: 9})
		o.write(r.packet)
	})
}

func (r *relay) carrier(to netip.AddrPort) Carrier { return relayCarrier{r.outbox(to.Addr()), to} }

// close gives the address back and waits for all that was started.
func (r *relay) close() {
	r.mu.Lock()
	r.closing.Store(true)
	for _, o := range r.outboxes {
		o.close()
	}
	r.mu.Unlock()
	// Over a stream that is stuck, the farewell mustn't be.
	_ = r.conn.SetWriteDeadline(time.Now().Add(farewell))
	r.client.Close() // whoever waits for the server waits no longer
	if r.packet != nil {
		_ = r.packet.Close() // it says so to the server, which may have gone
	}
	r.client.Close()
	r.conn.Close()
	r.work.Wait()
}

type relayCarrier struct {
	box *outbox
	to  netip.AddrPort
}

func (c relayCarrier) Send(raw []byte) error {
	if c.box == nil {
		return fmt.Errorf("%w: it is closed", ErrRelay)
	}
	return c.box.put(raw, c.to)
}

// refused reports whether the system says that nobody is there.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}
