package dsp

import "math"

// Silence is the level in dBFS of no signal at all: the noise floor of 16 bits.
const Silence = -96.0

// Meter is a peak meter: it rises at once and falls by 20 dB a second.
type Meter struct {
	rate int
	peak float64 // linear, 0 to 1
}

// NewMeter returns a Meter for PCM at rate Hz.
func NewMeter(rate int) *Meter { return &Meter{rate: max(rate, 1)} }

// Write takes pcm.
func (m *Meter) Write(pcm []int16) {
	if len(pcm) == 0 {
		return
	}
	const fall = 20.0 // dB a second
	m.peak *= math.Exp(-fall / 20 * math.Ln10 * float64(len(pcm)) / float64(m.rate))
	m.peak = max(m.peak, float64(Peak(pcm))/32768)
}

// Level is in dBFS, from Silence to 0.
func (m *Meter) Level() float64 { return decibel(m.peak) }

// Peak is the largest magnitude in pcm, up to 32768.
func Peak(pcm []int16) int {
	var hi, lo int16
	for _, s := range pcm {
		hi, lo = max(hi, s), min(lo, s)
	}
	return max(int(hi), -int(lo))
}

// RMS is the level of pcm in dBFS: a full-scale square wave has 0, a sine -3.
func RMS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return Silence
	}
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return decibel(math.Sqrt(sum/float64(len(pcm))) / 32768)
}

func decibel(linear float64) float64 {
	if linear <= 0 {
		return Silence
	}
	return min(max(20*math.Log10(linear), Silence), 0)
}
