package theme

import "strings"

// Background is what the terminal's background looks like.
type Background uint8

const (
	Auto Background = iota // as the terminal says; dark when it doesn't
	Dark
	Light
)

// Color says how much styling the terminal gets.
type Color uint8

const (
	ColorAuto Color = iota // as much as the terminal has
	ColorOff               // attributes (bold, faint, reverse) but no colour: NO_COLOR
	Plain                  // no escape sequence for style at all
)

// Options choose a theme. The zero value asks the terminal.
type Options struct {
	Background Background
	Color      Color
	// ASCII replaces every glyph by ASCII.
	ASCII bool
}

// FromEnv reads NO_COLOR, TERM and the locale as os.Getenv gives them.
func FromEnv(getenv func(string) string) Options {
	var o Options
	if getenv("NO_COLOR") != "" { // https://no-color.org: any value but the empty one
		o.Color = ColorOff
	}
	switch term := getenv("TERM"); {
	case term == "dumb":
		o.Color, o.ASCII = Plain, true
	case term == "linux": // the console's font has box drawing but few symbols
		o.ASCII = true
	}
	// The first one set wins (POSIX). With none set, as in most containers, the
	// terminal is taken to be a modern one.
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			if !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8") {
				o.ASCII = true
			}
			break
		}
	}
	return o
}
