package keys

import "slices"

// Binding is one row of the table.
type Binding struct {
	Context Context
	Action  Action
	// Keys are names as Bubble Tea spells them.
	Keys []string
	// Shown is how people read the keys.
	Shown string
	// Hint is a word or two for the footer. Undo replaces it while Undoes holds.
	Hint   string
	Undo   string
	Undoes func(Facts) bool
	// Help says what it does.
	Help  string
	Needs []Need
	// Rank orders the footer, lowest first; 0 keeps the binding out of it.
	Rank int
	// Quiet keeps the reason from being shown: nobody wonders.
	Quiet bool
}

// Table lists every binding of the phone.
func Table() []Binding { return table }

var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"}

var keypadDigits = []string{
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#",
	"a", "b", "c", "d", "A", "B", "C", "D",
}

// table is all bindings; the order is that of help, and of hints of one rank.
var table = slices.Concat(basicTable, callTable, deskTable, soundTable)

var basicTable = []Binding{
	// The dial line: what can be typed is text, so commands need a control key.
	{Context: InDial, Action: Dial, Keys: []string{"enter"}, Shown: "enter", Hint: "call", Rank: 1,
		Help: "call what the line says: a number, a name, user@host or a SIP address", Needs: []Need{NeedTarget}},
	{Context: InDial, Action: Older, Keys: []string{"up", "ctrl+p"}, Shown: "↑", Hint: "earlier", Rank: 5,
		Help: "recall what was dialled before, and who called; back from the suggestions", Needs: []Need{NeedHistory}},
	{Context: InDial, Action: Newer, Keys: []string{"down"}, Shown: "↓", Help: "into the suggestions; back towards what was being typed",
		Needs: []Need{NeedHistory}, Quiet: true},
	{Context: InDial, Action: ClearLine, Keys: []string{"esc"}, Shown: "esc", Hint: "clear", Rank: 4,
		Help: "empty the line", Needs: []Need{NeedTarget}, Quiet: true},
	{Context: InDial, Action: Help, Keys: []string{"?"}, Shown: "?", Hint: "help", Rank: 8,
		Help: "help, when the line is empty", Needs: []Need{NeedEmptyLine}},
	{Context: InDial, Action: CharLeft, Keys: []string{"left", "ctrl+b"}, Shown: "←", Help: "one character left"},
	{Context: InDial, Action: CharRight, Keys: []string{"right", "ctrl+f"}, Shown: "→", Help: "one character right"},
	{Context: InDial, Action: LineStart, Keys: []string{"home", "ctrl+a"}, Shown: "home", Help: "start of the line"},
	{Context: InDial, Action: LineEnd, Keys: []string{"end", "ctrl+e"}, Shown: "end", Help: "end of the line"},
	{Context: InDial, Action: DeleteLeft, Keys: []string{"backspace", "ctrl+h"}, Shown: "backspace", Help: "delete the character before the cursor"},
	{Context: InDial, Action: DeleteRight, Keys: []string{"delete", "ctrl+d"}, Shown: "delete", Help: "delete the character under the cursor"},
	{Context: InDial, Action: DeleteWord, Keys: []string{"ctrl+w", "alt+backspace"}, Shown: "ctrl+w", Help: "delete the word before the cursor"},
	{Context: InDial, Action: DeleteToStart, Keys: []string{"ctrl+u"}, Shown: "ctrl+u", Help: "delete to the start of the line"},
	{Context: InDial, Action: DeleteToEnd, Keys: []string{"ctrl+k"}, Shown: "ctrl+k", Help: "delete to the end of the line"},

	// A call has the keys: single letters are commands, digits are sent.
	{Context: InCalls, Action: Hangup, Keys: []string{"x", "delete"}, Shown: "x", Hint: "hang up", Rank: 1,
		Help: "hang up the selected call, or stop calling", Needs: []Need{NeedCall}},
	{Context: InCalls, Action: Answer, Keys: []string{"enter", "a"}, Shown: "enter", Hint: "answer", Rank: 2,
		Undo: "take up", Undoes: func(f Facts) bool { return f.Call && !NeedRinging.Met(f) },
		Help: "answer the selected call when it rings, take it up when another call has the audio", Needs: []Need{NeedCall, NeedAnswerable}},
	{Context: InCalls, Action: Hold, Keys: []string{"h"}, Shown: "h", Hint: "hold", Rank: 3,
		Undo: "resume", Undoes: func(f Facts) bool { return f.Hold.Desired },
		Help: "hold the selected call; again: resume it", Needs: []Need{NeedCall, NeedTalking}},
	{Context: InCalls, Action: Mute, Keys: []string{"m"}, Shown: "m", Hint: "mute", Rank: 4,
		Undo: "unmute", Undoes: func(f Facts) bool { return f.Muted },
		Help: "mute the microphone; again: unmute", Needs: []Need{NeedCall}},
	{Context: InCalls, Action: Swap, Keys: []string{"s"}, Shown: "s", Hint: "swap", Rank: 3,
		Help: "hold this call and talk to the other one", Needs: []Need{NeedCall, NeedOther, NeedApart}},
	{Context: InCalls, Action: Keypad, Keys: []string{"k"}, Shown: "k", Hint: "keypad", Rank: 5,
		Help: "open the keypad", Needs: []Need{NeedCall, NeedTalking}},
	{Context: InCalls, Action: SendDigit, Keys: digits, Shown: "0-9 * #",
		Help: "send the digit to the other side (DTMF)", Needs: []Need{NeedCall, NeedTalking}},
	{Context: InCalls, Action: Record, Keys: []string{"r"}, Shown: "r", Hint: "record", Rank: 6,
		Undo: "stop rec", Undoes: func(f Facts) bool { return f.Recording },
		Help: "record the call, or all of its conference, to a file; again: stop", Needs: []Need{NeedCall, NeedTalking}},
	{Context: InCalls, Action: NewCall, Keys: []string{"n", "esc"}, Shown: "n", Hint: "new call", Rank: 7,
		Help: "go to the dial line; the call goes on"},
	{Context: InCalls, Action: Help, Keys: []string{"?"}, Shown: "?", Hint: "help", Rank: 8, Help: "help"},
	{Context: InCalls, Action: PreviousCall, Keys: []string{"up"}, Shown: "↑", Help: "select the call above", Needs: []Need{NeedOther}, Quiet: true},
	{Context: InCalls, Action: NextCall, Keys: []string{"down"}, Shown: "↓", Help: "select the call below", Needs: []Need{NeedOther}, Quiet: true},

	// The incoming call takes the keys a moment after it came, never before.
	{Context: InIncoming, Action: Answer, Keys: []string{"a", "enter"}, Shown: "a", Hint: "answer", Rank: 1,
		Help: "answer (a call that is up goes on hold)"},
	{Context: InIncoming, Action: Reject, Keys: []string{"r"}, Shown: "r", Hint: "reject", Rank: 2,
		Help: "reject: the caller hears busy (486)"},
	{Context: InIncoming, Action: Decline, Keys: []string{"d"}, Shown: "d", Hint: "decline", Rank: 4,
		Help: "decline on every phone of the account (603)"},
	{Context: InIncoming, Action: Ignore, Keys: []string{"i", "esc"}, Shown: "i", Hint: "ignore", Rank: 3,
		Help: "ignore: it rings on in the call list"},

	{Context: InKeypad, Action: SendDigit, Keys: keypadDigits, Shown: "0-9 * # a-d", Hint: "send", Rank: 1,
		Help: "send the digit to the other side (DTMF)", Needs: []Need{NeedCall, NeedTalking}},
	{Context: InKeypad, Action: Close, Keys: []string{"esc", "enter", "k", "q"}, Shown: "esc", Hint: "close", Rank: 2, Help: "close the keypad"},
	{Context: InKeypad, Action: Hangup, Keys: []string{"x"}, Shown: "x", Hint: "hang up", Rank: 3, Help: "hang up", Needs: []Need{NeedCall}},

	{Context: Anywhere, Action: Hangup, Keys: []string{"ctrl+x"}, Shown: "ctrl+x", Hint: "hang up", Rank: 3,
		Help: "hang up the selected call, also from the dial line", Needs: []Need{NeedCall}},
	{Context: Anywhere, Action: SwitchFocus, Keys: []string{"tab", "shift+tab"}, Shown: "tab", Hint: "calls", Rank: 6,
		Undo: "log", Undoes: func(f Facts) bool { return f.LogOpen && (!f.Call || f.InCalls) },
		Help: "go round: dial line, calls, log"},
	{Context: Anywhere, Action: ToggleLog, Keys: []string{"ctrl+l", "f3"}, Shown: "ctrl+l", Hint: "log", Rank: 9,
		Help: "show or hide the log of SIP messages and notices"},
	{Context: Anywhere, Action: Reregister, Keys: []string{"ctrl+r"}, Shown: "ctrl+r", Help: "register the account again now", Needs: []Need{NeedAccount}},
	{Context: Anywhere, Action: NextAccount, Keys: []string{"ctrl+n"}, Shown: "ctrl+n", Hint: "account", Rank: 7,
		Help: "call from the next account", Needs: []Need{NeedAccounts}},
	{Context: Anywhere, Action: AddAccount, Keys: []string{"f2"}, Shown: "F2", Help: "add an account", Needs: []Need{NeedCanAdd}},
	{Context: Anywhere, Action: Help, Keys: []string{"f1"}, Shown: "F1", Help: "help"},
	{Context: Anywhere, Action: Quit, Keys: []string{"ctrl+c", "ctrl+q"}, Shown: "ctrl+c", Hint: "quit", Rank: 10,
		Help: "quit; asks first when a call is up"},

	{Context: InLog, Action: LineUp, Keys: []string{"up"}, Shown: "↑", Hint: "up", Rank: 2, Help: "one line up"},
	{Context: InLog, Action: LineDown, Keys: []string{"down"}, Shown: "↓", Hint: "down", Rank: 2, Help: "one line down"},
	{Context: InLog, Action: PageUp, Keys: []string{"pgup", "b"}, Shown: "pgup", Help: "one page up"},
	{Context: InLog, Action: PageDown, Keys: []string{"pgdown", " "}, Shown: "pgdn", Help: "one page down"},
	{Context: InLog, Action: First, Keys: []string{"home", "g"}, Shown: "home", Help: "the oldest line"},
	{Context: InLog, Action: Last, Keys: []string{"end", "G"}, Shown: "end", Help: "the newest line, and follow it"},
	{Context: InLog, Action: Open, Keys: []string{"enter"}, Shown: "enter", Hint: "open message", Rank: 1,
		Help: "show the whole message", Needs: []Need{NeedLogLine}},
	{Context: InLog, Action: NewCall, Keys: []string{"esc", "n"}, Shown: "esc", Hint: "dial line", Rank: 4, Help: "back to the dial line"},
	{Context: InLog, Action: Help, Keys: []string{"?"}, Shown: "?", Hint: "help", Rank: 8, Help: "help"},

	{Context: InReader, Action: Close, Keys: []string{"esc", "q", "enter", "?"}, Shown: "esc", Hint: "close", Rank: 1, Help: "close"},
	{Context: InReader, Action: LineUp, Keys: []string{"up"}, Shown: "↑", Hint: "up", Rank: 2, Help: "one line up"},
	{Context: InReader, Action: LineDown, Keys: []string{"down"}, Shown: "↓", Hint: "down", Rank: 2, Help: "one line down"},
	{Context: InReader, Action: PageUp, Keys: []string{"pgup", "b"}, Shown: "pgup", Help: "one page up"},
	{Context: InReader, Action: PageDown, Keys: []string{"pgdown", " "}, Shown: "pgdn", Help: "one page down"},
	{Context: InReader, Action: First, Keys: []string{"home", "g"}, Shown: "home", Help: "the start"},
	{Context: InReader, Action: Last, Keys: []string{"end", "G"}, Shown: "end", Help: "the end"},

	{Context: InQuit, Action: Confirm, Keys: []string{"y", "ctrl+c", "ctrl+q"}, Shown: "y", Hint: "hang up and quit", Rank: 1, Help: "hang up all calls and quit"},
	{Context: InQuit, Action: Cancel, Keys: []string{"n", "esc"}, Shown: "n", Hint: "stay", Rank: 2, Help: "stay"},

	{Context: InForm, Action: NextField, Keys: []string{"enter", "tab"}, Shown: "enter", Hint: "next", Rank: 1, Help: "next field; saves after the last one"},
	{Context: InForm, Action: PreviousField, Keys: []string{"shift+tab"}, Shown: "shift+tab", Hint: "back", Rank: 2, Help: "previous field"},
	{Context: InForm, Action: SkipForm, Keys: []string{"esc"}, Shown: "esc", Hint: "skip", Rank: 3, Help: "leave the form without saving"},
	{Context: InForm, Action: Quit, Keys: []string{"ctrl+c", "ctrl+q"}, Shown: "ctrl+c", Hint: "quit", Rank: 4, Help: "quit"},
}
