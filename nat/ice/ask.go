package ice

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

// askWaits are the waits for a STUN server between requests. RFC 8489, section 6.2.1, begins
// with half a second; a call that waits for its candidates can't, and a request costs nothing.
var askWaits = [...]time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}

// bindingRequest asks a STUN server where it sees us.
func bindingRequest(id txid) []byte {
	// What is built of constants doesn't fail.
	m, _ := stun.Build(stun.NewTransactionIDSetter(id), stun.BindingRequest, stun.Fingerprint)
	return m.Raw
}

// ask asks a server for a base's address outside.
func (a *Agent) ask(ctx context.Context, b *base, server netip.AddrPort) (netip.AddrPort, error) {
	id := txid([]byte(secret(len(txid{}))))
	answer := make(chan netip.AddrPort, 1)
	a.mu.Lock()
	a.asks[id] = answer
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.asks, id)
		a.mu.Unlock()
	}()
	raw := bindingRequest(id)
	for _, wait := range askWaits {
		if err := b.out.send(raw, server); err != nil {
			return netip.AddrPort{}, fmt.Errorf("ask the STUN server %v: %w", server, err)
		}
		timer := time.NewTimer(wait)
		select {
		case at := <-answer:
			timer.Stop()
			return at, nil
		case <-ctx.Done():
			timer.Stop()
			return netip.AddrPort{}, fmt.Errorf("ask the STUN server %v: %w", server, ctx.Err())
		case <-timer.C:
		}
	}
	return netip.AddrPort{}, fmt.Errorf("the STUN server %v doesn't answer; check its address, or whether UDP is blocked", server)
}
