package pane

import (
	"strings"

	"offhook/ui/theme"
)

// Digits are the DTMF digits typed in a call, and how many have gone out.
type Digits struct {
	Typed string
	Sent  int
}

// Add appends digits that were asked for.
func (d *Digits) Add(s string) { d.Typed += s }

// Confirm counts one digit as sent.
func (d *Digits) Confirm(digit byte) {
	if d.Sent < len(d.Typed) {
		d.Sent++
		return
	}
	d.Typed += Digit(digit) // sent by somebody else than this screen
	d.Sent++
}

// Digit is a DTMF digit as text, and a question mark for what is none.
func Digit(b byte) string {
	if strings.IndexByte("0123456789*#ABCDabcd", b) < 0 {
		return "?"
	}
	return strings.ToUpper(string(rune(b)))
}

// DigitsText says which digits went out and which are on their way, the last n of them.
func DigitsText(th *theme.Theme, d Digits, n int) string {
	typed := d.Typed
	sent := min(d.Sent, len(typed))
	if over := len(typed) - n; over > 0 {
		typed, sent = typed[over:], max(sent-over, 0)
	}
	switch {
	case typed == "":
		return ""
	case sent == len(typed):
		return "sent " + typed
	case sent == 0:
		return th.Dim.Render("sending " + typed)
	}
	return "sent " + typed[:sent] + th.Dim.Render(" sending "+typed[sent:])
}

func tail(s string, n int) string {
	if len(s) > n {
		return s[len(s)-n:]
	}
	return s
}
