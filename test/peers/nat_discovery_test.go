package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// survey runs `offhook nat` on a host and gives what it found.
func survey(t *testing.T, at *lab.LAN, args ...string) lab.Event {
	t.Helper()
	o := at.StartOffhook(t, nil, append([]string{"nat", "--json"}, args...)...)
	e, _ := o.AwaitName(0, "nat")
	awaitOK(t, "offhook nat", o)
	return e
}

// member is a field of an object within an event.
func member(e lab.Event, object, name string) any {
	m, _ := e[object].(map[string]any)
	return m[name]
}

// TestNATIsNamed: `offhook nat` names each kind of NAT by what coturn's two addresses tell (RFC 5780).
func TestNATIsNamed(t *testing.T) {
	t.Parallel()
	inet := lab.StartInternet(t)
	server := inet.StartTURN(t)
	for _, c := range []struct {
		nat                               lab.NAT
		opts                              lab.LANOptions
		kind, mapping, filtering, hairpin string
	}{
		{lab.NoNAT, lab.LANOptions{}, "none", "none", "endpoint-independent", "untested"},
		{lab.FullCone, lab.LANOptions{}, "full-cone", "endpoint-independent", "endpoint-independent", "fails"},
		{lab.FullCone, lab.LANOptions{Hairpin: true}, "full-cone", "endpoint-independent", "endpoint-independent", "works"},
		{lab.AddressRestricted, lab.LANOptions{}, "address-restricted", "endpoint-independent", "address-dependent", "fails"},
		{lab.PortRestricted, lab.LANOptions{}, "port-restricted", "endpoint-independent", "address-and-port-dependent", "fails"},
		{lab.Symmetric, lab.LANOptions{}, "symmetric", "address-and-port-dependent", "address-and-port-dependent", "fails"},
	} {
		t.Run(c.nat.String(), func(t *testing.T) {
			t.Parallel()
			host := inet.StartLAN(t, c.nat, c.opts)
			e := survey(t, host, "--stun", server.STUN())
			if e.Str("kind") != c.kind || e.Str("mapping") != c.mapping || e.Str("filtering") != c.filtering || e.Str("hairpin") != c.hairpin {
				t.Errorf("kind %s, mapping %s, filtering %s, hairpin %s", e.Str("kind"), e.Str("mapping"), e.Str("filtering"), e.Str("hairpin"))
			}
			if !strings.HasPrefix(e.Str("mapped"), host.Public+":") || !strings.HasPrefix(e.Str("local"), host.IP()+":") || e["udp"] != true || e["tcp"] != true {
				t.Errorf("%s seen as %s, UDP %v, TCP %v", e.Str("local"), e.Str("mapped"), e["udp"], e["tcp"])
			}
		})
	}
}

// TestNATLifetimeIsMeasured: a mapping that a router forgets after 12 s, and half of what it outlives.
func TestNATLifetimeIsMeasured(t *testing.T) {
	t.Parallel()
	inet := lab.StartInternet(t)
	server := inet.StartTURN(t)
	host := inet.StartLAN(t, lab.PortRestricted, lab.LANOptions{Lifetime: 12 * time.Second})
	e := survey(t, host, "--stun", server.STUN(), "--lifetime", "20s")
	if member(e, "lifetime", "at_least_s") != 10.0 || member(e, "lifetime", "below_s") != 15.0 || member(e, "lifetime", "keepalive_s") != 5.0 {
		t.Errorf("%v", e["lifetime"])
	}
}

