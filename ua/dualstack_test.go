package ua

import (
	"errors"
	"net/netip"
	"testing"

	"offhook/ua/sip"
)

// oneFamily is a network that has a way to one IP family only.
type oneFamily struct {
	*fakeNet
	four bool
}

func (n oneFamily) LocalAddrFor(to netip.AddrPort) (netip.Addr, error) {
	if to.Addr().Is4() != n.four {
		return netip.Addr{}, errors.New("network is unreachable")
	}
	if n.four {
		return loopback, nil
	}
	return netip.IPv6Loopback(), nil
}

// A name with addresses of both families is reached by the one that there is a way to.
func TestTargetsOfBothFamilies(t *testing.T) {
	target := func(s string) sip.Target { return sip.Target{Addr: netip.MustParseAddrPort(s)} }
	a4, b4, a6 := target("192.0.2.1:5060"), target("192.0.2.2:5060"), target("[2001:db8::1]:5060")
	for _, c := range []struct {
		four bool
		in   []sip.Target
		want []sip.Target
	}{
		{true, []sip.Target{a6, a4, b4}, []sip.Target{a4, b4}},
		{false, []sip.Target{a4, b4, a6}, []sip.Target{a6}},
		{true, []sip.Target{a4}, []sip.Target{a4}},
		{true, []sip.Target{a6}, nil},
	} {
		agent, err := New(Config{Accounts: []Account{{Name: "me", AOR: "sip:alice@example.com"}}})
		if err != nil {
			t.Fatal(err)
		}
		n := oneFamily{&fakeNet{}, c.four}
		agent.net = n
		got, err := agent.lines[0].leadable(c.in)
		if (err == nil) != (c.want != nil) || len(got) != len(c.want) {
			t.Errorf("%v: %v, %v", c.in, got, err)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v: %v, want %v", c.in, got, c.want)
			}
		}
		if err == nil && len(n.ends) != 1 {
			t.Errorf("%d sockets for one family", len(n.ends))
		}
		if c.want == nil && !errors.Is(err, sip.ErrTransport) {
			t.Errorf("%v: %v", c.in, err)
		}
	}
}
