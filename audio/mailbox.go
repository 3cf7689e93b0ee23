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
	msgs   []message
	spare  []message
	closed bool
}

// message is what was posted: do runs in the loop, or else, when the loop ends before it
// comes to that, drop does.
type message struct{ do, drop func() }

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f for the loop. It reports false, and drops f, once the loop is gone.
func (m *mailbox) post(f func()) bool { return m.postOr(f, nil) }

// postOr is post for what must not get lost: when the loop ends without having called f,
// it calls drop.
func (m *mailbox) postOr(f, drop func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.msgs = append(m.msgs, message{f, drop})
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
		for i, msg := range msgs {
			msg.do()
			msgs[i] = message{}
		}
		m.spare = msgs
	}
}

// close refuses further messages and drops those that wait. Only the loop calls it.
func (m *mailbox) close() {
	m.mu.Lock()
	left := m.msgs
	m.closed, m.msgs = true, nil
	m.mu.Unlock()
	for _, msg := range left {
		if msg.drop != nil {
			msg.drop()
		}
	}
}