// TestBlockedUDP: where no UDP gets out, `offhook nat` says so, and a phone that may choose
// registers and is called over TCP.
func TestBlockedUDP(t *testing.T) {
	t.Parallel()
	inet := lab.StartInternet(t)
	server, k := inet.StartTURN(t), inet.StartKamailio(t, "alice", "bob")
	shut := inet.StartLAN(t, lab.PortRestricted, lab.LANOptions{BlockUDP: true})
	if e := survey(t, shut, "--stun", server.STUN(), "--timeout", "1s"); e.Str("kind") != "blocked" || e["tcp"] != true {
		t.Errorf("kind %s, TCP %v", e.Str("kind"), e["tcp"])
	}
	o := shut.StartOffhook(t, nil, append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "bob")...)...)
	e, _ := o.AwaitEvent(0, "registered over TCP", func(e lab.Event) bool {
		return e.Str("event") == "registered" && strings.Contains(e.Str("contact"), "transport=tcp")
	})
	t.Log("registered as ", e.Str("contact"))
	open := inet.StartLAN(t, lab.NoNAT, lab.LANOptions{})
	caller := open.StartOffhook(t, nil, append([]string{"call", k.URI("bob"), "--json", "--duration", "1s", "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "alice", "--no-register")...)...)
	caller.AwaitState(0, "confirmed")
	awaitOK(t, "the caller", caller)
}

// TestInterop12ContactIsRewrittenOnce: behind a NAT, and at a registrar that sends calls to where
// the Contact says, the phone learns its public address from received and rport (RFC 3581),
// registers it once, and is called there.
func TestInterop12ContactIsRewrittenOnce(t *testing.T) {
	t.Parallel()
	for _, nat := range []lab.NAT{lab.FullCone, lab.PortRestricted, lab.Symmetric} {
		t.Run(nat.String(), func(t *testing.T) {
			t.Parallel()
			inet := lab.StartInternet(t)
			k := inet.StartPlainKamailio(t, "alice", "bob")
			home := inet.StartLAN(t, nat, lab.LANOptions{})
			log := filepath.Join(t.TempDir(), "sip.log")
			o := home.StartOffhook(t, nil, append([]string{"answer", "--json", "--max-calls", "1", "--transport", "udp", "--sip-log", log, "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "bob")...)...)
			o.AwaitEvent(0, "registered by the public address", func(e lab.Event) bool {
				return e.Str("event") == "registered" && strings.Contains(e.Str("contact"), "@"+home.Public+":")
			})
			caller := inet.StartLAN(t, lab.NoNAT, lab.LANOptions{}).StartOffhook(t, nil, append([]string{"call", k.URI("bob"), "--json", "--duration", "1s", "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "alice", "--no-register")...)...)
			caller.AwaitState(0, "confirmed")
			awaitOK(t, "the caller", caller)
			awaitOK(t, "the callee", o)
			raw, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			// One is challenged, one names the local address, one the public one, one signs off.
			if n := strings.Count(string(raw), "REGISTER sip:"); n < 4 || n > 5 {
				t.Errorf("%d REGISTERs went out", n)
			}
		})
	}
}

// TestKeepAliveAtHalfTheLifetime: behind a router that forgets after 7 s, a phone measures it, and is
// reached when it has been silent for much longer.
func TestKeepAliveAtHalfTheLifetime(t *testing.T) {
	t.Parallel()
	inet := lab.StartInternet(t)
	server, k := inet.StartTURN(t), inet.StartKamailio(t, "alice", "bob")
	home := inet.StartLAN(t, lab.PortRestricted, lab.LANOptions{Lifetime: 7 * time.Second})
	o := home.StartOffhook(t, nil, append([]string{"answer", "--json", "--max-calls", "1", "--stun", server.STUN(), "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "bob")...)...)
	e, _ := o.AwaitName(0, "keepalive")
	if e["at_least_s"] != 5.0 || e["below_s"] != 10.0 || e["keepalive_s"] != 2.5 {
		t.Errorf("%v", e)
	}
	time.Sleep(15 * time.Second) // twice what the router remembers: real time is what is tested
	caller := inet.StartLAN(t, lab.NoNAT, lab.LANOptions{}).StartOffhook(t, nil, append([]string{"call", k.URI("bob"), "--json", "--duration", "1s", "--audio-in", "silence", "--audio-out", "null"}, lab.Guest(t, k, "alice", "--no-register")...)...)
	caller.AwaitState(0, "confirmed")
	awaitOK(t, "the caller", caller)
}

// TestNATCandidates: with a relay, `offhook nat` shows all that a call could offer, and why a relay
// gives nothing.
func TestNATCandidates(t *testing.T) {
	t.Parallel()
	inet := lab.StartInternet(t)
	server := inet.StartTURN(t)
	host := inet.StartLAN(t, lab.Symmetric, lab.LANOptions{})
	password := filepath.Join(t.TempDir(), "password")
	args := []string{"--stun", server.STUN(), "--turn", server.URI("udp"), "--turn-user", lab.TURNUser, "--turn-password-file", password}
	for _, c := range []struct{ password, want, lack string }{
		{lab.TURNPassword, "host " + host.IP() + ", srflx " + host.Public + ", relay " + strings.TrimSuffix(server.STUN(), ":3478"), ""},
		{"wrong", "host " + host.IP() + ", srflx " + host.Public, "refuse"},
	} {
		if err := os.WriteFile(password, []byte(c.password), 0o600); err != nil {
			t.Fatal(err)
		}
		e := survey(t, host, args...)
		var got []string
		all, _ := e["candidates"].([]any)
		for _, one := range all {
			m, _ := one.(map[string]any)
			got = append(got, fmt.Sprint(m["type"], " ", m["address"]))
		}
		if strings.Join(got, ", ") != c.want || !strings.Contains(e.Str("relay_error"), c.lack) || (c.lack == "") != (e.Str("relay_error") == "") {
			t.Errorf("%q: %v, %q", c.password, got, e.Str("relay_error"))
		}
	}
}
