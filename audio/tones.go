package audio

import (
	"offhook/audio/dsp"
	"offhook/audio/dtmf"
)

// toner plays a call-progress tone over whatever else is heard. Owner: one loop.
type toner struct {
	plan dtmf.Plan // of the country; it is set before the first tone
	tone Tone
	ring *Ringtone // how ToneRinging sounds; nil is the standard ring
	src  Source    // nil for silence; it never ends
	buf  []int16
}

// set starts t at rate from its beginning. Setting what already plays changes
// nothing.
func (g *toner) set(t Tone, rate int) {
	if t == g.tone && (g.src == nil || g.src.Rate() == rate) {
		return
	}
	g.tone, g.src = t, nil
	signal, ok := signalOf(t)
	switch {
	case !ok || rate <= 0:
	case t == ToneRinging && g.ring != nil:
		if src, err := g.ring.source(rate); err == nil {
			g.src = src
			return
		}
		fallthrough // a rate that can't be converted: better a wrong ring than none
	default:
		g.src = dtmf.NewProgress(rate, g.plan.Cadence(signal))
	}
}

// ringAs makes r the ring; one that plays starts over.
func (g *toner) ringAs(r Ringtone) {
	g.ring = &r
	if g.tone == ToneRinging {
		g.tone, g.src = ToneNone, nil
	}
}

func signalOf(t Tone) (dtmf.Signal, bool) {
	switch t {
	case ToneNone:
		return 0, false
	case ToneRingback:
		return dtmf.Ringback, true
	case ToneBusy:
		return dtmf.Busy, true
	case ToneCongestion:
		return dtmf.Congestion, true
	case ToneRinging:
		return dtmf.Ringing, true
	case ToneWaiting:
		return dtmf.Waiting, true
	case ToneWarning:
		return dtmf.Warning, true
	case ToneDial:
		return dtmf.Dial, true
	}
	return 0, false
}

// mix adds the tone to pcm.
func (g *toner) mix(pcm []int16) {
	if g.src == nil {
		return
	}
	if len(g.buf) < len(pcm) {
		g.buf = make([]int16, len(pcm))
	}
	buf := g.buf[:len(pcm)]
	n, _ := g.src.Read(buf) // it never ends
	dsp.Mix(pcm[:n], buf[:n])
}
