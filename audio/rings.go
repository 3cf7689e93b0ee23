package audio

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"offhook/audio/dtmf"
	"offhook/audio/soundfile"
)

// Ringtone is how ToneRinging sounds: a rhythm of tones, or recorded samples over and
// over. The zero value is silence. It is never changed once the Engine has it.
type Ringtone struct {
	Cadence dtmf.Cadence
	PCM     []int16
	Rate    int // of PCM
}

// StandardRing is the ring of a call that asks for no other.
const StandardRing = "standard"

// builtInRings are the rings that are always there. Bellcore's five have the rhythms
// of GR-506: long; long long; short short long; short long short; a splash.
func builtInRings() map[string]Ringtone {
	const ms = time.Millisecond
	bell := func(low, high float64, onOff ...time.Duration) Ringtone {
		return Ringtone{Cadence: dtmf.Cadence{Hz: []float64{low, high}, Warble: 20, Level: -13, OnOff: onOff}}
	}
	classic := func(onOff ...time.Duration) Ringtone { return bell(1000, 1250, onOff...) }
	return map[string]Ringtone{
		StandardRing:   {Cadence: dtmf.Europe.Cadence(dtmf.Ringing)},
		"bellcore-dr1": classic(2000*ms, 4000*ms),
		"bellcore-dr2": classic(800*ms, 400*ms, 800*ms, 4000*ms),
		"bellcore-dr3": classic(400*ms, 200*ms, 400*ms, 200*ms, 800*ms, 4000*ms),
		"bellcore-dr4": classic(300*ms, 200*ms, 1000*ms, 200*ms, 300*ms, 4000*ms),
		"bellcore-dr5": classic(500*ms, 5500*ms),
		"internal":     bell(620, 775, 1000*ms, 3000*ms),
		"external":     classic(400*ms, 200*ms, 400*ms, 3000*ms),
		"group":        bell(800, 1000, 250*ms, 150*ms, 250*ms, 150*ms, 250*ms, 2500*ms),
		"urgent":       bell(1400, 1750, 150*ms, 100*ms),
		"silent":       {},
	}
}

// RingNames lists the rings that are always there.
func RingNames() []string {
	var out []string
	for name := range builtInRings() {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// maxRing bounds what a recorded ring keeps in memory.
const maxRing = 30 * time.Second

// ErrRing says that a file can't serve as a ring.
var ErrRing = errors.New("can't be a ring")

// LoadRing reads a recorded ring from a file of any kind that soundfile.Open takes: its first
// 30 seconds.
func LoadRing(path string) (Ringtone, error) {
	w, err := soundfile.Open(path)
	if err != nil {
		return Ringtone{}, fmt.Errorf("%s %w: %w", path, ErrRing, err)
	}
	defer w.Close()
	r := Ringtone{Rate: w.Rate()}
	limit := int(maxRing.Seconds()) * r.Rate
	buf := make([]int16, 4096)
	for len(r.PCM) < limit {
		n, err := w.Read(buf)
		r.PCM = append(r.PCM, buf[:min(n, limit-len(r.PCM))]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Ringtone{}, fmt.Errorf("%s %w: %w", path, ErrRing, err)
		}
	}
	if len(r.PCM) == 0 {
		return Ringtone{}, fmt.Errorf("%s %w: it holds no sound", path, ErrRing)
	}
	return r, nil
}

// source plays the ring without end at rate.
func (r Ringtone) source(rate int) (Source, error) {
	if len(r.PCM) == 0 {
		return dtmf.NewProgress(rate, r.Cadence), nil
	}
	return Convert(&repeated{pcm: r.PCM, rate: r.Rate}, rate)
}

// repeated is samples over and over.
type repeated struct {
	pcm  []int16
	at   int
	rate int
}

func (l *repeated) Rate() int { return l.rate }

func (l *repeated) Read(dst []int16) (int, error) {
	for n := 0; n < len(dst); {
		c := copy(dst[n:], l.pcm[l.at:])
		n += c
		l.at = (l.at + c) % len(l.pcm)
	}
	return len(dst), nil
}

// Ring chooses how ToneRinging sounds from now on: a name of EngineConfig.Rings or
// RingNames. Any other, and the empty one, is the standard ring.
func (e *Engine) Ring(name string) {
	e.mail.post(func() { e.l.setRing(name) })
}

func (l *engineLoop) setRing(name string) {
	ring, ok := l.e.cfg.Rings[name]
	if !ok {
		if ring, ok = builtInRings()[name]; !ok {
			ring = builtInRings()[StandardRing]
		}
	}
	for _, o := range l.outlets() {
		o.toner.ringAs(ring)
	}
	l.settle()
}
