package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"offhook/audio"
	"offhook/audio/device"
	"offhook/config"
	"offhook/ua"
	"offhook/ua/rules"
)

// configCheck tells all that is wrong in the file at once: what its own tables of keys see,
// and what only a phone that starts by it would.
func (a *app) configCheck() error {
	path := a.configPath()
	c, warnings, err := config.Inspect(path)
	if config.Missing(err) && a.global.config == "" {
		_, err = fmt.Fprintf(a.stdout, "%s: there is none, and none is needed; \"offhook config init\" writes one\n", path)
		return err
	}
	for _, w := range warnings {
		a.warn("%s", w)
	}
	var problems *config.Problems
	if err != nil && !errors.As(err, &problems) {
		return fail(exitConfig, err)
	}
	s := settings{c, path}
	var errs []error
	for i, account := range c.Accounts {
		errs = append(errs, a.checkAccount(s, i, account)...)
	}
	_, _, err = a.policy(s, nil)
	_, bad := impairment(s, mediaFlags{})
	errs = append(errs, err, bad, a.checkRuleHeaders(s), a.checkFiles(s), a.sound(s, soundFlags{}, &audio.EngineConfig{}))
	if err := byLine(path, problems, errs); err != nil {
		return fail(exitConfig, err)
	}
	a.warnOfRuleAccounts(s)
	a.warnOfDevices(s)
	_, err = fmt.Fprintf(a.stdout, "%s: good, %s\n", path, count(len(c.Accounts), "account"))
	return err
}

// byLine sorts what is wrong by where it stands. What the file's own check says of a line is
// enough: the rest follows from the value that it left out.
func byLine(path string, told *config.Problems, errs []error) error {
	type mistake struct {
		line int
		err  error
	}
	var list []mistake
	seen := map[int]bool{}
	if told != nil {
		for _, p := range told.List {
			seen[p.Line] = true
		}
	}
	for _, err := range leavesOf(errs) {
		line := 0
		if rest, ok := strings.CutPrefix(err.Error(), path+":"); ok {
			number, _, _ := strings.Cut(rest, ":")
			line, _ = strconv.Atoi(number) // 0: of the whole file
		}
		if !seen[line] || line == 0 {
			list = append(list, mistake{line, err})
		}
	}
	if told != nil {
		for _, p := range told.List {
			list = append(list, mistake{p.Line, &config.Problems{File: told.File, List: []config.Problem{p}}})
		}
	}
	slices.SortStableFunc(list, func(a, b mistake) int { return a.line - b.line })
	errs = errs[:0]
	for _, m := range list {
		errs = append(errs, m.err)
	}
	return errors.Join(errs...)
}

// leavesOf takes joined errors apart, however deep.
func leavesOf(errs []error) []error {
	var out []error
	for _, err := range errs {
		var known *exitError
		if errors.As(err, &known) && known.err != nil {
			err = known.err
		}
		if list, ok := err.(interface{ Unwrap() []error }); ok {
			out = append(out, leavesOf(list.Unwrap())...)
		} else if err != nil {
			out = append(out, err)
		}
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// checkAccount makes the i-th account as a phone would, but for the password where
// somebody or a keyring would have to be asked.
func (a *app) checkAccount(s settings, i int, c config.Account) []error {
	var errs []error
	if !c.PasswordKeyring && !c.PasswordPrompt {
		_, warning, err := a.vault().PasswordOf(c)
		if warning != "" {
			a.warn("%s", warning)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.path, err))
		}
	}
	if c.TURN != "" && !c.TURNPasswordKeyring {
		if err := a.way(c, &ua.Account{}); err != nil {
			errs = append(errs, inAccount(s, i, err))
		}
	}
	for _, idle := range c.Idle() {
		a.warn("%v", at(s, fmt.Sprintf("account[%d]", i), "account %q: %s", c.Name, idle))
	}
	c.Credentials = nil // their passwords likewise
	out := ua.Account{Name: c.Name, AOR: c.AOR, Registrar: c.Registrar, OutboundProxy: c.OutboundProxy}
	for _, fill := range []func(config.Account, *ua.Account) error{locating, transfers, dialogs, beyond, a.introduces, a.secure} {
		for _, err := range leavesOf([]error{fill(c, &out)}) {
			errs = append(errs, inAccount(s, i, err))
		}
	}
	if _, err := rules.NewMatcher(c.AllowWatchers); err != nil {
		errs = append(errs, inAccount(s, i, &accountError{c.Name, "allow_watchers", err}))
		out.Watchers = nil
	}
	if c.AOR == "" {
		return errs // told already
	}
	if _, err := ua.New(ua.Config{Accounts: []ua.Account{out}}); err != nil {
		errs = append(errs, at(s, fmt.Sprintf("account[%d]", i), "%w", err))
	}
	return errs
}

