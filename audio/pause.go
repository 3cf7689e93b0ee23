package audio

import (
	"time"

	"offhook/audio/dsp"
	"offhook/audio/rtp"
)

// pauses finds the pauses in what is sent, and what they sound like. It listens
// only while somebody wants to know: comfort noise was agreed, or a muted session
// sends it.
//
//	frame ──> VAD ── speech ──────────────────────────────────> encode
//	           │
//	           └──── none ──> noise meter ──┬─ agreed ────────> a comfort noise packet
//	                                        │                   now and then (RFC 3389)
//	                              muted ────┴─ MuteNoise ─────> noise into the frame
type pauses struct {
	vad   *dsp.VAD
	meter *dsp.NoiseMeter
	maker dsp.Noise
	fill  []int16

	told  dsp.NoiseShape // what the peer knows
	since time.Duration  // since then
	on    bool
}

const (
	// A change of the noise by noiseStep dB is told after noiseRest; any noise is
	// told again after noiseRepeat, for a packet may be lost, and a NAT forgets.
	noiseStep   = 2.0
	noiseRest   = 200 * time.Millisecond
	noiseRepeat = time.Second
)

// quietRoom is the noise of a room that nothing is known of.
var quietRoom = dsp.NoiseShape{Level: -65}

// at starts to listen to frames of a rate.
func (p *pauses) at(rate int) {
	*p = pauses{vad: dsp.NewVAD(rate), meter: dsp.NewNoiseMeter(rate)}
}

// hear takes a frame of what would be sent unmuted and reports whether it is a pause.
func (p *pauses) hear(pcm []int16) bool {
	if p.vad.Write(pcm) {
		return false
	}
	p.meter.Write(pcm)
	return true
}

// shape is what the room sounds like.
func (p *pauses) shape() dsp.NoiseShape {
	if p.meter.Known() {
		return p.meter.Shape()
	}
	return quietRoom
}

// mask adds the noise of the room to a frame that mute has emptied.
func (p *pauses) mask(pcm []int16) {
	if len(p.fill) < len(pcm) {
		p.fill = make([]int16, len(pcm))
	}
	p.maker.Set(p.shape())
	p.maker.Fill(p.fill[:len(pcm)])
	dsp.Mix(pcm, p.fill[:len(pcm)])
}

// next reports whether shape is to be told, with the packet that d of pause is.
func (p *pauses) next(shape dsp.NoiseShape, d time.Duration) bool {
	p.since += d
	change := shape.Level - p.told.Level
	switch {
	case !p.on, p.since >= noiseRepeat:
	case p.since >= noiseRest && (change >= noiseStep || change <= -noiseStep):
	default:
		return false
	}
	p.told, p.since, p.on = shape, 0, true
	return true
}

// listening reports whether pauses matter.
func (l *loop) listening() bool {
	return l.params.ComfortNoiseSendPT != 0 || l.s.e.cfg.Mute == MuteNoise
}

// mute applies the desired gain to the frame, and what a muted microphone sends
// instead. It reports whether the frame is a pause.
func (l *loop) mute() (pause bool) {
	s := &l.send
	if !l.listening() {
		s.gain.Apply(s.frame)
		return false
	}
	if !s.mute {
		pause = s.pauses.hear(s.frame)
		s.gain.Apply(s.frame)
		return pause
	}
	s.gain.Apply(s.frame)
	pause = s.gain.Silent()
	if l.s.e.cfg.Mute == MuteNoise {
		s.pauses.mask(s.frame)
	}
	return pause
}

// leaveOut sends what a pause is worth, a description now and then, and reports
// whether comfort noise was agreed for it.
func (l *loop) leaveOut(now time.Time) bool {
	s := &l.send
	pt := l.params.ComfortNoiseSendPT
	if pt == 0 {
		return false
	}
	shape := s.pauses.shape()
	if s.mute && l.s.e.cfg.Mute == MuteSilence {
		shape = dsp.NoiseShape{Level: -127}
	}
	if !s.pauses.next(shape, s.ptime) {
		s.rtp.Silence(s.units)
		return true
	}
	// A spectrum is understood at 8000 Hz: at another rate only the sender knows
	// which band it spans.
	payload := dsp.AppendComfortNoise(s.buf[rtp.HeaderSize:rtp.HeaderSize], shape, s.info.SampleRate == 8000)
	l.write(s.rtp.Event(s.buf[:], len(payload), pt, false, s.rtp.Timestamp(), s.units, now))
	s.rtp.Silence(0) // the next frame begins a talkspurt
	return true
}
