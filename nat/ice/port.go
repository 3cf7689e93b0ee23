package ice

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	pion "github.com/pion/ice/v4"
	"github.com/pion/logging"
)

// port is a base as pion's agent sees it: a socket for STUN alone.
type port struct {
	checks *checks
	base   *base
	id     string // of pion's candidate
	in     chan packet
	done   chan struct{}
	once   sync.Once
}

// portRoom is for the checks of a peer's pairs at once; what comes beyond is lost, and sent again.
const portRoom = 64

var _ pion.AddrPortReaderWriter = (*port)(nil)

func (p *port) put(k packet) {
	select {
	case p.in <- k:
	default:
	}
}

func (p *port) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		select {
		case <-p.done:
			return 0, netip.AddrPort{}, net.ErrClosed
		case k := <-p.in:
			if p.checks.inspect(p, k) {
				return copy(b, k.raw), k.from, nil
			}
		}
	}
}

func (p *port) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return len(b), p.checks.write(p, b, unmap(to))
}

func (p *port) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (p *port) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError(to.String())
	}
	return p.WriteToAddrPort(b, a.AddrPort())
}

func (p *port) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.base.candidate.Addr) }

func (p *port) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *port) SetDeadline(time.Time) error      { return nil }
func (p *port) SetReadDeadline(time.Time) error  { return nil }
func (p *port) SetWriteDeadline(time.Time) error { return nil }

// pionLocal is a base as pion has it. It needs no reflexive ones: what a NAT makes of a base's
// address shows in the answers, and such pairs would be pruned (RFC 8445, section 6.1.2.4).
func pionLocal(c Candidate) (pion.Candidate, error) {
	if c.Type == Relayed {
		return pion.NewCandidateRelay(&pion.CandidateRelayConfig{
			Network: "udp", Address: c.Addr.Addr().String(), Port: int(c.Addr.Port()), Component: 1,
			Priority: c.Priority, Foundation: c.Foundation,
		})
	}
	return pion.NewCandidateHost(&pion.CandidateHostConfig{
		Network: "udp", Address: c.Addr.Addr().String(), Port: int(c.Addr.Port()), Component: 1,
		Priority: c.Priority, Foundation: c.Foundation,
	})
}

func pionRemote(c Candidate) (pion.Candidate, error) {
	address, port := c.Addr.Addr().String(), int(c.Addr.Port())
	var related string
	if c.Related.IsValid() {
		related = c.Related.Addr().String()
	}
	switch c.Type {
	case ServerReflexive:
		return pion.NewCandidateServerReflexive(&pion.CandidateServerReflexiveConfig{
			Network: "udp", Address: address, Port: port, Component: 1, Priority: c.Priority, Foundation: c.Foundation,
			RelAddr: related, RelPort: int(c.Related.Port()),
		})
	case PeerReflexive:
		return pion.NewCandidatePeerReflexive(&pion.CandidatePeerReflexiveConfig{
			Network: "udp", Address: address, Port: port, Component: 1, Priority: c.Priority, Foundation: c.Foundation,
			RelAddr: related, RelPort: int(c.Related.Port()),
		})
	case Relayed:
		return pion.NewCandidateRelay(&pion.CandidateRelayConfig{
			Network: "udp", Address: address, Port: port, Component: 1, Priority: c.Priority, Foundation: c.Foundation,
			RelAddr: related, RelPort: int(c.Related.Port()),
		})
	case Host:
	}
	return pion.NewCandidateHost(&pion.CandidateHostConfig{
		Network: "udp", Address: address, Port: port, Component: 1, Priority: c.Priority, Foundation: c.Foundation,
	})
}

// logs gives pion's warnings to the Agent's log, as details: what matters is told as a state. Without
// it pion would write to the terminal.
type logs struct{ to *slog.Logger }

func (l logs) NewLogger(scope string) logging.LeveledLogger { return leveled{l.to.With("pion", scope)} }

type leveled struct{ to *slog.Logger }

func (leveled) Trace(string)          {}
func (leveled) Tracef(string, ...any) {}
func (leveled) Debug(string)          {}
func (leveled) Debugf(string, ...any) {}
func (leveled) Info(string)           {}
func (leveled) Infof(string, ...any)  {}

func (l leveled) Warn(msg string)           { l.to.Debug(msg) }
func (l leveled) Warnf(f string, v ...any)  { l.printf(f, v) }
func (l leveled) Error(msg string)          { l.to.Debug(msg) }
func (l leveled) Errorf(f string, v ...any) { l.printf(f, v) }

func (l leveled) printf(f string, v []any) {
	if l.to.Enabled(context.Background(), slog.LevelDebug) {
		l.to.Debug(fmt.Sprintf(f, v...))
	}
}
