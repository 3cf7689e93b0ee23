package ua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"offhook/nat"
	"offhook/nat/ice"
)

// Candidates finds what a call of an account could offer: addresses of its own, of its NAT
// and on its relays, the likeliest first. It has a socket of its own at local, calls nobody,
// and needs no Start. The error says what lacks; there may be candidates all the same. It
// blocks until all servers have answered, or for a few seconds.
func (a *Agent) Candidates(ctx context.Context, account string, local netip.Addr) ([]ice.Candidate, error) {
	l := a.line(account)
	if l == nil {
		return nil, ErrNoAccount
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, fmt.Errorf("no socket to gather from: %w", err)
	}
	var problems troubles
	cfg := ice.Config{Socket: lone{conn}, Log: a.log, Local: hostAddrs(local), OnProblem: problems.add}
	cfg.TURN, err = a.relays(ctx, l, netip.Addr{})
	problems.add(err)
	if list := l.stunList(); list != "" {
		cfg.STUN, err = nat.Locate(ctx, a.names, list, netip.Addr{})
		problems.add(err)
	}
	finder, err := ice.New(cfg)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	var reader sync.WaitGroup
	reader.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				finder.HandleSTUN(buf[:n], from, time.Now())
			}
		}
	})
	ctx, cancel := context.WithTimeout(ctx, gatherTime)
	defer cancel()
	problems.add(finder.Gather(ctx))
	// What an offer needn't wait for is of interest here.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !finder.Local().Complete && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	found := finder.Local().Candidates
	finder.Close() // it says goodbye to the relays by the socket
	_ = conn.Close()
	reader.Wait()
	return found, problems.all()
}

// lone is a socket without a media session.
type lone struct{ *net.UDPConn }

func (s lone) LocalAddr() netip.AddrPort {
	return s.UDPConn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func (s lone) SendDatagram(raw []byte, to netip.AddrPort) error {
	_, err := s.WriteToUDPAddrPort(raw, to)
	return err
}

// Deliver has nobody to give media to.
func (lone) Deliver([]byte, netip.AddrPort, time.Time) {}

// troubles collects errors from any goroutine.
type troubles struct {
	mu   sync.Mutex
	errs []error // guarded by mu
}

func (t *troubles) add(err error) {
	if err == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.errs {
		if e.Error() == err.Error() {
			return
		}
	}
	t.errs = append(t.errs, err)
}

func (t *troubles) all() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.errs...)
}
