package opus

import (
	"fmt"

	"github.com/hraban/opus"
)

// FileEncoder codes sound for a file: mono or stereo, better than for a call and without
// its redundancy. It belongs to one goroutine.
type FileEncoder struct {
	lib   *opus.Encoder
	frame int // samples of all channels
}

// FilePreSkip is how many samples at 48 kHz the encoder is late by: what a decoder drops
// at the beginning of the file (RFC 7845, section 4.2).
const FilePreSkip = 312

// FileFrame is how many samples at 48 kHz a packet holds.
const FileFrame = 960

// fileBitrate is of one channel. Two channels are two people: what they share is little, and
// what one says mustn't be heard on the other's side.
const fileBitrate = 48000

// NewFileEncoder takes PCM at 8000, 12000, 16000, 24000 or 48000 Hz.
func NewFileEncoder(rate, channels int) (*FileEncoder, error) {
	lib, err := opus.NewEncoder(rate, channels, opus.AppAudio)
	if err == nil {
		err = lib.SetBitrate(fileBitrate * channels)
	}
	if err == nil {
		err = lib.SetComplexity(5)
	}
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	return &FileEncoder{lib: lib, frame: rate / 50 * channels}, nil
}

// Frame is how many samples, of all channels together, Encode takes: 20 ms.
func (e *FileEncoder) Frame() int { return e.frame }

// Encode writes the packet of one frame of interleaved samples to dst.
func (e *FileEncoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(pcm) != e.frame {
		return 0, fmt.Errorf("%w: %d samples", ErrFrame, len(pcm))
	}
	n, err := e.lib.Encode(pcm, dst[:len(dst):len(dst)])
	if err != nil {
		return 0, fmt.Errorf("opus encoder: %w", err)
	}
	return n, nil
}
