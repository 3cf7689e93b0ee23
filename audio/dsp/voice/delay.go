package voice

import "math"

// delayFinder estimates how long after the far end was given its echo comes, from
// the shapes of both: their energies in bands of the telephone's range, each against
// its own mean, are compared at each lag.
//
//	far frame  -> bands -> louder or softer than usual -> history of maxLag frames
//	near frame -> bands -> louder or softer than usual -> · each of history -> score[lag]
//
// Room, loudspeaker and microphone change how loud a band is, but not when it is
// louder than usual, so this needs no model of them; and what the near end says has
// no lag in common with the far end.
type delayFinder struct {
	n     int
	table []float32 // of each band the cosine, then the sine, under a window

	far             [maxLag]shape
	at              int // of the newest far frame in far
	loud            int // frames since the far end spoke
	farUse, nearUse usual

	score [maxLag]float32
	best  int // the lag with the highest score
	held  int // frames of speech for which it has been that, or next to it
}

const (
	// maxLag is the longest delay that is looked for, in frames: 500 ms.
	maxLag = 50
	bands  = 16
	// forget makes the scores remember 1.2 s of speech: a change of the delay is
	// followed in about as much.
	forget = 1 / (1.2 * framesPerSecond)
	// A lag is believed when it has led for leadFrames, with no less than leadScore:
	// without an echo the scores stay around zero and the lead changes.
	leadFrames = 25
	leadScore  = 0.08
)

// shape is how much louder than usual each band is, in 12 dB, within -1 and 1.
type shape struct {
	bands  [bands]float32
	spoken bool // it is well above the noise
}

// usual is what one direction sounds like on average.
type usual struct {
	mean  [bands]float32 // dB
	floor float32        // dB, falls at once and rises by 2 dB a second
	begun bool
}

func newDelayFinder(rate int) *delayFinder {
	d := &delayFinder{n: rate / framesPerSecond, loud: maxLag}
	d.table = make([]float32, 2*bands*d.n)
	for b := range bands {
		hz := 250 + 200*float64(b)
		row := d.table[2*b*d.n:]
		for i := range d.n {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
			w := (0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(d.n))) / float64(d.n)
			row[i], row[d.n+i] = float32(cos*w), float32(sin*w)
		}
	}
	return d
}

// put takes the next frame that goes to the ear.
func (d *delayFinder) put(pcm []int16) {
	d.at = (d.at + 1) % maxLag
	d.far[d.at] = d.shape(pcm, &d.farUse)
	if d.loud++; d.far[d.at].spoken {
		d.loud = 0
	}
}

// compare takes the next frame of the microphone.
func (d *delayFinder) compare(pcm []int16) {
	near := d.shape(pcm, &d.nearUse)
	if d.loud >= maxLag || !near.spoken {
		return // nothing to learn from
	}
	best := 0
	for lag := range d.score {
		far := &d.far[(d.at-lag+maxLag)%maxLag]
		var s float32
		if far.spoken {
			for b, v := range far.bands {
				s += v * near.bands[b]
			}
		}
		d.score[lag] += forget * (s/bands - d.score[lag])
		if d.score[lag] > d.score[best] {
			best = lag
		}
	}
	if away := best - d.best; away < -1 || away > 1 {
		d.held = 0
	}
	d.best = best
	d.held++
}

// lag is the delay in frames, if it is known.
func (d *delayFinder) lag() (frames int, known bool) {
	return d.best, d.held >= leadFrames && d.score[d.best] >= leadScore
}

func (d *delayFinder) shape(pcm []int16, u *usual) (s shape) {
	var energy [bands]float32
	var sum float32
	for b := range bands {
		cos := d.table[2*b*d.n : (2*b+1)*d.n]
		sin := d.table[(2*b+1)*d.n : (2*b+2)*d.n]
		var re, im float32
		for i, v := range pcm[:len(cos)] {
			re += float32(v) * cos[i]
			im += float32(v) * sin[i]
		}
		p := re*re + im*im
		sum += p
		energy[b] = decibel(p)
	}
	total := decibel(sum)
	if !u.begun {
		u.mean, u.floor, u.begun = energy, total, true
	}
	u.floor = min(total, u.floor+2.0/framesPerSecond)
	s.spoken = total > u.floor+9 && total > 20
	for b, e := range energy {
		s.bands[b] = max(-1, min(1, (e-u.mean[b])/12))
		u.mean[b] += (e - u.mean[b]) / framesPerSecond
	}
	return s
}

func decibel(power float32) float32 { return float32(10 * math.Log10(float64(power)+1)) }
