package audio

import "time"

// The half of the loop that works with a device that was lent.

const (
	// earChunk is the most that is played at a time on a clocked device. Small ones are
	// taken late: what is still under way may come in time.
	earChunk = 5 * time.Millisecond
	// maxChunks bounds the work of one tick.
	maxChunks = 40
	// maxBacklog is how many packets of captured sound one tick sends; what is older
	// was waiting while the loop was away, and would only be delay.
	maxBacklog = 3
)

// lend takes the stream. Both goroutines' fields change hands through mailboxes.
func (l *loop) lend(st Stream, tone Tone, now time.Time) {
	l.stream, l.base = st, st.Stats()
	l.lead.start(l.base.Underruns, now)
	if _, soft := st.(Unclocked); !soft {
		l.ticks = st.Ticks()
		flush(st) // what the microphone heard before
	}
	l.send.filled, l.send.handed = 0, true
	l.setTone(tone)
	if err := l.connect(); err != nil {
		l.streamFailed(err)
		return
	}
	if p, ok := l.stream.(*port); ok {
		l.handOver(p)
	}
	l.retime()
}

// connect builds the converters between the stream and the codecs; at equal rates
// there are none.
func (l *loop) connect() (err error) {
	rate := l.stream.Rate()
	if l.send.enc != nil {
		rate = l.send.info.SampleRate
	}
	var mic Source
	mic, l.clip = watch(l.stream)
	if l.mic, err = Convert(mic, rate); err != nil {
		return err
	}
	if c, ok := l.mic.(*Converted); ok && l.clocked() {
		c.Prime()
	}
	if l.ear, err = Convert(&l.recv, l.stream.Rate()); err != nil {
		return err
	}
	l.toner.set(l.tone, l.stream.Rate())
	return nil
}

// giveBack ends the loan; err tells that the stream is broken. The session goes on
// with its own clock.
func (l *loop) giveBack(err error) {
	if l.stream == nil {
		return // it is back already: a second time would be for what is lent next
	}
	l.stats() // takes its counters over
	l.before, l.used = l.before.plus(l.used), StreamStats{}
	l.stream, l.mic, l.clip, l.ear, l.ticks = nil, nil, nil, nil, nil
	l.toner.set(ToneNone, 0)
	l.send.filled, l.send.handed = 0, true
	l.retime()
	l.s.e.mail.post(func() { l.s.e.l.gaveBack(l.s, err) })
}

func (l *loop) streamFailed(err error) {
	if l.stream == nil {
		return
	}
	l.giveBack(err)
	l.emit(DeviceFailed{Err: err})
}

func (l *loop) setTone(t Tone) {
	l.tone = t
	if l.stream != nil {
		l.toner.set(t, l.stream.Rate())
	}
}

// deviceTick is one beat of a clocked device.
func (l *loop) deviceTick(now time.Time) {
	l.drain(now)
	rate, buffer := time.Duration(l.stream.Rate()), l.stream.Period()
	chunk := int(min(buffer, earChunk) * rate / time.Second)
	waits := time.Duration(l.stream.Queued()) * time.Second / rate
	lead := int(l.lead.at(l.stream.Stats().Underruns, waits, buffer, now) * rate / time.Second)
	for n := 0; n < maxChunks && l.stream != nil && l.stream.Queued() < lead; n++ {
		l.playChunk(now, chunk)
	}
	if l.stream != nil {
		l.capture(now)
	}
	l.watch(now)
	l.report(now)
	l.rate(now)
	l.publish()
}

// capture sends the packets that the microphone has filled.
func (l *loop) capture(now time.Time) {
	s := &l.send
	if !l.sending() {
		s.filled = 0
		flush(l.stream)
		return
	}
	for sent := 0; ; {
		n, err := l.mic.Read(s.frame[s.filled:])
		if err != nil {
			l.streamFailed(err)
			return
		}
		if s.filled += n; s.filled < len(s.frame) {
			return
		}
		if sent == 0 {
			s.passOver(now)
		}
		l.sendFrame(now)
		if sent++; sent == maxBacklog {
			flush(l.stream)
			return
		}
	}
}
