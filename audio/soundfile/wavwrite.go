package soundfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// ErrWAVFull says that a recording reached the 4 GiB that RIFF can count.
var ErrWAVFull = errors.New("the WAV file reached 4 GiB, the most that its format can count")

const (
	wavHeaderSize = 44
	wavMaxData    = math.MaxUint32 - wavHeaderSize - 8
)

// WAVWriter writes 16-bit PCM so that the file is playable at every moment: samples
// are appended first, then the sizes in the header are raised to cover them. Who
// kills the process loses what wasn't flushed and nothing more. Not safe for
// concurrent use.
type WAVWriter struct {
	f        *os.File
	rate     int
	channels int
	buf      []byte
	size     int64 // bytes of data in the file
	dirty    bool  // samples that the header doesn't cover
	err      error // first failure; it sticks
}

// wavFlushBytes is the buffer of a writer: one write per 32 KiB at the least.
const wavFlushBytes = 32 << 10

// CreateWAV creates or truncates the file at path. A new one is private: what was
// said in a call is nobody else's.
func CreateWAV(path string, rate, channels int) (*WAVWriter, error) {
	if rate < 1 || channels < 1 || channels > maxWAVChannels {
		return nil, fmt.Errorf("%s: can't write a WAV of %d channels at %d Hz", path, channels, rate)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w, err := newWAVWriter(f, rate, channels)
	if err != nil {
		f.Close()
	}
	return w, err
}

// newWAVWriter writes the header of an empty file.
func newWAVWriter(f *os.File, rate, channels int) (*WAVWriter, error) {
	w := &WAVWriter{f: f, rate: rate, channels: channels, buf: make([]byte, 0, wavFlushBytes)}
	h := w.header()
	if _, err := f.Write(h[:]); err != nil {
		return nil, err
	}
	return w, nil
}

// AppendWAV goes on with a file that CreateWAV made before.
func AppendWAV(path string) (*WAVWriter, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	w, err := appendTo(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

func appendTo(f *os.File) (*WAVWriter, error) {
	r, err := newWAVReader(f)
	if err != nil {
		return nil, err
	}
	if r.start != wavHeaderSize || r.tag != wavPCM || r.width != 2 {
		return nil, wavError("it is no 16-bit recording of ours to go on with")
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	// What a crash left behind the header's count is kept; a torn frame isn't.
	size := end - wavHeaderSize
	size -= size % int64(2*r.channels)
	if _, err := f.Seek(wavHeaderSize+size, io.SeekStart); err != nil {
		return nil, err
	}
	return &WAVWriter{f: f, rate: r.rate, channels: r.channels, buf: make([]byte, 0, wavFlushBytes), size: size}, nil
}

// Rate is the sample rate of the file.
func (w *WAVWriter) Rate() int { return w.rate }

// Channels is the channel count of the file.
func (w *WAVWriter) Channels() int { return w.channels }

// Begin sets the rate of a file that holds no samples yet: a WAV can have any.
func (w *WAVWriter) Begin(rate int) (int, error) {
	w.rate, w.dirty = rate, true
	return rate, nil
}

// Write appends interleaved frames.
func (w *WAVWriter) Write(pcm []int16) error {
	for len(pcm) > 0 && w.err == nil {
		n := min(len(pcm), (cap(w.buf)-len(w.buf))/2)
		for _, v := range pcm[:n] {
			w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(v))
		}
		pcm = pcm[n:]
		if cap(w.buf)-len(w.buf) < 2 {
			w.spill()
		}
	}
	return w.err
}

// Flush brings the file up to date on disk, header last.
func (w *WAVWriter) Flush() error {
	w.spill()
	if w.err != nil || !w.dirty {
		return w.err
	}
	h := w.header()
	if _, err := w.f.WriteAt(h[:], 0); err != nil {
		w.err = err
		return err
	}
	w.dirty = false
	return nil
}

func (w *WAVWriter) spill() {
	if w.err != nil || len(w.buf) == 0 {
		return
	}
	if w.size+int64(len(w.buf)) > wavMaxData {
		w.err = ErrWAVFull
		return
	}
	n, err := w.f.Write(w.buf)
	w.size += int64(n)
	w.dirty = w.dirty || n > 0
	w.buf = w.buf[:0]
	w.err = err
}

func (w *WAVWriter) header() (h [wavHeaderSize]byte) {
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], uint32(w.size+wavHeaderSize-8))
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 16)
	le.PutUint16(h[20:], wavPCM)
	le.PutUint16(h[22:], uint16(w.channels))
	le.PutUint32(h[24:], uint32(w.rate))
	le.PutUint32(h[28:], uint32(w.rate*w.channels*2))
	le.PutUint16(h[32:], uint16(w.channels*2))
	le.PutUint16(h[34:], 16)
	copy(h[36:], "data")
	le.PutUint32(h[40:], uint32(w.size))
	return h
}

// Close flushes and closes. A disk that filled up still gets a right header.
func (w *WAVWriter) Close() error {
	err := w.Flush()
	if w.dirty {
		h := w.header()
		_, herr := w.f.WriteAt(h[:], 0)
		err = errors.Join(err, herr)
	}
	return errors.Join(err, w.f.Close())
}
