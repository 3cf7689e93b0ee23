package theme

// Glyphs are the symbols of the screen. Each is one cell wide in both sets
// (the names of arrow keys, Up and Down, aside).
type Glyphs struct {
	Outgoing, Incoming         string // direction of a call
	Selected                   string // marks the selected line
	On, Busy, Off, Failed      string // before an account's state
	Record                     string
	Locked, HalfLocked         string // the padlock of a call
	Unlocked                   string
	Ring, LampUnknown          string // of lamps, beside On, Busy, Off and Dot
	MeterOn, MeterOff          string
	Prompt, Cursor             string
	Ellipsis, Dot              string
	Up, Down                   string
	Horizontal, Vertical       string
	TopLeft, TopRight          string
	BottomLeft, BottomRight    string
	MessageOut, MessageIn, Err string
}

var unicodeGlyphs = Glyphs{
	Outgoing: "→", Incoming: "←",
	Selected: "▸",
	On:       "●", Busy: "◌", Off: "○", Failed: "✕",
	Record: "●",
	Locked: "◆", HalfLocked: "◈", Unlocked: "◇",
	Ring: "◉", LampUnknown: "?",
	MeterOn: "▰", MeterOff: "▱",
	Prompt: "›", Cursor: "█",
	Ellipsis: "…", Dot: "·",
	Up: "↑", Down: "↓",
	Horizontal: "─", Vertical: "│",
	TopLeft: "╭", TopRight: "╮", BottomLeft: "╰", BottomRight: "╯",
	MessageOut: "→", MessageIn: "←", Err: "✕",
}

var asciiGlyphs = Glyphs{
	Outgoing: ">", Incoming: "<",
	Selected: "*",
	On:       "+", Busy: "~", Off: "-", Failed: "x",
	Record: "*",
	Locked: "#", HalfLocked: "%", Unlocked: "o",
	Ring: "!", LampUnknown: "?",
	MeterOn: "#", MeterOff: ".",
	Prompt: ">", Cursor: "_",
	Ellipsis: "~", Dot: "|",
	Up: "up", Down: "down",
	Horizontal: "-", Vertical: "|",
	TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+",
	MessageOut: ">", MessageIn: "<", Err: "x",
}
