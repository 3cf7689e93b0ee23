package audio

import (
	"context"
	"errors"
	"time"
)

// engineLoop decides who has the device. Its fields belong to the engine's
// goroutine. Desired and actual are apart: settle moves the one towards the other.
type engineLoop struct {
	e *Engine

	want   holder // desired
	holder holder // actual: the stream is in its hands
	last   holder // before: another one gets a rewound stream
	asked  bool   // holder was told to give back
	conference
	tone Tone

	main *outlet
	ring *outlet // nil when ringing goes to main

	closeErr error
}

// holder is who can have the device: a session, or the mixer of a conference. The
// methods post to its goroutine.
type holder interface {
	// grant lends a stream; false says that the holder has ended.
	grant(Stream, Tone) bool
	// revoke asks for the stream; engineLoop.gaveBack follows.
	revoke() bool
	setTone(Tone)
	deviceFailed(error)
	wishRate() int
	ended() bool
}

// outlet is one backend: closed, being opened, or open.
//
//	closed ──open──> opening ──> open ──idle, failed──> closed
//	                    └─failed─> closed, with refused set
type outlet struct {
	backend Backend
	state   outletState
	stream  Stream
	wished  int  // the rate that stream was opened for
	refused bool // the last attempt failed; don't try again before something changes
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
)

func newOutlet(b Backend) *outlet {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &outlet{backend: b, idle: t}
}

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

// misfit reports that s had better have the stream opened anew, at the rate of its
// codec: that costs nothing without hardware, and resampling twice a frame does.
func (o *outlet) misfit(s holder) bool {
	if o.state != outletOpen {
		return false
	}
	_, soft := o.stream.(Unclocked)
	return soft && o.wished != s.wishRate()
}

// still ends the ticks.
func (o *outlet) still() {
	o.ticks = nil
	if o.pacer != nil {
		o.pacer.Stop()
		o.pacer = nil
	}
}

// mute reports that there is no ear behind the outlet.
func (o *outlet) mute() bool { _, null := o.backend.(Null); return null }

func (l *engineLoop) init(e *Engine) {
	l.e = e
	l.main = newOutlet(e.cfg.Backend)
	if e.cfg.Ring != nil {
		l.ring = newOutlet(e.cfg.Ring)
	}
	for _, o := range l.outlets() {
		o.toner.plan = e.plan
	}
}

func (l *engineLoop) run() {
	defer close(l.e.done)
	var ringTicks <-chan struct{}
	var ringIdle <-chan time.Time
	for {
		if l.ring != nil {
			ringTicks, ringIdle = l.ring.ticks, l.ring.idle.C
		}
		select {
		case <-l.e.mail.wake:
			l.e.mail.run()
		case _, ok := <-l.main.ticks:
			l.tick(l.main, ok)
		case _, ok := <-ringTicks:
			l.tick(l.ring, ok)
		case <-l.main.idle.C:
			l.shut(l.main)
		case <-ringIdle:
			l.shut(l.ring)
		case <-l.e.ctx.Done():
			l.close()
			return
		}
	}
}

// close waits for devices that are being opened, which the context gives up on, and
// closes what is open.
func (l *engineLoop) close() {
	l.endConference()
	for _, o := range l.outlets() {
		for o.state == outletOpening {
			<-l.e.mail.wake
			l.e.mail.run()
		}
		l.shut(o)
	}
	l.e.mail.close()
}

func (l *engineLoop) outlets() []*outlet {
	if l.ring == nil {
		return []*outlet{l.main}
	}
	return []*outlet{l.main, l.ring}
}

// focus is Engine.Focus in the loop.
func (l *engineLoop) focus(s *Session) {
	l.members, l.want, l.main.refused = nil, nil, false
	if s != nil {
		l.want = s
	}
	l.settle()
}

func (l *engineLoop) setTone(t Tone) {
	if t == l.tone {
		return
	}
	l.tone = t
	for _, o := range l.outlets() {
		o.refused = false
	}
	if l.holder != nil {
		l.holder.setTone(l.toneOf(l.main))
	}
	l.settle()
}

// toneOf is the tone that o has to play.
func (l *engineLoop) toneOf(o *outlet) Tone {
	if l.ring != nil && (l.tone == ToneRinging) != (o == l.ring) {
		return ToneNone
	}
	return l.tone
}

// rated is posted by a session whose codec has another rate than before.
func (l *engineLoop) rated(s *Session) {
	if l.holder == holder(s) && l.main.misfit(s) && !l.asked {
		l.asked = s.revoke()
	}
}