// inAccount gives a mistake in the i-th account its line.
func inAccount(s settings, i int, err error) error {
	where := fmt.Sprintf("account[%d]", i)
	var e *accountError
	if errors.As(err, &e) {
		return at(s, where+"."+e.key, "account.%s: %w", e.key, e.err)
	}
	return at(s, where, "%w", err)
}

// checkRuleHeaders finds headers that the phone sets by itself.
func (a *app) checkRuleHeaders(s settings) error {
	var errs []error
	for i, r := range s.Rules.Outgoing {
		if err := ua.CheckHeaders(r.Headers); err != nil {
			errs = append(errs, at(s, fmt.Sprintf("rule.outgoing[%d].headers", i), "rule.outgoing.headers: %w", err))
		}
	}
	return errors.Join(errs...)
}

// checkFiles looks for the files that stand in for devices, the music and the address book.
func (a *app) checkFiles(s settings) error {
	var errs []error
	wrong := func(key string, err error) {
		if err != nil {
			errs = append(errs, at(s, key, "%s: %w", key, err))
		}
	}
	if path, ok := strings.CutPrefix(s.Audio.Input, "file:"); ok {
		wrong("audio.input", checkSound(path))
	} else if _, err := device.Parse(s.Audio.Input, "null"); err != nil {
		wrong("audio.input", err)
	}
	for _, out := range []struct{ key, spec string }{{"audio.output", s.Audio.Output}, {"audio.ring", s.Audio.Ring}} {
		_, err := device.Parse("silence", out.spec)
		wrong(out.key, errors.Join(err, checkEarFile(out.spec)))
	}
	if music := s.Calls.HoldMusic; music != "" {
		wrong("calls.hold_music", checkSound(a.home(music)))
	}
	if dir := s.Contacts.Directory; dir != "" {
		info, err := os.Stat(a.home(dir))
		switch {
		case err == nil && !info.IsDir():
			wrong("contacts.directory", fmt.Errorf("%s is a file; the address book is a directory of vCards", dir))
		case err != nil && !errors.Is(err, fs.ErrNotExist): // the first contact makes it
			wrong("contacts.directory", err)
		}
	}
	return errors.Join(errs...)
}

// plainName is an account's name in a rule, and no pattern of several.
var plainName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// warnOfRuleAccounts tells of rules for accounts that aren't in the file: they may be of the
// command line.
func (a *app) warnOfRuleAccounts(s settings) {
	warn := func(direction string, list []config.Rule) {
		for i, r := range list {
			for _, name := range r.Account {
				if _, ok := s.Account(name); !ok && plainName.MatchString(name) {
					a.warn("%v", at(s, fmt.Sprintf("rule.%s[%d].account", direction, i), "rule.%s.account: the file has no account %q", direction, name))
				}
			}
		}
	}
	warn("incoming", s.Rules.Incoming)
	warn("outgoing", s.Rules.Outgoing)
}

// warnOfDevices tells of devices that aren't there: they may be plugged in later.
func (a *app) warnOfDevices(s settings) {
	named := []struct{ key, spec string }{{"audio.input", s.Audio.Input}, {"audio.output", s.Audio.Output}, {"audio.ring", s.Audio.Ring}}
	named = slices.DeleteFunc(named, func(d struct{ key, spec string }) bool { return !namesDevice(d.spec) })
	for _, d := range named {
		in, out := "silence", d.spec
		if d.key == "audio.input" {
			in, out = d.spec, "null"
		}
		var backend audio.Backend
		var err error
		if backend, err = device.Parse(in, out); err == nil {
			err = tryDevice(backend)
		}
		if err != nil {
			a.warn("%v", at(s, d.key, "%s: %w (\"offhook devices\" lists them)", d.key, err))
		}
	}
}
