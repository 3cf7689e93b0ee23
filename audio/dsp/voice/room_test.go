package voice

import (
	"math"
	"math/rand/v2"
)

// speech is like speech, the same for the same seed: syllables of gliding pitch and
// moving formants, hisses between, and pauses; level in dBFS.
func speech(rate int, seconds float64, seed uint64, level float64) []int16 {
	rng := rand.New(rand.NewPCG(seed, 7))
	n := int(seconds * float64(rate))
	out := make([]float64, n)
	for at := 0; at < n; {
		dur := int((0.09 + 0.16*rng.Float64()) * float64(rate))
		if rng.Float64() < 0.15 {
			at += 2 * dur
			continue
		}
		syllable(out[at:min(at+dur, n)], rate, rng)
		at += dur
	}
	return scaled(out, level)
}

func syllable(out []float64, rate int, rng *rand.Rand) {
	hz := [3]float64{300 + 500*rng.Float64(), 900 + 1300*rng.Float64(), 2400 + 900*rng.Float64()}
	width := [3]float64{70, 110, 170}
	pitch, glide := 95+90*rng.Float64(), (rng.Float64()-0.5)*60
	hiss, loud := rng.Float64() < 0.25, 0.5+0.5*rng.Float64()
	var state [3][2]float64
	phase := 0.0
	for i := range out {
		part := float64(i) / float64(len(out))
		x := rng.NormFloat64() * 0.02
		if hiss {
			x = rng.NormFloat64() * 0.3
		} else if phase += (pitch + glide*part) / float64(rate); phase >= 1 {
			phase--
			x += 6
		}
		for k := range hz {
			f := hz[k]
			if hiss {
				f = min(2.2*f, 0.45*float64(rate))
			}
			r := math.Exp(-math.Pi * width[k] / float64(rate))
			s := &state[k]
			v := x*(1-r) + 2*r*math.Cos(2*math.Pi*f/float64(rate))*s[0] - r*r*s[1]
			s[1], s[0] = s[0], v
			out[i] += v / float64(k+1) * math.Sin(math.Pi*part) * loud
		}
	}
}

// scaled has the power of level in dBFS.
func scaled(x []float64, level float64) []int16 {
	g := math.Pow(10, level/20) * 32768 / math.Sqrt(power(x))
	pcm := make([]int16, len(x))
	for i, v := range x {
		pcm[i] = round(v * g)
	}
	return pcm
}

func round(v float64) int16 { return int16(math.Round(max(-32768, min(32767, v)))) }

func noise(rate int, seconds, level float64, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 9))
	out := make([]float64, int(seconds*float64(rate)))
	for i := range out {
		out[i] = rng.NormFloat64() * math.Pow(10, level/20) * 32768
	}
	return out
}

func floats(pcm []int16) []float64 {
	out := make([]float64, len(pcm))
	for i, v := range pcm {
		out[i] = float64(v)
	}
	return out
}

func power(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return max(sum/float64(max(len(x), 1)), 1e-9)
}

func decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }

// echoPath is a room's impulse response after a delay: the direct sound, and
// reverberation that falls by 60 dB in decay, of 2500 reflections a second, which the
// ear takes for smooth. Its power is -6 dB: a loud speaker.
func echoPath(rate int, delay, decay float64, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 11))
	late, n := int(delay*float64(rate)), int(0.7*decay*float64(rate))
	h := make([]float64, late+n)
	h[late] = 4
	for i := 1; i < n; i += 1 + rng.IntN(max(1, 2*rate/2500-1)) {
		h[late+i] = rng.NormFloat64() * math.Pow(10, -3*float64(i)/(decay*float64(rate)))
	}
	g := 0.5 / math.Sqrt(power(h)*float64(len(h)))
	for i := range h {
		h[i] *= g
	}
	return h
}

func convolve(x []int16, h []float64) []float64 {
	out := make([]float64, len(x))
	for j, g := range h {
		if g == 0 {
			continue
		}
		for i, v := range x[:max(len(x)-j, 0)] {
			out[i+j] += g * float64(v)
		}
	}
	return out
}

// add sums parts of one length.
func add(parts ...[]float64) []float64 {
	out := make([]float64, len(parts[0]))
	for _, p := range parts {
		for i, v := range p {
			out[i] += v
		}
	}
	return out
}

// through passes near through p while far goes to the ear.
func through(p Processor, rate int, far []int16, near []float64) []float64 {
	n := rate / framesPerSecond
	frame, silent := make([]int16, n), make([]int16, n)
	out := make([]float64, len(near))
	for at := 0; at+n <= len(near); at += n {
		if far != nil {
			p.Far(far[at : at+n])
		} else {
			p.Far(silent)
		}
		for i := range frame {
			frame[i] = round(near[at+i])
		}
		p.Near(frame)
		copy(out[at:], floats(frame))
	}
	return out
}

// match finds by how many samples out is behind ref, up to 60 ms, and how alike they
// then are: 1 is the same shape; gain is out's power over that of ref, in dB.
func match(ref, out []float64, rate int) (behind int, alike, gain float64) {
	likeness := func(d, n int) float64 {
		a, b := ref[:n-d], out[d:n]
		var cross, ofA, ofB float64
		for i, v := range a {
			w := b[i]
			cross, ofA, ofB = cross+v*w, ofA+v*v, ofB+w*w
		}
		return cross / math.Sqrt(ofA*ofB)
	}
	look := func(from, to, step int) {
		for d := from; d < to; d += step {
			if c := likeness(d, min(2*rate, len(ref))); c > alike { // two seconds tell the delay
				behind, alike = d, c
			}
		}
	}
	most, step := rate*60/1000, max(rate/8000, 1)
	look(0, most, step) // a voice changes little within an eighth of a millisecond
	look(max(behind-step, 0), min(behind+step, most), 1)
	n := len(ref)
	return behind, likeness(behind, n), decibels(power(out[behind:n]) / power(ref[:n-behind]))
}
