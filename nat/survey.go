package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v2"
)

// Socket is a UDP socket of a survey's own; *net.UDPConn is one.
type Socket interface {
	Conn
	LocalAddr() net.Addr
	Close() error
}

// Config says whom a survey asks, and by what. Only Servers is needed.
type Config struct {
	// Servers are STUN servers. One that has a second address (RFC 5780) tells all; without one,
	// two servers at different addresses still tell the mapping.
	Servers []netip.AddrPort
	// Local is the address to bind. Without it: the one that routes to the first server.
	Local netip.Addr
	// Open binds a socket. Nil binds a UDP port of Local.
	Open func() (Socket, error)
	// Dial makes a TCP connection. Nil dials from any port of Local.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	// Timeout is how long a server may take to answer at all. Zero means 5 s.
	Timeout time.Duration
}

// Report is what a survey found.
type Report struct {
	// Server is who answered; invalid when nobody did over UDP.
	Server netip.AddrPort
	// Other is the server's second address; invalid without one.
	Other netip.AddrPort
	// Local and Mapped are one socket's own and its public address.
	Local, Mapped netip.AddrPort
	Mapping       Mapping
	Filtering     Filtering
	Hairpin       Hairpin
	// PortKept says that public ports are the local ones; without a NAT they are, of course.
	PortKept bool
	// UDP and TCP say whether a server answered over them.
	UDP, TCP bool
	RTT      time.Duration
	// Untold is why something is unknown; nil when all is known.
	Untold error
}

// Kind is the NAT by its old name.
func (r Report) Kind() Kind {
	if !r.UDP {
		return KindBlocked
	}
	return KindOf(r.Mapping, r.Filtering)
}

var (
	// ErrOneAddress is why a server can't tell what is asked of it.
	ErrOneAddress = errors.New("the STUN server has no second address (RFC 5780), so it can't tell everything; ask another one")
	// errStays is an answer from an address that wasn't asked to answer.
	errStays = errors.New("the STUN server doesn't answer from its second address when asked to")
)

const answerTime = 5 * time.Second

func (c Config) withDefaults(ctx context.Context) (Config, error) {
	if len(c.Servers) == 0 {
		return c, fmt.Errorf("%w: none to ask", ErrNoServer)
	}
	if c.Timeout <= 0 {
		c.Timeout = answerTime
	}
	if !c.Local.IsValid() || c.Local.IsUnspecified() {
		var d net.Dialer
		probe, err := d.DialContext(ctx, "udp", c.Servers[0].String()) // sends nothing
		if err != nil {
			return c, fmt.Errorf("no way to the STUN server %s: %w", c.Servers[0], err)
		}
		c.Local = probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		_ = probe.Close()
	}
	if c.Open == nil {
		c.Open = func() (Socket, error) {
			return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.Local, 0)))
		}
	}
	if c.Dial == nil {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Local, 0))}
		c.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", to.String())
		}
	}
	return c, nil
}

// Survey finds out what kind of NAT there is towards a server (RFC 5780, section 4). It
// takes some two seconds, most of them to be sure that what doesn't come won't. Report tells as
// much as is known even beside an error: when nobody answers over UDP, whether TCP is open.
//
//	socket 1   where am I? -----> server          all the same: endpoint-independent
//	           and from there? -> other:port      the same for one address: address-dependent
//	           and from there? -> other           else address-and-port-dependent
//	socket 2   answer from the other address and port -> comes: endpoint-independent filtering
//	socket 3   answer from the other port ------------> comes: address-dependent
//	4 and 5    where am I? Each sends to the other's public address -> comes: hairpin works
//	TCP        where am I?
func Survey(ctx context.Context, cfg Config) (Report, error) {
	c, err := cfg.withDefaults(ctx)
	if err != nil {
		return Report{}, err
	}
	s := &survey{Config: c}
	defer s.close()
	return s.run(ctx)
}

// survey is one Survey under way.
type survey struct {
	Config
	rto time.Duration // between the first two transmissions of what may stay unanswered

	mu      sync.Mutex
	sockets []Socket // guarded by mu
}

