package rtp

import "math"

// The default values of G.107, table 3, for what a phone can't know of the other end:
// loudness ratings, sidetone, room noise, echo.
const (
	slr, rlr   = 8.0, 2.0   // send and receive loudness ratings, dB
	stmr       = 15.0       // sidetone masking rating
	dFactor    = 3.0        // of either telephone, Ds and Dr
	lstr       = stmr + 3.0 // listener sidetone rating
	telr       = 65.0       // talker echo loudness rating
	wepl       = 110.0      // weighted echo path loss
	circuit    = -70.0      // circuit noise Nc, dBm0p
	floor      = -64.0      // noise floor Nfor, dBmp
	room       = 35.0       // room noise Ps and Pr, dB(A)
	quantising = 1.0        // qdu
	olr        = slr + rlr
)

// narrow is R of G.107 for a mean one-way delay in ms, without a codec's impairment: 93.2
// at none.
func narrow(ms float64) float64 {
	no := noise()
	ro := 15 - 1.5*(slr+no)
	return ro - simultaneous(ro, no, ms) - delayed(ro, no, ms)
}

// noise is No, all noise as seen at the 0 dBr point (section 7.2.1).
func noise() float64 {
	send := room - slr - dFactor - 100 + 0.004*sq(room-olr-dFactor-14)
	heard := room + 10*math.Log10(1+math.Pow(10, (10-lstr)/10))
	receive := rlr - 121 + heard + 0.008*sq(heard-35)
	return 10 * math.Log10(power(circuit)+power(send)+power(receive)+power(floor+rlr))
}

// simultaneous is Is: what comes with the voice (section 7.2.2).
func simultaneous(ro, no, ms float64) float64 {
	x := olr + 0.2*(64+no-rlr)
	loud := 20 * (root(1+math.Pow(x/8, 8), 8) - x/8)
	side := -10 * math.Log10(power(-stmr)+math.Exp(-ms/4)*power(-telr))
	sidetone := 12*root(1+math.Pow((side-13)/6, 8), 8) - 28*root(1+math.Pow((side+1)/19.4, 35), 35) -
		13*root(1+math.Pow((side-3)/33, 13), 13) + 29
	q := 37 - 15*math.Log10(quantising)
	g := 1.07 + 0.258*q + 0.0602*q*q
	quantised := 15 * math.Log10(1+math.Pow(10, (ro-100)/15+46/8.4-g/9)+math.Pow(10, 46.0/30-g/40))
	return loud + sidetone + quantised
}

// delayed is Id: talker echo, listener echo, and delay by itself (section 7.2.3). The
// round trip is twice the way.
func delayed(ro, no, ms float64) float64 {
	terv := telr - 40*math.Log10((1+ms/10)/(1+ms/150)) + 6*math.Exp(-0.3*ms*ms)
	roe, re := -1.5*(no-rlr), 80+2.5*(terv-14)
	talker := ((roe-re)/2 + math.Sqrt(sq(roe-re)/4+100) - 1) * (1 - math.Exp(-ms))
	rle := 10.5 * (wepl + 7) * math.Pow(2*ms+1, -0.25)
	listener := (ro-rle)/2 + math.Sqrt(sq(ro-rle)/4+169)
	return talker + listener + longDelay(ms)
}

func sq(x float64) float64      { return x * x }
func power(db float64) float64  { return math.Pow(10, db/10) }
func root(x, n float64) float64 { return math.Pow(x, 1/n) }
