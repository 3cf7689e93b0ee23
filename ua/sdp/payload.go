package sdp

import (
	"maps"
	"strings"

	"offhook/codec"
)

const (
	telephoneEvent = "telephone-event"
	comfortNoise   = "CN"
	comfortNoisePT = 13
	// events 0-15 are the digits, * and # and A to D (RFC 4733, section 3.2).
	eventFmtp = "0-15"
)

// The dynamic payload types of RFC 3551, section 3.
const firstDynamic, lastDynamic = 96, 127

// staticFormat is what a number means without an rtpmap (RFC 3551, table 4).
func staticFormat(pt uint8) Format {
	f := Format{PT: pt}
	f.Name, f.ClockRate, f.Channels, _ = codec.Static(pt)
	return f
}

// kind is a format without its number.
type kind struct {
	name            string // lower case
	clock, channels int
}

func kindOf(name string, clock, channels int) kind {
	name = strings.ToLower(name)
	if name == "opus" {
		channels = 2 // always, whatever a peer wrote (RFC 7587, section 7)
	}
	return kind{name, clock, max(channels, 1)}
}

func (f Format) kind() kind { return kindOf(f.Name, f.ClockRate, f.Channels) }

func infoKind(i codec.Info) kind { return kindOf(i.Name, i.ClockRate, i.Channels) }

// numbers are the payload types that we receive each kind of format on. A
// number once used keeps its meaning for the session (RFC 3264, section 8.3.2).
type numbers struct {
	of   map[kind]uint8
	used map[uint8]kind
}

func newNumbers() numbers {
	return numbers{of: map[kind]uint8{}, used: map[uint8]kind{}}
}

func (n numbers) clone() numbers {
	return numbers{of: maps.Clone(n.of), used: maps.Clone(n.used)}
}

// bind makes pt the number of k from now on: the peer's choice.
func (n numbers) bind(k kind, pt uint8) {
	n.of[k] = pt
	n.used[pt] = k
}

// reserve keeps a number that the peer uses for something else out of our offers.
func (n numbers) reserve(pt uint8, k kind) {
	if _, taken := n.used[pt]; !taken {
		n.used[pt] = k
	}
}

// number gives k's payload type, choosing one when it has none: the static one,
// else the usual one, else the first free dynamic one. It reports false when all
// dynamic numbers are taken.
func (n numbers) number(k kind, static int) (uint8, bool) {
	if pt, ok := n.of[k]; ok {
		return pt, true
	}
	try := func(pt uint8) bool {
		if owner, taken := n.used[pt]; taken && owner != k {
			return false
		}
		n.bind(k, pt)
		return true
	}
	if static >= 0 && static < firstDynamic && try(uint8(static)) {
		return uint8(static), true
	}
	if pt := usual(k); pt != 0 && try(pt) {
		return pt, true
	}
	for pt := uint8(firstDynamic); pt <= lastDynamic; pt++ {
		if try(pt) {
			return pt, true
		}
	}
	return 0, false
}

// usual is the number that most peers give a kind, which keeps traces readable.
func usual(k kind) uint8 {
	switch {
	case k.name == "opus":
		return 111
	case k.name == telephoneEvent && k.clock == 8000:
		return 101
	case k.name == telephoneEvent && k.clock == 48000:
		return 110
	default:
		return 0
	}
}
