package jitter

import "offhook/audio/dsp"

// noise is the comfort noise that the peer describes (RFC 3389).
type noise struct{ dsp.Noise }

// set takes a comfort noise payload. spectrum is false at a rate that the
// coefficients were not made for.
func (n *noise) set(payload []byte, spectrum bool) {
	if len(payload) == 0 {
		return
	}
	if !spectrum {
		payload = payload[:1]
	}
	n.Set(dsp.ParseComfortNoise(payload))
}

// fill writes noise.
func (n *noise) fill(dst []int16) { n.Fill(dst) }
