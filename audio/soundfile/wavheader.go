package soundfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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
