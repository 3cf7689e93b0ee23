package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

const (
	// pongTimeout is how long an answer to a keep-alive may take (RFC 5626, section 4.4.1).
	pongTimeout = 10 * time.Second
	// streamInterval and datagramInterval are how often a flow is kept alive when nobody
	// says (RFC 5626, section 4.4.1): NATs forget UDP soonest.
	streamInterval   = 120 * time.Second
	datagramInterval = 29 * time.Second
)

// ErrFlowDead is why a flow is given up that no longer answers keep-alives.
var ErrFlowDead = errors.New("the other side no longer answers keep-alives")

// keeper keeps one flow alive.
//
//	wait 80..100 % of the interval --> probe --> answered: wait again
//	                                       \--> not within 10 s: FlowLost, end
type keeper struct {
	e      *Endpoint
	to     Target
	how    KeepAlive
	mapped netip.AddrPort // what STUN said last
}

// KeepAlive keeps the flow to a target alive from now on, in place of what was set for it
// before; KeepAliveOff ends that. A flow that is lost isn't kept any more. It doesn't
// block.
func (e *Endpoint) KeepAlive(to Target, how KeepAlive) {
	key := e.flowKey(to)
	ctx, cancel := context.WithCancel(e.ctx)
	k := &kept{keeper: &keeper{e: e, to: to, how: how}, cancel: cancel}
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.kept[key]; old != nil {
		if old.to == to && old.how == how {
			cancel()
			return // as it is
		}
		old.cancel()
		delete(e.kept, key)
	}
	if e.closed || !how.sends(to.Transport) {
		cancel()
		return
	}
	e.kept[key] = k
	e.wg.Go(func() {
		defer cancel()
		err := k.run(ctx)
		e.mu.Lock()
		mine := e.kept[key] == k
		if mine {
			delete(e.kept, key)
		}
		e.mu.Unlock()
		if mine && err != nil && ctx.Err() == nil {
			e.log.Info("a flow is dead", "to", to, "err", err)
			e.tellLost(Flow{Target: to, Err: fmt.Errorf("%w: %s: %w", ErrTransport, to, err), Kept: true})
		}
	})
}

// kept is a keeper at work.
type kept struct {
	*keeper
	cancel context.CancelFunc
}

// flowKey names a flow, as its connection is named.
func (e *Endpoint) flowKey(to Target) connKey {
	key := connKey{transport: to.Transport, addr: to.Addr}
	if to.Transport == TLS || to.Transport == WSS {
		key.host = strings.ToLower(e.hostOf(to))
	}
	return key
}

// sends says that anything is sent at all.
func (k KeepAlive) sends(t Transport) bool {
	return k.Method != KeepAliveOff && (k.Method != KeepAliveAuto || t.Reliable())
}

// wait is a time of 80 to 100 % of the interval.
func (k KeepAlive) wait(t Transport, float func() float64) time.Duration {
	d := k.Interval
	if d <= 0 {
		d = streamInterval
		if !t.Reliable() {
			d = datagramInterval
		}
	}
	return d - time.Duration(0.2*float()*float64(d))
}

func zero() float64 { return 0 }

// run probes until the flow is dead, which is its error. It ends with nil when somebody
// else tells of the end: ctx's owner, or a broken connection.
func (k *keeper) run(ctx context.Context) error {
	for {
		if !sleep(ctx, k.how.wait(k.to.Transport, rand.Float64)) {
			return nil
		}
		var err error
		switch {
		case k.how.Method == KeepAliveOptions:
			err = k.options(ctx)
		case k.to.Transport.Reliable():
			if k.ping(ctx) {
				return nil
			}
		case k.how.Method == KeepAliveSTUN:
			err = k.binding(ctx, k.to.Addr, pongTimeout)
		default:
			if err = k.e.writeKeepAlive(k.to.Addr, []byte("\r\n\r\n")); err == nil && k.how.Witness.IsValid() {
				err = k.binding(ctx, k.how.Witness, k.how.wait(k.to.Transport, zero)/4)
			}
			if errors.Is(err, ErrFlowDead) {
				err = nil // it is the witness that is gone
			}
		}
		if err != nil {
			return err
		}
	}
}

