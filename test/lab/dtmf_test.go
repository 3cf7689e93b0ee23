package lab

import "testing"

func TestInbandDigitsHearsWhatInbandSpeechSays(t *testing.T) {
	const digits = "1234567890*#"
	Need(t, "sox", "multimon-ng")
	if got := InbandDigits(t, InbandSpeech(t, digits), 0); got != digits {
		t.Errorf("heard %q, want %q", got, digits)
	}
}
