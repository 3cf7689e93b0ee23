package ice

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"
)

// arrived takes what came to a base that isn't the session's socket. Media goes to the
// session, when it is from where the peer has shown itself.
func (a *Agent) arrived(b *base, raw []byte, from netip.AddrPort, at time.Time) {
	if len(raw) >= headerLen && raw[0]&0xc0 == 0 && binary.BigEndian.Uint32(raw[4:]) == magicCookie {
		a.route(b, raw, from, at)
		return
	}
	if a.plain.Load().take(b, from, at) || a.Verified(from) {
		a.cfg.Socket.Deliver(raw, from, at)
	}
}

// route finds whom a STUN message is for: an answer by its transaction, a request by its user
// name. b is nil for the session's socket.
func (a *Agent) route(b *base, raw []byte, from netip.AddrPort, _ time.Time) {
	p, ok := peek(raw)
	if !ok || p.method != methodBinding || p.class == indication {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	k := packet{base: b, from: from}
	if p.class != request {
		a.answer(p, k, raw)
		return
	}
	k.to, k.by, ok = p.fragments()
	if !ok {
		return
	}
	for _, r := range a.rounds() {
		if r.ufrag != k.to {
			continue
		}
		k.raw = slices.Clone(raw)
		if c := r.checks; c != nil && c.remote.Ufrag == k.by {
			c.take(k)
		} else if len(r.early) < maxEarly {
			r.early = append(r.early, k)
		}
	}
}

// answer hands an answer to who asked. mu is held.
func (a *Agent) answer(p peeked, k packet, raw []byte) {
	if ask, ok := a.asks[p.id]; ok && p.class == success {
		m := &stun.Message{Raw: slices.Clone(raw)}
		if m.Decode() != nil {
			return
		}
		if mapped, ok := mappedAddress(m); ok {
			select {
			case ask <- mapped:
			default: // the first answer is the one
			}
		}
		return
	}
	for _, r := range a.rounds() {
		if c := r.checks; c != nil {
			if _, ours := c.sent[p.id]; ours {
				k.raw = slices.Clone(raw)
				c.take(k)
			}
		}
	}
}
