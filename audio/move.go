package audio

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// place is where a session's sockets are.
type place struct{ rtp, rtcp netip.AddrPort }

// plugs are a session's sockets at a place.
type plugs struct {
	place
	media, reports socket
}

func (p plugs) close() {
	p.media.close()
	p.reports.close()
}

// plug binds a pair of sockets at an address and lends that of RTP to f, if not nil.
func (e *Engine) plug(ctx context.Context, local netip.Addr, f func(context.Context, ProbeConn) error) (plugs, error) {
	rtp, rtcp, err := listenPair(local, e.cfg.PortMin, e.cfg.PortMax)
	if err != nil {
		return plugs{}, fmt.Errorf("open an RTP socket: %w", err)
	}
	if f != nil {
		ctx, cancel := context.WithCancel(ctx)
		defer context.AfterFunc(e.ctx, cancel)() // Close doesn't wait for an answer
		defer cancel()
		if err := probe(ctx, rtp, f); err != nil {
			rtp.Close()
			rtcp.Close()
			if e.ctx.Err() != nil {
				return plugs{}, ErrClosed
			}
			return plugs{}, fmt.Errorf("probe the RTP socket: %w", err)
		}
	}
	p := plugs{place: place{localAddr(rtp), localAddr(rtcp)}}
	if p.media, err = takeOver(rtp, rtpSlots); err != nil {
		rtcp.Close()
		return plugs{}, fmt.Errorf("open an RTP socket: %w", err)
	}
	if p.reports, err = takeOver(rtcp, rtcpSlots); err != nil {
		p.media.close()
		return plugs{}, fmt.Errorf("open an RTCP socket: %w", err)
	}
	return e.impair(p), nil
}

// Move takes the session to sockets at another local address, when the one that it
// has is gone: SSRC, sequence, timestamps, codecs and the jitter buffer go on, so that
// the peer hears a pause at most and no click. LocalAddr is the new one when Move
// returns; the peer has to be told it. probe is as in OpenOptions. Move may block; on an
// error the session stays where it was.
//
//	bind, probe (caller's goroutine) --> loop: drain the old sockets, swap, close them
func (s *Session) Move(ctx context.Context, local netip.Addr, probe func(context.Context, ProbeConn) error) error {
	if s.ended() {
		return ErrClosed
	}
	p, err := s.e.plug(ctx, local, probe)
	if err != nil {
		return err
	}
	moved := make(chan struct{})
	if !s.mail.post(func() { s.l.move(p, time.Now()); close(moved) }) {
		p.close()
		return ErrClosed
	}
	select {
	case <-moved:
		return nil
	case <-s.done:
	}
	select {
	case <-moved: // and ended then
		return nil
	default:
		p.close()
		return ErrClosed
	}
}

// move swaps the sockets.
func (l *loop) move(p plugs, now time.Time) {
	l.drain(now) // what came in time is heard
	l.lostBefore += l.rtpConn.lost() + l.rtcpConn.lost()
	old := plugs{media: l.rtpConn, reports: l.rtcpConn}
	l.rtpConn, l.rtcpConn = p.media, p.reports
	l.guard = guard{} // the new socket takes everybody's
	l.s.at.Store(&p)
	old.close()
	l.publish()
}
