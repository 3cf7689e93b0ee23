package nsim

import "math"

// The window over 3 frames by 3 bands, and the constants that keep the quotients
// defined where there is little, as Hines and Harte give them for a range of 1.
var gauss = [3][3]float64{{0.0113, 0.0838, 0.0113}, {0.0838, 0.6193, 0.0838}, {0.0113, 0.0838, 0.0113}}

const (
	c1 = 0.01 * 0.01
	c3 = 0.03 * 0.03 / 2
)

// similarity is the NSIM of the patch at a step of ref and its place in deg.
func similarity(ref, deg spectrogram, at, delay int) float64 {
	silence := make([]float32, ref.bands)
	row := func(j int) (a, b []float32) {
		a, b = ref.frame(at+j), deg.frame(fine*(at+j)+delay)
		if a == nil {
			a = silence
		}
		if b == nil {
			b = silence
		}
		return a, b
	}
	var sum float64
	for j := range patch {
		var a, b [3][]float32
		for y := range 3 {
			a[y], b[y] = row(j + y - 1)
		}
		for k := range ref.bands {
			sum += cell(a, b, k)
		}
	}
	return sum / float64(patch*ref.bands)
}

// cell is the similarity about one band of the middle frame: of intensity by
// structure.
func cell(a, b [3][]float32, k int) float64 {
	var ma, mb, aa, bb, ab, total float64
	for y := range 3 {
		for x := max(0, k-1); x <= min(len(a[y])-1, k+1); x++ {
			w := gauss[y][x-k+1]
			p, q := float64(a[y][x]), float64(b[y][x])
			total += w
			ma, mb = ma+w*p, mb+w*q
			aa, bb, ab = aa+w*p*p, bb+w*q*q, ab+w*p*q
		}
	}
	ma, mb = ma/total, mb/total
	va, vb := max(0, aa/total-ma*ma), max(0, bb/total-mb*mb)
	cov := ab/total - ma*mb
	return (2*ma*mb + c1) / (ma*ma + mb*mb + c1) * (cov + c3) / (math.Sqrt(va*vb) + c3)
}
