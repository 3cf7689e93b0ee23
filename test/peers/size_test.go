package peers

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestInterop06LargeInvite sends an INVITE that is too large for UDP through kamailio,
// which takes TCP, and to sipp, which doesn't (RFC 3261, section 18.1.1): the call is set
// up either way. What is small goes by UDP again, unless the proxy's Record-Route names TCP,
// as kamailio's does once the INVITE has come by it.
func TestInterop06LargeInvite(t *testing.T) {
	lab.Need(t, "kamailio", "sipp")
	k := lab.StartKamailio(t, "MD5")
	b := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--echo", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	b.AwaitName(0, "registered")
	port := lab.FreePort(t)
	lab.Run(t, "sipp", []string{"-sn", "uas", "-i", lab.IP, "-p", itoa(port), "-m", "1", "-nostdin"})
	lab.AwaitPort(t, "udp", port)
	for _, c := range []struct{ name, target, transport, route string }{
		{"TCP is taken", "bob", "TCP", ";transport=tcp"},
		{"TCP is refused", "sip:service@" + lab.IP + ":" + itoa(port), "UDP", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "sip.log")
			o := lab.StartOffhook(t, append([]string{"call", c.target, "--json", "--duration", "1s", "--sip-log", log, "--header", "X-Long: " + strings.Repeat("0123456789", 130),
				"--codecs", "pcmu", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "alice")...)...)
			if code := o.Wait(); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, o.Output())
			}
			raw, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if c.route != "" && !regexp.MustCompile(`(?m)^Route: \S*`+c.route).Match(raw) {
				t.Errorf("no Route with %q", c.route)
			}
			for method, transport := range map[string]string{"INVITE": c.transport, "BYE": c.transport} {
				m := regexp.MustCompile(`(?m)^` + method + ` sip:\S+ SIP/2\.0\r?\nVia: SIP/2\.0/(\w+) `).FindStringSubmatch(string(raw))
				if m == nil || m[1] != transport {
					t.Errorf("the %s went by %v, want %s", method, m, transport)
				}
			}
		})
	}
}
