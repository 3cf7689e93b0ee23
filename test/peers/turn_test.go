package peers

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// withRelay is the flags for a relay that a phone may use, with ICE as mode says.
func withRelay(t *testing.T, mode, uri, user, password string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "turn-password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--ice", mode, "--turn", uri, "--turn-user", user, "--turn-password-file", file}
}

func relayOf(t *testing.T, mode string, s *lab.TURN, transport string) []string {
	t.Helper()
	return withRelay(t, mode, s.URI(transport), lab.TURNUser, lab.TURNPassword)
}

// awaitICE waits until the search of a phone's call stands so.
func awaitICE(o *lab.Offhook, from int, state string) (lab.Event, int) {
	return o.AwaitEvent(from, "ice "+state, func(e lab.Event) bool { return e.Str("event") == "ice" && e.Str("state") == state })
}

// TestTURNTransports reaches the relay over each transport. The caller's router lets UDP out for
// the relay over UDP alone, so that nothing else can carry its audio.
func TestTURNTransports(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{BlockUDP: transport != "udp"})
			server := r.net.StartTURN(t)
			alice := append(relayOf(t, "on", server, transport), "--tls-ca", server.Certs.CA, "--duration", "3s")
			if transport != "udp" {
				alice = append(alice, "--transport", "tcp")
			}
			r.call(alice, []string{"--ice", "on", "--stun", server.STUN()})
			r.alice.Wait()
			r.bob.Wait()
			r.uninterrupted(500 * time.Millisecond)
			e, _ := awaitICE(r.alice, 0, "connected")
			if local, _ := e["local"].(map[string]any); local["type"] != "relay" {
				t.Errorf("the caller's audio goes from %v", local)
			}
		})
	}
}

// TestTURNCredentialsExpire has the nonce go stale every other second (438) and the relay's allocation
// end unless it is refreshed, while the user's time runs out: a call that has its relay keeps it.
func TestTURNCredentialsExpire(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{})
			server := r.net.StartTURN(t, lab.ShortLived, "stale-nonce=2", "max-allocate-lifetime=6")
			user, password := lab.UserUntil(time.Now().Add(4 * time.Second))
			r.call(append(withRelay(t, "on", server.URI(transport), user, password), "--tls-ca", server.Certs.CA, "--duration", "12s"),
				[]string{"--ice", "on", "--stun", server.STUN()})
			r.alice.Wait()
			r.bob.Wait()
			r.uninterrupted(500 * time.Millisecond)
			if !strings.Contains(server.Output(), "Stale nonce") && !strings.Contains(server.Output(), "438") {
				t.Error("no nonce went stale")
			}
		})
	}
}

// TestTURNKilled ends the relay in the middle of a call, as a crash does. Another that the
// caller knows takes over; without one the call says within ten seconds why nothing is heard.
func TestTURNKilled(t *testing.T) {
	t.Parallel()
	const patience = 10 * time.Second
	recovered := func(r *natRig, from int) {
		r.t.Helper()
		r.alice.AwaitEvent(from, "a restart that ends well", func(e lab.Event) bool {
			return e.Str("event") == "ice" && e.Str("state") == "connected" && e.Num("restarts") > 0 && e.Str("error") == ""
		})
		<-time.After(3 * time.Second) // of sound after
		r.end()
		r.uninterrupted(patience)
	}
	t.Run("another takes over", func(t *testing.T) {
		t.Parallel()
		r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{})
		first, second := r.net.StartTURN(t), r.net.StartTURN(t)
		r.call(relayOf(t, "on", first, "udp"), relayOf(t, "on", second, "udp"))
		awaitICE(r.alice, 0, "connected")
		<-time.After(2 * time.Second)
		e, _ := awaitICE(r.alice, 0, "connected")
		victim := first // whose relay the pair has
		if local, _ := e["local"].(map[string]any); local["type"] != "relay" {
			victim = second
		}
		from := r.alice.Mark()
		victim.Kill()
		recovered(r, from)
	})
	t.Run("it comes back", func(t *testing.T) {
		t.Parallel()
		r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{})
		server := r.net.StartTURN(t)
		r.call(relayOf(t, "on", server, "udp"), []string{"--ice", "on", "--stun", server.STUN()})
		awaitICE(r.alice, 0, "connected")
		<-time.After(2 * time.Second)
		from := r.alice.Mark()
		server.Kill()
		server.Restart(t)
		recovered(r, from)
	})
	t.Run("it hangs", func(t *testing.T) {
		t.Parallel()
		r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{})
		server := r.net.StartTURN(t)
		r.call(relayOf(t, "on", server, "udp"), []string{"--ice", "on", "--stun", server.STUN()})
		awaitICE(r.alice, 0, "connected")
		<-time.After(2 * time.Second)
		from := r.alice.Mark()
		server.Signal(syscall.SIGSTOP) // no error of the system's tells
		t.Cleanup(func() { server.Signal(syscall.SIGCONT) })
		stopped := time.Now()
		e, _ := r.alice.AwaitEvent(from, "why", func(e lab.Event) bool { return e.Str("event") == "ice" && e.Str("error") != "" })
		t.Logf("%v after: %v", time.Since(stopped), e)
		if d := time.Since(stopped); d > patience {
			t.Errorf("said only after %v", d)
		}
		r.end()
	})
	t.Run("it doesn't", func(t *testing.T) {
		t.Parallel()
		r := startNATRig(t, lab.Symmetric, lab.Symmetric, lab.LANOptions{})
		server := r.net.StartTURN(t)
		r.call(relayOf(t, "on", server, "udp"), []string{"--ice", "on", "--stun", server.STUN()})
		awaitICE(r.alice, 0, "connected")
		<-time.After(2 * time.Second)
		from := r.alice.Mark()
		server.Kill()
		killed := time.Now()
		e, _ := r.alice.AwaitEvent(from, "why", func(e lab.Event) bool {
			return e.Str("event") == "ice" && e.Str("error") != "" || e.Str("event") == "call_ended"
		})
		if d := time.Since(killed); d > patience {
			t.Errorf("said only after %v", d)
		}
		t.Logf("%v after: %v", time.Since(killed), e)
		if e.Str("error") == "" {
			t.Errorf("doesn't say why: %v", e)
		}
		r.end()
	})
}