// socket opens one, until the end of the survey.
func (s *survey) socket() (Socket, error) {
	c, err := s.Open()
	if err != nil {
		return nil, fmt.Errorf("no socket to ask from: %w", err)
	}
	s.mu.Lock()
	s.sockets = append(s.sockets, c)
	s.mu.Unlock()
	return c, nil
}

func (s *survey) close() {
	for _, c := range s.sockets {
		_ = c.Close()
	}
}

// short is the schedule for answers that a filter may keep away: four transmissions, against
// loss, and a last wait as long as all before.
func (s *survey) short() []time.Duration {
	return []time.Duration{s.rto, 2 * s.rto, 4 * s.rto, 8 * s.rto}
}

func (s *survey) run(ctx context.Context) (Report, error) {
	first, err := s.socket()
	if err != nil {
		return Report{}, err
	}
	var work sync.WaitGroup
	r := Report{Local: localOf(first)}
	tcp := make(chan bool, 1)
	work.Go(func() { tcp <- s.overTCP(ctx) })
	defer work.Wait()

	found, rtt, err := s.meet(ctx, first)
	if err != nil {
		r.TCP = <-tcp
		return r, err
	}
	r.UDP, r.Server, r.Mapped, r.RTT = true, found.server, found.mapped, rtt
	r.PortKept = r.Mapped.Port() == r.Local.Port()
	if found.other.IsValid() && found.other.Addr() != found.server.Addr() && found.other.Port() != found.server.Port() &&
		found.other.Addr().Is4() == found.server.Addr().Is4() {
		r.Other = found.other
	}
	s.rto = min(max(2*rtt, 100*time.Millisecond), 300*time.Millisecond)

	var mapping, filtering, hairpin error
	known := r
	work.Go(func() { r.Mapping, mapping = s.mapping(ctx, first, known) })
	work.Go(func() { r.Filtering, filtering = s.filtering(ctx, known.Server, known.Other) })
	work.Go(func() { r.Hairpin, hairpin = s.hairpin(ctx, known.Server, known.Local.Addr()) })
	work.Wait()
	r.TCP = <-tcp
	if r.Mapping == MappingUnknown && r.Filtering != FilteringEndpointIndependent {
		// The second address was never heard of: that nothing came from it says nothing.
		r.Filtering = FilteringUnknown
	}
	r.Untold = errors.Join(mapping, filtering, hairpin)
	if errors.Is(mapping, ErrOneAddress) {
		r.Untold = ErrOneAddress
	}
	return r, ctx.Err()
}

// meet finds the server to survey with: the first good answer of all, but one with a second
// address is worth a little wait.
func (s *survey) meet(ctx context.Context, conn Conn) (answer, time.Duration, error) {
	tctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	began := time.Now()
	found, err := first(tctx, conn, s.Servers)
	rtt := time.Since(began)
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: nothing came from %v within %v; UDP may be blocked", ErrNoAnswer, s.Servers, s.Timeout)
		}
		return answer{}, 0, err
	}
	if found.other.IsValid() || len(s.Servers) == 1 {
		return found, rtt, nil
	}
	for _, server := range s.Servers {
		if server == found.server {
			continue
		}
		wctx, cancel := context.WithTimeout(ctx, min(3*rtt+100*time.Millisecond, s.Timeout))
		better, err := first(wctx, conn, []netip.AddrPort{server})
		cancel()
		if err == nil && better.other.IsValid() {
			return better, rtt, nil
		}
	}
	return found, rtt, nil
}

// ask asks one question by the short schedule.
func (s *survey) ask(ctx context.Context, conn Conn, to, by netip.AddrPort, attrs ...stun.Setter) (answer, error) {
	r, err := newRequest(to, attrs...)
	if err != nil {
		return answer{}, err
	}
	r.by = by
	return exchange(ctx, conn, []*request{r}, s.short())
}

func localOf(c Socket) netip.AddrPort {
	udp, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := udp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}
