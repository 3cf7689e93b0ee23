package audio

import "time"

// What a mixer does at each beat:
//
//	device's beat ──> listen: mic ──> micRing ─┐
//	                  while the ear needs it ──┴──> play ─> Read ─> mix ─> ear
//	own beat ───────> what is due ──> play, or mix alone
//	                                  └──> signal: the members' beat

// deviceTick is one beat of a clocked device: the ear's need says how much is mixed.
func (m *mixer) deviceTick(now time.Time) {
	m.listen(now)
	if m.stream == nil {
		return // the microphone has failed
	}
	rate := m.stream.Rate()
	waits := time.Duration(m.stream.Queued()) * time.Second / time.Duration(rate)
	lead := samplesIn(m.lead.at(m.stream.Stats().Underruns, waits, m.stream.Period(), now), rate)
	for n := 0; n < maxMixes && m.stream != nil && m.stream.Queued() < lead; n++ {
		m.play()
	}
	m.signal()
}

// listen takes what a clocked microphone has. What waits for longer than it must, from a
// time when the machine was busy, would be delay for the rest of the conference.
func (m *mixer) listen(now time.Time) {
	m.micSpare = min(m.micSpare, m.micRing.Len())
	for {
		n, err := m.mic.Read(m.voice)
		if err != nil {
			m.failed(err)
			return
		}
		m.micRing.Write(m.voice[:n])
		if n < len(m.voice) {
			break
		}
	}
	extra := m.micRing.Len() - samplesIn(micBacklog, m.rate)
	if now.Sub(m.micLook) >= micPatience {
		extra = max(extra, m.micSpare-samplesIn(micSlack, m.rate))
		m.watchMic(now)
	}
	if extra > 0 {
		m.micRing.Discard(extra)
		m.micJoin.Open()
	}
}

// watchMic begins to look for what the microphone has to spare.
func (m *mixer) watchMic(now time.Time) { m.micSpare, m.micLook = m.micRing.Cap(), now }

// ownTick mixes what is due by the pacer: a beat that comes late makes up for those
// that were lost, within reason.
func (m *mixer) ownTick(now time.Time) {
	if away := now.Sub(m.due) - maxMixes*mixChunk; away > 0 {
		m.due = m.due.Add(away.Truncate(mixChunk))
	}
	for ; !now.Before(m.due); m.due = m.due.Add(mixChunk) {
		if m.stream != nil {
			m.play()
			continue
		}
		m.mix(nil, len(m.sum))
	}
	m.signal()
}

// signal lets the members work.
func (m *mixer) signal() {
	for _, p := range m.ports {
		select {
		case p.ticks <- struct{}{}:
		default: // it has not taken the last one yet
		}
	}
}

// play gives the ear a chunk.
func (m *mixer) play() {
	n, err := m.ear.Read(m.heard)
	if m.stream == nil {
		return // the microphone failed meanwhile
	}
	clear(m.heard[n:])
	if err == nil {
		m.toner.mix(m.heard)
		err = m.stream.Write(m.heard)
	}
	if err != nil {
		m.failed(err)
	}
}

// Rate and Read make the mixer the source of the ear: reading is what moves the
// conference on.
func (m *mixer) Rate() int { return m.rate }

func (m *mixer) Read(dst []int16) (int, error) {
	for at := 0; at < len(dst); {
		n := min(len(dst)-at, len(m.sum))
		m.mix(dst[at:at+n], n)
		at += n
	}
	return len(dst), nil
}

// mix moves all parts on by n samples. ear takes all members' voices; nil drops them.
func (m *mixer) mix(ear []int16, n int) {
	sum, voice := m.sum[:n], m.voice[:n]
	clear(sum)
	m.speak(voice)
	for _, p := range m.ports {
		p.take(p.said[:n])
		for i, s := range p.said[:n] {
			sum[i] += int32(s)
		}
	}
	if m.notice != nil {
		clear(m.beep[:n])
		m.notice.mixOut(m.beep[:n], m.rate)
		for i, s := range m.beep[:n] {
			sum[i] += int32(s)
		}
	}
	for i := range ear {
		ear[i] = clip(sum[i])
	}
	m.recordMix(voice, sum)
	for _, p := range m.ports {
		for i, s := range p.said[:n] {
			p.mixed[i] = clip(sum[i] - int32(s) + int32(voice[i]))
		}
		p.in.Write(p.mixed[:n])
		p.clips.Store(m.clip != nil && m.clip.clipped())
	}
}

// speak reads the microphone, with silence for what it doesn't have.
func (m *mixer) speak(dst []int16) {
	n := 0
	switch {
	case m.stream == nil:
	case m.ticks != nil:
		n = m.micRing.Read(dst)
		m.micJoin.Mend(dst[:n], m.rate)
	default:
		var err error
		if n, err = m.mic.Read(dst); err != nil {
			m.failed(err) // its file has ended; the members go on
		}
	}
	clear(dst[n:])
	if n > 0 && m.talk.hear(dst[:n], m.rate, mixChunk, m.muted) {
		m.e.mail.post(m.mutedSpeech)
	}
	m.speakFiles(dst)
	m.gain.Apply(dst)
}

// clip keeps a sum of voices within 16 bits.
func clip(v int32) int16 { return int16(max(-32768, min(32767, v))) }
