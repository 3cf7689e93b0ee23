package peers

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// silent is a port at which a socket takes datagrams and never answers.
func silent(t *testing.T) int {
	t.Helper()
	port := lab.FreePort(t)
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(fmt.Sprintf("%s:%d", lab.IP, port))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return port
}

// inDomain is the flags of a user of a domain that only the test's nameserver knows.
func inDomain(t *testing.T, d *lab.DNS, user string, more ...string) []string {
	return append([]string{"--aor", "sip:" + user + "@lab.test", "--password-file", lab.PasswordFile(t, user), "--listen", lab.IP + ":0", "--nameserver", d.Addr}, more...)
}

// RFC 3263, section 4.3: the first SRV target is dead, the second is another port of the same
// host. The registration and the call go on within seconds, and the call doesn't try the dead
// one again.
func TestFirstTargetDead(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailioFor(t, "lab.test")
	dead := silent(t)
	d := lab.StartDNS(t, fmt.Sprintf(`
		_sip._udp.lab.test. 60 IN SRV 10 0 %d one.lab.test.
		_sip._udp.lab.test. 60 IN SRV 20 0 %d one.lab.test.
		one.lab.test. 60 IN A %s`, dead, k.Port, lab.IP))
	start := time.Now()
	o := lab.StartOffhook(t, append([]string{"call", "sip:code486@lab.test", "--json", "--sip-log", "-", "--audio-in", "silence", "--audio-out", "null"}, inDomain(t, d, "alice")...)...)
	if code := o.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4\n%s", code, o.Output())
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	if end, _ := o.AwaitName(0, "call_ended"); end.Num("code") != 486 {
		t.Errorf("the call ended with %v", end)
	}
	if !slices.Contains(d.Asked(), "SRV _sip._udp.lab.test") || !slices.Contains(d.Asked(), "NAPTR lab.test") {
		t.Errorf("asked %q", d.Asked())
	}
	reg := lab.StartOffhook(t, append([]string{"register", "--json", "--once"}, inDomain(t, d, "bob")...)...)
	if code := reg.Wait(); code != 0 {
		t.Errorf("register: exit code %d\n%s", code, reg.Output())
	}
}

// RFC 3263, section 4.1: the domain's NAPTR records choose the transport.
func TestNAPTRChooses(t *testing.T) {
	t.Parallel()
	certs := lab.NewCerts(t)
	k := lab.StartSecureKamailio(t, certs, certs.Server("server", "lab.test"), false)
	for _, c := range []struct{ name, service, srv, via string }{
		{"tcp", "SIP+D2T", "_sip._tcp", "SIP/2.0/TCP"},
		{"tls", "SIPS+D2T", "_sips._tcp", "SIP/2.0/TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			port := k.Port
			if c.name == "tls" {
				port = k.TLS
			}
			d := lab.StartDNS(t, fmt.Sprintf(`
				lab.test. 60 IN NAPTR 10 10 "s" "%s" "" %s.lab.test.
				lab.test. 60 IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.lab.test.
				%s.lab.test. 60 IN SRV 10 0 %d one.lab.test.
				_sip._udp.lab.test. 60 IN SRV 10 0 %d one.lab.test.
				one.lab.test. 60 IN A %s`, c.service, c.srv, c.srv, port, k.Port, lab.IP))
			o := lab.StartOffhook(t, append([]string{"register", "--json", "--once", "--sip-log", "-"}, inDomain(t, d, "alice", "--tls-ca", certs.CA)...)...)
			if code := o.Wait(); code != 0 {
				t.Errorf("exit code %d\n%s", code, o.Output())
			}
			if !strings.Contains(o.Output(), "Via: "+c.via) {
				t.Errorf("no %s in\n%s", c.via, o.Output())
			}
		})
	}
}

// RFC 3261, section 8.1.3.4: sipp sends the call on to two places, of which the first is busy.
func TestRedirectBySipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	busy, busyPort := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_busy_uas.xml"), "-m", "1")
	echo, echoPort := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_echo_uas.xml"), "-rtp_echo", "-m", "1")
	redirect, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_redirect_uas.xml"), "-m", "1", "-key", "first", fmt.Sprintf("%s:%d", lab.IP, busyPort), "-key", "second", fmt.Sprintf("%s:%d", lab.IP, echoPort))
	for _, p := range []int{busyPort, echoPort, port} {
		lab.AwaitPort(t, "udp", p)
	}
	o := lab.StartOffhook(t, append([]string{"call", fmt.Sprintf("sip:sipp@%s:%d", lab.IP, port), "--json", "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu", "--duration", "500ms"}, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, o.Output())
	}
	e, _ := o.AwaitName(0, "redirected")
	if targets := fmt.Sprint(e["targets"]); e.Num("code") != 302 || e.Str("policy") != "follow" ||
		targets != fmt.Sprintf("[sip:busy@%s:%d sip:echo@%s:%d]", lab.IP, busyPort, lab.IP, echoPort) {
		t.Errorf("redirected: %v", e)
	}
	for name, p := range map[string]*lab.Process{"busy": busy, "echo": echo, "redirect": redirect} {
		if code := p.Wait(); code != 0 {
			t.Errorf("sipp %s: exit code %d", name, code)
		}
	}
}

// The same 302 under --redirects refuse ends the call, and says where it would have gone.
func TestRedirectRefused(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_redirect_uas.xml"), "-m", "1", "-key", "first", "192.0.2.1", "-key", "second", "192.0.2.2")
	lab.AwaitPort(t, "udp", port)
	o := lab.StartOffhook(t, append([]string{"call", fmt.Sprintf("sip:sipp@%s:%d", lab.IP, port), "--json", "--redirects", "refuse", "--audio-in", "silence", "--audio-out", "null"}, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4", code)
	}
	if e, _ := o.AwaitName(0, "redirected"); e.Str("policy") != "refuse" || !strings.Contains(e.Str("error"), "sip:busy@192.0.2.1") {
		t.Errorf("redirected: %v", e)
	}
	awaitOK(t, "sipp", s)
}

// RFC 3263, section 4.3: 503 from the first server, the call goes to the second.
func TestFailoverOn503(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	full, fullPort := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3263_503_uas.xml"), "-m", "1")
	echo, echoPort := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_echo_uas.xml"), "-rtp_echo", "-m", "1")
	d := lab.StartDNS(t, fmt.Sprintf(`
		_sip._udp.lab.test. 60 IN SRV 10 0 %d one.lab.test.
		_sip._udp.lab.test. 60 IN SRV 20 0 %d one.lab.test.
		one.lab.test. 60 IN A %s`, fullPort, echoPort, lab.IP))
	lab.AwaitPort(t, "udp", fullPort)
	lab.AwaitPort(t, "udp", echoPort)
	o := lab.StartOffhook(t, append([]string{"call", "sip:echo@lab.test", "--json", "--nameserver", d.Addr, "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu", "--duration", "500ms"}, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, o.Output())
	}
	for name, p := range map[string]*lab.Process{"full": full, "echo": echo} {
		if code := p.Wait(); code != 0 {
			t.Errorf("sipp %s: exit code %d", name, code)
		}
	}
}
