package voice

import (
	"fmt"
	"strings"
)

// The words that configuration and flags use.
var (
	echoWords  = [...]string{EchoAuto: "auto", EchoWebRTC: "webrtc", EchoSpeex: "speex", EchoOff: "off"}
	noiseWords = [...]string{NoiseOff: "off", NoiseLow: "low", NoiseModerate: "moderate", NoiseHigh: "high", NoiseAuto: "auto"}
	gainWords  = [...]string{GainOff: "off", GainAdaptive: "on"}
)

func (e Echo) String() string  { return word(echoWords[:], uint8(e)) }
func (n Noise) String() string { return word(noiseWords[:], uint8(n)) }
func (g Gain) String() string  { return word(gainWords[:], uint8(g)) }

func word(words []string, v uint8) string {
	if int(v) < len(words) {
		return words[v]
	}
	return "unknown"
}

// ParseEcho, ParseNoise and ParseGain read what String writes.
func ParseEcho(s string) (Echo, error) {
	v, err := parse("echo canceller", echoWords[:], s)
	return Echo(v), err
}

func ParseNoise(s string) (Noise, error) {
	v, err := parse("strength of noise suppression", noiseWords[:], s)
	return Noise(v), err
}

func ParseGain(s string) (Gain, error) {
	v, err := parse("gain control", gainWords[:], s)
	return Gain(v), err
}

func parse(what string, words []string, s string) (uint8, error) {
	for i, w := range words {
		if w == s {
			return uint8(i), nil
		}
	}
	last := len(words) - 1
	return 0, fmt.Errorf("%q is no %s: choose %s or %s", s, what, strings.Join(words[:last], ", "), words[last])
}
