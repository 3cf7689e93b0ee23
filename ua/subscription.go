package ua

import (
	"context"
	"errors"
	"sync"

	"offhook/audio"
)

// Meters is the live state of a call's audio, read at the reader's own pace.
type Meters struct {
	audio.Levels
	audio.Stats
}

// ErrClosed is what Next returns when the Agent or the Subscription has closed
// and every event was read.
var ErrClosed = errors.New("closed")

// Subscription is an unbounded queue of events: the Agent never waits for a
// reader, and a reader never misses an event.
type Subscription struct {
	mu     sync.Mutex
	queue  []Event // guarded by mu
	closed bool    // guarded by mu
	wake   chan struct{}
}

func newSubscription() *Subscription {
	return &Subscription{wake: make(chan struct{}, 1)}
}

// NewSubscription returns an empty queue for a Phone that isn't an Agent: a
// front end's tests, or a recording played back. Post feeds it.
func NewSubscription() *Subscription { return newSubscription() }

// Post queues an event; it never blocks. An Agent posts to its own subscriptions.
func (s *Subscription) Post(e Event) { s.post(e) }

// Next waits for the next event. One goroutine may call it. Errors: ErrClosed,
// or the context's.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			e := s.queue[0]
			s.queue[0] = nil
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return e, nil
		}
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return nil, ErrClosed
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the subscription; events still queued can be read.
func (s *Subscription) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription) post(e Event) {
	s.mu.Lock()
	if !s.closed {
		s.queue = append(s.queue, e)
	}
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Subscription) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
