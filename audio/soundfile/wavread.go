package soundfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/zaf/g711"
)

// WAVReader reads a RIFF WAVE file of any rate and channel count: PCM of 8, 16,
// 24 and 32 bits, float of 32 and 64 bits, mu-law and A-law, plain or as
// WAVE_FORMAT_EXTENSIBLE. Read mixes the channels to mono. A data
// chunk that ends early is played to where it ends. Not safe for concurrent use.
type WAVReader struct {
	r        *bufio.Reader
	src      io.ReadSeeker // for Rewind; nil for a plain reader
	closer   io.Closer
	rate     int
	channels int
	tag      uint16
	width    int   // bytes per sample of one channel
	start    int64 // where the data starts
	size     int64 // bytes of data, -1 when only the end of the file tells
	left     int64
	frame    []byte
}

// OpenWAV opens the file at path. Close it after use.
func OpenWAV(path string) (*WAVReader, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	w, err := readWAV(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

// readWAV plays f, which can be sought in.
func readWAV(f *os.File) (*WAVReader, error) {
	w, err := newWAVReader(f)
	if err != nil {
		return nil, err
	}
	w.src, w.closer = f, f
	return w, nil
}

// newWAVReader reads the header from r and leaves it at the first sample.
func newWAVReader(r io.Reader) (*WAVReader, error) {
	w := &WAVReader{r: bufio.NewReaderSize(r, 8<<10)}
	if err := w.readHeader(); err != nil {
		return nil, err
	}
	w.left = w.size
	w.frame = make([]byte, w.channels*w.width)
	return w, nil
}

// Rate is the file's sample rate.
func (w *WAVReader) Rate() int { return w.rate }

// Channels is the file's channel count.
func (w *WAVReader) Channels() int { return w.channels }

// Frames is how many frames the header promises, or -1 when it doesn't tell.
func (w *WAVReader) Frames() int64 {
	if w.size < 0 {
		return -1
	}
	return w.size / int64(len(w.frame))
}

// Read mixes to mono; it makes a WAVReader a Reader. It ends with io.EOF.
func (w *WAVReader) Read(dst []int16) (int, error) {
	for i := range dst {
		if err := w.next(); err != nil {
			return i, err
		}
		sum := 0
		for c := 0; c < w.channels; c++ {
			sum += int(w.sample(c))
		}
		dst[i] = int16(sum / w.channels)
	}
	return len(dst), nil
}

// ReadFrames fills dst with whole interleaved frames and returns how many frames.
func (w *WAVReader) ReadFrames(dst []int16) (int, error) {
	n := len(dst) / w.channels
	for i := range n {
		if err := w.next(); err != nil {
			return i, err
		}
		for c := 0; c < w.channels; c++ {
			dst[i*w.channels+c] = w.sample(c)
		}
	}
	return n, nil
}

// next loads one frame. A frame cut off by the end of the file is dropped.
func (w *WAVReader) next() error {
	if w.left >= 0 {
		if w.left < int64(len(w.frame)) {
			return io.EOF
		}
		w.left -= int64(len(w.frame))
	}
	if _, err := io.ReadFull(w.r, w.frame); err != nil {
		w.left = 0
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		return err
	}
	return nil
}

func (w *WAVReader) sample(channel int) int16 {
	b := w.frame[channel*w.width:]
	le := binary.LittleEndian
	switch w.tag {
	case wavALaw:
		return g711.DecodeAlawFrame(b[0])
	case wavMuLaw:
		return g711.DecodeUlawFrame(b[0])
	case wavFloat:
		if w.width == 8 {
			return fromFloat(math.Float64frombits(le.Uint64(b)))
		}
		return fromFloat(float64(math.Float32frombits(le.Uint32(b))))
	}
	switch w.width {
	case 1:
		return (int16(b[0]) - 128) << 8
	case 2:
		return int16(le.Uint16(b))
	case 3:
		return int16(le.Uint16(b[1:]))
	default:
		return int16(le.Uint16(b[2:]))
	}
}

func fromFloat(f float64) int16 {
	switch {
	case f != f: // NaN
		return 0
	case f >= 1:
		return math.MaxInt16
	case f <= -1:
		return math.MinInt16
	}
	return int16(math.Round(f * math.MaxInt16))
}

// Rewind goes back to the first sample. Only a reader of OpenWAV can.
func (w *WAVReader) Rewind() error {
	if w.src == nil {
		return errors.New("this WAV is a stream and can't be rewound")
	}
	if _, err := w.src.Seek(w.start, io.SeekStart); err != nil {
		return err
	}
	w.r.Reset(w.src)
	w.left = w.size
	return nil
}

// Close closes the file of OpenWAV.
func (w *WAVReader) Close() error {
	if w.closer == nil {
		return nil
	}
	return w.closer.Close()
}
