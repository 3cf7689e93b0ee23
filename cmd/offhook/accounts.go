package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"offhook/audio"
	"offhook/config"
	"offhook/ua"
	"offhook/ua/rules"
)

// settings is the configuration and where it came from.
type settings struct {
	config.Config
	path string
}

// settings loads the configuration. A file that isn't there is an empty one,
// unless the command line names it.
func (a *app) settings() (settings, error) {
	path := a.global.config
	if path == "" {
		path = config.Path(a.getenv)
	}
	c, warnings, err := config.Load(path)
	for _, w := range warnings {
		a.warn("%s", w)
	}
	if err != nil && (!config.Missing(err) || a.global.config != "") {
		return settings{}, fail(exitConfig, err)
	}
	return a.overrideSIP(settings{c, path})
}

// choose gives the accounts that a command talks for: the one that the flags make
// or name, or else those of the configuration, the default one first.
func (f *accountFlags) choose(s settings) ([]config.Account, error) {
	var chosen []config.Account
	switch {
	case f.aor != "":
		a := config.NewAccount()
		a.AOR = f.aor
		_, a.Name, _ = strings.Cut(f.aor, ":")
		a.Name, _, _ = strings.Cut(a.Name, ";")
		chosen = []config.Account{a}
	case f.account != "":
		a, ok := s.Account(f.account)
		if !ok {
			return nil, fail(exitConfig, unknownAccount(s, f.account))
		}
		chosen = []config.Account{a}
	default:
		chosen = s.Ordered()
	}
	for i := range chosen {
		if err := f.override(&chosen[i]); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

func unknownAccount(s settings, name string) error {
	if len(s.Accounts) == 0 {
		return fmt.Errorf("no account %q: %s has none; add one with: offhook account add %s --aor sip:user@host", name, s.path, name)
	}
	var names []string
	for _, a := range s.Accounts {
		names = append(names, a.Name)
	}
	return fmt.Errorf("no account %q in %s: there is %s", name, s.path, strings.Join(names, ", "))
}

// override puts what was typed over what the account says.
func (f *accountFlags) override(a *config.Account) error {
	f.apply(a)
	a.Transport = strings.ToLower(a.Transport)
	if f.set.Changed("turn-password-env") || f.set.Changed("turn-password-file") {
		a.TURNPassword, a.TURNPasswordKeyring = "", false
		if f.set.Changed("turn-password-env") {
			a.TURNPasswordFile = ""
		} else {
			a.TURNPasswordEnv = ""
		}
	}
	if f.passwordEnv != "" || f.passwordFile != "" {
		a.Password, a.PasswordKeyring, a.PasswordPrompt = "", false, false
		a.PasswordEnv, a.PasswordFile = f.passwordEnv, f.passwordFile
	}
	if f.expires != 0 {
		a.Expires = f.expires
	}
	if f.noRegister {
		a.Register = false
	}
	if err := a.Check(); err != nil {
		return failf(exitUsage, "--%w", err)
	}
	if _, err := rules.NewMatcher(a.AllowWatchers); err != nil && f.set.Changed("allow-watchers") {
		return failf(exitUsage, "--allow-watchers: %w", err)
	}
	return nil
}

// vault is where passwords of this process come from.
func (a *app) vault() config.Vault {
	v := config.Vault{Getenv: a.getenv, Keyring: keyringGet}
	if a.stdinIsTerminal() {
		v.Prompt = a.promptPassword
	}
	return v
}

// account turns a configured account into the user agent's, password included.
func (a *app) account(s settings, c config.Account, m mediaFlags, headers []string, typed bool) (ua.Account, error) {
	password, warning, err := a.vault().PasswordOf(c)
	if err != nil {
		code := exitConfig
		if typed {
			code = exitUsage
		}
		return ua.Account{}, fail(code, err)
	}
	if warning != "" {
		a.warn("%s", warning)
	}
	if m.stun != "" {
		if err := config.CheckServers(m.stun); err != nil {
			return ua.Account{}, failf(exitUsage, "--stun: %w", err)
		}
	}
	listen, err := parseListen(c.Listen)
	if err != nil {
		return ua.Account{}, fail(exitUsage, err)
	}
	out := ua.Account{
		Name: c.Name, AOR: c.AOR, DisplayName: c.DisplayName, AuthUser: c.AuthUser, Password: ua.Secret(password),
		Registrar: c.Registrar, OutboundProxy: c.OutboundProxy, Listen: listen, Register: c.Register, Expires: c.Expires,
		Headers: append(slices.Clone(c.Headers), headers...), STUN: first(m.stun, c.STUN), Accept: acceptOf(c.Accept),
	}
	out.AttemptTimeout = s.SIP.AttemptTimeout
	for _, fill := range []func(config.Account, *ua.Account) error{
		locating, transfers, dialogs, a.outbound, beyond, a.introduces, a.secure, a.way, protects,
	} {
		if err := fill(c, &out); err != nil {
			return ua.Account{}, err
		}
	}
	coding, err := m.coding(s)
	if err != nil {
		return ua.Account{}, err
	}
	out.VAD = coding.VAD
	codecs := firstList(c.Codecs, s.Media.Codecs)
	if m.set != nil && m.set.Changed("codecs") {
		codecs = m.codecs // none is a mistake, too
	}
	if out.Codecs, err = codecSet(codecs, coding); err != nil {
		return ua.Account{}, err
	}
	if out.Ptime, err = ptime(m.ptime, c.Ptime, s.Media.Ptime); err != nil {
		return ua.Account{}, err
	}
	if out.DTMFMode, err = dtmfMode(first(m.dtmfMode, c.DTMF, s.Media.DTMF)); err != nil {
		return ua.Account{}, err
	}
	return out, nil
}

// parseListen reads "host:port" or ":port"; empty is the zero AddrPort.
func parseListen(s string) (netip.AddrPort, error) {
	if s == "" {
		return netip.AddrPort{}, nil
	}
	if port, ok := strings.CutPrefix(s, ":"); ok {
		any, err := netip.ParseAddrPort("0.0.0.0:" + port)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is no address and port", s)
		}
		return netip.AddrPortFrom(netip.Addr{}, any.Port()), nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no numeric address and port, such as 127.0.0.1:5060", s)
	}
	if ap.Addr().IsUnspecified() {
		// A wildcard would end up in Via and Contact: the address that routes does instead.
		return netip.AddrPortFrom(netip.Addr{}, ap.Port()), nil
	}
	return ap, nil
}

// ptime is what was typed, "40" or "40ms", or else the first that is configured.
func ptime(typed string, configured ...time.Duration) (time.Duration, error) {
	if typed == "" {
		return cmp.Or(configured...), nil // media.ptime has a default
	}
	d, err := milliseconds(typed)
	if err != nil || !slices.Contains(config.PacketTimes(), d) {
		return 0, failf(exitUsage, "--ptime: %q is no packet time: take 10, 20, 30, 40 or 60", typed)
	}
	return d, nil
}

var errDTMFMode = errors.New("--dtmf-mode: take auto, rfc4733, info or inband")

func dtmfMode(s string) (audio.DTMFMode, error) {
	switch s {
	case "", "auto":
		return audio.DTMFAuto, nil
	case "rfc4733":
		return audio.DTMFRFC4733, nil
	case "info":
		return audio.DTMFInfo, nil
	case "inband":
		return audio.DTMFInband, nil
	}
	return 0, fail(exitUsage, errDTMFMode)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func firstList(lists ...[]string) []string {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}
