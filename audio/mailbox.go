package audio

import "sync"

// mailbox carries messages to a loop. Posting takes a short lock and never waits for
// the loop, so whoever posts can't deadlock with a loop that is closing.
//
//	post -> msgs + wake -> run (loop)
type mailbox struct {
	wake chan struct{} // one token: there is something to look at
	ring func()        // wakes a loop that sleeps otherwise, nil for none; set before any post

	mu     sync.Mutex
	msgs   []func()
	spare  []func()
	closed bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f for the loop. It reports false, and drops f, once the loop is gone.
func (m *mailbox) post(f func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.msgs = append(m.msgs, f)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
	if m.ring != nil {
		m.ring()
	}
	return true
}

// run calls, in order, what was posted, and reports whether that was anything. Only
// the loop calls it.
func (m *mailbox) run() (ran bool) {
	for {
		m.mu.Lock()
		msgs := m.msgs
		m.msgs = m.spare[:0]
		m.mu.Unlock()
		if len(msgs) == 0 {
			m.spare = msgs
			return ran
		}
		ran = true
		for i, f := range msgs {
			f()
			msgs[i] = nil
		}
		m.spare = msgs
	}
}

// close refuses further messages and drops those that wait.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed, m.msgs = true, nil
	m.mu.Unlock()
}
