package rtp

import (
	"math"
	"time"
)

// The E-model estimates how a conversation sounds from what was measured of its way.
//
//	codec, loss, burstiness ──> Ie,eff ─┐
//	mouth to ear ─────────────> Id ─────┼─> R = Ro - Is - Id - Ie,eff ──> MOS
//	echo, levels, noise: G.107's defaults ┘
//
// Narrowband codecs are rated by ITU-T G.107, wideband ones by G.107.1, each on its own
// scale: both MOS go to 4.5, but 4.4 of a telephone line and 4.4 of a wide one don't
// sound alike (P.800.1, section 4).

// Band is the scale on which a codec is rated.
type Band uint8

const (
	Narrowband Band = iota
	Wideband
)

// String is "narrowband" or "wideband".
func (b Band) String() string {
	if b == Wideband {
		return "wideband"
	}
	return "narrowband"
}

// Impairment is what a codec costs: Ie without any loss, and Bpl, how well it stands loss.
type Impairment struct {
	Band    Band
	Ie, Bpl float64
}

// ImpairmentOf is a codec's, by its name in SDP; fec says that lost frames are mostly
// recovered before they count.
//
//	PCMU, PCMA  G.113, table I.3: 0; with concealment in the class of G.711 Appendix I 25.1
//	G722        G.113, appendix IV, at 64 kbit/s: 13. Bpl depends on the concealment: 12 is
//	            our estimate for ours, between none and that of G.711 Appendix I
//	L16         the reference of G.107.1: 0
//	opus        not in G.113. Wideband speech at 24 kbit/s and more is rated beside AMR-WB
//	            at 23.85 kbit/s or better in listening tests, whose Ie is 8; 7 stands for
//	            the higher rate. Bpl 15: its concealment holds a single frame well and
//	            fades after three
//	others      as G.711 without concealment: Bpl 4.3
func ImpairmentOf(codec string) Impairment {
	switch codec {
	case "PCMU", "PCMA":
		return Impairment{Narrowband, 0, 25.1}
	case "G722":
		return Impairment{Wideband, 13, 12}
	case "L16":
		return Impairment{Wideband, 0, 15}
	case "opus":
		return Impairment{Wideband, 7, 15}
	default:
		return Impairment{Narrowband, 0, 4.3}
	}
}

// Effective is Ie,eff (G.107, equation 7-29): loss is a fraction of the packets, burst
// how bursty it is, 1 for random loss and more for bursts (BurstR).
func (i Impairment) Effective(loss, burst float64) float64 {
	p := 100 * min(max(loss, 0), 1)
	if p == 0 {
		return i.Ie
	}
	return i.Ie + (95-i.Ie)*p/(p/max(burst, 1)+i.Bpl)
}

// Conversation is what a rating depends on.
type Conversation struct {
	Codec Impairment
	// Loss is the fraction of packets that weren't heard, lost or late; Burst is BurstR.
	Loss, Burst float64
	// Delay is from mouth to ear, one way.
	Delay time.Duration
}

// Rating is a quality: R, 0 to 100 on either scale, and the opinions that it stands for.
// The zero value says that nothing is known.
type Rating struct {
	// R is the transmission rating of the conversation, delay included.
	R float64
	// ListenR is that of listening alone.
	ListenR float64
	// LQ and CQ are mean opinion scores, 1 to 4.5: of listening, and of the conversation.
	LQ, CQ float64
	Band   Band
}

// Known says that there is a rating.
func (r Rating) Known() bool { return r.LQ > 0 }

// Rate is the E-model.
func (c Conversation) Rate() Rating {
	eff := c.Codec.Effective(c.Loss, c.Burst)
	listen := c.Codec.scale(c.Codec.base(0) - eff)
	talk := c.Codec.scale(c.Codec.base(c.Delay) - eff)
	return Rating{R: talk, ListenR: listen, LQ: MOS(listen), CQ: MOS(talk), Band: c.Codec.Band}
}

// scale brings R to 0 to 100: G.107.1, annex A, for the wide scale, which ends at 129.
func (i Impairment) scale(r float64) float64 {
	if i.Band == Wideband {
		r /= 1.29
	}
	return min(max(r, 0), 100)
}

// base is R without the codec and its loss.
func (i Impairment) base(delay time.Duration) float64 {
	t := float64(max(delay, 0)) / float64(time.Millisecond)
	if i.Band == Wideband {
		// G.107.1, section 7: Ro is 129, Is 0; of Id only what delay does by itself, as
		// a softphone's echo is its canceller's business.
		return 129 - longDelay(t)
	}
	return narrow(t)
}

// longDelay is Idd: what delay costs without any echo (G.107, equations 7-27 and 7-28).
func longDelay(ms float64) float64 {
	if ms <= 100 {
		return 0
	}
	x := math.Log2(ms / 100)
	return 25 * (math.Pow(1+math.Pow(x, 6), 1.0/6) - 3*math.Pow(1+math.Pow(x/3, 6), 1.0/6) + 2)
}

// MOS is the mean opinion that R stands for (G.107, annex B).
func MOS(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6) // below 6.5 the formula dips under 1
}
