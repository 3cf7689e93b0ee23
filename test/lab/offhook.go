package lab

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Offhook is the binary under test with --json.
type Offhook struct{ *Process }

// Event is a line of its NDJSON, whatever its fields.
type Event map[string]any

// Str is a field as text; "" when it isn't there.
func (e Event) Str(key string) string {
	s, _ := e[key].(string)
	return s
}

// Num is a field as a number; 0 when it isn't there. Dots go into objects.
func (e Event) Num(path string) float64 {
	var at any = map[string]any(e)
	for _, key := range strings.Split(path, ".") {
		m, _ := at.(map[string]any)
		at = m[key]
	}
	n, _ := at.(float64)
	return n
}

// Binary is the path of the binary under test.
func Binary() string { return os.Getenv(binEnv) }

// StartOffhook runs the binary with a home folder of its own.
func StartOffhook(t testing.TB, args ...string) *Offhook {
	t.Helper()
	return StartOffhookWith(t, nil, args...)
}

// StartOffhookWith adds options, such as an environment.
func StartOffhookWith(t testing.TB, opts []func(*exec.Cmd), args ...string) *Offhook {
	t.Helper()
	Need(t)
	home := t.TempDir()
	opts = append([]func(*exec.Cmd){Env("HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_STATE_HOME="+filepath.Join(home, "state"), "NO_COLOR=1")}, opts...)
	return &Offhook{Run(t, Binary(), args, opts...)}
}

// Account is the flags of a user of k.
func Account(t testing.TB, k *Kamailio, user string) []string {
	t.Helper()
	return account(t, k.AOR(user), user)
}

func account(t testing.TB, aor, user string) []string {
	t.Helper()
	return []string{"--aor", aor, "--password-file", PasswordFile(t, user), "--listen", IP + ":0"}
}

// PasswordFile is a file with a user's password.
func PasswordFile(t testing.TB, user string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("pw-"+user+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Config is a configuration file of the given text.
func Config(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte("version = 1\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Direct is the flags of a user without a registrar.
func Direct(user string, port string) []string {
	return []string{"--aor", "sip:" + user + "@" + IP, "--no-register", "--listen", IP + ":" + port}
}

// Events are the events printed so far.
func (o *Offhook) Events() []Event {
	o.mu.Lock()
	lines := o.lines
	o.mu.Unlock()
	var out []Event
	for _, l := range lines {
		if e, ok := parseEvent(l); ok {
			out = append(out, e)
		}
	}
	return out
}

func parseEvent(line string) (Event, bool) {
	var e Event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Str("event") == "" {
		return nil, false
	}
	return e, true
}

// AwaitEvent waits for an event that matches, among all lines from the given index on.
func (o *Offhook) AwaitEvent(from int, what string, match func(Event) bool) (Event, int) {
	o.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		o.mu.Lock()
		lines, more, ended := o.lines, o.more, o.ended
		o.mu.Unlock()
		for ; from < len(lines); from++ {
			if e, ok := parseEvent(lines[from]); ok && match(e) {
				return e, from + 1
			}
		}
		if ended {
			o.t.Fatalf("offhook ended without the event %q; it said:\n%s", what, o.Output())
		}
		select {
		case <-more:
		case <-timer.C:
			o.t.Fatalf("offhook: no event %q within %v; it said:\n%s", what, patience, o.Output())
		}
	}
}

// AwaitName waits for an event by its name.
func (o *Offhook) AwaitName(from int, name string) (Event, int) {
	o.t.Helper()
	return o.AwaitEvent(from, name, func(e Event) bool { return e.Str("event") == name })
}

// AwaitState waits for a call_state event with the state.
func (o *Offhook) AwaitState(from int, state string) (Event, int) {
	o.t.Helper()
	return o.AwaitEvent(from, "call_state "+state, func(e Event) bool {
		return e.Str("event") == "call_state" && strings.EqualFold(e.Str("state"), state)
	})
}

// Digits are the DTMF digits received so far.
func (o *Offhook) Digits() string {
	var s strings.Builder
	for _, e := range o.Events() {
		if e.Str("event") == "dtmf" && e.Str("direction") == "in" {
			s.WriteString(e.Str("digit"))
		}
	}
	return s.String()
}
