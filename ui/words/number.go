package words

import (
	"fmt"
	"strings"
	"time"
)

// Clock shows a duration as a phone does: 04:05, or 1:04:05.
func Clock(d time.Duration) string {
	s := int(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// Long shows a duration as people say it: 12 s, 3 min 5 s, 1 h 2 min.
func Long(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600 && s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s%3600 < 60:
		return fmt.Sprintf("%d h", s/3600)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
}

// Codec shortens "PCMU/8000" to "PCMU": the rate tells nobody anything new.
func Codec(s string) string {
	name, _, _ := strings.Cut(s, "/")
	return name
}

// Percent shows a share of 0 to 1 with one decimal.
func Percent(f float64) string { return fmt.Sprintf("%.1f %%", f*100) }

// Millis shows a short time in whole milliseconds.
func Millis(d time.Duration) string {
	return fmt.Sprintf("%d ms", d.Round(time.Millisecond)/time.Millisecond)
}
