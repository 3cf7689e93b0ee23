package peers

import (
	"fmt"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestForkThreeTwoAnswer has kamailio fork to three contacts of which two answer: one call
// stays, the other is acknowledged and ended at once (RFC 3261, section 13.2.2.4), and
// the third is cancelled. The callees and the wire judge.
func TestForkThreeTwoAnswer(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	var callees []*lab.Process
	var keys []string
	for i, scenario := range []string{"rfc3261_fork_answers_uas.xml", "rfc3261_fork_late_uas.xml", "rfc3261_fork_canceled_uas.xml"} {
		s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-m", "1")
		lab.AwaitPort(t, "udp", port)
		callees = append(callees, s)
		keys = append(keys, "-key", []string{"one", "two", "three"}[i], itoa(port))
	}
	registers, _ := lab.StartSipp(t, append([]string{"-sf", lab.Scenario(t, "rfc3261_fork_register.xml"), "-m", "1", fmt.Sprintf("%s:%d", lab.IP, k.Port)}, keys...)...)
	if code := registers.Wait(); code != 0 {
		t.Fatalf("sipp can't register: exit code %d", code)
	}
	wire := lab.StartCapture(t)
	o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu", "--duration", "2s"}, lab.Account(t, k, "alice")...)...)
	awaitOK(t, "offhook", o)
	for i, s := range callees {
		if code := s.Wait(); code != 0 {
			t.Errorf("callee %d: sipp's exit code %d", i+1, code)
		}
	}
	// What the caller sent has one Via yet; other tests share the wire.
	e, _ := o.AwaitName(0, "call_ended")
	acked, ended := map[string]bool{}, []string{}
	for _, d := range wire.Datagrams() {
		text := string(d.Payload)
		head, _, _ := strings.Cut(text, "\r\n\r\n")
		if strings.Count(head, "Via:") != 1 || !strings.Contains(head, e.Str("sip_call_id")) || !strings.Contains(head, "From: <sip:alice@") {
			continue
		}
		tag := ""
		if _, after, ok := strings.Cut(head, "\r\nTo: "); ok {
			to, _, _ := strings.Cut(after, "\r\n")
			_, tag, _ = strings.Cut(to, ";tag=")
		}
		switch {
		case strings.HasPrefix(head, "ACK ") && tag != "":
			acked[tag] = true
		case strings.HasPrefix(head, "BYE "):
			ended = append(ended, tag)
		}
	}
	dialogs := 0
	for tag := range acked {
		if strings.ContainsAny(tag, "AB") {
			dialogs++
		}
	}
	if dialogs != 2 || len(ended) != 2 || !strings.Contains(ended[0], "B") || !strings.Contains(ended[1], "A") {
		t.Errorf("acknowledged %v, ended %v: want both, the late one ended first", acked, ended)
	}
}
