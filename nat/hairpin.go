package nat

import (
	"bytes"
	"context"
	"net/netip"
	"sync"
	"time"
)

// hairpin has two sockets send to each other's public address (RFC 5780, section 4.5): both
// send, as in a call, so that a filter that lets in answers only isn't taken for more than that.
func (s *survey) hairpin(ctx context.Context, server netip.AddrPort, local netip.Addr) (Hairpin, error) {
	type end struct {
		conn   Socket
		mapped netip.AddrPort
		err    error
	}
	ends := [2]end{}
	var work sync.WaitGroup
	for i := range ends {
		work.Go(func() {
			e := &ends[i]
			if e.conn, e.err = s.socket(); e.err != nil {
				return
			}
			var a answer
			a, e.err = s.ask(ctx, e.conn, server, server)
			e.mapped = a.mapped
		})
	}
	work.Wait()
	for _, e := range ends {
		if e.err != nil {
			return HairpinUntested, e.err
		}
		if e.mapped.Addr() == local {
			return HairpinUntested, nil // there is nothing to go through
		}
	}
	probe, err := newRequest(server)
	if err != nil {
		return HairpinUntested, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var came [2]bool
	for i := range ends {
		work.Go(func() {
			if came[i] = s.greet(ctx, ends[i].conn, probe.raw, ends[1-i].mapped); came[i] {
				cancel()
			}
		})
	}
	work.Wait()
	if came[0] || came[1] {
		return HairpinWorks, nil
	}
	return HairpinFails, nil
}

// greet sends raw to a peer until the same has come from it.
func (s *survey) greet(ctx context.Context, conn Conn, raw []byte, peer netip.AddrPort) bool {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 1500)
	for _, wait := range s.short() {
		if _, err := conn.WriteToUDPAddrPort(raw, peer); err != nil {
			return false
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		for ctx.Err() == nil {
			n, _, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				break
			}
			if bytes.Equal(buf[:n], raw) {
				return true
			}
		}
		if ctx.Err() != nil {
			return false
		}
	}
	return false
}
