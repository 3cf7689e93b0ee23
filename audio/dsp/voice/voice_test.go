//go:build !novoice

package voice

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

var delays = []float64{0.020, 0.060, 0.120, 0.200}

func open(t testing.TB, rate int, o Options) Processor {
	t.Helper()
	p, err := New(rate, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// erle is the echo return loss enhancement: how much less of the echo there is.
func erle(echo, out []float64) float64 { return decibels(power(echo) / power(out)) }

// TestEchoIsCancelledAtAnyDelay asks for 25 dB of a loud speaker's echo in a room,
// with a delay that nobody tells, from 4 s after the start. One speaker distorts so
// much that no linear filter gets further than 11 dB.
func TestEchoIsCancelledAtAnyDelay(t *testing.T) {
	for _, c := range []struct {
		echo    Echo
		rate    int
		settled int // seconds until the echo must be gone
		want    float64
		limit   float64 // of the speaker, 0 for none
	}{
		{EchoWebRTC, 8000, 4, 25, 0}, {EchoWebRTC, 16000, 4, 25, 0}, {EchoWebRTC, 16000, 4, 25, 9000},
		{EchoWebRTC, 44100, 4, 25, 0}, {EchoWebRTC, 48000, 4, 25, 0},
		// Without a suppressor of webrtc's kind it takes longer.
		{EchoSpeex, 8000, 8, 18, 0}, {EchoSpeex, 16000, 8, 18, 0}, {EchoSpeex, 48000, 8, 18, 0},
	} {
		for _, delay := range delays {
			t.Run(fmt.Sprintf("%v %d %v ms limit %v", c.echo, c.rate, 1000*delay, c.limit), func(t *testing.T) {
				t.Parallel()
				const seconds = 12
				far := speech(c.rate, seconds, 1, -22)
				played := slices.Clone(far)
				for i, v := range far {
					if c.limit > 0 {
						played[i] = round(c.limit * math.Tanh(float64(v)/c.limit))
					}
				}
				echo := convolve(played, echoPath(c.rate, delay, 0.2, 5))
				out := through(open(t, c.rate, Options{Echo: c.echo}), c.rate, far, add(echo, noise(c.rate, seconds, -72, 3)))
				got := erle(echo[c.settled*c.rate:], out[c.settled*c.rate:])
				var course string
				for s := range seconds {
					course += fmt.Sprintf(" %.0f", erle(echo[s*c.rate:(s+1)*c.rate], out[s*c.rate:(s+1)*c.rate]))
				}
				t.Logf("ERLE %.1f dB; by the second:%s", got, course)
				if got < c.want {
					t.Errorf("%.1f dB of the echo are gone after %d s, want %.0f", got, c.settled, c.want)
				}
			})
		}
	}
}

// A delay that changes in the middle of a call, as when a headset takes over, is
// found again, both ways.
func TestEchoIsFoundAgainAfterAChangeOfDelay(t *testing.T) {
	const rate, part = 16000, 10
	for _, change := range [][3]float64{{0.06, 0.18, 0.06}, {0.2, 0.03, 0.2}, {0.1, 0.35, 0.02}} {
		t.Run(fmt.Sprint(change), func(t *testing.T) {
			t.Parallel()
			far := speech(rate, 3*part, 1, -22)
			echo := make([]float64, len(far))
			for i, delay := range change {
				copy(echo[i*part*rate:(i+1)*part*rate], convolve(far, echoPath(rate, delay, 0.15, 5))[i*part*rate:])
			}
			out := through(open(t, rate, Options{}), rate, far, add(echo, noise(rate, 3*part, -72, 3)))
			for i := range change {
				from, to := (i*part+5)*rate, (i+1)*part*rate
				got := erle(echo[from:to], out[from:to])
				t.Logf("%.0f ms: %.1f dB", 1000*change[i], got)
				if got < 25 {
					t.Errorf("5 s after the delay became %.0f ms, %.1f dB of the echo are gone, want 25", 1000*change[i], got)
				}
			}
		})
	}
}

// TestNearSpeechIsKept has both sides talk at once: what the near end says must come
// through, in shape and level, while the echo is taken out of it.
func TestNearSpeechIsKept(t *testing.T) {
	const seconds, from = 16, 6
	for _, rate := range []int{16000, 48000} {
		for _, delay := range delays {
			t.Run(fmt.Sprintf("%d %v ms", rate, 1000*delay), func(t *testing.T) {
				t.Parallel()
				far, near := speech(rate, seconds, 1, -22), speech(rate, seconds, 2, -22)
				clear(near[:from*rate]) // the canceller has heard the room before
				echo := convolve(far, echoPath(rate, delay, 0.2, 5))
				in := add(echo, floats(near), noise(rate, seconds, -72, 3))
				out := through(open(t, rate, Options{}), rate, far, in)
				spoken := floats(near[from*rate:])
				before := decibels(power(spoken) / power(echo[from*rate:]))
				behind, alike, gain := match(spoken, out[from*rate:], rate)
				_, beforeAlike, _ := match(spoken, in[from*rate:], rate)
				t.Logf("near end %.1f dB over the echo; likeness %.3f before, %.3f after, level %.1f dB, %.1f ms later",
					before, beforeAlike, alike, gain, 1000*float64(behind)/float64(rate))
				if gain < -3 || gain > 1 {
					t.Errorf("the near end's speech comes out with %.1f dB", gain)
				}
				if alike < 0.8 {
					t.Errorf("the near end's speech has a likeness of %.2f to what it was", alike)
				}
			})
		}
	}
}

// A canceller without an echo leaves a voice alone, and is 15 ms late at most; only
// at 8 kHz, whose filters are longer, 20.
func TestVoiceWithoutEchoIsKept(t *testing.T) {
	for _, e := range []Echo{EchoWebRTC, EchoSpeex} {
		for _, rate := range []int{8000, 16000, 44100, 48000} {
			near := floats(speech(rate, 6, 2, -22))
			out := through(open(t, rate, Options{Echo: e, Noise: NoiseModerate}), rate, speech(rate, 6, 1, -22), near)
			behind, alike, gain := match(near[3*rate:], out[3*rate:], rate)
			late := 1000 * float64(behind) / float64(rate)
			t.Logf("%v %d Hz: likeness %.3f, %.1f dB, %.1f ms", e, rate, alike, gain, late)
			most := 15.0
			if rate == 8000 {
				most = 20.1
			}
			if gain < -3.5 || gain > 1 || late > most || alike < 0.75 {
				t.Errorf("%v %d Hz: likeness %.3f, %.1f dB, %.1f ms", e, rate, alike, gain, late)
			}
		}
	}
}

// TestNoiseIsSuppressed measures the level in the pauses and of the speech, against
// what went in: stationary noise 15 dB below the voice.
func TestNoiseIsSuppressed(t *testing.T) {
	const seconds, from = 12, 4
	for _, c := range []struct {
		echo  Echo
		noise Noise
		want  float64
	}{
		{EchoOff, NoiseLow, 4}, {EchoOff, NoiseModerate, 10}, {EchoOff, NoiseHigh, 14},
		{EchoSpeex, NoiseLow, 4}, {EchoSpeex, NoiseModerate, 10}, {EchoSpeex, NoiseHigh, 14},
	} {
		for _, rate := range []int{16000, 48000} {
			voice, hiss := floats(speech(rate, seconds, 2, -22)), noise(rate, seconds, -42, 3)
			for i := (from + 4) * rate; i < (from+6)*rate; i++ {
				voice[i] = 0 // a long pause
			}
			p := open(t, rate, Options{Echo: c.echo, Noise: c.noise})
			out := through(p, rate, nil, add(voice, hiss))
			pause := func(x []float64) float64 { return power(x[(from+4)*rate+rate/2 : (from+6)*rate]) }
			quieter := decibels(pause(hiss) / pause(out))
			_, alike, gain := match(voice[from*rate:], out[from*rate:], rate)
			better := quieter + gain
			t.Logf("%v %v %d Hz: noise %.1f dB less, voice %.1f dB, so %.1f dB better; likeness %.3f", c.echo, c.noise, rate, quieter, gain, better, alike)
			if better < c.want || gain < -3 || alike < 0.8 {
				t.Errorf("%v %v %d Hz: %.1f dB better, voice %.1f dB, likeness %.3f", c.echo, c.noise, rate, better, gain, alike)
			}
		}
	}
}

// TestGainConverges gives voices from soft to shouted: their levels come out within a
// few dB of each other, and none clips.
func TestGainConverges(t *testing.T) {
	const rate, seconds, from = 16000, 20, 10
	for _, e := range []Echo{EchoOff, EchoSpeex} {
		var levels []float64
		for _, level := range []float64{-38, -32, -26, -20, -14} {
			voice := floats(speech(rate, seconds, 2, level))
			out := through(open(t, rate, Options{Echo: e, Gain: GainAdaptive}), rate, nil, voice)
			clipped := 0
			for _, v := range out[from*rate:] {
				if v >= 32767 || v <= -32768 {
					clipped++
				}
			}
			got := decibels(power(out[from*rate:]) / (32768 * 32768))
			t.Logf("%v: %.0f dBFS becomes %.1f, %d samples clip", e, level, got, clipped)
			if clipped > 0 {
				t.Errorf("%v: %d samples clip", e, clipped)
			}
			levels = append(levels, got)
		}
		// What was 24 dB apart.
		if apart := levels[len(levels)-1] - levels[0]; apart > 14 || apart < -6 {
			t.Errorf("%v: levels from %.1f to %.1f dBFS", e, levels[0], levels[len(levels)-1])
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, rate := range []int{0, -8000, 7999, 11025 + 1, 192000} {
		if p, err := New(rate, Options{}); err == nil || p != nil {
			t.Errorf("%d Hz: %v", rate, err)
		}
	}
	p := open(t, 8000, Options{})
	odd := []int16{1, 2, 3}
	p.Far(odd)
	p.Near(odd)
	if odd[0] != 1 || odd[2] != 3 {
		t.Error("a frame of another length was changed")
	}
	p.Near(nil)
	p.Close() // and once more by open's clean-up
}

// Whatever comes, full scale included, a frame takes no memory.
func TestNothingAllocates(t *testing.T) {
	for _, e := range []Echo{EchoWebRTC, EchoSpeex} {
		p := open(t, 48000, Options{Echo: e, Noise: NoiseHigh, Gain: GainAdaptive})
		far, near := speech(48000, 1, 1, -3), speech(48000, 1, 2, -3)
		at := 0
		if n := testing.AllocsPerRun(200, func() {
			p.Far(far[at : at+480])
			p.Near(near[at : at+480])
			at = (at + 480) % (len(far) - 480)
		}); n != 0 {
			t.Errorf("%v: %v allocations", e, n)
		}
	}
}

func BenchmarkVoice(b *testing.B) {
	for _, e := range []Echo{EchoWebRTC, EchoSpeex} {
		for _, rate := range []int{8000, 16000, 48000} {
			b.Run(fmt.Sprintf("%v/%d", e, rate), func(b *testing.B) {
				b.ReportAllocs()
				p := open(b, rate, Options{Echo: e, Noise: NoiseModerate, Gain: GainAdaptive})
				far, near := speech(rate, 2, 1, -24), speech(rate, 2, 2, -30)
				frame, at := make([]int16, rate/framesPerSecond), 0
				for b.Loop() {
					p.Far(far[at : at+len(frame)])
					copy(frame, near[at:])
					p.Near(frame)
					at = (at + len(frame)) % (len(far) - len(frame))
				}
			})
		}
	}
}

// The suppressor works only in a noisy room: in a quiet one a voice isn't delayed by it. It
// comes and goes without a click.
func TestSuppressorComesWithTheNoise(t *testing.T) {
	const seconds = 30
	for _, e := range []Echo{EchoWebRTC, EchoSpeex} {
		for _, rate := range []int{16000, 48000} {
			t.Run(fmt.Sprintf("%v %d", e, rate), func(t *testing.T) {
				t.Parallel()
				voice, loud, soft := floats(speech(rate, seconds, 2, -26)), noise(rate, seconds, -44, 3), noise(rate, seconds, -70, 4)
				hiss := slices.Concat(soft[:10*rate], loud[10*rate:20*rate], soft[20*rate:])
				for _, pause := range []int{8, 18, 28} {
					clear(voice[pause*rate : (pause+2)*rate])
				}
				out := through(open(t, rate, Options{Echo: e, Noise: NoiseAuto}), rate, nil, add(voice, hiss))
				less := func(pause int) float64 { // in its second half
					return decibels(power(hiss[(pause+1)*rate:(pause+2)*rate]) / power(out[(pause+1)*rate:(pause+2)*rate]))
				}
				late := func(from int) float64 {
					behind, _, _ := match(voice[from*rate:(from+4)*rate], out[from*rate:(from+4)*rate], rate)
					return 1000 * float64(behind) / float64(rate)
				}
				t.Logf("noise less by %.1f, %.1f, %.1f dB; voice later by %.1f, %.1f, %.1f ms", less(8), less(18), less(28), late(2), late(14), late(26))
				if e == EchoWebRTC && (late(2) > late(14)-4 || late(26) > late(14)-4) {
					t.Errorf("later by %.1f, %.1f, %.1f ms", late(2), late(14), late(26))
				}
				if less(18) < 8 {
					t.Errorf("the noise is less by %.1f dB", less(18))
				}
			})
		}
	}
}

// A voice alone, however steady, is no noise.
func TestRoomTellsVoiceFromNoise(t *testing.T) {
	const rate = 16000
	for _, c := range []struct {
		name  string
		pcm   []float64
		noisy bool
	}{
		{"speech", add(floats(speech(rate, 20, 2, -20)), noise(rate, 20, -66, 1)), false},
		{"silence", make([]float64, 20*rate), false},
		{"a fan", noise(rate, 20, -50, 1), true},
		{"speech and a fan", add(floats(speech(rate, 20, 2, -26)), noise(rate, 20, -50, 1)), true},
	} {
		var r room
		got := false
		for at := 0; at < len(c.pcm); at += rate / framesPerSecond {
			frame := make([]int16, rate/framesPerSecond)
			for i := range frame {
				frame[i] = round(c.pcm[at+i])
			}
			got = r.hear(frame)
		}
		if got != c.noisy {
			t.Errorf("%s: noisy is %v", c.name, got)
		}
	}
}
