package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"offhook/audio"
)

// mostJitter is the longest delay that the jitter buffer may be given.
const mostJitter = 2 * time.Second

// jitterBounds is how much delay the jitter buffer may add: the flag's, or else the
// configuration's.
func jitterBounds(s settings, m mediaFlags) (audio.JitterBounds, error) {
	if m.jitter != "" {
		b, err := parseJitter(m.jitter)
		if err != nil {
			return b, failf(exitUsage, "--jitter-buffer: %w", err)
		}
		return b, nil
	}
	return audio.JitterBounds{Min: s.Audio.JitterMin, Max: s.Audio.JitterMax}, nil
}

// parseJitter reads MIN-MAX, or one value for both: a fixed delay.
func parseJitter(text string) (b audio.JitterBounds, err error) {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	var wrong error
	b.Min, err = milliseconds(low)
	b.Max, wrong = milliseconds(high)
	if err != nil || wrong != nil {
		return b, fmt.Errorf("%q is no time: give milliseconds, MIN-MAX as in 20-200, or one value for a fixed delay", text)
	}
	switch {
	case b.Max < b.Min:
		return b, fmt.Errorf("%s is more than %s: the least comes first, as in 20-200", low, high)
	case b.Max > mostJitter:
		return b, fmt.Errorf("%s is more than the %s that a buffer holds", high, mostJitter)
	case b.Max == 0:
		return b, errors.New("0 is no delay to wait for a packet: leave the flag out for as little as the network allows")
	}
	return b, nil
}

// milliseconds reads "40" and "40ms".
func milliseconds(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if d, err := time.ParseDuration(text + "ms"); err == nil && d >= 0 {
		return d, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no time", text)
}
