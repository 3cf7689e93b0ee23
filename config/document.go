package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoAccount says that no account has the name.
var ErrNoAccount = errors.New("no such account")

// Document is the text of a file under edit. Lines that an edit doesn't
// concern, comments above all, stay as they are.
type Document struct {
	file, text string
}

// NewDocument takes a text that Parse accepts.
func NewDocument(file, text string) (*Document, error) {
	if _, err := Parse(file, text, true); err != nil {
		return nil, err
	}
	return &Document{file: file, text: text}, nil
}

// Text is the text as edited so far.
func (d *Document) Text() string { return d.text }

// Config is what the text means.
func (d *Document) Config() (Config, error) { return Parse(d.file, d.text, true) }

// SetAccount replaces the account of that name, key by key, or appends it.
func (d *Document) SetAccount(a Account) error {
	before, err := d.Config()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before.Accounts, func(b Account) bool { return b.Name == a.Name })
	if i < 0 {
		return d.commit(appendBlock(d.text, accountBlock(a)), a.Name, &a)
	}
	ix := newIndex(d.text)
	first, last, ok := ix.block(i)
	if !ok {
		return fmt.Errorf("config: account %q isn't written as [[account]] in %s: edit it by hand", a.Name, d.file)
	}
	return d.commit(ix.rewrite(first, last, i, a), a.Name, &a)
}

// RemoveAccount takes an account out, and default_account when it named it.
func (d *Document) RemoveAccount(name string) error {
	before, err := d.Config()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before.Accounts, func(b Account) bool { return b.Name == name })
	if i < 0 {
		return fmt.Errorf("%w: %q", ErrNoAccount, name)
	}
	ix := newIndex(d.text)
	first, last, ok := ix.block(i)
	if !ok {
		return fmt.Errorf("config: account %q isn't written as [[account]] in %s: edit it by hand", name, d.file)
	}
	// The comment right above the header is the account's.
	for first > 1 && strings.HasPrefix(strings.TrimSpace(ix.lines[first-2]), "#") {
		first--
	}
	// One of the blank lines around goes too.
	if last < len(ix.lines) && strings.TrimSpace(ix.lines[last]) == "" {
		last++
	}
	drop := []span{{first, last}}
	if s, ok := ix.keys["default_account"]; ok && before.DefaultAccount == name {
		drop = append(drop, s)
	}
	var kept []string
	for n, line := range ix.lines {
		if !slices.ContainsFunc(drop, func(s span) bool { return n+1 >= s.first && n+1 <= s.last }) {
			kept = append(kept, line)
		}
	}
	return d.commit(strings.Join(kept, "\n"), name, nil)
}

// commit takes the new text when it says what was asked for, and only then.
func (d *Document) commit(text, name string, want *Account) error {
	c, err := Parse(d.file, text, true)
	if err != nil {
		return fmt.Errorf("config: the edit would not load, so it was not made: %w", err)
	}
	got, ok := c.Account(name)
	if ok != (want != nil) || ok && !got.equal(*want) {
		return fmt.Errorf("config: cannot edit account %q in %s safely: edit it by hand", name, d.file)
	}
	d.text = text
	return nil
}

func (a Account) equal(b Account) bool {
	for _, f := range accountKeys() {
		x, _ := f.get(&a)
		y, _ := f.get(&b)
		if x != y {
			return false
		}
	}
	return true
}

// block finds the lines of the i-th account: from its header to the last line
// before the next header, without the comments that lead up to that header.
func (ix *index) block(i int) (first, last int, ok bool) {
	first, ok = ix.heads[fmt.Sprintf("account[%d]", i)]
	if !ok {
		return 0, 0, false
	}
	last = len(ix.lines)
	bounded := false
	for _, h := range ix.headers {
		if h > first {
			last, bounded = h-1, true
			break
		}
	}
	for last > first {
		line := strings.TrimSpace(ix.lines[last-1])
		if line != "" && (line[0] != '#' || !bounded) {
			break
		}
		last--
	}
	return first, last, true
}

// rewrite changes the lines of keys whose value differs, drops keys that are
// back at their default, and adds new ones after the last.
func (ix *index) rewrite(first, last, i int, a Account) string {
	replace := map[int][]string{} // by first line
	skip := map[int]bool{}
	var added []string
	at := last // where new keys go: before the account's own tables
	old := NewAccount()
	for _, f := range accountKeys() {
		value, set := f.get(&a)
		path := fmt.Sprintf("account[%d].%s", i, f.Name)
		s, present := ix.keys[path]
		if table, ok := ix.heads[path+"[0]"]; ok {
			at = min(at, table-1)
			for at > first && strings.TrimSpace(ix.lines[at-1]) == "" {
				at--
			}
			continue // written as tables: they stay as they are, and commit compares
		}
		switch {
		case !present && set:
			added = append(added, f.Name+" = "+value)
		case present && !set:
			for n := s.first; n <= s.last; n++ {
				skip[n] = true
			}
		case present:
			if now := ix.valueText(s); !sameValue(f, &old, now, value) {
				for n := s.first; n <= s.last; n++ {
					skip[n] = true
				}
				replace[s.first] = []string{f.Name + " = " + value}
			}
		}
	}
	var out []string
	for n, line := range ix.lines {
		n++
		if lines, ok := replace[n]; ok {
			out = append(out, lines...)
		} else if !skip[n] {
			out = append(out, line)
		}
		if n == at {
			out = append(out, added...)
		}
	}
	return strings.Join(out, "\n")
}

// valueText is the text of a key's lines.
func (ix *index) valueText(s span) string {
	return strings.Join(ix.lines[s.first-1:s.last], "\n")
}

// sameValue says whether the line as written gives the value already, so that
// its own spelling and comment can stay.
func sameValue(f field[Account], scratch *Account, line, value string) bool {
	doc, err := decodeLine(line)
	if err != nil {
		return false
	}
	raw, ok := doc[f.Name]
	if !ok || f.set(scratch, raw) != nil {
		return false
	}
	now, _ := f.get(scratch)
	return now == value
}

// accountBlock writes an account as a new table.
func accountBlock(a Account) string { return block("account", accountKeys(), a) }

// block writes a table of an array, without the keys that are at their default.
func block[T any](table string, fields []field[T], t T) string {
	var b strings.Builder
	b.WriteString("[[" + table + "]]\n")
	for _, f := range fields {
		if value, set := f.get(&t); set {
			fmt.Fprintf(&b, "%s = %s\n", f.Name, value)
		}
	}
	return b.String()
}

func appendBlock(text, block string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Sprintf("version = %d\n\n%s", Version, block)
	case !strings.HasSuffix(text, "\n"):
		text += "\n"
	}
	return text + "\n" + block
}
