package jitter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
)

// The phones' clocks differ for hours: the delay stays where it was, and nothing is cut
// that anybody could hear.
func TestDriftOfHoursIsCorrected(t *testing.T) {
	for ppm, hours := range map[float64]int{-500: 1, 100: 3} {
		rng := rand.New(rand.NewPCG(7, uint64(ppm+1000)))
		b, err := New(Config{Formats: []Format{pcmu(t)}})
		if err != nil {
			t.Fatal(err)
		}
		p, talk := rtp.Packet{SSRC: 1}, payloads(t, voice(8000*7)) // never a pause
		dst := make([]int16, 160)
		packets := hours * 3600 * 50
		least, most := time.Hour, time.Duration(0)
		for i, sent := 0, 0; i < packets; i++ {
			now := time.Duration(i) * 20 * msec
			// What the peer, fast by ppm, has sent until now, less up to 8 ms of jitter.
			for ; float64(sent)*20e-3/(1+ppm*1e-6) <= now.Seconds(); sent++ {
				late := time.Duration(rng.IntN(8000)) * time.Microsecond
				p.Sequence, p.Timestamp, p.Payload = uint16(sent), uint32(sent*160), talk[sent%len(talk)]
				at := time.Duration(float64(sent)*20e6/(1+ppm*1e-6)) + late
				b.Put(&p, start.Add(max(at, 0)))
			}
			b.Pull(dst, start.Add(now+10*msec))
			if i > 50*120 {
				d := b.Stats().Delay
				least, most = min(least, d), max(most, d)
			}
		}
		s := b.Stats()
		if math.Abs(s.Drift-ppm) > 10 {
			t.Errorf("%v ppm are taken for %.1f", ppm, s.Drift)
		}
		if most > 50*msec || most-least > 25*msec {
			t.Errorf("%v ppm: the delay went from %v to %v", ppm, least, most)
		}
		if cut := s.Removed + s.Inserted; cut > time.Duration(hours)*100*msec || s.Late+s.Lost+s.Discarded != 0 || s.Concealed > 100*msec {
			t.Errorf("%v ppm in %d h: %+v", ppm, hours, s)
		}
	}
}

// payloads is pcm as PCMU in packets of 20 ms.
func payloads(t testing.TB, pcm []int16) (out [][]byte) {
	enc, err := g711.PCMU{Plain: true}.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	for ; len(pcm) >= 160; pcm = pcm[160:] {
		b := make([]byte, 160)
		if _, err := enc.Encode(b, pcm[:160]); err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}
