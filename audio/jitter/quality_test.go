package jitter

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/internal/nsim"
)

// weather is what a simulated network does to a stream.
type weather struct {
	name   string
	loss   float64       // share of packets
	burst  float64       // mean length of a loss, 1 for single ones
	jitter time.Duration // each packet by itself, uniform: they overtake
	fifo   bool          // they don't
	spike  float64       // share of packets that begin a spike
	every  time.Duration // between regular spikes
	height time.Duration // of the spike: what is sent meanwhile comes at its end
	drift  float64       // ppm by which the sender is fast
	ptime  time.Duration // 0 for 20 ms
	tick   time.Duration // 0 for 10 ms
}

// through is when packet i comes after it was sent, and false for never.
func (w weather) through(seed uint64) func(i int) (time.Duration, bool) {
	rng := rand.New(rand.NewPCG(seed, 77))
	bad, last, until := false, time.Duration(0), time.Duration(0)
	return func(i int) (time.Duration, bool) {
		sent := time.Duration(i) * w.packet()
		at := sent - time.Duration(float64(sent)*w.drift*1e-6)
		if w.jitter > 0 {
			at += time.Duration(rng.Int64N(int64(w.jitter) + 1))
		}
		if w.spike > 0 && sent > until && rng.Float64() < w.spike {
			until = sent + w.height
		}
		if w.every > 0 && sent/w.every != (sent-w.packet())/w.every {
			until = sent + w.height
		}
		at = max(at, until)
		if w.fifo {
			at = max(at, last)
			last = at
		}
		burst := max(w.burst, 1)
		if bad {
			bad = rng.Float64() >= 1/burst
		} else {
			bad = rng.Float64() < w.loss/burst/(1-w.loss)
		}
		if burst == 1 {
			bad = rng.Float64() < w.loss
		}
		return at - sent, !bad
	}
}

func (w weather) packet() time.Duration {
	if w.ptime > 0 {
		return w.ptime
	}
	return 20 * msec
}

// travel sends pcm, 8 kHz, as PCMU through the weather; ear is the mean delay from the
// mouth to the Buffer's output.
func (w weather) travel(t testing.TB, pcm []int16, seed uint64, cfg Config) (n *network, ear time.Duration) {
	n = newNetwork(t, cfg)
	if w.tick > 0 {
		n.tick = w.tick
	}
	phase := time.Duration(seed) * 3700 * time.Microsecond % n.tick
	n.speak(pcm, int(w.packet()*8/msec), rtp.Packet{SSRC: 1}, 50*msec+phase, w.through(seed))
	end := time.Duration(len(pcm)) * time.Second / 8000
	count := 0
	for at := time.Second; at < end; at += 100 * msec {
		n.run(at)
		ear += n.b.Stats().Delay + w.packet()
		count++
	}
	n.run(end + 300*msec)
	return n, ear / time.Duration(count)
}

