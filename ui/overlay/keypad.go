package overlay

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
	"offhook/ui/words"
)

var pad = [4][4]string{
	{"1", "2", "3", "A"},
	{"4", "5", "6", "B"},
	{"7", "8", "9", "C"},
	{"*", "0", "#", "D"},
}

// Keypad shows the sixteen DTMF keys, the last one pressed, and what was sent.
type Keypad struct {
	Theme *theme.Theme
	Call  *pane.Call
	// Pressed is the last digit, 0 for none.
	Pressed byte
	Facts   keys.Facts
}

// Render draws the box in at most width by height cells.
func (o Keypad) Render(width, height int) string {
	th := o.Theme
	w := min(width, 38)
	in := w - 4
	sent := pane.DigitsText(th, o.Call.Digits, max(in-14, 8))
	if sent == "" {
		sent = th.Dim.Render("press the keys of your keyboard")
	}
	foot := append([]string{cell.Center(sent, in, th.Glyphs.Ellipsis)},
		hints(th, keys.InKeypad, o.Facts, in, true)...)
	airy := height-2 >= 8+1+len(foot)
	var lines []string
	for _, row := range pad {
		if airy {
			lines = append(lines, "")
		}
		lines = append(lines, cell.Center(o.row(row), in, ""))
	}
	if airy {
		lines = append(lines, "")
	}
	return boxed(th, "Keypad, "+words.Party(o.Call.Info), append(lines, foot...), w, height)
}

func (o Keypad) row(row [4]string) string {
	cells := make([]string, len(row))
	for i, k := range row {
		switch {
		case o.Pressed != 0 && k == strings.ToUpper(string(rune(o.Pressed))):
			cells[i] = o.Theme.Alert.Render("[" + k + "]")
		case i == 3:
			cells[i] = o.Theme.Dim.Render(" " + k + " ")
		default:
			cells[i] = o.Theme.Strong.Render(" " + k + " ")
		}
	}
	return strings.Join(cells, "   ")
}
