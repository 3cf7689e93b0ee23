package codec

import (
	"errors"
	"fmt"
	"strings"
)

// String is the encoding of an rtpmap (RFC 8866, section 6.6): "PCMU/8000",
// "opus/48000/2".
func (i Info) String() string {
	if i.Channels > 1 {
		return fmt.Sprintf("%s/%d/%d", i.Name, i.ClockRate, i.Channels)
	}
	return fmt.Sprintf("%s/%d", i.Name, i.ClockRate)
}

// Matches reports whether an rtpmap of this name, clock and channel count means
// this codec. Names compare without case; zero channels mean one.
func (i Info) Matches(name string, clock, channels int) bool {
	return strings.EqualFold(i.Name, name) && i.ClockRate == clock && max(i.Channels, 1) == max(channels, 1)
}

// Frame is the number of samples of PCM in ms milliseconds.
func (i Info) Frame(ms int) int { return i.SampleRate * ms / 1000 }

// ErrEmptyList is returned by Select for a list that names no codec.
var ErrEmptyList = errors.New("the codec list names no codec")

// UnknownError is returned by Select for a name that the Set doesn't have.
type UnknownError struct {
	Name    string
	Nearest string   // the name most like it
	Known   []string // each name there is
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no codec %q: did you mean %q? (there are: %s)", e.Name, e.Nearest, strings.Join(e.Known, ", "))
}

// Select returns the codecs that list names, in its order: "opus,pcmu". Names
// are separated by commas or spaces, compare without case and may carry the
// clock ("PCMU/8000"). A repeated name counts once.
func (s Set) Select(list string) (Set, error) {
	var out Set
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		c, ok := s.named(name)
		if !ok {
			return nil, &UnknownError{Name: name, Nearest: nearest(name, s.Names()), Known: s.Names()}
		}
		i := c.Info()
		if _, twice := out.Find(i.Name, i.ClockRate, i.Channels); !twice {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, ErrEmptyList
	}
	return out, nil
}

// named finds the codec that a person calls name.
func (s Set) named(name string) (Codec, bool) {
	for _, c := range s {
		if i := c.Info(); strings.EqualFold(i.Name, name) || strings.EqualFold(i.String(), name) {
			return c, true
		}
	}
	return nil, false
}

// Find returns the codec of an rtpmap.
func (s Set) Find(name string, clock, channels int) (Codec, bool) {
	for _, c := range s {
		if c.Info().Matches(name, clock, channels) {
			return c, true
		}
	}
	return nil, false
}

// Names lists the encoding names in order, with the clock where the name alone
// would mean another codec of the Set.
func (s Set) Names() []string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.Info().Name
		if _, again := s[:i].named(names[i]); again {
			names[i] = c.Info().String()
		}
	}
	return names
}

// String is the list that Select takes.
func (s Set) String() string { return strings.Join(s.Names(), ",") }

// nearest is the word of known with the least edit distance to name.
func nearest(name string, known []string) string {
	best, least := "", int(^uint(0)>>1)
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
