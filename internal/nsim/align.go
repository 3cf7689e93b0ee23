package nsim

import "math"

const (
	patch = 20 // steps in a patch: 200 ms
	// farthest is how far apart the two may start, in steps.
	farthest = 1000
	// wander is how far a patch's delay may be from the main one, in fine steps.
	wander = 160
	// jump is what a change of the delay by one fine step costs, in the mean
	// difference of a patch, and jumpMax what any change costs at most: speech
	// that repeats itself doesn't draw the path away, a jump of the playout does.
	jump, jumpMax = 0.001, 0.02
	// near is as far as a change costs by its size.
	near = int(jumpMax / jump)
)

// speech are the patches, by their first steps, that are half speech at least.
// They overlap by half.
func speech(ref spectrogram) []int {
	var at []int
	for i := 0; i+patch <= ref.frames(); i += patch / 2 {
		n := 0
		for _, s := range ref.speech[i : i+patch] {
			if s {
				n++
			}
		}
		if 2*n >= patch {
			at = append(at, i)
		}
	}
	return at
}

// align gives each patch its delay in fine steps: the path that is the most like
// what was said, all patches together, at the least movement.
func align(ref, deg spectrogram, at []int) []int {
	const states = 2*wander + 1
	base := fine * mainDelay(ref, deg)
	cost := make([]float64, states)
	from := make([][states]int16, len(at))
	for i, p := range at {
		next := make([]float64, states)
		least := lowest(cost)
		for d := range next {
			best, came := cost[d], d
			if c := cost[least] + jumpMax; i > 0 && c < best {
				best, came = c, least
			}
			for e := max(0, d-near); i > 0 && e <= min(states-1, d+near); e++ {
				if c := cost[e] + jump*math.Abs(float64(d-e)); c < best {
					best, came = c, e
				}
			}
			next[d] = best + difference(ref, deg, p, base+d-wander)
			from[i][d] = int16(came)
		}
		cost = next
	}
	best := lowest(cost)
	path := make([]int, len(at))
	for i := len(at) - 1; i >= 0; i-- {
		path[i] = base + best - wander
		best = int(from[i][best])
	}
	return path
}

// lowest is the cheapest state, of equals the one nearest to the main delay.
func lowest(cost []float64) int {
	best := wander
	for i := 1; i <= wander; i++ {
		for _, d := range []int{wander - i, wander + i} {
			if cost[d] < cost[best] {
				best = d
			}
		}
	}
	return best
}

// difference is the mean distance of a patch from where it would be at a delay.
func difference(ref, deg spectrogram, at, delay int) float64 {
	var sum float32
	for j := range patch {
		a, b := ref.frame(at+j), deg.frame(fine*(at+j)+delay)
		if b == nil {
			for _, x := range a {
				sum += x
			}
			continue
		}
		for k, x := range a {
			d := x - b[k]
			if d < 0 {
				d = -d
			}
			sum += d
		}
	}
	return float64(sum) / float64(patch*ref.bands)
}

// mainDelay is where the envelopes match best, in steps.
func mainDelay(ref, deg spectrogram) int {
	a, b := envelope(ref, 1), envelope(deg, fine)
	best, lag := 0.0, 0
	for d := -min(farthest, len(a)); d <= min(farthest, len(b)); d++ {
		var sum float64
		for i := max(0, -d); i < min(len(a), len(b)-d); i++ {
			sum += a[i] * b[i+d]
		}
		if sum > best {
			best, lag = sum, d
		}
	}
	return lag
}

// envelope is the loudness over all bands about its mean, every so many frames.
func envelope(s spectrogram, every int) []float64 {
	var x []float64
	var mean float64
	for f := 0; f < s.frames(); f += every {
		var sum float64
		for _, c := range s.frame(f) {
			sum += float64(c)
		}
		x = append(x, sum)
		mean += sum
	}
	for i := range x {
		x[i] -= mean / float64(len(x))
	}
	return x
}
