package soundfile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"offhook/audio/ogg"
	"offhook/codec"
	"offhook/codec/opus"
)

// opusReader plays an Ogg-Opus file, mixed to mono at 48 kHz (RFC 7845).
//
//	pages -> packets -> head -> tags -> decode -> drop the pre-skip -> gain -> Read
//	            ^                                   and what lies beyond the end
//	            └── another stream may follow (chained)
type opusReader struct {
	f    *os.File
	r    *ogg.Reader
	dec  codec.Decoder
	head ogg.Head
	gain float64 // factor of the header's gain
	tags bool    // the comment header has come
	skip int     // samples of the pre-skip still to be dropped
	at   int64   // samples decoded, with the pre-skip
	pcm  []int16
	left []int16 // of pcm, still to be read
}

// readOpus plays f from its start.
func readOpus(f *os.File) (Reader, error) {
	r := &opusReader{f: f, pcm: make([]int16, codec.MaxFrame)}
	if err := r.start(); err != nil {
		return nil, err
	}
	return r, nil
}

// start reads the first header.
func (r *opusReader) start() error {
	r.r, r.left = ogg.NewReader(r.f, ogg.IsOpus), nil
	p, err := r.r.Next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is no Opus in it (Vorbis, perhaps); ffmpeg makes some of it: ffmpeg -i in.ogg out.opus", ogg.ErrFormat)
	}
	if err != nil {
		return err
	}
	return r.begin(p.Data)
}

// begin takes the header of a stream.
func (r *opusReader) begin(head []byte) (err error) {
	if r.head, err = ogg.ParseHead(head); err != nil {
		return err
	}
	r.tags, r.skip, r.at = false, r.head.PreSkip, 0
	r.gain = math.Pow(10, r.head.Gain/20)
	r.dec, err = opus.Codec{}.NewDecoder(codec.Params{})
	return err
}

func (r *opusReader) Rate() int { return ogg.Rate }

func (r *opusReader) Read(dst []int16) (int, error) {
	for n := 0; ; {
		c := copy(dst[n:], r.left)
		r.left = r.left[c:]
		if n += c; n == len(dst) {
			return n, nil
		}
		if err := r.next(); err != nil {
			return n, err
		}
	}
}

// next decodes a packet into left.
func (r *opusReader) next() error {
	p, err := r.r.Next()
	switch {
	case err != nil:
		return err
	case p.First:
		return r.begin(p.Data)
	case !r.tags && ogg.IsTags(p.Data):
		r.tags = true
		return nil
	}
	n, err := r.dec.Decode(r.pcm, p.Data)
	if err != nil {
		return nil // a damaged packet: what follows may be whole
	}
	r.at += int64(n)
	if beyond := r.at - p.Granule; p.Last && beyond > 0 && p.Granule >= 0 {
		n = int(max(0, int64(n)-beyond)) // the end isn't a whole packet (section 4.4)
	}
	from := min(r.skip, n)
	r.skip -= from
	r.left = r.pcm[from:n]
	if r.gain != 1 {
		for i, s := range r.left {
			r.left[i] = int16(max(-32768, min(32767, float64(s)*r.gain)))
		}
	}
	return nil
}

func (r *opusReader) Rewind() error {
	if _, err := r.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return r.start()
}

func (r *opusReader) Close() error { return r.f.Close() }

// opusWriter records Ogg-Opus. A page goes out at each Flush, so the file is playable at
// every moment but for what was said since.
type opusWriter struct {
	f        *os.File
	w        *ogg.Writer
	enc      *opus.FileEncoder
	channels int
	rate     int
	frame    []int16 // that is being filled
	samples  int64   // of a channel, written so far
	packets  int64
	raw      [1500]byte
}

// newOpusWriter writes both headers, so that a full disk is met at once.
func newOpusWriter(f *os.File, rate, channels int) (*opusWriter, error) {
	w := &opusWriter{f: f, channels: channels, w: ogg.NewWriter(f, rand.Uint32())}
	head := ogg.Head{Channels: channels, PreSkip: opus.FilePreSkip, InputRate: rate}
	for _, b := range [][]byte{head.Append(nil), ogg.AppendTags(nil, "offhook", "ENCODER=offhook")} {
		if err := errors.Join(w.w.Packet(b, 0), w.w.Flush()); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Begin takes the rate that the samples will have, or says which they must have.
func (w *opusWriter) Begin(rate int) (int, error) {
	switch rate {
	case 8000, 12000, 16000, 24000, 48000:
	default:
		rate = ogg.Rate
	}
	var err error
	if w.enc, err = opus.NewFileEncoder(rate, w.channels); err != nil {
		return 0, err
	}
	w.rate, w.frame = rate, make([]int16, 0, w.enc.Frame())
	return rate, nil
}

// Write takes interleaved frames.
func (w *opusWriter) Write(pcm []int16) error {
	w.samples += int64(len(pcm) / w.channels)
	for len(pcm) > 0 {
		n := min(len(pcm), cap(w.frame)-len(w.frame))
		w.frame = append(w.frame, pcm[:n]...)
		pcm = pcm[n:]
		if len(w.frame) == cap(w.frame) {
			if err := w.encode(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *opusWriter) encode() error {
	n, err := w.enc.Encode(w.raw[:], w.frame)
	if err != nil {
		return err
	}
	w.frame = w.frame[:0]
	w.packets++
	return w.w.Packet(w.raw[:n], w.packets*opus.FileFrame)
}

func (w *opusWriter) Flush() error { return w.w.Flush() }

// Close codes what is left and what the encoder still holds, and marks the end.
func (w *opusWriter) Close() error {
	var err error
	if w.enc != nil {
		end := w.samples*ogg.Rate/int64(w.rate) + opus.FilePreSkip
		for err == nil && w.packets*opus.FileFrame < end {
			w.frame = append(w.frame, make([]int16, cap(w.frame)-len(w.frame))...)
			err = w.encode()
		}
		err = errors.Join(err, w.w.Close(end))
	}
	return errors.Join(err, w.f.Close())
}
