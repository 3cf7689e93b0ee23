package audio

import (
	"context"
	"errors"
	"time"
)

// outlet is one backend: closed, being opened, open, or being closed. Workers open and
// close it: a sound library can take its time, or hang, and calls go on. What is desired
// stands apart: next is the backend to change to.
//
//	           open                    idle, lost, another backend
//	closed ──────────> opening ──> open ───────────────────────────> closing ──> closed
//	  ^                   │                                             (worker)
//	  └───failed, lost────┘
//	  again after a while: backoff
type outlet struct {
	backend Backend
	next    Backend // desired, nil for no change
	role    DeviceRole
	state   outletState
	turn    int // counts attempts to open
	stream  Stream
	wished  int  // the rate that stream was opened for
	refused bool // the last attempt failed; it waits for retry, or a change
	lost    bool // people were told that there is no device
	backoff time.Duration
	retry   *time.Timer // ends a wait
	toner   toner
	ticks   <-chan struct{} // of stream, or pacer, while a tone plays from here, else nil
	pacer   *Pacer          // beats for an Unclocked stream while a tone plays
	idle    *time.Timer     // runs while open and unused
	buf     []int16
}

type outletState uint8

const (
	outletClosed outletState = iota
	outletOpening
	outletOpen
	outletClosing
)

const (
	// A device that is away is looked for again after backoffLeast, and each time after
	// twice as long, up to backoffMost.
	backoffLeast = 500 * time.Millisecond
	backoffMost  = 15 * time.Second
	// openPatience is when people are told of a device that doesn't open; the attempt
	// goes on.
	openPatience = 5 * time.Second
	// closePatience is how long Engine.Close waits for a device that hangs.
	closePatience = 3 * time.Second
)

var errSlowDevice = errors.New("the device doesn't answer")

func newOutlet(b Backend, role DeviceRole) *outlet {
	o := &outlet{backend: b, role: role, idle: time.NewTimer(time.Hour), retry: time.NewTimer(time.Hour), backoff: backoffLeast}
	o.idle.Stop()
	o.retry.Stop()
	return o
}

// mute reports that there is no ear behind the outlet.
func (o *outlet) mute() bool { _, null := o.backend.(Null); return null }

// beat makes o tick.
func (o *outlet) beat() {
	if o.ticks != nil {
		return
	}
	if o.ticks = o.stream.Ticks(); o.ticks == nil {
		o.pacer = NewPacer(o.stream.Period())
		o.ticks = o.pacer.Beats()
	}
}

// still ends the ticks.
func (o *outlet) still() {
	o.ticks = nil
	if o.pacer != nil {
		o.pacer.Stop()
		o.pacer = nil
	}
}

// misfit reports that s had better have the stream opened anew, at the rate of its
// codec: that costs nothing without hardware, and resampling twice a frame does.
func (o *outlet) misfit(s holder) bool {
	if o.state != outletOpen {
		return false
	}
	_, soft := o.stream.(Unclocked)
	return soft && o.wished != s.wishRate()
}

// again lets the next settle try to open o.
func (o *outlet) again() {
	o.refused = false
	o.retry.Stop()
}

// open opens o in a worker.
func (l *engineLoop) open(o *outlet, s holder) {
	o.state = outletOpening
	rate := 48000
	if s != nil {
		rate = s.wishRate()
	}
	o.wished = rate
	o.turn++
	e, b, turn := l.e, o.backend, o.turn
	go func() {
		slow := time.AfterFunc(openPatience, func() {
			e.mail.post(func() {
				if o.state == outletOpening && o.turn == turn {
					l.tellLost(o, errSlowDevice)
				}
			})
		})
		st, err := b.Open(e.ctx, rate)
		slow.Stop()
		if err == nil && o.role == CallDevice {
			st = e.voice(st)
		}
		if !e.mail.post(func() { l.opened(o, st, err) }) && err == nil {
			st.Close() // the engine is closed and has waited long enough
		}
	}()
}

func (l *engineLoop) opened(o *outlet, st Stream, err error) {
	if err != nil {
		o.state = outletClosed
		if !errors.Is(err, context.Canceled) {
			l.e.log.Info("can't open the audio device; going on without", "error", err) // an event tells people
			l.tellLost(o, err)
		}
		l.wait(o)
		l.settle()
		return
	}
	o.state, o.stream, o.backoff = outletOpen, st, backoffLeast
	if o.lost {
		o.lost = false
		l.report(o, DeviceBack, nil)
	}
	l.settle()
}

// failed is a device that was open and is no more.
func (l *engineLoop) failed(o *outlet, err error) {
	l.e.log.Warn("the audio device failed", "error", err)
	if !o.lost {
		o.lost = true
		l.report(o, DeviceLost, err)
	}
	l.shut(o)
	l.wait(o)
}

// tellLost tells that o can't be opened: once, until it could.
func (l *engineLoop) tellLost(o *outlet, err error) {
	if o.lost {
		return
	}
	o.lost = true
	l.report(o, DeviceLost, err)
	if o == l.main && l.want != nil {
		l.want.deviceFailed(err)
	}
}

// wait tries o again later.
func (l *engineLoop) wait(o *outlet) {
	o.refused = true
	o.retry.Reset(o.backoff)
	o.backoff = min(2*o.backoff, backoffMost)
}

// retried is the end of a wait. A library that finds what was plugged in only when
// nothing of it is open (PortAudio) finds it now: what is open and idle is closed.
func (l *engineLoop) retried(o *outlet) {
	o.refused = false
	for _, other := range l.outlets() {
		if other != o && other.state == outletOpen && l.holderOf(other) == nil && other.ticks == nil {
			l.shut(other)
		}
	}
	l.settle()
}

// holderOf is who has the stream of o, nil for nobody.
func (l *engineLoop) holderOf(o *outlet) holder {
	if o == l.main {
		return l.holder
	}
	return nil
}

// shut closes o's stream, which nobody has in hands. What isn't hardware is closed when
// shut returns.
func (l *engineLoop) shut(o *outlet) {
	o.idle.Stop()
	if o.state != outletOpen {
		return
	}
	o.still()
	o.toner.set(ToneNone, 0)
	st := o.stream
	o.state, o.stream = outletClosing, nil
	if _, soft := st.(Unclocked); soft {
		l.closed(o, st.Close())
		return
	}
	mail := l.e.mail
	go func() {
		err := st.Close()
		mail.post(func() {
			l.closed(o, err)
			l.settle()
		})
	}()
}

func (l *engineLoop) closed(o *outlet, err error) {
	o.state = outletClosed
	if err != nil {
		if !o.lost { // one that is gone can't be closed in order
			l.closeErr = errors.Join(l.closeErr, err)
		}
		l.e.log.Warn("closing the audio device", "error", err)
	}
}
