package opus

import (
	"errors"
	"math"
	"testing"

	lib "github.com/hraban/opus"

	"offhook/codec"
)

// voice is a buzz with formants that moves enough for the encoder to treat it
// as speech.
func voice(n int) []int16 {
	pcm := make([]int16, n)
	phase, a, b := 0.0, 0.0, 0.0
	for i := range pcm {
		s := float64(i) / rate
		phase += (120 + 20*math.Sin(2*math.Pi*0.8*s)) / rate
		x := 0.0
		if phase >= 1 {
			phase--
			x = 1
		}
		hz := 700 + 300*math.Sin(2*math.Pi*0.5*s)
		y := x + 2*0.99*math.Cos(2*math.Pi*hz/rate)*a - 0.99*0.99*b
		a, b = y, a
		pcm[i] = int16(3000 * y)
	}
	return pcm
}

func pair(t testing.TB, c Codec, fmtp string) (codec.Encoder, codec.FECDecoder) {
	t.Helper()
	e, err := c.NewEncoder(codec.Params{Fmtp: fmtp})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.NewDecoder(codec.Params{Fmtp: c.Info().Fmtp})
	if err != nil {
		t.Fatal(err)
	}
	return e, d.(codec.FECDecoder)
}

// encode makes packets of size samples.
func encode(t testing.TB, e codec.Encoder, pcm []int16, size int) (packets [][]byte) {
	t.Helper()
	for len(pcm) >= size {
		buf := make([]byte, 1500)
		n, err := e.Encode(buf, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, buf[:n])
		pcm = pcm[size:]
	}
	return packets
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// likeness is the best correlation of two signals within a codec's delay.
func likeness(a, b []int16) float64 {
	best := 0.0
	for lag := range 1000 {
		var cross, ea, eb float64
		for i := lag; i < min(len(a)+lag, len(b)); i++ {
			x, y := float64(a[i-lag]), float64(b[i])
			cross += x * y
			ea += x * x
			eb += y * y
		}
		best = max(best, cross/math.Sqrt(ea*eb+1))
	}
	return best
}

func TestRoundTripOfEveryFrameLength(t *testing.T) {
	for _, size := range []int{120, 240, 480, 960, 1920, 2880, 3840, 4800, 5760} {
		e, d := pair(t, Codec{}, "")
		pcm, out := voice(rate), make([]int16, codec.MaxFrame)
		var all []int16
		for _, p := range encode(t, e, pcm, size) {
			n, err := d.Decode(out, p)
			if err != nil || n != size {
				t.Fatalf("%d: %d %v", size, n, err)
			}
			all = append(all, out[:n]...)
		}
		if l := likeness(pcm[rate/2:rate/2+4800], all[rate/2:rate/2+5800]); l < 0.8 {
			t.Errorf("%d: likeness %.2f", size, l)
		}
	}
}

func TestStereoIsMixedDown(t *testing.T) {
	e, err := lib.NewEncoder(rate, 2, lib.AppAudio)
	if err != nil {
		t.Fatal(err)
	}
	_ = e.SetBitrate(96000)
	_, d := pair(t, Codec{}, "")
	pcm, out, raw := voice(rate), make([]int16, codec.MaxFrame), make([]byte, 1500)
	both := make([]int16, 1920)
	var all []int16
	for i := 0; i+960 <= len(pcm); i += 960 {
		for k, s := range pcm[i : i+960] {
			both[2*k], both[2*k+1] = s, 0 // left only
		}
		n, err := e.Encode(both, raw)
		if err != nil {
			t.Fatal(err)
		}
		if raw[0]&4 == 0 {
			t.Fatal("the packet isn't stereo")
		}
		if n, err = d.Decode(out, raw[:n]); err != nil || n != 960 {
			t.Fatal(n, err)
		}
		all = append(all, out[:n]...)
	}
	if r := rms(all[rate/2:]) / rms(pcm[rate/2:]); r < 0.4 || r > 0.6 {
		t.Errorf("half of the sum of a silent and a loud side has %.2f of the level", r)
	}
	if l := likeness(pcm[rate/2:rate/2+4800], all[rate/2:rate/2+5800]); l < 0.8 {
		t.Errorf("likeness %.2f", l)
	}
}

func TestFmtpIsHonoured(t *testing.T) {
	size := func(fmtp string) (octets int) {
		e, _ := pair(t, Codec{}, fmtp)
		for _, p := range encode(t, e, voice(2*rate), 960) {
			octets += len(p)
		}
		return octets
	}
	plain := size("")
	if n := size("maxaveragebitrate=12000"); n > plain/2 || n > 2*12000/8*5/4 {
		t.Errorf("12 kbit/s take %d octets, 32 take %d", n, plain)
	}
	if n := size("maxaveragebitrate=500000"); n > plain*11/10 {
		t.Errorf("a peer that allows more makes us send %d octets, not %d", n, plain)
	}
	for _, c := range []struct {
		fmtp string
		band int // greatest configuration's audio bandwidth: 0 NB, 1 MB, 2 WB, 3 SWB, 4 FB
	}{
		{"maxplaybackrate=8000", 0}, {"maxplaybackrate=16000", 2}, {"maxplaybackrate=24000", 3},
	} {
		e, _ := pair(t, Codec{Bitrate: 64000}, c.fmtp)
		for i, p := range encode(t, e, voice(rate), 960) {
			if band := bandOf(p[0] >> 3); band > c.band {
				t.Errorf("%s: packet %d has bandwidth %d", c.fmtp, i, band)
				break
			}
		}
	}
	e, _ := pair(t, Codec{}, "cbr=1")
	packets := encode(t, e, voice(rate), 960)
	for _, p := range packets[1:] {
		if len(p) != len(packets[0]) {
			t.Errorf("constant bit rate: %d and %d octets", len(packets[0]), len(p))
			break
		}
	}
}

// bandOf is the audio bandwidth of a configuration (RFC 6716, table 2).
func bandOf(config byte) int {
	switch {
	case config < 12:
		return int(config) / 4
	case config < 14:
		return 3
	case config < 16:
		return 4
	case config < 20:
		return 0
	default:
		return int(config)/4 - 3
	}
}

func TestParse(t *testing.T) {
	d := settings{bitrate: 32000, playback: rate}
	for fmtp, change := range map[string]func(*settings){
		"":                             func(*settings) {},
		"maxaveragebitrate=20000":      func(s *settings) { s.bitrate = 20000 },
		"maxaveragebitrate=5999":       func(*settings) {},
		"maxaveragebitrate=fast":       func(*settings) {},
		"maxaveragebitrate=-1":         func(*settings) {},
		"maxplaybackrate=16000":        func(s *settings) { s.playback = 16000 },
		"maxplaybackrate=96000":        func(*settings) {},
		"useinbandfec=1; usedtx=1":     func(s *settings) { s.fec, s.dtx = true, true },
		"useinbandfec=0;usedtx=2":      func(*settings) {},
		"USEINBANDFEC=1;CBR=1":         func(s *settings) { s.fec, s.constantBit = true, true },
		"stereo=1;sprop-stereo=1;x=;;": func(*settings) {},
	} {
		want := d
		change(&want)
		if got := parse(fmtp, 32000); got != want {
			t.Errorf("%q: %+v, want %+v", fmtp, got, want)
		}
	}
}

func TestFECBringsTheLostFrameBack(t *testing.T) {
	e, d := pair(t, Codec{ExpectedLoss: 20}, "useinbandfec=1")
	_, plain := pair(t, Codec{}, "")
	_, whole := pair(t, Codec{}, "")
	packets := encode(t, e, voice(4*rate), 960)
	out, dst, want := make([]int16, codec.MaxFrame), make([]int16, 960), make([]int16, codec.MaxFrame)
	recovered, tried := 0, 0
	var fecErr, plcErr float64
	for i, p := range packets {
		_, _ = whole.Decode(want, p)
		if i%10 == 9 && i+1 < len(packets) {
			tried++
			ok, err := d.DecodeFEC(dst, packets[i+1])
			if err != nil {
				t.Fatal(err)
			}
			hidden := make([]int16, 960)
			plain.Conceal(hidden)
			if ok {
				recovered++
				for k := range dst {
					fecErr += math.Pow(float64(dst[k])-float64(want[k]), 2)
					plcErr += math.Pow(float64(hidden[k])-float64(want[k]), 2)
				}
			} else {
				d.Conceal(dst)
			}
			continue
		}
		_, _ = d.Decode(out, p)
		_, _ = plain.Decode(out, p)
	}
	if recovered < tried*3/4 {
		t.Errorf("%d of %d frames recovered", recovered, tried)
	}
	if fecErr > plcErr/2 {
		t.Errorf("the error with FEC is %.0f, with concealment %.0f", fecErr, plcErr)
	}
}

func TestNoFECIsSaid(t *testing.T) {
	e, d := pair(t, Codec{}, "")
	dst := make([]int16, 960)
	for i := range dst {
		dst[i] = 7
	}
	for _, p := range encode(t, e, voice(rate), 960) {
		if ok, err := d.DecodeFEC(dst, p); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for _, p := range [][]byte{nil, {0x08}, {0xff}, {3}, {0x0b, 0x40, 0xff}} {
		if ok, err := d.DecodeFEC(dst, p); ok || err != nil {
			t.Errorf("%x: %v %v", p, ok, err)
		}
	}
	for _, s := range dst {
		if s != 7 {
			t.Fatal("dst was written to")
		}
	}
}

// DecodePLC and DecodeFEC of the library write up to the capacity.
func TestNothingIsWrittenBehindDst(t *testing.T) {
	e, d := pair(t, Codec{ExpectedLoss: 20}, "useinbandfec=1")
	packets := encode(t, e, voice(rate), 960)
	back := make([]int16, 4000)
	check := func(what string, n int) {
		for i := n; i < len(back); i++ {
			if back[i] != 0 {
				t.Fatalf("%s wrote behind its %d samples", what, n)
			}
		}
		clear(back)
	}
	for i, p := range packets {
		if _, err := d.Decode(back[:960], p); err != nil {
			t.Fatal(err)
		}
		check("Decode", 960)
		d.Conceal(back[:333])
		check("Conceal", 333)
		if i+1 < len(packets) {
			_, _ = d.DecodeFEC(back[:960], packets[i+1])
			check("DecodeFEC", 960)
		}
	}
	buf := make([]byte, 1500)
	n, err := e.Encode(buf[:20], voice(960))
	for _, b := range buf[20:] {
		if b != 0 {
			t.Fatalf("Encode wrote behind its room: %d %v", n, err)
		}
	}
}

func TestConcealContinuesAndFades(t *testing.T) {
	for _, piece := range []int{1, 77, 120, 480, 960, 7000} {
		e, d := pair(t, Codec{}, "")
		out := make([]int16, codec.MaxFrame)
		var level float64
		for _, p := range encode(t, e, voice(rate), 960) {
			n, err := d.Decode(out, p)
			if err != nil {
				t.Fatal(err)
			}
			level = rms(out[:n])
		}
		hidden := make([]int16, rate)
		for rest := hidden; len(rest) > 0; {
			n := min(piece, len(rest))
			d.Conceal(rest[:n])
			rest = rest[n:]
		}
		if r := rms(hidden[:480]) / level; r < 0.3 || r > 2 {
			t.Errorf("pieces of %d: the first 10 ms have %.2f of the level", piece, r)
		}
		if r := rms(hidden[len(hidden)-960:]) / level; r > 0.05 {
			t.Errorf("pieces of %d: after a second there is %.2f of the level", piece, r)
		}
	}
}

func TestDTXSendsNothingInSilence(t *testing.T) {
	e, _ := pair(t, Codec{}, "usedtx=1")
	silent := 0
	for _, p := range encode(t, e, make([]int16, 4*rate), 960) {
		if len(p) == 0 {
			silent++
		}
	}
	if silent < 150 {
		t.Errorf("only %d of 200 packets of silence were left out", silent)
	}
	e, _ = pair(t, Codec{}, "")
	for _, p := range encode(t, e, make([]int16, rate), 960) {
		if len(p) == 0 {
			t.Fatal("a packet left out that the peer wants")
		}
	}
}

func TestBadInput(t *testing.T) {
	e, d := pair(t, Codec{}, "")
	if n, err := e.Encode(make([]byte, 100), make([]int16, 100)); n != 0 || !errors.Is(err, ErrFrame) {
		t.Error(n, err)
	}
	if _, err := e.Encode(nil, make([]int16, 960)); err == nil {
		t.Error("encoded into nothing")
	}
	out := make([]int16, codec.MaxFrame)
	for _, p := range [][]byte{nil, {}, {0x03}, {0x03, 0}, {0x02}, {0x02, 200}, {0x01, 1}, {0x03, 0xff}, {0x03, 0x41, 9}} {
		if n, err := d.Decode(out, p); n != 0 || !errors.Is(err, codec.ErrPayload) {
			t.Errorf("%x: %d %v", p, n, err)
		}
	}
	if n, err := d.Decode(nil, []byte{0x08, 1, 2}); n != 0 || !errors.Is(err, codec.ErrPayload) {
		t.Error(n, err)
	}
}

func TestNoAllocations(t *testing.T) {
	e, d := pair(t, Codec{}, "useinbandfec=1")
	pcm, raw, out := voice(960), make([]byte, 1500), make([]int16, codec.MaxFrame)
	if n := testing.AllocsPerRun(100, func() {
		n, _ := e.Encode(raw, pcm)
		_, _ = d.Decode(out, raw[:n])
		_, _ = d.DecodeFEC(out[:960], raw[:n])
		d.Conceal(out[:960])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	e, _ := pair(f, Codec{}, "useinbandfec=1")
	for _, p := range encode(f, e, voice(9600), 960) {
		f.Add(p)
	}
	f.Add([]byte{0x0b, 0xc2, 3, 1, 2, 3, 4})
	_, d := pair(f, Codec{}, "")
	out := make([]int16, codec.MaxFrame)
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := d.Decode(out, p)
		if n < 0 || n > codec.MaxFrame || err != nil && (n != 0 || !errors.Is(err, codec.ErrPayload)) {
			t.Fatal(n, err)
		}
		if frame, ok := first(p); err == nil && (!ok || len(frame) >= len(p)) {
			t.Fatalf("libopus decodes what first doesn't: %x", p)
		}
		_, _ = d.DecodeFEC(out[:960], p)
		d.Conceal(out[:len(p)%1000])
	})
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	e, _ := pair(b, Codec{}, "useinbandfec=1")
	pcm, raw := voice(rate), make([]byte, 1500)
	i := 0
	for b.Loop() {
		_, _ = e.Encode(raw, pcm[i:i+960])
		i = (i + 960) % (rate - 960)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	e, d := pair(b, Codec{}, "useinbandfec=1")
	packets, out := encode(b, e, voice(rate), 960), make([]int16, codec.MaxFrame)
	i := 0
	for b.Loop() {
		_, _ = d.Decode(out, packets[i])
		i = (i + 1) % len(packets)
	}
}
