package dsp

import "math"

// Comfort noise in RTP (RFC 3389, section 3): the level in -dBov, then as many
// reflection coefficients as the sender likes, each in a byte.
//
//	0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...
//	|0|   level     |      N1       |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...

// quantum is the step of a coefficient: k = 258·(N-127) in 1/32768 (section 3.2).
const quantum = 258.0 / 32768

// ParseComfortNoise reads a payload. Coefficients beyond NoiseOrder change nothing
// that can be heard and are left out; an empty payload is the softest noise.
func ParseComfortNoise(payload []byte) NoiseShape {
	if len(payload) == 0 {
		return NoiseShape{Level: -127}
	}
	s := NoiseShape{Level: -float64(payload[0] & 0x7f)}
	for i, n := range payload[1:min(len(payload), 1+NoiseOrder)] {
		s.K[i] = (float64(n) - 127) * quantum
	}
	return s
}

// AppendComfortNoise appends the payload of s. Without spectrum it is the level
// alone, for a stream whose sample rate the receiver can't know.
func AppendComfortNoise(dst []byte, s NoiseShape, spectrum bool) []byte {
	dst = append(dst, byte(math.Round(min(max(-s.Level, 0), 127))))
	if !spectrum {
		return dst
	}
	for _, k := range s.K {
		dst = append(dst, byte(min(max(math.Round(k/quantum)+127, 0), 254)))
	}
	return dst
}
