package device

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"offhook/audio"
	"offhook/audio/soundfile"
)

// rewinder is an audio.Source that starts over.
type rewinder interface {
	audio.Source
	Rewind() error
	Close() error
}

// openSource opens an input that is no sound card, at rate. nil is silence.
func openSource(in Input, rate int) (rewinder, error) {
	switch in := in.(type) {
	case File:
		return openLoop(in.Path, rate)
	case Tone:
		return &sine{rate: rate, hz: in.Hz}, nil
	case Silence:
		return silence(rate), nil
	}
	return nil, fmt.Errorf("%T is no software input", in)
}

// silence is a source of zeros; its value is the rate.
type silence int

func (s silence) Rate() int     { return int(s) }
func (s silence) Rewind() error { return nil }
func (s silence) Close() error  { return nil }
func (s silence) Read(dst []int16) (int, error) {
	clear(dst)
	return len(dst), nil
}

// sine is a source of one frequency.
type sine struct {
	rate  int
	hz    float64
	phase float64
}

// sineLevel is -10 dBm0: a full-scale sine is +3.14 dBm0 (G.711).
var sineLevel = math.MaxInt16 * math.Pow(10, (-10-3.14)/20)

func (s *sine) Rate() int     { return s.rate }
func (s *sine) Rewind() error { s.phase = 0; return nil }
func (s *sine) Close() error  { return nil }
func (s *sine) Read(dst []int16) (int, error) {
	inc := 2 * math.Pi * s.hz / float64(s.rate)
	for i := range dst {
		dst[i] = int16(sineLevel * math.Sin(s.phase))
		if s.phase += inc; s.phase > 2*math.Pi {
			s.phase -= 2 * math.Pi
		}
	}
	return len(dst), nil
}

// loop is a file played over and over. The resampler stands behind the seam: it hears no
// end, so that there is no click.
type loop struct {
	sound soundfile.Reader
	path  string
	rate  int
	src   audio.Source
}

func openLoop(path string, rate int) (*loop, error) {
	s, err := soundfile.Open(path)
	if err != nil {
		return nil, err
	}
	l := &loop{sound: s, path: path, rate: rate}
	if err := l.convert(); err != nil {
		s.Close()
		return nil, err
	}
	return l, nil
}

func (l *loop) convert() (err error) {
	if l.src, err = audio.Convert(audio.Over(l.sound), l.rate); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	return nil
}

func (l *loop) Rate() int    { return l.rate }
func (l *loop) Close() error { return l.sound.Close() }

func (l *loop) Rewind() error { return errors.Join(l.sound.Rewind(), l.convert()) }

// Read gives silence for a file without sound.
func (l *loop) Read(dst []int16) (int, error) {
	n, err := l.src.Read(dst)
	if n == len(dst) || err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		clear(dst[n:])
		return len(dst), nil
	}
	return n, fmt.Errorf("%s: %w", l.path, err)
}

// soft is a stream without a sound card. It has no clock: see audio.Unclocked.
type soft struct {
	src rewinder
	rec *soundfile.WAVWriter // nil drops

	unflushed int // owner: whoever writes
}

var (
	_ audio.Unclocked = (*soft)(nil)
	_ audio.Rewinder  = (*soft)(nil)
)

func (s *soft) Unclocked()                    {}
func (s *soft) Rate() int                     { return s.src.Rate() }
func (s *soft) Read(dst []int16) (int, error) { return s.src.Read(dst) }
func (s *soft) Rewind() error                 { return s.src.Rewind() }
func (s *soft) Period() time.Duration         { return audio.DefaultPeriod }
func (s *soft) Queued() int                   { return 0 }
func (s *soft) Stats() audio.StreamStats      { return audio.StreamStats{} }

// Write appends to the recording and brings the file up to date once a second.
func (s *soft) Write(pcm []int16) error {
	return record(s.rec, pcm, &s.unflushed)
}

func record(rec *soundfile.WAVWriter, pcm []int16, unflushed *int) error {
	if rec == nil {
		return nil
	}
	if err := rec.Write(pcm); err != nil {
		return err
	}
	if *unflushed += len(pcm); *unflushed >= rec.Rate() {
		*unflushed = 0
		return rec.Flush()
	}
	return nil
}

func (s *soft) Ticks() <-chan struct{} { return nil }

func (s *soft) Close() error {
	err := s.src.Close()
	if s.rec != nil {
		err = errors.Join(err, s.rec.Close())
	}
	return err
}

// duplex is the Backend that New makes.
type duplex struct {
	in  Input
	out Output

	mu       sync.Mutex // guards the next three
	recorded bool       // the output file was begun by an earlier Open
	recRate  int
	learned  [2]learned // by side
}

// String names both sides as Parse takes them.
func (d *duplex) String() string {
	in, out := inputName(d.in), outputName(d.out)
	if in == out {
		return in
	}
	return in + " and " + out
}

// Open opens both sides. A file as the output is begun by the first call and
// continued, at its rate, by those that follow.
func (d *duplex) Open(ctx context.Context, rate int) (audio.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if rate <= 0 {
		rate = 8000
	}
	_, cardIn := d.in.(Device)
	_, cardOut := d.out.(Device)
	if cardIn || cardOut {
		return d.openCard(ctx, rate)
	}
	if _, ok := d.out.(File); ok {
		if r := d.recordingRate(); r != 0 {
			rate = r
		}
	}
	src, err := openSource(d.in, rate)
	if err != nil {
		return nil, err
	}
	rec, err := d.openRecording(rate)
	if err != nil {
		src.Close()
		return nil, err
	}
	return &soft{src: src, rec: rec}, nil
}

func (d *duplex) recordingRate() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.recRate
}

// firstBuffer is the index of the buffers that a side is opened with.
func (d *duplex) firstBuffer(s side) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.learned[s].buffers(s, time.Now())
}

// strained notes that a side needs the buffers at index b.
func (d *duplex) strained(s side, b int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.learned[s] = learned{buffer: b, at: time.Now()}
}

// openRecording opens the output file, nil when the output is none.
func (d *duplex) openRecording(rate int) (*soundfile.WAVWriter, error) {
	f, ok := d.out.(File)
	if !ok {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.recorded {
		w, err := soundfile.AppendWAV(f.Path)
		if err == nil && w.Rate() == rate {
			return w, nil
		}
		if err == nil {
			w.Close()
			err = fmt.Errorf("%s: the recording has %d Hz and the device %d Hz", f.Path, w.Rate(), rate)
		}
		return nil, err
	}
	w, err := soundfile.CreateWAV(f.Path, rate, 1)
	if err != nil {
		return nil, err
	}
	d.recorded, d.recRate = true, rate
	return w, nil
}
