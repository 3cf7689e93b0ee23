package g722

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"testing"

	"offhook/codec"
)

func both(t testing.TB) (codec.Encoder, *decoder) {
	t.Helper()
	e, err := Codec{}.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Codec{}.NewDecoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	return e, d.(*decoder)
}

// signal is 3 s of 16 kHz that drive every part of the codec: a rising tone, a
// square wave at full scale, and noise in bursts of all levels. It is whole-number
// arithmetic, so that it is the same everywhere.
func signal() []int16 {
	pcm := make([]int16, 48000)
	seed := uint32(1)
	var phase, y1, y2 int64
	for i := range pcm {
		seed = seed*1664525 + 1013904223
		switch {
		case i < 16000: // a triangle that sweeps from 0 to 8 kHz
			phase += int64(i) * 2
			v := phase & 0xffff
			if v >= 0x8000 {
				v = 0xffff - v
			}
			pcm[i] = int16(v*2 - 32768)
		case i < 32000:
			pcm[i] = int16(int32(seed>>16) - 32768>>(i/1000%16))
			pcm[i] >>= i / 1000 % 16
		case i < 40000:
			pcm[i] = 32767
			if i/27%2 == 0 {
				pcm[i] = -32768
			}
		default: // a resonance, as of a voice
			x := int64(0)
			if i%113 == 0 {
				x = 9000 << 12
			}
			y := x + (7900*y1-4000*y2)>>12
			y1, y2 = y, y1
			pcm[i] = int16(max(min(y>>12, 32767), -32768))
		}
	}
	return pcm
}

// The sums were made with FFmpeg's codec of the same signal, and test/peers
// compares the two again; FFmpeg's passes the vectors of ITU-T G.722, Appendix II.
func TestBitExact(t *testing.T) {
	const wantCode, wantPCM = "c896f7ceede27495", "b9ce94ffcd20aa33"
	e, d := both(t)
	pcm := signal()
	code, back := make([]byte, len(pcm)/2), make([]int16, len(pcm))
	// In pieces of all lengths: nothing depends on where a packet ends.
	for at, k := 0, 2; at < len(pcm); k = (k+54)%1920 + 2 {
		end := min(at+k, len(pcm))
		if n, err := e.Encode(code[at/2:], pcm[at:end]); err != nil || n != (end-at)/2 {
			t.Fatal(n, err)
		}
		if n, err := d.Decode(back[at:end], code[at/2:end/2]); err != nil || n != end-at {
			t.Fatal(n, err)
		}
		at = end
	}
	if got := sum(code); got != wantCode {
		t.Errorf("the code has the sum %s", got)
	}
	raw := make([]byte, 0, 2*len(back))
	for _, s := range back {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
	}
	if got := sum(raw); got != wantPCM {
		t.Errorf("the sound has the sum %s", got)
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:8])
}

// RFC 3551, section 4.5.2: the clock is 8000 though the sound has 16000.
func TestInfo(t *testing.T) {
	i := Codec{}.Info()
	if i.String() != "G722/8000" || i.SampleRate != 16000 || i.StaticPT != 9 || i.Frame(20) != 320 {
		t.Errorf("%+v", i)
	}
}

// A tone of each sub-band comes back 22 samples later, within the noise that the
// Recommendation allows.
func TestQuality(t *testing.T) {
	for _, hz := range []float64{300, 1000, 3000, 5000} {
		e, d := both(t)
		pcm := make([]int16, 16000)
		for i := range pcm {
			pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
		}
		code, back := make([]byte, 8000), make([]int16, 16000)
		_, _ = e.Encode(code, pcm)
		_, _ = d.Decode(back, code)
		const delay = 22
		var signal, noise float64
		for i := 1600; i < 15000; i++ {
			x, diff := float64(pcm[i]), float64(back[i+delay])-float64(pcm[i])
			signal += x * x
			noise += diff * diff
		}
		least := 25.0
		if hz > 4000 {
			least = 12 // two bits
		}
		if snr := 10 * math.Log10(signal/noise); snr < least {
			t.Errorf("%v Hz has %.1f dB of signal to noise", hz, snr)
		}
	}
}

func TestBounds(t *testing.T) {
	e, d := both(t)
	for _, c := range []struct {
		room, samples int
		want          error
	}{{3, 8, ErrRoom}, {100, 9, ErrOdd}} {
		if n, err := e.Encode(make([]byte, c.room), make([]int16, c.samples)); n != 0 || !errors.Is(err, c.want) {
			t.Error(n, err)
		}
	}
	for _, c := range []struct{ room, bytes int }{{10, 0}, {9, 5}} {
		if n, err := d.Decode(make([]int16, c.room), make([]byte, c.bytes)); n != 0 || !errors.Is(err, codec.ErrPayload) {
			t.Error(n, err)
		}
	}
	if err := d.Interpolate(make([]int16, 320), nil); !errors.Is(err, codec.ErrPayload) {
		t.Error(err)
	}
}

// A look ahead leaves no trace in what is decoded.
func TestInterpolateLooksAtACopy(t *testing.T) {
	e, a := both(t)
	_, b := both(t)
	code := make([]byte, 24000)
	_, _ = e.Encode(code, signal())
	x, y := make([]int16, 320), make([]int16, 320)
	for at := 0; at < 16000; at += 160 {
		_, _ = a.Decode(x, code[at:at+160])
		_, _ = b.Decode(y, code[at:at+160])
	}
	if err := a.Interpolate(x, code[16160:16320]); err != nil {
		t.Fatal(err)
	}
	if a.core != b.core {
		t.Error("the decoder isn't as it was")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 255, 250, 17})
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, d := both(t)
		pcm := make([]int16, codec.MaxFrame)
		n, err := d.Decode(pcm, payload)
		if err != nil && n != 0 || err == nil && n != 2*len(payload) {
			t.Fatal(n, err)
		}
		_ = d.Interpolate(pcm[:320], payload)
		d.Conceal(pcm[:7])
	})
}

func TestNoAllocations(t *testing.T) {
	e, d := both(t)
	pcm, code := make([]int16, 320), make([]byte, 160)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = e.Encode(code, pcm)
		_, _ = d.Decode(pcm, code)
		d.Conceal(pcm)
		_ = d.Interpolate(pcm, code)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	e, _ := both(b)
	pcm, code := signal()[40000:40320], make([]byte, 160)
	for b.Loop() {
		_, _ = e.Encode(code, pcm)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	e, d := both(b)
	pcm, code := signal()[40000:40320], make([]byte, 160)
	_, _ = e.Encode(code, pcm)
	for b.Loop() {
		_, _ = d.Decode(pcm, code)
	}
}
