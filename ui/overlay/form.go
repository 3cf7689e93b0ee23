package overlay

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Form asks for an account. huh runs the fields; the form draws them, so that
// they stand in one column on any width.
type Form struct {
	theme  *theme.Theme
	first  bool
	form   *huh.Form
	fields []field
	values *AccountForm
	failed string
	saving bool
}

type field struct {
	label, hint string
	huh.Field
}

// NewForm makes an empty form; first says that it is the phone's first run.
func NewForm(th *theme.Theme, first bool) *Form {
	f := &Form{theme: th, first: first, values: &AccountForm{Transport: "udp"}}
	f.build()
	return f
}

// build makes huh's form around the values as they are.
func (f *Form) build() {
	v := f.values
	input := func(value *string, placeholder string, valid func(string) error) *huh.Input {
		return huh.NewInput().Value(value).Prompt("").Placeholder(placeholder).Validate(valid).CharLimit(maxField)
	}
	f.fields = []field{
		{"Address", "Your SIP address, as your provider or server gave it.",
			input(&v.AOR, "alice@example.com", validateAOR)},
		{"Password", "Asked for by the server when the phone registers.",
			input(&v.Password, "empty for none", func(string) error { return nil }).EchoMode(huh.EchoModePassword)},
		{"Registrar", "Only when it isn’t the host of the address.",
			input(&v.Registrar, "the host of the address", validateRegistrar)},
		{"Transport", "← and → choose.", huh.NewSelect[string]().Value(&v.Transport).Inline(true).
			Options(huh.NewOption("UDP", "udp"), huh.NewOption("TCP", "tcp"), huh.NewOption("TLS", "tls"),
				huh.NewOption("Secure WebSocket", "wss"))},
		{"Name", "What the phone calls this account.",
			input(&v.Name, "the user in the address", validateName)},
	}
	all := make([]huh.Field, len(f.fields))
	for i := range f.fields {
		all[i] = f.fields[i].Field
	}
	f.form = huh.NewForm(huh.NewGroup(all...)).WithShowHelp(false).WithShowErrors(false).WithTheme(huhTheme(f.theme))
	f.form.Init() // focuses the first field; what it returns is dropped as in update
}

// maxField bounds what a field takes.
const maxField = 255

// Type gives a key, or a paste, to the field that has the focus.
func (f *Form) Type(msg tea.KeyMsg) {
	if f.saving {
		return
	}
	f.failed = ""
	f.update(msg)
}

// Next leaves a field for the next one, when what it holds is valid, and reports
// that the last one was left: the form is complete.
func (f *Form) Next() (done bool) {
	focused := f.form.GetFocusedField()
	if f.saving || focused == nil {
		return false
	}
	focused.Blur() // validates
	if focused.Error() != nil {
		focused.Focus()
		return false
	}
	if focused != f.fields[len(f.fields)-1].Field {
		f.update(huh.NextField())
		return false
	}
	f.failed, f.saving = "", true
	return true
}

// Previous goes back to the field before.
func (f *Form) Previous() {
	if !f.saving && f.form.GetFocusedField() != f.fields[0].Field {
		f.update(huh.PrevField())
	}
}

// update drops huh's commands. They would move the focus after keys that were
// typed since, and make the cursor blink, which wakes an idle screen.
func (f *Form) update(msg tea.Msg) { f.form.Update(msg) }

// Value is the completed form.
func (f *Form) Value() AccountForm { return f.values.normal() }

// Failed shows why saving failed and opens the form again with what was typed.
func (f *Form) Failed(err error) {
	f.saving = false
	f.failed = "Not saved: " + err.Error()
	f.build()
}

// Render draws the box in at most width by height cells.
func (f *Form) Render(width, height int) string {
	th := f.theme
	w := min(width, 68)
	in := w - 4
	const label = 11
	var rows []string
	focus := 0
	for i, fl := range f.fields {
		name, mark := th.Dim, "  "
		if fl.Field == f.form.GetFocusedField() && !f.saving {
			focus, name, mark = i, th.Key, th.Key.Render(th.Glyphs.Prompt)+" "
		}
		fl.WithWidth(in - label - 2)
		view, _, _ := strings.Cut(fl.View(), "\n")
		rows = append(rows, name.Render(cell.Fit(fl.label, label, ""))+mark+cell.Trunc(view, in-label-2, ""))
	}
	foot := []string{th.Dim.Render(cell.Trunc(th.Say(f.fields[focus].hint), in, th.Glyphs.Ellipsis))}
	switch err := f.fields[focus].Error(); {
	case f.saving:
		foot = []string{th.Say("Saving…")}
	case f.failed != "":
		foot = wrapped(th, f.failed, in)
	case err != nil:
		foot = wrapped(th, err.Error(), in)
	}
	head, title := []string(nil), "Add an account"
	if f.first {
		title = "Welcome to offhook"
		head = f.welcome(in)
	}
	hint := hints(th, keys.InForm, keys.Facts{}, in, !f.saving)

	// From most to least dispensable: air, the welcome, the other fields.
	fixed := len(foot) + len(hint)
	if height-2 < len(rows)+fixed+len(head)+1 {
		head = nil
	}
	if room := height - 2 - fixed - len(head); room < len(rows) {
		from := max(min(focus-room/2, len(rows)-room), 0)
		rows = rows[from:min(from+max(room, 1), len(rows))]
	}
	lines := append(head, rows...)
	if height-2 >= len(lines)+fixed+1 {
		lines = append(lines, "")
	}
	lines = append(lines, foot...)
	if height-2 >= len(lines)+len(hint)+1 {
		lines = append(lines, "")
	}
	return boxed(th, title, append(lines, hint...), w, height)
}

func (f *Form) welcome(w int) []string {
	var out []string
	for _, s := range []string{
		"Give the phone a SIP account, and calls can reach you.",
		fmt.Sprintf("No account yet? Skip this: you can call any address, and %q has a service to try everything with.", "offhook demo"),
	} {
		out = append(out, cell.Wrap(f.theme.Say(s), w)...)
	}
	return append(out, "")
}

func wrapped(th *theme.Theme, s string, w int) []string {
	var out []string
	for _, l := range cell.Wrap(th.Say(words.Sentence(s)), w) {
		out = append(out, th.Bad.Render(l))
	}
	if len(out) > 3 {
		out = out[:3]
	}
	return out
}

// huhTheme draws the fields in our styles and without frames.
func huhTheme(th *theme.Theme) *huh.Theme {
	t := huh.ThemeBase()
	t.FieldSeparator = th.Text.SetString("\n")
	t.Focused.Base = th.Text
	t.Focused.SelectedOption = th.Strong
	t.Focused.PrevIndicator = th.Key.SetString("< ")
	t.Focused.NextIndicator = th.Key.SetString(" >")
	t.Focused.TextInput = huh.TextInputStyles{
		Cursor: th.Text, CursorText: th.Text, Placeholder: th.Dim, Prompt: th.Text, Text: th.Text,
	}
	t.Blurred = t.Focused
	t.Blurred.SelectedOption = th.Text
	t.Blurred.PrevIndicator = th.Dim.SetString("")
	t.Blurred.NextIndicator = th.Dim.SetString("")
	return t
}
