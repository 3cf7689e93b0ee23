package main

import (
	"net"
	"net/netip"
	"strings"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

// accountsFor gives the accounts of a command, at least one. Where there is no
// configuration, a target (or, for answering, a local address) is enough: the
// account is then this machine itself and doesn't register.
func (a *app) accountsFor(s settings, p *phoneFlags, target string) ([]ua.Account, error) {
	chosen, err := p.account.choose(s)
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		direct, err := directAccount(&p.account, s, target)
		if err != nil {
			return nil, err
		}
		chosen = []config.Account{direct}
	}
	if target != "" {
		chosen = chosen[:1]
	}
	typed := p.account.passwordEnv != "" || p.account.passwordFile != ""
	out := make([]ua.Account, len(chosen))
	for i, c := range chosen {
		if out[i], err = a.account(s, c, p.media, nil, typed); err != nil {
			return nil, p.account.blame(err)
		}
	}
	return out, nil
}

// directName is the account of a run without any.
const directName = "direct"

// directAccount is for calls without any account.
func directAccount(f *accountFlags, s settings, target string) (config.Account, error) {
	account := config.NewAccount()
	account.Name, account.Register = directName, false
	host := netip.Addr{}
	if target != "" {
		if !strings.Contains(target, "@") && !hasScheme(target) {
			return account, failf(exitConfig, "no account, so %q has no domain: give a whole address such as sip:%s@host, or add an account (offhook account add); none is in %s", target, target, s.path)
		}
		if !hasScheme(target) {
			target = "sip:" + target
		}
		uri, err := sip.ParseURI(target)
		if err != nil {
			return account, failf(exitUsage, "%q: %w", target, err)
		}
		host, _ = netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	}
	f.apply(&account)
	local := localAddr(host, sip.LocalAddrFor)
	if listen, err := parseListen(account.Listen); err == nil && listen.Addr().IsValid() {
		local = listen.Addr()
	}
	account.AOR = "sip:offhook@" + bracketed(local)
	if err := f.override(&account); err != nil {
		return account, err
	}
	account.Register = false
	return account, nil
}

func hasScheme(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	return ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips"))
}

// bracketed is an address as a URI's host (RFC 3986, section 3.2.2).
func bracketed(a netip.Addr) string {
	host, _, _ := net.SplitHostPort(net.JoinHostPort(a.WithZone("").String(), "0"))
	if a.Is6() {
		return "[" + host + "]"
	}
	return host
}
