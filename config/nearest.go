package config

import "strings"

// nearest gives the candidate that is most likely meant by word, or "" when
// none is close: at most a third of its letters may differ, two at least.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+1
	if bestDistance < 3 {
		bestDistance = 3
	}
	folded := fold(word)
	for _, c := range candidates {
		if d := distance(folded, fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// fold makes the ways of writing one key equal: "Auth-User", "authuser".
func fold(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is Levenshtein's: the fewest letters to insert, drop or replace. A
// word longer than any key has its tail ignored, so that no file is slow.
func distance(a, b string) int {
	const most = 64
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), most)], y[:min(len(y), most)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)]
}
