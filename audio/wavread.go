package audio

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

// ErrWAV is wrapped by the error for a file that is no WAV we can play.
var ErrWAV = errors.New("not a playable WAV file")

// Format tags of the fmt chunk.
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xFFFE
)

// maxWAVChannels bounds the frame that a reader buffers.
const maxWAVChannels = 64

// WAVReader reads a RIFF WAVE file of any rate and channel count: PCM of 8, 16,
// 24 and 32 bits, float of 32 and 64 bits, mu-law and A-law, plain or as
// WAVE_FORMAT_EXTENSIBLE. As a Source it mixes the channels to mono. A data
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
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a folder: %w", path, ErrWAV)
	}
	w, err := NewWAVReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	w.src, w.closer = f, f
	return w, nil
}

// NewWAVReader reads the header from r and leaves it at the first sample.
func NewWAVReader(r io.Reader) (*WAVReader, error) {
	w := &WAVReader{r: bufio.NewReaderSize(r, 8<<10)}
	if err := w.readHeader(); err != nil {
		return nil, err
	}
	w.left = w.size
	w.frame = make([]byte, w.channels*w.width)
	return w, nil
}

func wavError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrWAV, fmt.Sprintf(format, args...))
}

func (w *WAVReader) readHeader() error {
	var h [12]byte
	if _, err := io.ReadFull(w.r, h[:]); err != nil {
		return wavError("shorter than its header")
	}
	id := string(h[:4])
	if id == "RIFX" {
		return wavError("it is big-endian (RIFX); sox or ffmpeg makes it little-endian: ffmpeg -i in.wav out.wav")
	}
	if (id != "RIFF" && id != "RF64") || string(h[8:]) != "WAVE" {
		return wavError("it does not start with RIFF and WAVE")
	}
	pos, haveFmt := int64(12), false
	var size64 int64 = -1
	for {
		var c [8]byte
		if _, err := io.ReadFull(w.r, c[:]); err != nil {
			return wavError("it has no data chunk")
		}
		pos += 8
		size := int64(binary.LittleEndian.Uint32(c[4:]))
		switch string(c[:4]) {
		case "data":
			if !haveFmt {
				return wavError("its data comes before its format")
			}
			w.start, w.size = pos, size
			// A writer that streams, or was killed, leaves 0 or all ones.
			if size == 0 || size == math.MaxUint32 {
				w.size = size64
			}
			return nil
		case "fmt ":
			if size < 16 || size > 4096 {
				return wavError("its format chunk has %d bytes", size)
			}
			b := make([]byte, size)
			if _, err := io.ReadFull(w.r, b); err != nil {
				return wavError("it ends inside its format chunk")
			}
			if err := w.parseFormat(b); err != nil {
				return err
			}
			haveFmt = true
		case "ds64":
			if size < 16 || size > 4096 {
				return wavError("its ds64 chunk has %d bytes", size)
			}
			b := make([]byte, size)
			if _, err := io.ReadFull(w.r, b); err != nil {
				return wavError("it ends inside its ds64 chunk")
			}
			if n := binary.LittleEndian.Uint64(b[8:]); n > 0 && n < math.MaxInt64 {
				size64 = int64(n)
			}
		default:
			if _, err := io.CopyN(io.Discard, w.r, size); err != nil {
				return wavError("it has no data chunk")
			}
		}
		pos += size
		if size%2 == 1 { // chunks are padded to even length
			if _, err := w.r.Discard(1); err != nil {
				return wavError("it has no data chunk")
			}
			pos++
		}
	}
}

func (w *WAVReader) parseFormat(b []byte) error {
	le := binary.LittleEndian
	w.tag = le.Uint16(b)
	w.channels = int(le.Uint16(b[2:]))
	w.rate = int(le.Uint32(b[4:]))
	align, bits := int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))
	if w.tag == wavExtensible {
		if len(b) < 26 {
			return wavError("its extensible format is cut short")
		}
		w.tag = le.Uint16(b[24:])
	}
	if w.channels < 1 || w.channels > maxWAVChannels {
		return wavError("%d channels", w.channels)
	}
	if w.rate < 1000 || w.rate > 768000 {
		return wavError("a sample rate of %d Hz", w.rate)
	}
	ok := false
	switch w.tag {
	case wavPCM:
		ok = bits >= 1 && bits <= 32
	case wavFloat:
		ok = bits == 32 || bits == 64
	case wavALaw, wavMuLaw:
		ok = bits == 8
	default:
		return wavError("its sound is %s; ffmpeg makes PCM of it: ffmpeg -i in.wav out.wav", wavFormatName(w.tag))
	}
	if !ok {
		return wavError("%d bits per sample in format 0x%04x", bits, w.tag)
	}
	// What isn't a whole number of bytes is kept at the upper end of its container, and so
	// are the 24 bits that some put into four bytes.
	w.width = (bits + 7) / 8
	if w.tag == wavPCM && bits == 24 && align == 4*w.channels {
		w.width = 4
	}
	if align != w.width*w.channels {
		return wavError("frames of %d bytes for %d channels of %d bits", align, w.channels, bits)
	}
	return nil
}

// wavFormatName is what people call a format that isn't ours.
func wavFormatName(tag uint16) string {
	switch tag {
	case 0x0002, 0x0011:
		return "ADPCM"
	case 0x0031:
		return "GSM 06.10"
	case 0x0050, 0x0055:
		return "MP3"
	}
	return fmt.Sprintf("of format 0x%04x", tag)
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

// Read mixes to mono; it makes a WAVReader a Source. It ends with io.EOF.
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
