package rtp_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

func TestCipherKnowsCiphertext(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	for _, c := range []struct {
		codec string
		size  int
	}{{"PCMU", 170}, {"PCMA", 164}, {"L16", 330}, {"opus", 70}} {
		for range 200 {
			var cipher rtp.Cipher
			raw, packets := make([]byte, c.size), 0
			for cipher.Looks() == rtp.LooksUnknown {
				rnd.Read(raw)
				cipher.Add(c.codec, raw)
				packets++
			}
			if cipher.Looks() != rtp.LooksEncrypted || packets > 16 {
				t.Fatalf("%s: %d after %d packets", c.codec, cipher.Looks(), packets)
			}
		}
	}
}

// What isn't encrypted must never be taken for it: silence, tones, noises, and words.
func TestCipherKnowsSound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sounds := map[string]func(i int) float64{
		"silence":          func(int) float64 { return 0 },
		"a soft tone":      func(i int) float64 { return 30 * math.Sin(float64(i)/3) },
		"a loud tone":      func(i int) float64 { return 30000 * math.Sin(float64(i)/7) },
		"uniform noise":    func(int) float64 { return 65534 * (rnd.Float64() - 0.5) },
		"soft noise":       func(int) float64 { return 200 * rnd.NormFloat64() },
		"noise":            func(int) float64 { return 5000 * rnd.NormFloat64() },
		"clipped noise":    func(int) float64 { return 40000 * rnd.NormFloat64() },
		"a noise in waves": func(i int) float64 { return 9000 * rnd.NormFloat64() * math.Sin(float64(i)/4000) },
	}
	for _, c := range []codec.Codec{g711.PCMU{}, g711.PCMA{}, opus.Codec{}} {
		for name, sound := range sounds {
			enc, err := c.NewEncoder(codec.Params{})
			if err != nil {
				t.Fatal(err)
			}
			var cipher rtp.Cipher
			pcm, buf := make([]int16, c.Info().SampleRate/50), make([]byte, 1500)
			for i := range 500 {
				for k := range pcm {
					pcm[k] = int16(min(max(sound(i*len(pcm)+k), -32768), 32767))
				}
				n, err := enc.Encode(buf, pcm)
				if err != nil {
					t.Fatal(err)
				}
				if cipher.Add(c.Info().Name, buf[:n]) == rtp.LooksEncrypted {
					t.Fatalf("%s in %s looks encrypted after %d packets", name, c.Info().Name, i)
				}
			}
			if cipher.Looks() != rtp.LooksPlain {
				t.Errorf("%s in %s: %d", name, c.Info().Name, cipher.Looks())
			}
		}
	}
	var cipher rtp.Cipher
	if raw := make([]byte, 1000); testing.AllocsPerRun(10, func() { cipher.Add("PCMU", raw) }) != 0 {
		t.Error("it allocates")
	}
	for range 100 {
		cipher = rtp.Cipher{}
		if cipher.Add("iLBC", []byte{byte(rnd.IntN(256))}) != rtp.LooksUnknown {
			t.Error("a codec of which nothing is known")
		}
	}
}

// A peer that stops to encrypt is heard again.
func TestCipherChangesItsMind(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	var c rtp.Cipher
	raw := make([]byte, 200)
	for range 20 {
		rnd.Read(raw)
		c.Add("PCMU", raw)
	}
	if c.Looks() != rtp.LooksEncrypted {
		t.Fatal("not encrypted")
	}
	clear(raw)
	for range 16 {
		c.Add("PCMU", raw)
	}
	if c.Looks() != rtp.LooksPlain {
		t.Error("still encrypted")
	}
}
