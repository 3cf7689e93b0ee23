package nat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/stun/v2"
)

// Conn is what discovery needs of a UDP socket; *net.UDPConn is one.
type Conn interface {
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	SetReadDeadline(time.Time) error
}

var _ Conn = (*net.UDPConn)(nil)

// ErrNoAnswer is what is wrapped when a server stayed silent.
var ErrNoAnswer = errors.New("the STUN server doesn't answer")

// RFC 8489, section 6.2.1: the first wait doubles with each of the requests,
// and the last one is waited for longer.
const (
	firstWait = 500 * time.Millisecond
	requests  = 7
	lastWait  = 16 * firstWait
)

// standard is the RFC's schedule: how long to wait after each transmission.
func standard() []time.Duration {
	waits := make([]time.Duration, requests)
	for n := range waits {
		waits[n] = firstWait << n
	}
	waits[requests-1] = lastWait
	return waits
}

// Binding asks a STUN server which address and port the socket has from its
// side (RFC 8489, section 2). Whatever else arrives on the socket meanwhile is
// dropped, so it is asked before media flows. Without a deadline in ctx it gives up after 39.5 s.
// Errors: ErrNoAnswer, ErrMalformed (an answer that says nothing), ErrRefused, the
// socket's or the context's.
func Binding(ctx context.Context, conn Conn, server netip.AddrPort) (netip.AddrPort, error) {
	return First(ctx, conn, []netip.AddrPort{server})
}

// First asks several servers at once and takes the first good answer: a server that is
// silent, refuses or answers nonsense costs nothing while another one answers. It is as Binding
// otherwise; when none is any good the error is that of the last to fail.
func First(ctx context.Context, conn Conn, servers []netip.AddrPort) (netip.AddrPort, error) {
	found, err := first(ctx, conn, servers)
	return found.mapped, err
}

// first is First with all that the answer says.
func first(ctx context.Context, conn Conn, servers []netip.AddrPort) (answer, error) {
	var asked []*request
	for _, server := range servers {
		r, err := newRequest(server)
		if err != nil {
			return answer{}, err
		}
		asked = append(asked, r)
	}
	return exchange(ctx, conn, asked, standard())
}

// request is one Binding transaction.
type request struct {
	raw []byte
	id  [stun.TransactionIDSize]byte
	to  netip.AddrPort
	// by is who has to answer: the server, or its other address where that was asked for.
	by netip.AddrPort
	// failed is why nothing is expected of it any more.
	failed error
}

// newRequest makes a request to a server, with the attributes.
func newRequest(to netip.AddrPort, attrs ...stun.Setter) (*request, error) {
	m, err := stun.Build(append(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, attrs...), stun.Fingerprint)...)
	if err != nil {
		return nil, fmt.Errorf("build a STUN request: %w", err)
	}
	return &request{raw: m.Raw, id: m.TransactionID, to: to, by: to}, nil
}

// exchange sends all the requests again after each of the waits until one is answered well.
//
//	send all that haven't failed --> read --> a success: done
//	        ^                         |  \--> a refusal, nonsense: that one has failed
//	        +---- the wait is over ---+  \--> all have failed: the last one's error
func exchange(ctx context.Context, conn Conn, asked []*request, waits []time.Duration) (answer, error) {
	if len(asked) == 0 {
		return answer{}, fmt.Errorf("%w: there is none to ask", ErrNoAnswer)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		stop()
		_ = conn.SetReadDeadline(time.Time{})
	}()
	var last error
	for _, wait := range waits {
		if err := ctx.Err(); err != nil {
			return answer{}, askError(asked, err)
		}
		alive := false
		for _, r := range asked {
			if r.failed != nil {
				continue
			}
			if _, err := conn.WriteToUDPAddrPort(r.raw, r.to); err != nil {
				r.failed = askError([]*request{r}, err)
				last = r.failed
				continue
			}
			alive = true
		}
		if !alive {
			return answer{}, last
		}
		a, err := await(ctx, conn, asked, time.Now().Add(wait))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return a, err
		}
	}
	return answer{}, fmt.Errorf("%w: no answer from %s; check its address, or whether UDP is blocked", ErrNoAnswer, serversOf(asked))
}

// await reads until a request is answered well, all have failed, or the deadline passed.
func await(ctx context.Context, conn Conn, asked []*request, deadline time.Time) (answer, error) {
	if err := conn.SetReadDeadline(deadline); err != nil {
		return answer{}, err
	}
	buf := make([]byte, 1500)
	for {
		if err := ctx.Err(); err != nil { // the deadline set above may have undone AfterFunc's
			return answer{}, askError(asked, err)
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if ctx.Err() != nil {
				return answer{}, askError(asked, ctx.Err())
			}
			return answer{}, err
		}
		a, err := parse(buf[:n])
		if err != nil {
			continue
		}
		// Only who was asked may answer, and only what was asked.
		r := asking(asked, a.id)
		if r == nil {
			continue
		}
		switch netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) {
		case r.by:
			r.failed = a.err
		case r.to: // which should have had its other address answer
			r.failed = cmp.Or(a.err, errStays)
		default:
			continue
		}
		if r.failed == nil {
			a.server = r.to
			return a, nil
		}
		if !pending(asked) {
			return answer{}, r.failed
		}
	}
}

// asking finds the request that an answer is for.
func asking(asked []*request, id [stun.TransactionIDSize]byte) *request {
	for _, r := range asked {
		if r.id == id && r.failed == nil {
			return r
		}
	}
	return nil
}

func pending(asked []*request) bool {
	for _, r := range asked {
		if r.failed == nil {
			return true
		}
	}
	return false
}

func askError(asked []*request, err error) error {
	return fmt.Errorf("ask %s for our address: %w", serversOf(asked), err)
}

func serversOf(asked []*request) string {
	s := ""
	for i, r := range asked {
		if i > 0 {
			s += ", "
		}
		s += r.to.String()
	}
	return s
}
