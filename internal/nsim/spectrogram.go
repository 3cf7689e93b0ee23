package nsim

import (
	"fmt"
	"math"
	"time"
)

const (
	step     = 10 * time.Millisecond // between two frames of what was said
	fine     = 4                     // frames of what was heard in one step
	fineStep = step / fine
	// The loudness range in dB that counts: from so far below the level of the
	// speech up. What is quieter than the floor can't be heard beside the rest.
	below, span = 35, 50
	// active is how far below the level of speech a frame is still speech, in dB.
	active = 20
)

// spectrogram is loudness by frame and band, 0 at the floor.
type spectrogram struct {
	bands  int
	cell   []float32 // frame by frame
	speech []bool    // by frame
}

func (s spectrogram) frames() int { return len(s.speech) }

// frame is nil outside: silence.
func (s spectrogram) frame(i int) []float32 {
	if i < 0 || i >= s.frames() {
		return nil
	}
	return s.cell[i*s.bands : (i+1)*s.bands]
}

// scale is the auditory scale: which bins of a Fourier transform make a band.
type scale struct {
	rate   int
	fft    *fft
	window []float64
	bands  []weights
}

// weights of the bins from the first on.
type weights struct {
	from int
	w    []float64
}

func newScale(rate int, band Band) (*scale, error) {
	low, high, n := 150.0, 3400.0, 21
	if band == Wide {
		low, high, n = 50, 7000, 30
	}
	if rate < 8000 || rate > 48000 || rate%1000 != 0 {
		return nil, fmt.Errorf("%d Hz: want 8000 to 48000 in whole kHz: %w", rate, ErrRate)
	}
	if high > float64(rate)/2 {
		return nil, fmt.Errorf("%d Hz holds nothing of the band up to %.0f Hz: resample to 16000 first, or compare the narrow band: %w", rate, high, ErrRate)
	}
	size := 256
	for size < rate*32/1000 {
		size *= 2
	}
	s := &scale{rate: rate, fft: newFFT(size), window: make([]float64, rate*32/1000)}
	for i := range s.window {
		s.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(s.window)))
	}
	// Bands of equal width on the scale of equivalent rectangular bandwidths
	// (Glasberg and Moore, 1990), each reaching to its neighbours' centres.
	erb := func(hz float64) float64 { return 21.4 * math.Log10(1+0.00437*hz) }
	lo, width := erb(low), (erb(high)-erb(low))/float64(n-1)
	for b := range n {
		centre := lo + float64(b)*width
		var w weights
		for k := 1; k < size/2; k++ {
			x := 1 - math.Abs(erb(float64(k*rate)/float64(size))-centre)/max(width, 1)
			if x <= 0 {
				continue
			}
			if w.w == nil {
				w.from = k
			}
			w.w = append(w.w, x)
		}
		s.bands = append(s.bands, w)
	}
	return s, nil
}

// spectrogram is that of pcm, brought to one level, a frame every so many fine
// steps; false when pcm is silent.
func (s *scale) spectrogram(pcm []int16, every int) (spectrogram, bool) {
	hop := float64(s.rate) * fineStep.Seconds() * float64(every)
	n := int(float64(len(pcm)) / hop)
	out := spectrogram{bands: len(s.bands), cell: make([]float32, n*len(s.bands)), speech: make([]bool, n)}
	power := make([]float64, n)
	buf := make([]complex128, s.fft.size)
	for f := range n {
		s.load(buf, pcm, int(float64(f)*hop))
		s.fft.transform(buf)
		for b, w := range s.bands {
			var p float64
			for i, x := range w.w {
				c := buf[w.from+i]
				p += x * (real(c)*real(c) + imag(c)*imag(c))
			}
			out.cell[f*out.bands+b] = float32(p)
			power[f] += p
		}
	}
	level, ok := speechLevel(power)
	if !ok {
		return spectrogram{}, false
	}
	// Of the level, each band has its share.
	floor := 10*math.Log10(level/float64(out.bands)) - below
	for i, p := range out.cell {
		out.cell[i] = float32(max(0, (10*math.Log10(float64(p)+1e-9)-floor)/span))
	}
	for f, p := range power {
		out.speech[f] = 10*math.Log10(p/level+1e-12) > -active
	}
	return out, true
}

// load fills buf with the window that is centred at a sample.
func (s *scale) load(buf []complex128, pcm []int16, centre int) {
	clear(buf)
	for i, w := range s.window {
		if at := centre - len(s.window)/2 + i; at >= 0 && at < len(pcm) {
			buf[i] = complex(w*float64(pcm[at]), 0)
		}
	}
}

// speechLevel is the mean power of the frames that are within 30 dB of the loudest.
func speechLevel(power []float64) (float64, bool) {
	var top float64
	for _, p := range power {
		top = max(top, p)
	}
	var sum float64
	var n int
	for _, p := range power {
		if p > top/1000 {
			sum += p
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
