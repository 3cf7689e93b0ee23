package audio

import (
	"slices"
	"time"

	"offhook/audio/dsp"
)

// mixer is the sound of a conference. It has the device in the place of a session,
// and lends each member a port, which is to the member what a sound card is:
//
//	          +--> ear: all members
//	device ---|
//	          +--- mic --> gain -+
//	                             v
//	member 1 <== port ==>      sum of all     each member hears the sum
//	member 2 <== port ==>                     without its own voice
//	member n <== port ==>
//
// One clock beats for all: the device's, or a pacer's when there is none, so that
// the parts never drift apart; each member's jitter buffer takes up its peer's
// clock, as in any call. The mixer's goroutine owns the fields.
type mixer struct {
	e    *Engine
	mail *mailbox
	done chan struct{}
	rate int // of all ports

	ports   []*port
	over    bool
	pacer   *Pacer    // beats while no clocked device does
	due     time.Time // of the pacer's next chunk
	stream  Stream    // lent, nil for none
	ticks   <-chan struct{}
	lead    lead   // how much waits for the ear
	mic     Source // stream at rate
	micRing *Ring  // what a clocked microphone has given and nobody has mixed yet
	// micSpare is the least that was left in micRing before a beat, since micLook.
	micSpare int
	micLook  time.Time
	micJoin  dsp.Seam // where some of it was dropped
	ear      Source   // the mixer at the stream's rate
	toner    toner
	clip     clipTeller // of the stream's microphone
	gain     *dsp.Gain
	muted    bool
	talk     mutedTalk
	mixFiles

	sum   []int32
	voice []int16 // the microphone's chunk
	heard []int16 // what goes to the ear next
}

const (
	// mixChunk is how much is mixed at a time: the beat of the ports.
	mixChunk = 10 * time.Millisecond
	// micBacklog is how much of the microphone may wait: two of its buffers. What is
	// older is dropped, since it would be delay for the rest of the conference.
	micBacklog = 4 * mixChunk
	// micSlack may be left of it before each beat; more is dropped after micPatience.
	micSlack    = 5 * time.Millisecond
	micPatience = 2 * time.Second
	// portRoom is how much a port holds each way.
	portRoom = 200 * time.Millisecond
	// maxMixes bounds the chunks that a late beat makes up for.
	maxMixes = 20
)

func newMixer(e *Engine, rate int) *mixer {
	m := &mixer{
		e: e, mail: newMailbox(), done: make(chan struct{}), rate: rate,
		gain:    dsp.NewGain(rate),
		micRing: NewRing(samplesIn(portRoom, rate)),
		sum:     make([]int32, samplesIn(mixChunk, rate)),
		voice:   make([]int16, samplesIn(mixChunk, rate)),
	}
	m.init(samplesIn(mixChunk, rate))
	m.keepTime()
	return m
}

func samplesIn(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

// run is the mixer's goroutine; the engine's posts end it.
func (m *mixer) run() {
	defer close(m.done)
	for !m.over {
		var beats <-chan struct{}
		if m.pacer != nil {
			beats = m.pacer.Beats()
		}
		select {
		case <-m.mail.wake:
			m.mail.run()
		case _, alive := <-m.ticks:
			if !alive {
				m.failed(errStreamEnded)
				continue
			}
			m.deviceTick(time.Now())
		case <-beats:
			m.ownTick(time.Now())
		}
	}
	if m.pacer != nil {
		m.pacer.Stop()
	}
	m.mail.close()
	m.endFiles()
}

// keepTime beats by a pacer unless a device does.
func (m *mixer) keepTime() {
	switch {
	case m.ticks == nil && m.pacer == nil:
		m.pacer = NewPacer(mixChunk)
		m.due = time.Now().Add(mixChunk)
	case m.ticks != nil && m.pacer != nil:
		m.pacer.Stop()
		m.pacer = nil
	}
}

// The engine's side: holder. Each posts to the mixer's goroutine.

func (m *mixer) grant(st Stream, t Tone) bool {
	return m.mail.post(func() { m.lend(st, t, time.Now()) })
}

func (m *mixer) revoke() bool {
	m.mail.post(func() { m.giveBack(nil) })
	return true
}

func (m *mixer) setTone(t Tone) {
	m.mail.post(func() {
		if m.stream != nil {
			m.toner.set(t, m.stream.Rate())
		}
	})
}

func (m *mixer) wishRate() int { return m.rate }

// ended is for sessions: a mixer has given everything back before it ends.
func (m *mixer) ended() bool { return false }

// deviceFailed tells the members, who tell their calls.
func (m *mixer) deviceFailed(err error) {
	for s := range m.e.l.loans {
		s.deviceFailed(err)
	}
}

// mutedSpeech tells one member, whose call tells the person: once is enough. It runs
// in the engine's loop.
func (m *mixer) mutedSpeech() {
	for s := range m.e.l.loans {
		s.mutedSpeech()
		return
	}
}

func (m *mixer) setMuted(on bool) {
	m.mail.post(func() {
		if m.muted = on; on {
			m.gain.Set(0)
		} else {
			m.gain.Set(1)
		}
	})
}

func (m *mixer) add(p *port) { m.mail.post(func() { m.ports = append(m.ports, p) }) }
func (m *mixer) remove(p *port, s *Session) {
	m.mail.post(func() {
		m.ports = slices.DeleteFunc(m.ports, func(q *port) bool { return q == p })
		m.handBack(s)
	})
}

// stop ends the goroutine and waits for it.
func (m *mixer) stop() {
	m.mail.post(func() { m.over = true })
	<-m.done
}

// lend takes the device.
func (m *mixer) lend(st Stream, t Tone, now time.Time) {
	m.stream = st
	m.lead.start(st.Stats().Underruns, now)
	m.micRing.Discard(m.micRing.Len())
	m.watchMic(now)
	if _, soft := st.(Unclocked); !soft {
		m.ticks = st.Ticks()
		flush(st)
	}
	var err error
	var mic Source
	mic, m.clip = watch(st)
	if m.mic, err = Convert(mic, m.rate); err == nil {
		m.ear, err = Convert(m, st.Rate())
	}
	if err != nil {
		m.failed(err)
		return
	}
	m.toner.set(t, st.Rate())
	m.heard = make([]int16, samplesIn(mixChunk, st.Rate()))
	m.keepTime()
}

func (m *mixer) giveBack(err error) {
	if m.stream == nil {
		return
	}
	m.stream, m.mic, m.clip, m.ear, m.ticks = nil, nil, nil, nil, nil
	m.toner.set(ToneNone, 0)
	m.keepTime()
	m.e.mail.post(func() { m.e.l.gaveBack(m, err) })
}

func (m *mixer) failed(err error) {
	m.giveBack(err)
	m.e.mail.post(func() { m.deviceFailed(err) })
}
