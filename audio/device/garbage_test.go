package device

import (
	"testing"
	"testing/synctest"
	"time"
)

// A device may call back with any size, whatever it was asked for.
func TestBuffersOfAnySize(t *testing.T) {
	const frames = 240
	mic, ear := newHalf(), newHalf()
	in, out := mic.capture(48000, 2, frames), ear.play(48000, 2, frames)
	got := make([]int16, 48000)
	for _, n := range []int{0, 1, 2, 3, 479, 480, 481, 4000, 40000} {
		pcm := make([]int16, n)
		for i := range pcm {
			pcm[i] = 50
		}
		in(pcm)
		have := mic.ring.Read(got)
		if want := min(n/2, mic.ring.Cap()); have != want {
			t.Errorf("%d samples: %d heard, want %d", n, have, want)
		}
		ear.ring.Write(got[:have])
		for i := range pcm {
			pcm[i] = 99
		}
		out(pcm)
		for i, v := range pcm {
			want := int16(50)
			if i/2 >= have || n%2 == 1 && i == n-1 {
				want = 0
			}
			if v != want {
				t.Fatalf("%d samples: %d at %d, want %d", n, v, i, want)
			}
		}
		ear.ring.Discard(ear.ring.Len())
	}
	// 480 is what was asked for.
	if mic.odd.Load() != 8 || ear.odd.Load() != 8 || mic.panicked.Load() || ear.panicked.Load() {
		t.Errorf("%d and %d odd sizes counted, panics %v %v", mic.odd.Load(), ear.odd.Load(), mic.panicked.Load(), ear.panicked.Load())
	}
	st := (&card{mic: mic, ear: ear, rate: 48000}).Stats()
	if st.Odd != 16 || st.Overruns == 0 {
		t.Errorf("told %+v", st)
	}
}

// Two sides that call back together share a beat; else each has its own.
func TestFollowerOfTwoSides(t *testing.T) {
	for _, c := range []struct {
		apart       time.Duration
		least, most int // beats in a second
	}{{0, 199, 202}, {200 * time.Microsecond, 199, 202}, {2 * time.Millisecond, 398, 402}} {
		synctest.Test(t, func(t *testing.T) {
			mic, ear := running48k(5*time.Millisecond), running48k(5*time.Millisecond)
			quit := make(chan struct{})
			run := func(h *half, late time.Duration) {
				time.Sleep(late)
				for tick := time.NewTicker(5 * time.Millisecond); ; {
					select {
					case <-tick.C:
						h.beat(240, 1, 240)
					case <-quit:
						tick.Stop()
						return
					}
				}
			}
			go run(mic, 0)
			go run(ear, c.apart)
			f := follow(nil, mic, ear)
			beats := 0
			for start := time.Now(); time.Since(start) < time.Second; beats++ {
				<-f.beats
			}
			if beats < c.least || beats > c.most {
				t.Errorf("%v apart: %d beats in a second", c.apart, beats)
			}
			// One side stalls while the other goes on: the card is lost.
			close(quit)
			synctest.Wait()
			stalled := time.Now()
			for range f.beats {
			}
			if d := time.Since(stalled); d < stalledAfter-10*time.Millisecond || d > stalledAfter+100*time.Millisecond {
				t.Errorf("found lost after %v", d)
			}
			f.stop()
		})
	}
}
