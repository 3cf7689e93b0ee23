package config

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
)

// Parse reads the text of a file; file names it in errors. The error is a
// *Problems that lists everything wrong at once. secretsAllowed says whether the
// file's mode (0600) lets a password stand in it.
func Parse(file, text string, secretsAllowed bool) (Config, error) {
	c, err := parse(file, text, secretsAllowed)
	if err != nil {
		return Default(), err
	}
	return c, nil
}

// parse gives with an error what is right in the file.
func parse(file, text string, secretsAllowed bool) (Config, error) {
	text = strings.TrimPrefix(text, "\uFEFF")
	doc := map[string]any{}
	if _, err := toml.Decode(text, &doc); err != nil {
		return Default(), &Problems{File: file, List: []Problem{syntaxProblem(err)}}
	}
	r := reader{ix: newIndex(text)}
	c := Default()
	if err := migrate(doc); err != nil {
		r.report("version", "%s", err)
		return Default(), r.problems(file)
	}
	r.root(&c, doc)
	r.check(c, secretsAllowed)
	if len(r.list) > 0 {
		return c, r.problems(file)
	}
	return c, nil
}

func syntaxProblem(err error) Problem {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		return Problem{Line: max(pe.Position.Line, 1), Message: pe.Message}
	}
	return Problem{Message: strings.TrimPrefix(err.Error(), "toml: ")}
}

// reader walks the decoded document against the tables of keys.
type reader struct {
	ix   *index
	list []Problem
}

func (r *reader) report(path, format string, args ...any) {
	r.list = append(r.list, Problem{Line: r.ix.line(path), Message: fmt.Sprintf(format, args...)})
}

func (r *reader) problems(file string) *Problems {
	sort.SliceStable(r.list, func(i, j int) bool { return r.list[i].Line < r.list[j].Line })
	return &Problems{File: file, List: r.list}
}

func (r *reader) root(c *Config, doc map[string]any) {
	top := map[string]any{}
	for key, value := range doc {
		if !slices.Contains(tables, key) {
			top[key] = value
			continue
		}
		switch key {
		case "account":
			r.accounts(c, value)
		case "audio":
			table(r, audioKeys(), &c.Audio, key, value)
		case "media":
			table(r, mediaKeys(), &c.Media, key, value)
		case "calls":
			table(r, callKeys(), &c.Calls, key, value)
		case "sip":
			table(r, sipKeys(), &c.SIP, key, value)
		case "history":
			table(r, historyKeys(), &c.History, key, value)
		case "contacts":
			table(r, contactKeys(), &c.Contacts, key, value)
		case "rule":
			r.rules(c, value)
		case "ring":
			r.rings(c, value)
		case "ui":
			table(r, uiKeys(), &c.UI, key, value)
		}
	}
	fill(r, rootKeys(), c, "", top)
}

func (r *reader) accounts(c *Config, value any) {
	items, ok := value.([]map[string]any)
	if !ok {
		r.report("account", "each account is a table of its own: write [[account]] with two brackets")
		return
	}
	for i, item := range items {
		a := NewAccount()
		fill(r, accountKeys(), &a, fmt.Sprintf("account[%d]", i), item)
		c.Accounts = append(c.Accounts, a)
	}
}

func table[T any](r *reader, fields []field[T], t *T, path string, value any) {
	m, ok := value.(map[string]any)
	if !ok {
		r.report(path, "%s is a table: write [%s]", path, path)
		return
	}
	fill(r, fields, t, path, m)
}

// fill stores the values of one table and reports what doesn't fit.
func fill[T any](r *reader, fields []field[T], t *T, path string, values map[string]any) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	for key, value := range values {
		at := key
		if path != "" {
			at = path + "." + key
		}
		i := slices.Index(names, key)
		if i < 0 {
			r.unknown(at, path, key, names)
			continue
		}
		if err := fields[i].set(t, value); err != nil {
			r.report(at, "%s %s", dotted(path, key), err)
		}
	}
}

