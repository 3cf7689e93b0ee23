package audio

import (
	"errors"
	"fmt"
	"io"
)

// player plays a WAV into the call in the place of the microphone. Owner: the loop.
type player struct {
	wav  *WAVReader
	src  Source // wav at the rate of the encoder
	rate int
}

// openPlayer opens a WAV that can be played at any rate.
func openPlayer(path string) (*player, error) {
	w, err := OpenWAV(path)
	if err != nil {
		return nil, err
	}
	if _, err := Convert(w, 8000); err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &player{wav: w}, nil
}

// at makes the player give samples at rate. A change in mid-file loses the few
// samples that the old resampler held.
func (p *player) at(rate int) error {
	if p.src != nil && p.rate == rate {
		return nil
	}
	src, err := Convert(p.wav, rate)
	if err != nil {
		return err
	}
	p.src, p.rate = src, rate
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

// again fills dst like read, from the start of the file each time it ends.
func (p *player) again(dst []int16) error {
	for rewound := false; ; rewound = true {
		n, err := p.src.Read(dst)
		if err == nil && n == len(dst) {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			clear(dst[n:])
			return err
		}
		dst = dst[n:]
		if rewound && n == 0 {
			clear(dst)
			return nil // a file without sound
		}
		if err := p.wav.Rewind(); err != nil {
			clear(dst)
			return err
		}
		p.src = nil
		if err := p.at(p.rate); err != nil {
			clear(dst)
			return err
		}
	}
}

func (p *player) close() { p.wav.Close() }
