package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// field is a value within an event, as JSON.
func field(e lab.Event, path ...string) string {
	var v any = map[string]any(e)
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[p]
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// callSipp calls a sipp scenario and gives the events of the call's states and its end.
func callSipp(t *testing.T, scenario string, wantExit int, args ...string) lab.Event {
	t.Helper()
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-m", "1")
	lab.AwaitPort(t, "udp", port)
	full := append([]string{"call", fmt.Sprintf("sip:sipp@%s:%d", lab.IP, port), "--json", "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu,pcma", "--duration", "500ms"}, args...)
	o := lab.StartOffhook(t, append(full, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != wantExit {
		t.Errorf("exit code %d, want %d", code, wantExit)
	}
	awaitOK(t, "sipp", s)
	end, _ := o.AwaitName(0, "call_ended")
	return end
}

// answerSipp lets a sipp scenario call, and gives the incoming state and the end.
func answerSipp(t *testing.T, scenario string, args ...string) (incoming, end lab.Event) {
	t.Helper()
	lab.Need(t, "sipp")
	port := lab.FreePort(t)
	full := append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu,pcma"}, args...)
	o := lab.StartOffhook(t, append(full, lab.Direct("service", itoa(port))...)...)
	o.AwaitName(0, "listening")
	s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	awaitOK(t, "offhook", o)
	incoming, _ = o.AwaitState(0, "incoming")
	end, _ = o.AwaitName(0, "call_ended")
	return incoming, end
}

// refuseSipp lets a sipp scenario send what is refused before it becomes a call.
func refuseSipp(t *testing.T, scenario string) {
	t.Helper()
	lab.Need(t, "sipp")
	o, port := answering(t, "--duration", "1s", "--codecs", "pcmu")
	s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	for _, e := range o.Events() {
		if e.Str("event") == "call_state" {
			t.Errorf("it became a call: %v", e)
		}
	}
}

// RFC 3326.
func TestReasonWithSipp(t *testing.T) {
	t.Parallel()
	if end := callSipp(t, "rfc3326_reason_uas.xml", 0); end.Str("cause") != "local_hangup" {
		t.Errorf("%v", end)
	}
	_, end := answerSipp(t, "rfc3326_reason_uac.xml", "--after", "20s")
	if end.Str("cause") != "answered_elsewhere" || field(end, "end_reason", "text") != "Call completed elsewhere" || end.Str("why") != "another phone took the call" {
		t.Errorf("%v", end)
	}
}

// RFC 3323 and RFC 3325.
func TestPrivacyAndIdentityWithSipp(t *testing.T) {
	t.Parallel()
	callSipp(t, "rfc3323_privacy_uas.xml", 0, "--privacy", "id;critical", "--subject", "Lunch", "--priority", "urgent")
	in, end := answerSipp(t, "rfc3325_identity_uac.xml")
	for want, path := range map[string][]string{
		"Sipp": {"remote_name"}, "sip:bob@example.com": {"peer", "asserted_identity", "uri"}, "Real Bob": {"peer", "asserted_identity", "name"},
		"yes": {"peer", "remote_party_id", "screen"}, "Lunch": {"peer", "subject"}, "emergency": {"peer", "priority"},
		"Box, Inc.": {"peer", "organization"}, "sipp": {"peer", "user_agent"}, "2010-11-13T23:29:00Z": {"peer", "date"}, "null": {"peer", "trusted"},
	} {
		if got := field(in, path...); got != want {
			t.Errorf("%v is %q, want %q", path, got, want)
		}
	}
	if field(end, "end_reason", "words") != "hung up" {
		t.Errorf("end: %v", end)
	}
}

// RFC 5806 and RFC 7044.
func TestDiversionAndHistoryWithSipp(t *testing.T) {
	t.Parallel()
	in, _ := answerSipp(t, "rfc5806_diversion_uac.xml")
	if got, want := field(in, "peer", "diversion"), `[{"counter":2,"name":"Carol","reason":"no-answer","uri":"sip:carol@example.com"},{"reason":"user-busy","uri":"tel:+49301234"}]`; got != want {
		t.Errorf("diversion %s, want %s", got, want)
	}
	in, _ = answerSipp(t, "rfc7044_history_uac.xml")
	got := field(in, "peer", "history")
	for _, want := range []string{`"index":"1","uri":"sip:carol@example.com"`, `"changed":"mp","index":"1.1"`, `"cause":302`, `"changed":"rc","index":"1.1.1"`} {
		if !strings.Contains(got, want) {
			t.Errorf("history %s lacks %s", got, want)
		}
	}
}

// RFC 3261, section 22.3: two realms, two passwords, one call.
func TestTwoRealmsWithSipp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf(`version = 1

[[account]]
name = "alice"
aor = "sip:alice@%[1]s"
register = false
listen = "%[1]s:0"
password = "secret"

[[account.credentials]]
realm = "callee"
user = "guest"
password = "sesame"
`, lab.IP)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_auth_two_realms_uas.xml"), "-m", "1")
	lab.AwaitPort(t, "udp", port)
	o := lab.StartOffhook(t, "call", fmt.Sprintf("sip:sipp@%s:%d", lab.IP, port), "--config", cfg, "--json", "--audio-in", "silence", "--audio-out", "null", "--duration", "500ms")
	awaitOK(t, "offhook", o)
	awaitOK(t, "sipp", s)
	if end, _ := o.AwaitName(0, "call_ended"); end.Str("cause") != "local_hangup" {
		t.Errorf("%v", end)
	}
}

// RFC 3261, section 8.1.3.5: refusals of a callee, and what they lead to.
func TestRefusalsOfSipp(t *testing.T) {
	t.Parallel()
	callSipp(t, "rfc3261_420_uas.xml", 0)
	if end := callSipp(t, "rfc3261_415_uas.xml", 4); end.Num("code") != 415 || !strings.Contains(end.Str("why"), "it takes application/foo") {
		t.Errorf("415: %v", end)
	}
	if end := callSipp(t, "rfc3261_488_warning_uas.xml", 4); end.Str("warning") != "only G.729 here" || !strings.Contains(end.Str("why"), "the phones don't fit together") {
		t.Errorf("488: %v", end)
	}
	if end := callSipp(t, "rfc3261_480_retry_uas.xml", 4); end.Num("retry_after_s") != 120 || !strings.HasSuffix(end.Str("why"), "try again in 2 minutes") {
		t.Errorf("480: %v", end)
	}
}

// RFC 3261, section 8.2: what we refuse, with the header that helps.
func TestRefusalsToSipp(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"rfc3261_420_uac.xml", "rfc3261_415_uac.xml", "rfc3261_488_warning_uac.xml"} {
		t.Run(scenario, func(t *testing.T) { refuseSipp(t, scenario) })
	}
}