func (r *reader) unknown(at, path, key string, names []string) {
	message := fmt.Sprintf("unknown key %q", dotted(path, key))
	if path == "" {
		names = append(slices.Clone(names), tables...)
	}
	switch guess := nearest(key, names); {
	case guess != "":
		message += fmt.Sprintf("; did you mean %q?", dotted(path, guess))
	default:
		if tables := tablesWith(key); len(tables) > 0 {
			message += fmt.Sprintf("; it belongs into [%s]", strings.Join(tables, "] or ["))
		} else {
			message += "; `offhook config keys` lists them all"
		}
	}
	r.report(at, "%s", message)
}

// tablesWith finds the tables that know a key, for one that stands in the wrong one.
func tablesWith(key string) []string {
	var out []string
	for _, k := range Keys() {
		if k.Name == key && k.Table != "" {
			out = append(out, k.Table)
		}
	}
	return out
}

// dotted is a key as messages name it: account[1].aor is "account.aor".
func dotted(path, key string) string {
	if i := strings.IndexByte(path, '['); i >= 0 {
		path = path[:i]
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// check is for what single values can't tell.
func (r *reader) check(c Config, secretsAllowed bool) {
	seen := map[string]bool{}
	for i, a := range c.Accounts {
		at := fmt.Sprintf("account[%d]", i)
		switch {
		case a.Name == "":
			if !r.reported(at + ".name") {
				r.report(at, "this account needs a name, such as name = \"work\"")
			}
		case seen[a.Name]:
			r.report(at+".name", "there is an account named %q already", a.Name)
		}
		seen[a.Name] = true
		if a.AOR == "" && !r.reported(at+".aor") {
			r.report(at, "account %q needs an address: write aor = \"sip:user@host\"", a.Name)
		}
		if n := a.passwordSources(); n > 1 {
			r.report(at, "account %q names %d places for its password: keep one", a.Name, n)
		}
		if key, err := a.checkWay(); err != nil {
			r.report(at+"."+key, "account.%s %v", key, err)
		}
		if a.plainPassword() && !secretsAllowed {
			r.report(at+".password", "a password may stand in this file only when nobody else can read it: chmod 600, or use password_file, password_env or password_keyring")
		}
	}
	if c.DefaultAccount != "" && !seen[c.DefaultAccount] {
		names := make([]string, 0, len(c.Accounts))
		for _, a := range c.Accounts {
			names = append(names, a.Name)
		}
		message := fmt.Sprintf("default_account: there is no account named %q", c.DefaultAccount)
		if guess := nearest(c.DefaultAccount, names); guess != "" {
			message += fmt.Sprintf("; did you mean %q?", guess)
		}
		r.report("default_account", "%s", message)
	}
	if c.Audio.JitterMax < c.Audio.JitterMin {
		r.report("audio.jitter_max", "audio.jitter_max must be at least audio.jitter_min")
	}
	if c.Media.PortMax-c.Media.PortMin < 3 {
		r.report("media.port_max", "media.port_max must be at least 3 above media.port_min: a call takes two ports")
	}
}

// reported says whether a problem stands at the very key already.
func (r *reader) reported(path string) bool {
	s, ok := r.ix.keys[path]
	return ok && slices.ContainsFunc(r.list, func(p Problem) bool { return p.Line == s.first })
}

func (a Account) passwordSources() int {
	n := 0
	for _, set := range []bool{a.Password != "", a.PasswordFile != "", a.PasswordEnv != "", a.PasswordKeyring, a.PasswordPrompt} {
		if set {
			n++
		}
	}
	return n
}

// Check tells what is wrong with an account that wasn't read from a file. The
// error starts with the key, its underscores as dashes: a flag's name.
func (a Account) Check() error { return check(&a, accountKeys()) }

// Check is the same for media.
func (m Media) Check() error { return check(&m, mediaKeys()) }

func check[T any](t *T, fields []field[T]) error {
	for _, f := range fields {
		value, set := f.get(t)
		if !set || f.Table == "account" && f.Name == "name" {
			continue
		}
		doc, err := decodeLine(f.Name + " = " + value)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if err := f.set(new(T), doc[f.Name]); err != nil {
			return fmt.Errorf("%s %w", strings.ReplaceAll(f.Name, "_", "-"), err)
		}
	}
	return nil
}
