package theme

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Theme is the styles and glyphs of one screen. Read only once built.
type Theme struct {
	// Text is body text; Dim recedes; Strong is what the eye should meet first.
	Text, Dim, Strong lipgloss.Style
	// Accent marks what has the focus.
	Accent lipgloss.Style
	// Good, Warn and Bad colour words that say the same.
	Good, Warn, Bad lipgloss.Style
	// Key is a key's name in a hint; Cursor the cell under the cursor.
	Key, Cursor lipgloss.Style
	// Alert is the title of what wants an answer now.
	Alert lipgloss.Style
	// Alarm is what must not be overlooked or forgotten.
	Alarm lipgloss.Style

	Glyphs Glyphs
	// ShowCursor says that Cursor can't be seen and a glyph must stand for it.
	ShowCursor bool
}

// New builds a theme for the terminal behind w.
func New(w io.Writer, o Options) *Theme {
	r := lipgloss.NewRenderer(w)
	switch o.Color {
	case ColorAuto:
	case ColorOff:
		r.SetColorProfile(termenv.ANSI) // attributes need a profile; no colour is set below
	case Plain:
		r.SetColorProfile(termenv.Ascii)
	}
	switch o.Background {
	case Auto:
		// Bubble Tea asked the terminal when it was loaded; this reads that answer.
		r.SetHasDarkBackground(lipgloss.HasDarkBackground())
	case Dark:
		r.SetHasDarkBackground(true)
	case Light:
		r.SetHasDarkBackground(false)
	}

	color := func(light, dark string) lipgloss.TerminalColor {
		if o.Color != ColorAuto {
			return lipgloss.NoColor{}
		}
		return lipgloss.AdaptiveColor{Light: light, Dark: dark}
	}
	t := &Theme{
		Text:   r.NewStyle(),
		Dim:    r.NewStyle().Foreground(color("#6b6f76", "#868c96")),
		Strong: r.NewStyle().Bold(true),
		Accent: r.NewStyle().Foreground(color("#0b6e99", "#5cc8e8")),
		Good:   r.NewStyle().Foreground(color("#2f7d32", "#7cc87f")),
		Warn:   r.NewStyle().Foreground(color("#96600a", "#e5b567")),
		Bad:    r.NewStyle().Foreground(color("#b3261e", "#f2837b")),
		Cursor: r.NewStyle().Reverse(true),
		Glyphs: unicodeGlyphs,
	}
	t.Key = t.Accent.Bold(true)
	t.Alert = t.Accent.Bold(true).Reverse(true)
	t.Alarm = t.Bad.Bold(true).Reverse(true)
	if o.Color == ColorOff {
		t.Dim = t.Dim.Faint(true)
		t.Bad = t.Bad.Bold(true)
	}
	if o.ASCII {
		t.Glyphs = asciiGlyphs
	}
	t.ShowCursor = o.Color == Plain || r.ColorProfile() == termenv.Ascii
	return t
}
