package ua

import "sync"

// mailbox is how everything reaches the Agent's loop: the Phone's methods,
// sockets' handlers, workers and timers. Posting never blocks, so a handler of
// the transaction layer may post, and order is kept.
type mailbox struct {
	mu     sync.Mutex
	queue  []func() // guarded by mu
	closed bool     // guarded by mu
	wake   chan struct{}
}

// floodLimit is how many messages may wait before new out-of-dialog requests
// are turned away with 503, so that a flood can't eat the memory.
const floodLimit = 4096

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f for the loop; false when the loop has ended.
func (b *mailbox) post(f func()) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.queue = append(b.queue, f)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns all that waits and gives the loop's spent slice back for reuse.
func (b *mailbox) take(spent []func()) []func() {
	clear(spent)
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queue
	b.queue = spent[:0]
	return q
}

// flooded says that more waits than a healthy loop would leave.
func (b *mailbox) flooded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) >= floodLimit
}

// close drops what waits and refuses more.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.queue = true, nil
}
