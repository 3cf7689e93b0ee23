package audio

import (
	"errors"
	"fmt"
	"io"

	"offhook/audio/soundfile"
)

// PlayOptions say how to play a file. The zero value plays it once.
type PlayOptions struct {
	// Loop plays it over and over, until another takes its place.
	Loop bool
}

// player plays a file into the call in the place of the microphone. Owner: one loop.
//
//	sound -> (over and over) -> resample -> read
type player struct {
	sound soundfile.Reader
	from  Source // sound, or looped
	src   Source // from at the rate of the encoder
}

// openPlayer opens a file that can be played at any rate.
func openPlayer(path string, o PlayOptions) (*player, error) {
	sound, err := soundfile.Open(path)
	if err != nil {
		return nil, err
	}
	if _, err := Convert(sound, 8000); err != nil {
		sound.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &player{sound: sound, from: sound}
	if o.Loop {
		p.from = looped{sound}
	}
	return p, nil
}

// at makes the player give samples at rate. A change in mid-file loses the few
// samples that the old resampler held.
func (p *player) at(rate int) error {
	if p.src != nil && p.src.Rate() == rate {
		return nil
	}
	src, err := Convert(p.from, rate)
	if err != nil {
		return err
	}
	p.src = src
	return nil
}

// read fills dst, with silence behind the end of the file, and reports when that has
// come: err is nil for an end without fault.
func (p *player) read(dst []int16) (ended bool, err error) {
	n, err := p.src.Read(dst)
	clear(dst[n:])
	if err == nil && n == len(dst) {
		return false, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return true, nil
	}
	return true, err
}

func (p *player) close() { p.sound.Close() }

// Over plays s over and over, without a gap; only one without sound ends. Closing s is up
// to the caller.
func Over(s soundfile.Reader) Source { return looped{s} }

// looped starts over at each end: without a gap, and without a click from the
// resampler, which hears no end.
type looped struct{ soundfile.Reader }

// Read ends only with a file without sound, or with one that can't be read any more.
func (l looped) Read(dst []int16) (int, error) {
	for at, fresh := 0, false; ; fresh = true {
		n, err := l.Reader.Read(dst[at:])
		at += n
		if at == len(dst) || err != nil && !errors.Is(err, io.EOF) {
			return at, err
		}
		if fresh && n == 0 {
			return at, io.EOF
		}
		if err := l.Rewind(); err != nil {
			return at, err
		}
	}
}
