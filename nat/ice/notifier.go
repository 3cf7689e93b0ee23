package ice

import "sync"

// notifier calls callbacks one after the other, in order, with no lock held.
type notifier struct {
	mu    sync.Mutex
	queue []func()
	wake  chan struct{}
	done  chan struct{}
	work  sync.WaitGroup
}

func newNotifier() *notifier {
	n := &notifier{wake: make(chan struct{}, 1), done: make(chan struct{})}
	n.work.Go(n.run)
	return n
}

// post never blocks.
func (n *notifier) post(f func()) {
	n.mu.Lock()
	n.queue = append(n.queue, f)
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *notifier) run() {
	for {
		select {
		case <-n.wake:
			n.flush()
		case <-n.done:
			n.flush()
			return
		}
	}
}

func (n *notifier) flush() {
	for {
		n.mu.Lock()
		if len(n.queue) == 0 {
			n.mu.Unlock()
			return
		}
		f := n.queue[0]
		n.queue = n.queue[1:]
		n.mu.Unlock()
		f()
	}
}

// close calls what was posted, and waits for it.
func (n *notifier) close() {
	close(n.done)
	n.work.Wait()
}
