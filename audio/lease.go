package audio

import "time"

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

func (l *engineLoop) init(e *Engine) {
	l.e = e
	l.main = newOutlet(e.cfg.Backend, CallDevice)
	if e.cfg.Ring != nil {
		l.ring = newOutlet(e.cfg.Ring, RingDevice)
	}
	for _, o := range l.outlets() {
		o.toner.plan = e.plan
	}
}

func (l *engineLoop) run() {
	defer close(l.e.done)
	var ringTicks <-chan struct{}
	var ringIdle, ringRetry <-chan time.Time
	for {
		if l.ring != nil {
			ringTicks, ringIdle, ringRetry = l.ring.ticks, l.ring.idle.C, l.ring.retry.C
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
		case <-l.main.retry.C:
			l.retried(l.main)
		case <-ringRetry:
			l.retried(l.ring)
		case <-l.e.ctx.Done():
			l.close()
			return
		}
	}
}

// close closes what is open, and waits for that and for devices that are being opened,
// which the context gives up on. One that hangs is left behind.
func (l *engineLoop) close() {
	l.endConference()
	late := time.NewTimer(closePatience)
	defer late.Stop()
	hangs := false
	for _, o := range l.outlets() {
		for !hangs && o.state != outletClosed {
			l.shut(o)
			if o.state == outletClosed {
				break
			}
			select {
			case <-l.e.mail.wake:
				l.e.mail.run()
			case <-late.C:
				hangs = true
				l.e.log.Warn("the audio device doesn't close; leaving it behind")
			}
		}
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
	l.members, l.want = nil, nil
	l.main.again()
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
		o.again()
	}
	if l.holder != nil {
		l.holder.setTone(l.toneOf(l.main))
	}
	l.settle()
}

// toneOf is the tone that o has to play.
func (l *engineLoop) toneOf(o *outlet) Tone {
	if apart := l.ringsApart(); !apart && o == l.ring || apart && (l.tone == ToneRinging) != (o == l.ring) {
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
			l.failed(l.main, err)
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
		l.change(l.main)
	} else {
		l.serve(l.main, l.ready())
	}
	if l.ring != nil {
		l.serve(l.ring, nil)
	}
}

// serve opens o when it is needed, and gives it to s or plays a tone there.
func (l *engineLoop) serve(o *outlet, s holder) {
	if !l.change(o) {
		return
	}
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

// toneLead is how much of a tone waits in the ear's ring.
const toneLead = 40 * time.Millisecond

// tick plays a tone while no session has the stream.
func (l *engineLoop) tick(o *outlet, alive bool) {
	if !alive {
		l.failed(o, errStreamEnded)
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