func readSpeech(t testing.TB, path string) []int16 {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw = raw[44:]
	pcm := make([]int16, len(raw)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return pcm
}

func writeSpeech(t testing.TB, path string, pcm []int16, rate int) {
	b := []byte("RIFF")
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(36+2*len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(2*rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*len(pcm)))
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

var weathers = []weather{
	{name: "clean"},
	{name: "clean,20ms", tick: 20 * msec},
	{name: "loss1", loss: .01}, {name: "loss3", loss: .03}, {name: "loss5", loss: .05},
	{name: "loss10", loss: .10}, {name: "loss20", loss: .20},
	{name: "burst5", loss: .05, burst: 3},
	{name: "jitter20", jitter: 20 * msec}, {name: "jitter40", jitter: 40 * msec}, {name: "jitter60", jitter: 60 * msec},
	{name: "jitter100", jitter: 100 * msec},
	{name: "fifo40", jitter: 40 * msec, fifo: true},
	{name: "spikes", spike: .002, height: 120 * msec, jitter: 5 * msec},
	{name: "regular", every: 7 * time.Second, height: 110 * msec, jitter: 5 * msec},
	{name: "jitter40loss3", jitter: 40 * msec, loss: .03},
	{name: "drift+100", drift: 100}, {name: "drift-100", drift: -100}, {name: "drift+500", drift: 500},
}

// TestWriteWeathers writes what is heard of a 16-bit mono WAV of 8 kHz through each
// weather, to be judged by an ear or another tool:
//
//	JITTER_SPEECH=speech.wav JITTER_OUT=/tmp/out go test -run WriteWeathers ./audio/jitter
func TestWriteWeathers(t *testing.T) {
	in, out := os.Getenv("JITTER_SPEECH"), os.Getenv("JITTER_OUT")
	if in == "" || out == "" {
		t.Skip("JITTER_SPEECH and JITTER_OUT name no files")
	}
	pcm := readSpeech(t, in)
	for _, w := range weathers {
		if ok, err := path.Match(cmp.Or(os.Getenv("JITTER_WEATHER"), "*"), w.name); !ok || err != nil {
			continue
		}
		for seed := range uint64(3) {
			n, ear := w.travel(t, pcm, seed+1, Config{})
			s := n.b.Stats()
			name := fmt.Sprintf("%s-%d.wav", w.name, seed)
			writeSpeech(t, filepath.Join(out, name), n.out, 8000)
			fmt.Printf("%s\t%.1f\tlost %d late %d concealed %v bridged %v removed %v inserted %v merges %d target %v\n", name, float64(ear)/1e6,
				s.Lost, s.Late, s.Concealed, s.Bridged, s.Removed, s.Inserted, s.Merges, s.Target)
		}
	}
}

// talk is like speech in what matters here: syllables of ever another pitch and sound,
// hisses among them, and pauses between sentences.
func talk(n int) []int16 {
	rng := rand.New(rand.NewPCG(3, 1415))
	pcm := make([]int16, n)
	var weight, glide [12]float64
	phase, pitch, hiss := 0.0, 120.0, 0.0
	const syllable = 1000 // 125 ms
	for i := range pcm {
		if i%syllable == 0 {
			pitch = 90 + 60*rng.Float64()
			hiss = max(0, rng.Float64()-0.6) * 3
			for h := range weight {
				weight[h] = rng.Float64() * rng.Float64()
			}
		}
		phase += pitch * (1 + 0.1*math.Sin(float64(i)/700)) / 8000
		v := hiss * rng.NormFloat64()
		for h := range weight {
			glide[h] += (weight[h] - glide[h]) / 200
			v += glide[h] * math.Sin(2*math.Pi*float64(h+1)*phase)
		}
		if i%25000 > 20000 {
			v = 0
		}
		pcm[i] = int16(3000 * v * math.Sin(math.Pi*float64(i%syllable)/syllable))
	}
	return pcm
}

// What is heard through each weather, and how long after it was said. The bounds lie a
// little beyond what there is today: a change for the worse shows.
func TestQualityThroughWeathers(t *testing.T) {
	bounds := map[string]struct {
		similarity float64
		ear        time.Duration
	}{
		"clean": {.954, 28 * msec}, "clean,20ms": {.954, 36 * msec},
		"loss1": {.952, 46 * msec}, "loss3": {.946, 50 * msec}, "loss5": {.942, 50 * msec},
		"loss10": {.927, 66 * msec}, "loss20": {.903, 70 * msec}, "burst5": {.932, 66 * msec},
		"jitter20": {.953, 50 * msec}, "jitter40": {.953, 70 * msec}, "jitter60": {.952, 90 * msec},
		"jitter100": {.950, 130 * msec}, "fifo40": {.953, 70 * msec},
		"spikes": {.945, 75 * msec}, "regular": {.942, 95 * msec}, "jitter40loss3": {.940, 90 * msec},
		"drift+100": {.954, 30 * msec}, "drift-100": {.954, 30 * msec}, "drift+500": {.953, 33 * msec},
	}
	pcm := talk(8000 * 20)
	for _, w := range weathers {
		want, ok := bounds[w.name]
		n, ear := w.travel(t, pcm, 1, Config{})
		score, err := nsim.Compare(pcm, n.out, 8000, nsim.Narrow)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: similarity %.3f, %v from mouth to ear", w.name, score.Similarity, ear)
		if !ok || score.Similarity < want.similarity || ear > want.ear {
			t.Errorf("%s: similarity %.3f, want %.3f; %v from mouth to ear, want %v", w.name, score.Similarity, want.similarity, ear, want.ear)
		}
	}
}
