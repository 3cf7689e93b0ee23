package dtmf

import (
	"fmt"
	"strings"
	"time"
)

// Digits are the sixteen signals in the order of their event codes (RFC 4733,
// section 3.2).
const Digits = "0123456789*#ABCD"

// Pause in a digit string waits for PauseTime.
const Pause = ','

// PauseTime is how long a Pause lasts.
const PauseTime = 2 * time.Second

// Digit is one received signal.
type Digit struct {
	Code     byte // 0-9 * # A-D
	Duration time.Duration
}

// Event returns the event code of a digit, small letters too.
func Event(digit byte) (code uint8, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	i := strings.IndexByte(Digits, digit)
	return uint8(max(i, 0)), i >= 0
}

// DigitError is a character that is no digit.
type DigitError struct {
	Digits string
	At     int
}

func (e *DigitError) Error() string {
	return fmt.Sprintf("%q is not a DTMF digit (in %q): use 0-9 * # A-D and , for a pause", e.Digits[e.At:e.At+1], e.Digits)
}

// Check returns a *DigitError for the first character of digits that is
// neither a digit nor a pause.
func Check(digits string) error {
	for i := range len(digits) {
		if _, ok := Event(digits[i]); !ok && digits[i] != Pause {
			return &DigitError{Digits: digits, At: i}
		}
	}
	return nil
}

// The frequencies of ITU-T Q.23 in Hz, and the digit where two meet.
var (
	rows = [4]float64{697, 770, 852, 941}
	cols = [4]float64{1209, 1336, 1477, 1633}
)

const grid = "123A456B789C*0#D" // row by row

// Tones returns the two frequencies in Hz of a digit.
func Tones(digit byte) (low, high float64, ok bool) {
	code, ok := Event(digit)
	if !ok {
		return 0, 0, false
	}
	i := strings.IndexByte(grid, Digits[code])
	return rows[i/4], cols[i%4], true
}
