package pbx

import "sync"

// mailbox is the loop's queue. Posting never blocks: it happens in sockets' and
// timers' goroutines.
type mailbox struct {
	mu     sync.Mutex
	queue  []func() // guarded by mu
	closed bool     // guarded by mu
	wake   chan struct{}
}

// maxQueue bounds the requests that wait. Responses and timers aren't counted out:
// their number is bounded by the requests that were let in.
const maxQueue = 4096

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f; false when the loop has ended, and f won't run.
func (m *mailbox) post(f func()) bool { return m.put(f, 0) }

// offer is post for a new request: false too when too many wait.
func (m *mailbox) offer(f func()) bool { return m.put(f, maxQueue) }

func (m *mailbox) put(f func(), limit int) bool {
	m.mu.Lock()
	if m.closed || limit > 0 && len(m.queue) >= limit {
		m.mu.Unlock()
		return false
	}
	m.queue = append(m.queue, f)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// run executes what is posted, in order, until stop is closed.
func (m *mailbox) run(stop <-chan struct{}) {
	for {
		m.mu.Lock()
		batch := m.queue
		m.queue = nil
		m.mu.Unlock()
		for _, f := range batch {
			f()
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-m.wake:
		case <-stop:
			m.mu.Lock()
			m.closed = true
			m.queue = nil
			m.mu.Unlock()
			return
		}
	}
}
