package soundfile

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/zaf/g711"
)

// rawFormat is how samples stand in a file without a header.
type rawFormat struct {
	coding rawCoding
	rate   int
}

type rawCoding uint8

const (
	rawLinear rawCoding = iota // 16 bits, little-endian
	rawMuLaw
	rawALaw
)

// rawFormatOf tells by a file's extension what its samples are, after the customs of sox
// and Asterisk:
//
//	.raw .s16 .sln            16 bits, 8000 Hz
//	.sln12 .sln16 … .sln192   16 bits, so many thousand Hz
//	.ul .ulaw .pcmu .mu       mu-law, 8000 Hz
//	.al .alaw .pcma           A-law, 8000 Hz
func rawFormatOf(path string) (rawFormat, bool) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".raw", ".s16", ".sln":
		return rawFormat{rawLinear, 8000}, true
	case ".sln12":
		return rawFormat{rawLinear, 12000}, true
	case ".sln16":
		return rawFormat{rawLinear, 16000}, true
	case ".sln24":
		return rawFormat{rawLinear, 24000}, true
	case ".sln32":
		return rawFormat{rawLinear, 32000}, true
	case ".sln44":
		return rawFormat{rawLinear, 44100}, true
	case ".sln48":
		return rawFormat{rawLinear, 48000}, true
	case ".sln96":
		return rawFormat{rawLinear, 96000}, true
	case ".sln192":
		return rawFormat{rawLinear, 192000}, true
	case ".ul", ".ulaw", ".pcmu", ".mu":
		return rawFormat{rawMuLaw, 8000}, true
	case ".al", ".alaw", ".pcma":
		return rawFormat{rawALaw, 8000}, true
	}
	return rawFormat{}, false
}

// rawReader plays samples without a header.
type rawReader struct {
	format rawFormat
	f      *os.File
	r      *bufio.Reader
}

func readRaw(f *os.File, format rawFormat) (Reader, error) {
	return &rawReader{format: format, f: f, r: bufio.NewReaderSize(f, 8<<10)}, nil
}

func (r *rawReader) Rate() int { return r.format.rate }

func (r *rawReader) Read(dst []int16) (int, error) {
	for i := range dst {
		low, err := r.r.ReadByte()
		if err != nil {
			return i, err
		}
		switch r.format.coding {
		case rawMuLaw:
			dst[i] = g711.DecodeUlawFrame(low)
		case rawALaw:
			dst[i] = g711.DecodeAlawFrame(low)
		case rawLinear:
			high, err := r.r.ReadByte()
			if err != nil {
				return i, err // half a sample is none
			}
			dst[i] = int16(uint16(high)<<8 | uint16(low))
		}
	}
	return len(dst), nil
}

func (r *rawReader) Rewind() error {
	if _, err := r.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r.r.Reset(r.f)
	return nil
}

func (r *rawReader) Close() error { return r.f.Close() }

// rawWriter records samples without a header.
type rawWriter struct {
	f      *os.File
	format rawFormat
	buf    []byte
	err    error // first failure; it sticks
}

func newRawWriter(f *os.File, format rawFormat) *rawWriter {
	return &rawWriter{f: f, format: format, buf: make([]byte, 0, wavFlushBytes)}
}

func (w *rawWriter) Begin(int) (int, error) { return w.format.rate, nil }

func (w *rawWriter) Write(pcm []int16) error {
	for _, s := range pcm {
		switch w.format.coding {
		case rawMuLaw:
			w.buf = append(w.buf, g711.EncodeUlawFrame(s))
		case rawALaw:
			w.buf = append(w.buf, g711.EncodeAlawFrame(s))
		case rawLinear:
			w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
		}
		if cap(w.buf)-len(w.buf) < 2 {
			_ = w.Flush()
		}
	}
	return w.err
}

func (w *rawWriter) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.f.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

func (w *rawWriter) Close() error {
	err := w.Flush()
	if cerr := w.f.Close(); err == nil {
		err = cerr
	}
	return err
}
