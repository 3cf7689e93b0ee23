package nsim

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Band is the range of frequencies that is judged.
type Band int

const (
	// Narrow is telephone speech: 150 to 3400 Hz. It is the zero value.
	Narrow Band = iota
	// Wide is 50 to 7000 Hz, and needs a rate of 16000 or more.
	Wide
)

func (b Band) String() string {
	switch b {
	case Narrow:
		return "narrow"
	case Wide:
		return "wide"
	}
	return fmt.Sprintf("Band(%d)", int(b))
}

var (
	// ErrRate is a sample rate that the band or the method can't work with.
	ErrRate = errors.New("sample rate doesn't fit")
	// ErrShort is sound shorter than a second.
	ErrShort = errors.New("too short to compare")
	// ErrSilent is what was said without any speech in it.
	ErrSilent = errors.New("no speech to compare")
)

// Score is the outcome of a comparison.
type Score struct {
	// Similarity is the mean over the patches with speech: 1 is the same.
	Similarity float64
	// Delay is the median of the patches' delays, from the start of what was
	// said to the start of what was heard; negative when that starts later.
	Delay time.Duration
	// Patches are the places compared, in order, those without speech left out.
	Patches []Patch
}

// Patch is a place of 200 ms in what was said.
type Patch struct {
	At         time.Duration // where in what was said
	Delay      time.Duration // how much later it is in what was heard
	Similarity float64
}

// Worst are the n least similar patches, the worst first: where to listen.
func (s Score) Worst(n int) []Patch {
	all := slices.Clone(s.Patches)
	slices.SortStableFunc(all, func(a, b Patch) int {
		switch {
		case a.Similarity < b.Similarity:
			return -1
		case a.Similarity > b.Similarity:
			return 1
		}
		return 0
	})
	return all[:min(max(n, 0), len(all))]
}

// Spread is how far apart the delays of the patches lie, the outermost twentieth
// at either end left out: how much the playout moved in the call.
func (s Score) Spread() time.Duration {
	if len(s.Patches) == 0 {
		return 0
	}
	d := s.delays()
	return d[len(d)-1-len(d)/20] - d[len(d)/20]
}

func (s Score) delays() []time.Duration {
	d := make([]time.Duration, len(s.Patches))
	for i, p := range s.Patches {
		d[i] = p.Delay
	}
	slices.Sort(d)
	return d
}

// Compare compares what was said with what was heard, both mono and of one rate,
// 8000 to 48000 Hz in whole kHz. Heard may start up to 10 s earlier or later, be
// louder or softer, and wander by up to 400 ms about its main delay.
func Compare(said, heard []int16, rate int, band Band) (Score, error) {
	scale, err := newScale(rate, band)
	if err != nil {
		return Score{}, err
	}
	for _, s := range []struct {
		what string
		pcm  []int16
	}{{"said", said}, {"heard", heard}} {
		if len(s.pcm) < rate {
			return Score{}, fmt.Errorf("what was %s is %d ms long, less than a second: %w", s.what, 1000*len(s.pcm)/rate, ErrShort)
		}
	}
	ref, ok := scale.spectrogram(said, fine)
	if !ok {
		return Score{}, fmt.Errorf("what was said is silent: %w", ErrSilent)
	}
	deg, ok := scale.spectrogram(heard, 1)
	if !ok {
		deg = spectrogram{bands: ref.bands} // silence: nothing of it survived
	}
	spans := speech(ref)
	if len(spans) == 0 {
		return Score{}, fmt.Errorf("what was said has no 200 ms of speech: %w", ErrSilent)
	}
	path := align(ref, deg, spans)
	var s Score
	for i, at := range spans {
		sim := similarity(ref, deg, at, path[i])
		s.Patches = append(s.Patches, Patch{At: time.Duration(at) * step, Delay: time.Duration(path[i]) * fineStep, Similarity: sim})
		s.Similarity += sim / float64(len(spans))
	}
	d := s.delays()
	s.Delay = d[len(d)/2]
	return s, nil
}