// TestLyingSTUN has a STUN server tell a stranger's address: with ICE the checks find the way all the
// same, and nothing of the call's audio goes to the stranger.
func TestLyingSTUN(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"on", "off"} {
		t.Run("ice "+mode, func(t *testing.T) {
			t.Parallel()
			r := startNATRig(t, lab.FullCone, lab.NoNAT, lab.LANOptions{})
			victim := r.net.StartLAN(t, lab.NoNAT, lab.LANOptions{})
			tap := victim.Tap()
			liar := r.net.StartLiar(t, func(netip.AddrPort) netip.AddrPort { return netip.MustParseAddrPort(victim.Public + ":40000") })
			r.call([]string{"--ice", mode, "--stun", liar, "--duration", "3s"}, []string{"--ice", mode})
			r.alice.Wait()
			r.bob.Wait()
			r.uninterrupted(500 * time.Millisecond)
			audio := 0
			for _, d := range tap.Datagrams() {
				if _, ok := d.RTP(); ok {
					audio++
				}
			}
			// Without ICE the callee sends to what it was told until it hears the caller.
			if most := map[string]int{"on": 0, "off": 10}[mode]; audio > most {
				t.Errorf("a stranger got %d packets of the call", audio)
			}
		})
	}
}

// TestNetworkChangeUnderICE gives the caller another address in the middle of a call: a restart finds the
// new way (RFC 8839, section 4.4.1.1.1).
func TestNetworkChangeUnderICE(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		nat  lab.NAT
	}{{"port-restricted", lab.PortRestricted}, {"symmetric, relayed", lab.Symmetric}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := startNATRig(t, c.nat, c.nat, lab.LANOptions{})
			server := r.net.StartTURN(t)
			flags := append(relayOf(t, "on", server, "udp"), "--stun", server.STUN())
			r.call(flags, flags)
			awaitICE(r.alice, 0, "connected")
			<-time.After(2 * time.Second)
			r.caller.MoveTo(3)
			<-time.After(8 * time.Second)
			r.end()
			r.uninterrupted(audioBack)
		})
	}
}

// TestRelayHides has the caller go by its relay alone, where it could be reached without: the callee
// learns no other address, neither from signalling nor from where packets come.
func TestRelayHides(t *testing.T) {
	t.Parallel()
	r := startNATRig(t, lab.FullCone, lab.NoNAT, lab.LANOptions{})
	server := r.net.StartTURN(t)
	tap := r.callee.Tap()
	r.call(append(relayOf(t, "relay", server, "udp"), "--stun", server.STUN(), "--duration", "2s"), []string{"--ice", "on"})
	r.alice.Wait()
	r.bob.Wait()
	r.uninterrupted(500 * time.Millisecond)
	for _, d := range tap.Datagrams() {
		if d.Src.Addr().String() == r.caller.Public {
			t.Fatalf("a packet of the caller's own: %v", d)
		}
	}
	e, _ := awaitICE(r.bob, 0, "connected")
	if remote, _ := e["remote"].(map[string]any); remote["type"] != "relay" {
		t.Errorf("the callee knows the caller by %v", remote)
	}
	offered := regexp.MustCompile(`(?m)^(c=|a=candidate:|a=rtcp:|o=).*(` + regexp.QuoteMeta(r.caller.Public) + "|" + regexp.QuoteMeta(r.caller.IP()) + ")")
	for _, m := range tap.Messages() {
		if line := offered.FindString(m); line != "" {
			t.Errorf("the description says %q", line)
		}
	}
}

// TestICETakesIPv6 has two phones behind symmetric NATs that meet by IPv6, through firewalls that let
// in answers alone, and need no relay.
func TestICETakesIPv6(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "turnserver", "sox", "nft")
	net := lab.StartInternet(t)
	o := lab.LANOptions{IPv6: true}
	r := &natRig{t: t, net: net, k: net.StartPlainKamailio(t, lab.Users...), caller: net.StartLAN(t, lab.Symmetric, o), callee: net.StartLAN(t, lab.Symmetric, o)}
	server := net.StartTURN(t)
	flags := append(relayOf(t, "on", server, "udp"), "--stun", server.STUN())
	r.call(append(flags, "--duration", "2s"), flags)
	r.alice.Wait()
	r.bob.Wait()
	r.uninterrupted(500 * time.Millisecond)
	for _, phone := range []*lab.Offhook{r.alice, r.bob} {
		e, _ := awaitICE(phone, 0, "connected")
		for _, side := range []string{"local", "remote"} {
			c, _ := e[side].(map[string]any)
			if at, err := netip.ParseAddrPort(fmt.Sprint(c["addr"])); err != nil || !at.Addr().Is6() || c["type"] == "relay" {
				t.Errorf("%s candidate %v", side, c)
			}
		}
	}
}