// ping sends CRLFs, or WebSocket's own ping, over the connection and waits for the pong
// (RFC 5626, section 3.5.1; RFC 7118, section 6). over says that there is no connection any
// more, of which Endpoint.lost tells.
func (k *keeper) ping(ctx context.Context) (over bool) {
	e := k.e
	e.mu.Lock()
	c := e.connTo(k.to)
	e.mu.Unlock()
	if c == nil {
		return true
	}
	select {
	case <-c.alive: // of an earlier ping
	default:
	}
	what := chunk{framePing, []byte("\r\n\r\n")}
	if c.webSocket() {
		what = chunk{kind: frameWSPing}
	}
	c.pings.Add(1)
	if c.queue(what) != nil {
		return true
	}
	timer := time.NewTimer(pongTimeout)
	defer timer.Stop()
	select {
	case <-c.alive:
		return false
	case <-c.broken:
		return true
	case <-ctx.Done():
		return true
	case <-timer.C:
	}
	if k.how.Method == KeepAliveAuto && !c.ponged.Load() {
		// Nobody said that the peer knows this, and nothing shows it.
		e.log.Debug("no pong; perhaps the peer doesn't know keep-alives", "to", k.to)
		return false
	}
	c.fail(ErrFlowDead)
	return true
}

// binding asks the SIP port itself, or a witness, for a STUN binding (RFC 5626, section 3.5.2),
// and asks again while there is time left, as an answer may be lost. When the address on the far side of a NAT has
// changed, what the peer knows of us leads nowhere: the flow is dead (section 4.4.2).
func (k *keeper) binding(ctx context.Context, server netip.AddrPort, left time.Duration) error {
	e := k.e
	id, ch := newSTUNID(), make(chan netip.AddrPort, 1)
	e.mu.Lock()
	e.bindings[id] = ch
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.bindings, id)
		e.mu.Unlock()
	}()
	ask := bindingRequest(id)
	for rto := t1; left > 0; rto *= 2 { // RFC 5389, section 7.2.1
		if err := e.writeKeepAlive(server, ask); err != nil {
			return err
		}
		wait := min(rto, left)
		left -= wait
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case at := <-ch:
			timer.Stop()
			was := k.mapped
			if at.IsValid() {
				k.mapped = at
			}
			if was.IsValid() && at.IsValid() && was != at {
				return fmt.Errorf("this phone is seen at %s now, no longer at %s", at, was)
			}
			return nil
		case <-timer.C:
		}
	}
	return ErrFlowDead
}

// options asks the peer with a request of its own; any response says that it is there.
func (k *keeper) options(ctx context.Context) error {
	e := k.e
	done := make(chan error, 1)
	host := e.hostOf(k.to)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	uri := URI{Scheme: "sip", Host: host, Port: int(k.to.Addr.Port())}
	from := URI{Scheme: "sip", Host: bracket(e.LocalAddr(k.to.Transport).Addr())}
	req := NewRequest(OPTIONS, uri)
	req.AppendHeader(&FromHeader{Address: from, Params: Params{{K: "tag", V: NewTag()}}})
	req.AppendHeader(&ToHeader{Address: uri})
	id := CallIDHeader(NewCallID())
	req.AppendHeader(&id)
	req.AppendHeader(&CSeqHeader{SeqNo: 1, MethodName: OPTIONS})
	tx, err := e.Request(req, k.to, func(res *Response, err error) {
		if err == nil && res.StatusCode < 200 {
			return
		}
		select {
		case done <- err:
		default:
		}
	})
	if err != nil {
		return err
	}
	select {
	case err = <-done:
		if errors.Is(err, ErrTimeout) {
			return ErrFlowDead
		}
		return err
	case <-ctx.Done():
		tx.Abandon()
		return nil
	}
}

// bracket is an address as a URI's host.
func bracket(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}

// sleep waits for d, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
