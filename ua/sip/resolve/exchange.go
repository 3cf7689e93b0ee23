package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// exchange asks one nameserver over a socket of its own, so that each question has
// another port (RFC 5452). What doesn't answer the question is left; ctx ends the wait.
func exchange(ctx context.Context, network string, server netip.AddrPort, m *dns.Msg) (*dns.Msg, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = nc.Close() }()
	if at, ok := ctx.Deadline(); ok {
		_ = nc.SetDeadline(at)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	co := &dns.Conn{Conn: nc, UDPSize: udpSize}
	if err := co.WriteMsg(m); err != nil {
		return nil, err
	}
	for {
		answer, err := co.ReadMsg()
		var ne net.Error
		switch {
		case err != nil && (network == "tcp" || errors.As(err, &ne)):
			return nil, err
		case err != nil: // a datagram that is no DNS message
		case answersTo(answer, m):
			return answer, nil
		case network == "tcp":
			return nil, errors.New("the nameserver answers another question")
		}
	}
}

// answersTo checks what a forger off the path would have to guess.
func answersTo(a, q *dns.Msg) bool {
	if a == nil || !a.Response || a.Id != q.Id {
		return false
	}
	if a.Rcode == dns.RcodeFormatError && len(a.Question) == 0 {
		return true
	}
	return len(a.Question) == 1 && a.Question[0].Qtype == q.Question[0].Qtype &&
		strings.EqualFold(a.Question[0].Name, q.Question[0].Name)
}