// gaveBack is posted by a holder that acknowledges a revocation, has lost the
// stream (err says why), or has ended.
func (l *engineLoop) gaveBack(s holder, err error) {
	if member, ok := s.(*Session); ok {
		l.returned(member)
	}
	if l.want == s && s.ended() {
		l.want = nil
	}
	if l.holder == s {
		l.holder, l.asked = nil, false
		if err != nil {
			l.e.log.Warn("the audio device failed", "error", err)
			l.main.refused = true
			l.shut(l.main)
		}
	}
	l.settle()
}

// settle takes the next step towards what is desired. Each message may allow one.
func (l *engineLoop) settle() {
	if l.e.ctx.Err() != nil {
		return
	}
	l.settlePorts()
	if l.holder != nil {
		if l.holder != l.want && !l.asked {
			l.asked = l.holder.revoke()
		}
	} else {
		l.serve(l.main, l.ready())
	}
	if l.ring != nil {
		l.serve(l.ring, nil)
	}
}

// serve opens o when it is needed, and gives it to s or plays a tone there.
func (l *engineLoop) serve(o *outlet, s holder) {
	if s != nil && o.misfit(s) {
		l.shut(o)
	}
	tone := l.toneOf(o)
	needed := !o.mute() && !o.refused && (s != nil || tone != ToneNone)
	if o.state == outletClosed && needed {
		l.open(o, s)
	}
	if o.state != outletOpen {
		return
	}
	o.idle.Stop()
	if s != nil {
		o.still()
		o.toner.set(ToneNone, 0)
		if l.last != s {
			l.rewind(o)
		}
		if !s.grant(o.stream, tone) {
			l.want = nil
			l.serve(o, nil)
			return
		}
		l.holder, l.last = s, s
		return
	}
	o.toner.set(tone, o.stream.Rate())
	if tone != ToneNone {
		o.beat()
		return
	}
	o.still()
	o.idle.Reset(l.e.cfg.IdleClose)
}

func (l *engineLoop) rewind(o *outlet) {
	if r, ok := o.stream.(Rewinder); ok && l.last != nil {
		if err := r.Rewind(); err != nil {
			l.e.log.Warn("the audio input can't start over", "error", err)
		}
	}
}

// open opens o in a worker: a sound library can take its time, and calls go on.
func (l *engineLoop) open(o *outlet, s holder) {
	o.state = outletOpening
	rate := 48000
	if s != nil {
		rate = s.wishRate()
	}
	o.wished = rate
	go func() {
		st, err := o.backend.Open(l.e.ctx, rate)
		if err == nil && o == l.main {
			st = l.e.voice(st)
		}
		l.e.mail.post(func() { l.opened(o, st, err) })
	}()
}

func (l *engineLoop) opened(o *outlet, st Stream, err error) {
	if err != nil {
		o.state, o.refused = outletClosed, true
		if !errors.Is(err, context.Canceled) {
			l.e.log.Info("can't open the audio device; going on without", "error", err) // an event tells people
			if o == l.main && l.want != nil {
				l.want.deviceFailed(err)
			}
		}
		return
	}
	o.state, o.stream = outletOpen, st
	l.settle()
}

// shut closes o's stream, which nobody has in hands.
func (l *engineLoop) shut(o *outlet) {
	o.idle.Stop()
	if o.state != outletOpen {
		return
	}
	if err := o.stream.Close(); err != nil {
		l.closeErr = errors.Join(l.closeErr, err)
		l.e.log.Warn("closing the audio device", "error", err)
	}
	o.still()
	o.state, o.stream = outletClosed, nil
	o.toner.set(ToneNone, 0)
}

// toneLead is how much of a tone waits in the ear's ring.
const toneLead = 40 * time.Millisecond

// tick plays a tone while no session has the stream.
func (l *engineLoop) tick(o *outlet, alive bool) {
	if !alive {
		l.e.log.Warn("the audio device stopped")
		o.refused = true
		l.shut(o)
		return
	}
	n := int(o.stream.Period() * time.Duration(o.stream.Rate()) / time.Second)
	if len(o.buf) < n {
		o.buf = make([]int16, n)
	}
	flush(o.stream) // nobody listens to the microphone
	lead := int(toneLead * time.Duration(o.stream.Rate()) / time.Second)
	for queued := o.stream.Queued(); ; queued += n {
		clear(o.buf[:n])
		o.toner.mix(o.buf[:n])
		if err := o.stream.Write(o.buf[:n]); err != nil {
			l.tick(o, false)
			return
		}
		if _, soft := o.stream.(Unclocked); soft || queued+n >= lead {
			return
		}
	}
}
