package nat

import (
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

// ErrNoAnswer is what Binding wraps when the server stayed silent.
var ErrNoAnswer = errors.New("the STUN server doesn't answer")

// RFC 8489, section 6.2.1: the first wait doubles with each of the requests,
// and the last one is waited for longer.
const (
	firstWait = 500 * time.Millisecond
	requests  = 7
	lastWait  = 16 * firstWait
)

// Binding asks a STUN server which address and port the socket has from its
// side (RFC 8489, section 2). Whatever else arrives on the socket meanwhile is
// dropped, so it is asked before media flows. Without a deadline in ctx it gives up after 39.5 s.
// Errors: ErrNoAnswer, ErrMalformed (an answer that says nothing), ErrRefused, the
// socket's or the context's.
func Binding(ctx context.Context, conn Conn, server netip.AddrPort) (netip.AddrPort, error) {
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("build a STUN request: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		stop()
		_ = conn.SetReadDeadline(time.Time{})
	}()
	wait := firstWait
	for n := range requests {
		if n == requests-1 {
			wait = lastWait
		}
		if err := ctx.Err(); err != nil {
			return netip.AddrPort{}, fmt.Errorf("ask %v for our address: %w", server, err)
		}
		if _, err := conn.WriteToUDPAddrPort(request.Raw, server); err != nil {
			return netip.AddrPort{}, fmt.Errorf("ask %v for our address: %w", server, err)
		}
		addr, err := await(ctx, conn, server, request.TransactionID, time.Now().Add(wait))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return addr, err
		}
		wait *= 2
	}
	return netip.AddrPort{}, fmt.Errorf("%w: no answer from %v; check its address, or whether UDP is blocked", ErrNoAnswer, server)
}

// await reads until the answer to the transaction came, or the deadline passed.
func await(ctx context.Context, conn Conn, server netip.AddrPort, id [stun.TransactionIDSize]byte, deadline time.Time) (netip.AddrPort, error) {
	if err := conn.SetReadDeadline(deadline); err != nil {
		return netip.AddrPort{}, err
	}
	buf := make([]byte, 1500)
	for {
		if err := ctx.Err(); err != nil { // the deadline set above may have undone AfterFunc's
			return netip.AddrPort{}, fmt.Errorf("ask %v for our address: %w", server, err)
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if ctx.Err() != nil {
				return netip.AddrPort{}, fmt.Errorf("ask %v for our address: %w", server, ctx.Err())
			}
			return netip.AddrPort{}, err
		}
		// Only the server asked may answer, and only what was asked.
		if netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != server {
			continue
		}
		answer, err := parse(buf[:n])
		if err != nil || answer.id != id {
			continue
		}
		return answer.mapped, answer.err
	}
}
