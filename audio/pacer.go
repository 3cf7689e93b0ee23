package audio

import (
	"sync"
	"time"
)

// Pacer beats on a monotonic schedule: beat n comes at start + n periods, however
// late beat n-1 was taken. A reader that is too slow loses beats.
//
// The engine plays tones to it on streams that have no ticks; a session on its own
// clock has an alarm, which costs a fraction.
type Pacer struct {
	beats chan struct{}
	stop  chan struct{}
	once  sync.Once
	done  sync.WaitGroup
}

// NewPacer starts beating. Stop it after use.
func NewPacer(period time.Duration) *Pacer {
	p := &Pacer{beats: make(chan struct{}, 1), stop: make(chan struct{})}
	t := time.NewTicker(period)
	p.done.Go(func() {
		defer close(p.beats)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				select {
				case p.beats <- struct{}{}:
				default:
				}
			case <-p.stop:
				return
			}
		}
	})
	return p
}

// Beats delivers the beats; Stop closes it.
func (p *Pacer) Beats() <-chan struct{} { return p.beats }

// Stop ends the goroutine and waits for it. It may be called again.
func (p *Pacer) Stop() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}
