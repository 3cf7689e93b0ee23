package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// scannerIP is where nobody that a phone has to do with lives.
const scannerIP = "127.0.0.99"

// TestScannersNeverRing has sipp guess extensions at a phone that has registered with
// kamailio: none rings, all are counted, and who calls through kamailio gets through.
func TestScannersNeverRing(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	k := lab.StartKamailio(t, "MD5")
	port := lab.FreePort(t)
	account := lab.Account(t, k, "bob")
	account[len(account)-1] = fmt.Sprintf("%s:%d", lab.IP, port)
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"}, account...)...)
	o.AwaitName(0, "registered")
	const each = 20
	for _, extension := range []string{"bob", "1001"} {
		s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_scanner_uac.xml"), "-i", scannerIP, "-mi", scannerIP, "-s", extension,
			"-m", fmt.Sprint(each), "-r", "20", fmt.Sprintf("%s:%d", lab.IP, port))
		if code := s.Wait(); code != 0 {
			t.Errorf("%s: sipp's exit code %d", extension, code)
		}
	}
	e, _ := o.AwaitName(0, "call_refused")
	if e.Str("why") != "unknown_source" || e.Str("method") != "INVITE" || e.Num("code") != 403 {
		t.Errorf("told %v", e)
	}
	// All of them are told within ten seconds, as one.
	told, _ := o.AwaitEvent(0, "call_refused for all", func(e lab.Event) bool {
		return e.Str("event") == "call_refused" && e.Num("total") == 2*each
	})
	if told.Num("count") < each {
		t.Errorf("told %v", told)
	}
	for _, e := range o.Events() {
		if e.Str("event") == "call_state" {
			t.Errorf("a scanner's call: %v", e)
		}
	}
	c := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "silence", "--audio-out", "null", "--duration", "500ms"}, lab.Account(t, k, "alice")...)...)
	awaitOK(t, "caller", c)
	awaitOK(t, "offhook", o)
}

// TestAcceptAny lets the same stranger ring when the account says so.
func TestAcceptAny(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	k := lab.StartKamailio(t, "MD5")
	port := lab.FreePort(t)
	account := lab.Account(t, k, "bob")
	account[len(account)-1] = fmt.Sprintf("%s:%d", lab.IP, port)
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--accept", "any", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"}, account...)...)
	o.AwaitName(0, "registered")
	s, _ := lab.StartSipp(t, "-sn", "uac", "-i", scannerIP, "-mi", scannerIP, "-s", "bob", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	awaitOK(t, "offhook", o)
}

// TestAutoAnswerForSipp answers at once who asks for it (RFC 5373), long before --after.
func TestAutoAnswerForSipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	o, port := answering(t, "--after", "1h", "--auto-answer", "all", "--max-calls", "1")
	s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc5373_answer_mode_uac.xml"), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	e, _ := o.AwaitState(0, "confirmed")
	if e["auto_answered"] != true {
		t.Errorf("told %v", e)
	}
	awaitOK(t, "offhook", o)
}

// TestForwardForSipp sends calls on, always and without an answer, and sipp reads the 302.
func TestForwardForSipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	for name, flags := range map[string][]string{
		"always":    {"--forward-always", "sip:voicemail@192.0.2.9"},
		"no answer": {"--after", "1h", "--forward-no-answer", "sip:voicemail@192.0.2.9", "--forward-after", "1s"},
	} {
		t.Run(name, func(t *testing.T) {
			port := lab.FreePort(t)
			args := append([]string{"answer", "--json", "--max-calls", "2", "--audio-in", "silence", "--audio-out", "null"}, flags...)
			o := lab.StartOffhook(t, append(args, lab.Direct("service", itoa(port))...)...)
			o.AwaitName(0, "listening")
			s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc5806_forward_uac.xml"), "-s", "service", "-m", "2", fmt.Sprintf("%s:%d", lab.IP, port))
			awaitOK(t, "sipp", s)
			awaitOK(t, "offhook", o)
		})
	}
}

// TestForwardThroughKamailio has bob's phone send a call on by 302, which kamailio takes
// back to the caller: carol gets it, and her phone knows who sent it.
func TestForwardThroughKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	quiet := []string{"--json", "--audio-in", "silence", "--audio-out", "null"}
	bob := lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1", "--forward-always", k.URI("carol")}, quiet...), lab.Account(t, k, "bob")...)...)
	carol := lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1"}, quiet...), lab.Account(t, k, "carol")...)...)
	bob.AwaitName(0, "registered")
	carol.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append(append([]string{"call", k.URI("bob"), "--duration", "500ms"}, quiet...), lab.Account(t, k, "alice")...)...)
	e, _ := bob.AwaitName(0, "call_refused")
	if e.Str("why") != "forwarded" || e.Num("code") != 302 || e.Str("target") != k.URI("carol") {
		t.Errorf("bob's phone tells %v", e)
	}
	carol.AwaitState(0, "confirmed")
	for who, o := range map[string]*lab.Offhook{"alice": alice, "bob": bob, "carol": carol} {
		awaitOK(t, who, o)
	}
}

// TestRulesThroughKamailio applies a configuration's rules on both sides: the caller
// dials by another number, and the callee's phone refuses by header.
func TestRulesThroughKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	incoming := write("bob.toml", `
[[rule.incoming]]
name = "no robots"
header = "X-Robot: yes"
action = "reject"
code = 603
reason = "No Robots"
`)
	outgoing := write("alice.toml", `
[[rule.outgoing]]
name = "short number"
callee = "7"
target = "bob"
headers = ["X-Robot: yes"]
`)
	quiet := []string{"--json", "--audio-in", "silence", "--audio-out", "null"}
	bob := lab.StartOffhook(t, append(append([]string{"answer", "--config", incoming, "--max-calls", "1"}, quiet...), lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append(append([]string{"call", "7", "--config", outgoing}, quiet...), lab.Account(t, k, "alice")...)...)
	if code := alice.Wait(); code != 4 {
		t.Errorf("alice: exit code %d", code)
	}
	if e, _ := alice.AwaitName(0, "call_ended"); e.Num("code") != 603 || e.Str("reason") != "No Robots" {
		t.Errorf("alice hears %v", e)
	}
	if e, _ := bob.AwaitName(0, "call_refused"); e.Str("why") != "rule" || e.Str("rule") != "no robots" {
		t.Errorf("bob's phone tells %v", e)
	}
	awaitOK(t, "bob", bob)
}
