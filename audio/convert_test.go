package audio

import (
	"io"
	"math"
	"testing"
)

// sliceSource gives pcm once.
type sliceSource struct {
	rate int
	pcm  []int16
}

func (s *sliceSource) Rate() int { return s.rate }
func (s *sliceSource) Read(dst []int16) (int, error) {
	n := copy(dst, s.pcm)
	s.pcm = s.pcm[n:]
	if n < len(dst) {
		return n, io.EOF
	}
	return n, nil
}

func sine(rate int, hz float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// power is how much of pcm, at rate, is a tone of hz, as an amplitude.
func power(pcm []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, v := range pcm {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re += float64(v) * c
		im += float64(v) * s
	}
	return 2 * math.Hypot(re, im) / float64(max(len(pcm), 1))
}

func TestConvertKeepsLengthAndPitch(t *testing.T) {
	for _, rates := range [][2]int{{8000, 48000}, {48000, 8000}, {44100, 8000}, {16000, 44100}, {8000, 8000}} {
		in, out := rates[0], rates[1]
		src, err := Convert(&sliceSource{rate: in, pcm: sine(in, 440, in)}, out)
		if err != nil {
			t.Fatal(err)
		}
		var all []int16
		buf := make([]int16, out/50)
		for {
			n, err := src.Read(buf)
			all = append(all, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil || n != len(buf) {
				t.Fatalf("%v: %d, %v", rates, n, err)
			}
		}
		if d := len(all) - out; d < -2 || d > out/200 {
			t.Errorf("%v: one second became %d samples", rates, len(all))
		}
		if p := power(all, out, 440); p < 9000 || p > 10500 {
			t.Errorf("%v: the tone's amplitude is %.0f", rates, p)
		}
	}
	if _, err := Convert(&sliceSource{rate: 1}, 8000); err == nil {
		t.Error("1 Hz was accepted")
	}
}

// trickle is a live source: it has only so much by now.
type trickle struct{ have int }

func (s *trickle) Rate() int { return 48000 }
func (s *trickle) Read(dst []int16) (int, error) {
	n := min(len(dst), s.have)
	s.have -= n
	return n, nil
}

func TestConvertDoesNotSpinOnAnEmptyLiveSource(t *testing.T) {
	live := &trickle{}
	src, err := Convert(live, 8000)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	buf := make([]int16, 160)
	for range 50 {
		live.have += 480 // 10 ms
		n, err := src.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if got < 50*80-40 || got > 50*80 {
		t.Fatalf("500 ms became %d samples at 8 kHz", got)
	}
	if n := testing.AllocsPerRun(100, func() { live.have += 960; src.Read(buf) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
