package g711

import (
	"math"
	"slices"
	"testing"

	"offhook/codec"
)

// through codes and decodes pcm in frames of n.
func through(t testing.TB, c codec.Codec, pcm []int16, n int) (codes []byte, back []int16) {
	t.Helper()
	e, d := both(t, c)
	codes, back = make([]byte, len(pcm)), make([]int16, len(pcm))
	for at := 0; at < len(pcm); at += n {
		end := min(at+n, len(pcm))
		if _, err := e.Encode(codes[at:end], pcm[at:end]); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(back[at:end], codes[at:end]); err != nil {
			t.Fatal(err)
		}
	}
	return codes, back
}

// vowel is a voiced sound: pulses of 125 Hz through two resonances.
func vowel(n int) []int16 {
	pcm := make([]int16, n)
	var y [2][2]float64
	for i := range pcm {
		x := 0.0
		if i%64 == 0 {
			x = 1
		}
		sum := 0.0
		for k, hz := range []float64{700, 1800} {
			v := x + 1.9*math.Cos(2*math.Pi*hz/rate)*y[k][0] - 0.95*0.95*y[k][1]
			y[k][0], y[k][1] = v, y[k][0]
			sum += v
		}
		pcm[i] = int16(3000 * sum)
	}
	return pcm
}

// dual is two tones, each at level.
func dual(a, b, level float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		s := float64(i) / rate
		pcm[i] = int16(level * (math.Sin(2*math.Pi*a*s) + math.Sin(2*math.Pi*b*s)))
	}
	return pcm
}

// power is that of a frequency in x, under a Hann window.
func power(x []float64, hz float64) float64 {
	var re, im float64
	for i, v := range x {
		w := v * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(x))))
		re += w * math.Cos(2*math.Pi*hz*float64(i)/rate)
		im += w * math.Sin(2*math.Pi*hz*float64(i)/rate)
	}
	return re*re + im*im
}

// Where a vowel is weakest the noise is heard most: there it has to fall, by more than
// it rises where the vowel is strong.
func TestNoiseIsShapedLikeTheVoice(t *testing.T) {
	pcm := vowel(2 * rate)
	for _, pair := range [][2]codec.Codec{{PCMU{}, PCMU{Plain: true}}, {PCMA{}, PCMA{Plain: true}}} {
		band := func(c codec.Codec, from, to float64) (sum float64) {
			_, back := through(t, c, pcm, 160)
			for at := 800; at+1024 <= len(pcm); at += 1024 {
				off := make([]float64, 1024)
				for i := range off {
					off[i] = float64(back[at+i]) - float64(pcm[at+i])
				}
				for hz := from; hz < to; hz += 31 {
					sum += power(off, hz)
				}
			}
			return 10 * math.Log10(sum)
		}
		weak := band(pair[0], 2800, 3900) - band(pair[1], 2800, 3900)
		strong := band(pair[0], 550, 850) - band(pair[1], 550, 850)
		if weak > -3 || strong < 0 || strong > 15 {
			t.Errorf("%s: the noise changes by %.1f dB where the vowel is weak, by %.1f dB where it is strong", pair[0].Info(), weak, strong)
		}
	}
}

// What is too soft to hide noise is coded as the tables say.
func TestSilenceIsLeftAlone(t *testing.T) {
	hiss := make([]int16, 1600)
	for i := range hiss {
		hiss[i] = int16(i * 7919 % 61)
	}
	for name, pcm := range map[string][]int16{"silence": make([]int16, 1600), "hiss": hiss} {
		for _, pair := range [][2]codec.Codec{{PCMU{}, PCMU{Plain: true}}, {PCMA{}, PCMA{Plain: true}}} {
			got, _ := through(t, pair[0], pcm, 160)
			want, _ := through(t, pair[1], pcm, 160)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s is changed", pair[0].Info(), name)
			}
		}
	}
}

// Those who measure tones, DTMF among them, find them with their level and little noise:
// ITU-T Q.24 asks a receiver to bear far more.
func TestTonesStayClean(t *testing.T) {
	tones := [][2]float64{{1004, 1004}, {350, 440}, {425, 425}, {2100, 2100}}
	for _, low := range []float64{697, 770, 852, 941} {
		for _, high := range []float64{1209, 1336, 1477, 1633} {
			tones = append(tones, [2]float64{low, high})
		}
	}
	for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
		for _, hz := range tones {
			for _, level := range []float64{300, 4000, 12000} {
				pcm := dual(hz[0], hz[1], level, 1600)
				_, back := through(t, c, pcm, 160)
				var x, y, noise float64
				for i, s := range pcm {
					x += float64(s) * float64(s)
					y += float64(back[i]) * float64(back[i])
					noise += math.Pow(float64(back[i])-float64(s), 2)
				}
				if snr := 10 * math.Log10(x/noise); snr < 26 {
					t.Errorf("%s: %v at %v has %.1f dB to the noise", c.Info(), hz, level, snr)
				}
				if d := math.Abs(10 * math.Log10(y/x)); d > 0.2 {
					t.Errorf("%s: %v at %v changes its level by %.2f dB", c.Info(), hz, level, d)
				}
			}
		}
	}
}

// Digital silence is silence at once, whatever came before it.
func TestSilenceAfterSpeechIsExact(t *testing.T) {
	pcm := append(vowel(1600), make([]int16, 800)...)
	codes, _ := through(t, PCMU{}, pcm, 160)
	for i, c := range codes[1600:] {
		if c != 0xff {
			t.Fatalf("code %#x at %d", c, i)
		}
	}
}

// Sound that was G.711 before passes bit for bit: a bridge may decode and code again.
func TestTandemIsTransparent(t *testing.T) {
	for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
		first, back := through(t, c, vowel(8000), 160)
		again, _ := through(t, c, back, 240)
		for i := range first {
			if first[i] != again[i] && back[i] != 0 { // mu-law has two zeros
				t.Fatalf("%s: code %d was %#x and is %#x", c.Info(), i, first[i], again[i])
			}
		}
	}
}

func TestShapingAtFullScaleStaysNear(t *testing.T) {
	for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
		pcm := make([]int16, 8000)
		for i := range pcm {
			pcm[i] = int16(max(-32768, min(32767, 50000*math.Sin(float64(i*i)/40000)+20000*math.Sin(float64(i)/3))))
		}
		_, back := through(t, c, pcm, 80)
		for i := range pcm {
			if d := int(back[i]) - int(pcm[i]); d > 8000 || d < -8000 {
				t.Fatalf("%s: %d comes back as %d", c.Info(), pcm[i], back[i])
			}
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 130}, uint8(160))
	f.Fuzz(func(t *testing.T, raw []byte, n uint8) {
		pcm := make([]int16, 4*len(raw))
		for i := range pcm {
			pcm[i] = int16(uint16(raw[i/4])<<8 | uint16(raw[(i*3)%len(raw)]))
		}
		for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
			codes, back := through(t, c, pcm, int(n)+1)
			if len(codes) != len(pcm) {
				t.Fatal(len(codes))
			}
			again, _ := through(t, c, back, 160)
			for i := range again {
				if codes[i] != again[i] && !(back[i] == 0) {
					t.Fatalf("%s: code %d is %#x, then %#x", c.Info(), i, codes[i], again[i])
				}
			}
		}
	})
}
