package opus

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"offhook/codec"
)

// difference is the power of a less b, in relation to b.
func difference(a, b []int16) float64 {
	var e, p float64
	for i := range b {
		e += math.Pow(float64(a[i])-float64(b[i]), 2)
		p += math.Pow(float64(b[i]), 2)
	}
	return e / (p + 1)
}

// RFC 7587, section 3.3: the copy in the next packet is of the frame before it, of
// whatever length frames have.
func TestFECOfEveryFrameLength(t *testing.T) {
	for _, ms := range []int{10, 20, 40, 60} {
		t.Run(fmt.Sprint(ms, " ms"), func(t *testing.T) {
			n := rate * ms / 1000
			e, fec := pair(t, Codec{ExpectedLoss: 20, Bitrate: 24000}, "useinbandfec=1")
			_, plain := pair(t, Codec{}, "")
			_, whole := pair(t, Codec{}, "")
			packets := encode(t, e, voice(6*rate), n)
			want, got, hidden := make([]int16, codec.MaxFrame), make([]int16, codec.MaxFrame), make([]int16, codec.MaxFrame)
			recovered, tried := 0, 0
			var with, without, after float64
			for i, p := range packets[:len(packets)-1] {
				_, _ = whole.Decode(want, p)
				lost := i%6 == 5
				if lost {
					tried++
					plain.Conceal(hidden[:n])
					ok, err := fec.DecodeFEC(got[:n], packets[i+1])
					if err != nil {
						t.Fatal(err)
					}
					if ok {
						recovered++
						with += difference(got[:n], want[:n])
						without += difference(hidden[:n], want[:n])
					} else {
						fec.Conceal(got[:n])
					}
					continue
				}
				_, _ = plain.Decode(hidden, p)
				if m, err := fec.Decode(got, p); m != n || err != nil {
					t.Fatal(m, err)
				}
				if i%6 == 4 { // settled again
					after = max(after, difference(got[:n], want[:n]))
				}
			}
			if recovered < tried*2/3 {
				t.Errorf("%d of %d lost frames came back", recovered, tried)
			}
			if with > without/2 {
				t.Errorf("their error is %.3f, by concealment %.3f", with, without)
			}
			if after > 0.1 {
				t.Errorf("the decoder doesn't find back: %.3f", after)
			}
		})
	}
}

// A lost stretch that is shorter than the frames is concealed by libopus when it is
// asked for FEC: that isn't recovery. In one that is longer the last frame comes back.
func TestFECOfAnotherLength(t *testing.T) {
	e, d := pair(t, Codec{ExpectedLoss: 20, Bitrate: 24000}, "useinbandfec=1")
	_, whole := pair(t, Codec{}, "")
	_, plain := pair(t, Codec{}, "")
	packets := encode(t, e, voice(4*rate), 960)
	frame, want, hidden := make([]int16, codec.MaxFrame), make([]int16, 3*960), make([]int16, 3*960)
	recovered := 0
	var with, without float64
	for i := 0; i+4 < len(packets); i += 8 {
		for _, p := range packets[i:min(i+5, len(packets))] {
			_, _ = d.Decode(frame, p)
			_, _ = whole.Decode(frame, p)
			_, _ = plain.Decode(frame, p)
		}
		if i+8 >= len(packets) {
			break
		}
		for k := range 3 { // lost
			_, _ = whole.Decode(frame, packets[i+5+k])
			copy(want[k*960:], frame[:960])
		}
		plain.Conceal(hidden)
		if !hasFEC(packets[i+8]) {
			d.Conceal(frame[:3*960])
			continue
		}
		if ok, err := d.DecodeFEC(frame[:480], packets[i+8]); ok || err != nil {
			t.Fatalf("10 ms from a copy of 20 ms: %v %v", ok, err)
		}
		if ok, err := d.DecodeFEC(frame[:3*960], packets[i+8]); !ok || err != nil {
			t.Fatalf("60 ms with a copy of the last 20: %v %v", ok, err)
		}
		recovered++
		with += difference(frame[2*960:3*960], want[2*960:])
		without += difference(hidden[2*960:], want[2*960:])
	}
	if recovered < 10 {
		t.Errorf("only %d gaps had a copy", recovered)
	}
	if with > without*2/3 {
		t.Errorf("the error of the last frame of a gap is %.2f, by concealment %.2f", with, without)
	}
}

// libopus fades with each call: what is heard must not depend on how a gap is cut
// into calls, and the decoder must find back from any length.
func TestConcealIsIndependentOfPieces(t *testing.T) {
	for _, frame := range []int{480, 960, 2880} {
		for _, piece := range []int{1, 7, 119, 120, 441, 480, 1003} {
			e, d := pair(t, Codec{}, "")
			_, whole := pair(t, Codec{}, "")
			out, want := make([]int16, codec.MaxFrame), make([]int16, codec.MaxFrame)
			for i, p := range encode(t, e, voice(2*rate), frame) {
				if i%8 == 7 {
					whole.Conceal(want[:frame])
					for rest := out[:frame]; len(rest) > 0; {
						n := min(piece, len(rest))
						d.Conceal(rest[:n])
						rest = rest[n:]
					}
				} else {
					_, _ = whole.Decode(want, p)
					if n, err := d.Decode(out, p); n != frame || err != nil {
						t.Fatal(n, err)
					}
				}
				if !slices.Equal(out[:frame], want[:frame]) {
					t.Fatalf("frames of %d in pieces of %d: frame %d differs", frame, piece, i)
				}
			}
		}
	}
}
