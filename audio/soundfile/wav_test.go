package soundfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// wavBytes builds a file with one fmt and one data chunk.
func wavBytes(tag, channels, rate, bits int, data []byte) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("RIFF")
	b.Write(le.AppendUint32(nil, uint32(36+len(data))))
	b.WriteString("WAVEfmt ")
	b.Write(le.AppendUint32(nil, 16))
	for _, v := range []int{tag, channels} {
		b.Write(le.AppendUint16(nil, uint16(v)))
	}
	b.Write(le.AppendUint32(nil, uint32(rate)))
	b.Write(le.AppendUint32(nil, uint32(rate*channels*bits/8)))
	b.Write(le.AppendUint16(nil, uint16(channels*bits/8)))
	b.Write(le.AppendUint16(nil, uint16(bits)))
	b.WriteString("data")
	b.Write(le.AppendUint32(nil, uint32(len(data))))
	b.Write(data)
	return b.Bytes()
}

func readAll(t testing.TB, r *WAVReader) []int16 {
	t.Helper()
	var all []int16
	buf := make([]int16, 7)
	for {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if n != len(buf) {
			t.Fatalf("%d of %d samples without io.EOF", n, len(buf))
		}
	}
}

func TestWAVReaderFormats(t *testing.T) {
	le := binary.LittleEndian
	f32 := func(v float32) []byte { return le.AppendUint32(nil, math.Float32bits(v)) }
	f64 := func(v float64) []byte { return le.AppendUint64(nil, math.Float64bits(v)) }
	tests := []struct {
		name                      string
		tag, channels, rate, bits int
		data                      []byte
		want                      []int16
	}{
		{"u8", wavPCM, 1, 8000, 8, []byte{0, 128, 255}, []int16{-32768, 0, 32512}},
		{"s16", wavPCM, 1, 44100, 16, []byte{0x34, 0x12, 0, 0x80}, []int16{0x1234, -32768}},
		{"s16 stereo", wavPCM, 2, 48000, 16, []byte{100, 0, 200, 0}, []int16{150}},
		{"s24", wavPCM, 1, 48000, 24, []byte{0xff, 0x34, 0x12}, []int16{0x1234}},
		{"s32", wavPCM, 1, 96000, 32, []byte{0xff, 0xff, 0x34, 0x12}, []int16{0x1234}},
		{"f32", wavFloat, 1, 48000, 32, append(append(f32(1), f32(-2)...), f32(float32(math.NaN()))...), []int16{32767, -32768, 0}},
		{"f64", wavFloat, 1, 16000, 64, f64(0.5), []int16{16384}},
		{"mu-law", wavMuLaw, 1, 8000, 8, []byte{0xff, 0x00}, []int16{0, -32124}},
		{"A-law", wavALaw, 1, 8000, 8, []byte{0xd5, 0x55}, []int16{8, -8}},
		{"torn frame at the end", wavPCM, 2, 8000, 16, []byte{2, 0, 4, 0, 9, 9, 9}, []int16{3}},
		{"no samples", wavPCM, 1, 8000, 16, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := newWAVReader(bytes.NewReader(wavBytes(tt.tag, tt.channels, tt.rate, tt.bits, tt.data)))
			if err != nil {
				t.Fatal(err)
			}
			if r.Rate() != tt.rate || r.Channels() != tt.channels {
				t.Fatalf("%d Hz, %d channels", r.Rate(), r.Channels())
			}
			got := readAll(t, r)
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestWAVReaderChunks(t *testing.T) {
	plain := wavBytes(wavPCM, 1, 8000, 16, []byte{1, 0, 2, 0})
	odd := append([]byte{}, plain[:12]...)
	odd = append(odd, "LIST\x03\x00\x00\x00abc\x00"...) // odd length, padded
	odd = append(odd, plain[12:]...)

	streamed := append([]byte{}, plain...)
	binary.LittleEndian.PutUint32(streamed[40:], math.MaxUint32)

	zero := append([]byte{}, plain...)
	binary.LittleEndian.PutUint32(zero[40:], 0)

	truncated := wavBytes(wavPCM, 1, 8000, 16, make([]byte, 8))
	copy(truncated[44:], []byte{1, 0, 2, 0})
	truncated = truncated[:48]

	trailing := append(append([]byte{}, plain...), "LIST\x04\x00\x00\x00abcd"...)

	ext := append([]byte{}, plain[:16]...)
	ext = binary.LittleEndian.AppendUint32(ext, 40)
	ext = append(ext, plain[20:36]...)
	ext = append(ext, 22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71)
	ext = append(ext, plain[36:]...)
	binary.LittleEndian.PutUint16(ext[20:], wavExtensible)

	for name, b := range map[string][]byte{
		"plain": plain, "odd chunk before": odd, "streamed": streamed, "size never written": zero,
		"truncated": truncated, "chunk after the data": trailing, "extensible": ext,
	} {
		r, err := newWAVReader(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := readAll(t, r); len(got) != 2 || got[0] != 1 || got[1] != 2 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestWAVReaderRefuses(t *testing.T) {
	good := wavBytes(wavPCM, 1, 8000, 16, []byte{1, 0})
	patch := func(at int, v uint16) []byte {
		b := append([]byte{}, good...)
		binary.LittleEndian.PutUint16(b[at:], v)
		return b
	}
	for name, b := range map[string][]byte{
		"empty":               nil,
		"text":                []byte("this is a text file, not a WAV, and long enough"),
		"AVI":                 append([]byte("RIFF\x00\x00\x00\x00AVI "), good[12:]...),
		"cut in the header":   good[:20],
		"cut before data":     good[:36],
		"data before fmt":     append(append([]byte{}, good[:12]...), good[36:]...),
		"ADPCM":               patch(20, 2),
		"no channels":         patch(22, 0),
		"too many channels":   patch(22, 500),
		"40 bits":             patch(34, 40),
		"12 bits of float":    func() []byte { b := patch(34, 12); b[20] = wavFloat; return b }(),
		"frame size is wrong": patch(32, 3),
		"rate 1 Hz":           patch(24, 1),
		"short extensible":    patch(20, wavExtensible),
	} {
		if _, err := newWAVReader(bytes.NewReader(b)); !errors.Is(err, ErrWAV) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := OpenWAV(t.TempDir()); !errors.Is(err, ErrWAV) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := OpenWAV(filepath.Join(t.TempDir(), "none.wav")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestWAVWriterIsPlayableAtEveryFlush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.wav")
	w, err := CreateWAV(path, 16000, 2)
	if err != nil {
		t.Fatal(err)
	}
	frames := func() []int16 {
		r, err := OpenWAV(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if r.Rate() != 16000 || r.Channels() != 2 {
			t.Fatalf("%d Hz, %d channels", r.Rate(), r.Channels())
		}
		dst := make([]int16, 2*100000)
		n, err := r.ReadFrames(dst)
		if err != io.EOF {
			t.Fatalf("after %d frames: %v", n, err)
		}
		return dst[:2*n]
	}
	if got := frames(); len(got) != 0 {
		t.Fatalf("%d samples in a new file", len(got))
	}
	for i := range 3 {
		if err := w.Write([]int16{int16(i), -int16(i)}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := frames(); len(got) != 2*(i+1) || got[2*i] != int16(i) || got[2*i+1] != -int16(i) {
			t.Fatalf("flush %d: %v", i, got)
		}
	}
	if err := w.Write(make([]int16, 2*50000)); err != nil { // more than the buffer
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := frames(); len(got) != 2*50003 {
		t.Fatalf("%d samples", len(got))
	}

	// A crash between data and header leaves bytes behind the count: kept.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte{1, 0, 2, 0, 99}) // one frame and a torn one
	f.Close()
	w, err = AppendWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]int16{7, 8})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := frames()
	if len(got) != 2*50005 || got[len(got)-4] != 1 || got[len(got)-3] != 2 || got[len(got)-2] != 7 || got[len(got)-1] != 8 {
		t.Fatalf("%d samples, the last %v", len(got), got[len(got)-4:])
	}
}

func TestWAVWriterErrorsStick(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.wav")
	w, err := CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.f.Close() // the disk went away
	w.Write([]int16{1})
	if err := w.Flush(); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("flush: %v", err)
	}
	if err := w.Write([]int16{1}); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("write after the failure: %v", err)
	}
	if _, err := CreateWAV(filepath.Join(path, "x"), 8000, 1); err == nil {
		t.Fatal("a folder that is a file was accepted")
	}
	w2, err := CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	w2.size = wavMaxData
	w2.Write([]int16{1})
	if err := w2.Flush(); !errors.Is(err, ErrWAVFull) {
		t.Fatalf("4 GiB: %v", err)
	}
	w2.Close()
}

func FuzzWAVReader(f *testing.F) {
	f.Add(wavBytes(wavPCM, 2, 8000, 16, []byte{1, 0, 2, 0}))
	f.Add(wavBytes(wavFloat, 1, 48000, 32, make([]byte, 8)))
	f.Add(wavBytes(wavMuLaw, 1, 8000, 8, []byte{1, 2, 3}))
	f.Add(wavBytes(wavPCM, 1, 8000, 24, []byte{1, 2, 3, 4}))
	f.Add([]byte("RF64\xff\xff\xff\xffWAVEds64"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newWAVReader(bytes.NewReader(b))
		if err != nil {
			if r != nil || !errors.Is(err, ErrWAV) {
				t.Fatalf("reader %v with error %v", r, err)
			}
			return
		}
		got := readAll(t, r)
		if len(got) > len(b) {
			t.Fatalf("%d samples from %d bytes", len(got), len(b))
		}
		if n := r.Frames(); n >= 0 && int64(len(got)) > n {
			t.Fatalf("%d samples, the header promised %d", len(got), n)
		}
		// What was read, written again, reads the same.
		path := filepath.Join(t.TempDir(), "x.wav")
		w, err := CreateWAV(path, r.Rate(), 1)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(got)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r2, err := OpenWAV(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r2.Close()
		again := readAll(t, r2)
		if len(again) != len(got) {
			t.Fatalf("%d samples became %d", len(got), len(again))
		}
		for i := range got {
			if again[i] != got[i] {
				t.Fatalf("sample %d: %d became %d", i, got[i], again[i])
			}
		}
	})
}

func TestWAVIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	w, err := CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}
