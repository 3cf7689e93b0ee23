package audio

import (
	"errors"
	"io"
)

// player plays a WAV into the call in the place of the microphone. Owner: the loop.
type player struct {
	wav  *WAVReader
	src  Source // wav at the rate of the encoder
	rate int
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

func (p *player) close() { p.wav.Close() }
