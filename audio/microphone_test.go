package audio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"offhook/codec/g711"
)

// mouth is somebody who speaks, in syllables, while on, in a room that hums.
type mouth struct {
	rate, at int
	on       bool
	rng      *rand.Rand
}

func newMouth(rate int) *mouth { return &mouth{rate: rate, rng: rand.New(rand.NewPCG(1, 2))} }

func (m *mouth) Rate() int { return m.rate }

func (m *mouth) Read(dst []int16) (int, error) {
	for i := range dst {
		t := float64(m.at) / float64(m.rate)
		v := 40 * m.rng.NormFloat64()
		if syllable := math.Mod(t, 0.35) / 0.25; m.on && syllable < 1 {
			for k := range 12 { // a voice of 130 Hz
				v += 1200 * math.Sin(math.Pi*syllable) * math.Sin(2*math.Pi*130*float64(k+1)*t) / float64(k+1)
			}
		}
		dst[i] = int16(v)
		m.at++
	}
	return len(dst), nil
}

func TestSpeechIntoAMutedMicrophoneIsTold(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	m := newMouth(8000)
	b.mic = m
	for _, step := range []struct {
		what          string
		muted, speaks bool
		length        time.Duration
		least, most   int
	}{
		{what: "silence", length: 5 * time.Second},
		{what: "speech unmuted", speaks: true, length: 5 * time.Second},
		{what: "muted silence", muted: true, length: 10 * time.Second},
		{what: "a muted word", muted: true, speaks: true, length: 300 * time.Millisecond},
		{what: "silence after it", muted: true, length: 3 * time.Second},
		{what: "muted speech", muted: true, speaks: true, length: 3 * time.Second, least: 1, most: 1},
		{what: "more of it", muted: true, speaks: true, length: 15 * time.Second, least: 2, most: 3},
		{what: "unmuted again", speaks: true, length: 5 * time.Second},
		{what: "muted at once", muted: true, speaks: true, length: 2 * time.Second, least: 1, most: 1},
	} {
		b.setMuted(step.muted)
		m.on = step.speaks
		before := len(eventsOf[MutedSpeech](b))
		for range step.length / DefaultPeriod {
			b.tick()
		}
		if n := len(eventsOf[MutedSpeech](b)) - before; n < step.least || n > step.most {
			t.Errorf("%s: told %d times, want %d to %d", step.what, n, step.least, step.most)
		}
	}
}

func TestClipsAreSeenBeforeTheyAreResampled(t *testing.T) {
	card := newLoopedCard(48000, 0)
	src, clip := watch(card)
	low, err := Convert(src, 8000)
	if err != nil {
		t.Fatal(err)
	}
	loud := make([]int16, 960)
	for i := range loud {
		loud[i] = int16(max(-32768, min(32767, 60000*math.Sin(2*math.Pi*1000*float64(i)/48000))))
	}
	buf := make([]int16, 160)
	card.captured = make([]int16, 960)
	low.Read(buf)
	if clip.clipped() {
		t.Error("silence clips")
	}
	card.captured = loud
	low.Read(buf)
	if !clip.clipped() {
		t.Error("the clip was missed")
	}
	// The voice processing's own stream tells of what came before it.
	v := newVoiced(card, silentVoice{})
	src, clip = watch(v)
	if src != Source(v) {
		t.Error("a stream that knows is watched once more")
	}
	card.captured = append([]int16(nil), loud...)
	v.Read(make([]int16, 480))
	if !clip.clipped() {
		t.Error("the clip was lost in the processing")
	}
}
