package sip

import "time"

// Ignorer is a ServerTransaction that can be left without any answer, for a scanner
// that learns from each.
type Ignorer interface{ Ignore() }

var _ Ignorer = (*serverTx)(nil)

// Ignore sends nothing, not even a 100, and takes in retransmissions until the client
// has given up.
func (t *serverTx) Ignore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answered {
		return
	}
	t.answered = true
	t.timer.Stop()
	t.timer = time.AfterFunc(64*t1, t.drop)
}
