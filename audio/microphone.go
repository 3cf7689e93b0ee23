package audio

import (
	"time"

	"offhook/audio/dsp"
)

// clipTeller is a source that knows whether its microphone clips.
type clipTeller interface{ clipped() bool }

// watched is a device's microphone before anything is done to it: resampled, a clip is
// a ripple.
type watched struct {
	Source
	clip *dsp.Clip
}

func (w *watched) Read(dst []int16) (int, error) {
	n, err := w.Source.Read(dst)
	w.clip.Write(dst[:n])
	return n, err
}

func (w *watched) clipped() bool { return w.clip.Clipped() }

// watch makes the clips of a device's microphone known.
func watch(st Stream) (Source, clipTeller) {
	if t, ok := st.(clipTeller); ok {
		return st, t
	}
	w := &watched{Source: st, clip: dsp.NewClip(st.Rate())}
	return w, w
}

// mutedTalk notices somebody who speaks into a muted microphone. It listens unmuted too,
// so that it knows the noise of the room.
type mutedTalk struct {
	rate  int
	vad   *dsp.VAD
	heard time.Duration // speech while muted, less the pauses
	rest  time.Duration // until it is told again
}

const (
	// talkTime of speech is more than a cough or a word to somebody beside the phone.
	talkTime = 700 * time.Millisecond
	// talkRest passes between two reports.
	talkRest = 5 * time.Second
)

// hear takes a frame of d, as the microphone gave it, and reports that the person is to
// be told of the mute.
func (t *mutedTalk) hear(pcm []int16, rate int, d time.Duration, muted bool) bool {
	if rate != t.rate {
		t.rate, t.vad = rate, dsp.NewVAD(rate)
	}
	speech := t.vad.Write(pcm)
	t.rest -= min(t.rest, d)
	switch {
	case !muted:
		t.heard, t.rest = 0, 0
	case speech:
		t.heard += d
	default:
		t.heard -= min(t.heard, d/2)
	}
	if t.heard < talkTime || t.rest > 0 {
		return false
	}
	t.heard, t.rest = 0, talkRest
	return true
}

// noticeTalk looks at the frame that fillFrame has made.
func (l *loop) noticeTalk() {
	s := &l.send
	if _, member := l.stream.(*port); member || l.mic == nil || l.player != nil || l.echo != nil {
		return // it isn't the microphone's; a conference's mixer listens to its own
	}
	if s.talk.hear(s.frame, s.info.SampleRate, s.ptime, s.mute) {
		l.emit(MutedSpeech{})
	}
}
