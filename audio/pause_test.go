package audio

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"offhook/audio/dsp"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/g722"
)

// room is talk of half a second in each two, and the noise of the room all the time.
type room struct {
	rate  int
	at    int
	level float64 // of the noise, dBFS
	rng   *rand.Rand
}

func (r *room) Rate() int { return r.rate }
func (r *room) Read(dst []int16) (int, error) {
	for i := range dst {
		ms := r.at * 1000 / r.rate
		v := r.rng.NormFloat64() * 32768 * math.Pow(10, r.level/20)
		if ms%2000 >= 1000 && ms%2000 < 1500 {
			t := float64(r.at) / float64(r.rate)
			v += 5000 * (math.Sin(2*math.Pi*150*t) + math.Sin(2*math.Pi*600*t)/2) * math.Sin(math.Pi*float64(ms%2000-1000)/500)
		}
		dst[i] = int16(max(min(v, 32767), -32768))
		r.at++
	}
	return len(dst), nil
}

// noisyLine is a line whose near end sits in a room.
func noisyLine(t *testing.T, c codec.Codec, pt uint8, mute MuteMode) (*line, *room) {
	n := newLine(t)
	n.tone = nil
	r := &room{rate: c.Info().SampleRate, level: -50, rng: rand.New(rand.NewPCG(5, 6))}
	n.x.s.e.cfg.Mute = mute
	p := talk(lineY, c, pt)
	p.ComfortNoiseSendPT, p.ComfortNoisePT = 13, 13
	n.x.apply(p, n.x.now)
	q := talk(lineX, c, pt)
	q.ComfortNoisePT = 13
	n.y.apply(q, n.y.now)
	n.x.mic = r
	return n, r
}

// RFC 3389: pauses are left out, one packet a second describes their noise, the
// timestamp goes on and the first packet of talk has the marker; the far end hears
// noise of the same level.
func TestInterop48ComfortNoiseBothWays(t *testing.T) {
	for name, f := range map[string]struct {
		c  codec.Codec
		pt uint8
	}{"PCMU": {g711.PCMU{}, 0}, "G.722": {g722.Codec{}, 9}} {
		t.Run(name, func(t *testing.T) {
			n, _ := noisyLine(t, f.c, f.pt, MuteSilence)
			var talkTime, noise, markers, spectra int
			forward := n.x.in.out
			seq, begun := uint16(0), false
			n.x.in.out = func(raw []byte, to netip.AddrPort) {
				if s := uint16(raw[2])<<8 | uint16(raw[3]); begun && s != seq+1 {
					t.Errorf("sequence %d follows %d", s, seq)
				} else {
					seq, begun = s, true
				}
				switch pt := raw[1] & 0x7f; {
				case pt == 13:
					noise++
					if len(raw) > 13 {
						spectra++
					}
					if raw[1]&0x80 != 0 {
						t.Error("noise has the marker")
					}
				default:
					talkTime++
					if raw[1]&0x80 != 0 {
						markers++
					}
				}
				forward(raw, to)
			}
			n.run(4 * time.Second) // the noise is learnt
			talkTime, noise, markers = 0, 0, 0
			var rest []int16
			n.heard = func(pcm []int16, _ int) { rest = append(rest, pcm...) }
			n.run(20 * time.Second)
			// Ten times half a second of talk, and a hangover.
			if talkTime < 240 || talkTime > 400 || noise < 15 || noise > 60 || markers != 10 {
				t.Errorf("%d packets of talk, %d of noise, %d markers", talkTime, noise, markers)
			}
			if (spectra > 0) != (f.c.Info().SampleRate == 8000) {
				t.Errorf("%d packets of noise have a spectrum", spectra)
			}
			rate := f.c.Info().SampleRate
			quiet := rest[rate*84/10 : rate*89/10]
			if l := dsp.RMS(quiet); math.Abs(l+50) > 2.5 {
				t.Errorf("the noise of -50 dBFS is heard at %.1f", l)
			}
			st := n.y.stats()
			if st.Invalid+st.Discarded+st.Late != 0 || st.Lost != 0 || st.Concealed > 100*time.Millisecond {
				t.Errorf("%+v", st)
			}
		})
	}
}

// Without the peer's consent a pause is sent whole.
func TestPausesAreSentWholeUnasked(t *testing.T) {
	n, _ := noisyLine(t, g711.PCMU{}, 0, MuteSilence)
	p := n.x.params
	p.ComfortNoiseSendPT = 0
	n.x.apply(p, n.x.now)
	n.run(5 * time.Second)
	if st := n.x.stats(); st.PacketsSent < 249 {
		t.Errorf("%d packets in 5 s", st.PacketsSent)
	}
}

// A muted microphone sends what was chosen, talked into or not.
func TestMuteSends(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   MuteMode
		agreed uint8
		level  float64
		most   uint64 // packets in 4 s
	}{
		{"silence, whole", MuteSilence, 0, -90, 201},
		{"silence, left out", MuteSilence, 13, -90, 8},
		{"noise, whole", MuteNoise, 0, -50, 201},
		{"noise, described", MuteNoise, 13, -50, 25},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, r := noisyLine(t, g711.PCMU{}, 0, tt.mode)
			p := n.x.params
			p.ComfortNoiseSendPT = tt.agreed
			n.x.apply(p, n.x.now)
			n.run(5 * time.Second)
			n.x.setMuted(true)
			r.level = -20 // someone shouts
			n.run(time.Second)
			var heard []int16
			n.heard = func(pcm []int16, _ int) { heard = append(heard, pcm...) }
			before := n.x.stats().PacketsSent
			n.run(4 * time.Second)
			l := dsp.RMS(heard)
			if tt.level < -80 && l > tt.level || tt.level > -80 && math.Abs(l-tt.level) > 3 {
				t.Errorf("it is heard at %.1f dBFS, want %v", l, tt.level)
			}
			if sent := n.x.stats().PacketsSent - before; sent > tt.most {
				t.Errorf("%d packets in 4 s", sent)
			}
		})
	}
}

func TestPausesAllocateNothing(t *testing.T) {
	n, _ := noisyLine(t, g711.PCMU{}, 0, MuteNoise)
	n.run(3 * time.Second)
	n.x.in.out = func([]byte, netip.AddrPort) {}
	for _, muted := range []bool{false, true} {
		n.x.setMuted(muted)
		n.x.sendFrame(n.x.now)
		if c := testing.AllocsPerRun(300, func() {
			n.x.now = n.x.now.Add(20 * time.Millisecond)
			n.x.sendFrame(n.x.now)
		}); c != 0 {
			t.Errorf("muted %v: %v allocations", muted, c)
		}
	}
}
