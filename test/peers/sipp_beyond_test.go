package peers

import (
	"fmt"
	"testing"

	"offhook/test/lab"
)

// sippURI is somebody at the port of a sipp.
func sippURI(user string, port int) string { return fmt.Sprintf("sip:%s@%s:%d", user, lab.IP, port) }

// TestRFC3428 sends a message to sipp, and takes sipp's.
func TestRFC3428(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3428_message_uas.xml"), "-m", "1")
	lab.AwaitPort(t, "udp", port)
	o := lab.StartOffhook(t, append([]string{"message", sippURI("bob", port), "hello from here", "--json"}, lab.Direct("alice", "0")...)...)
	awaitOK(t, "offhook", o)
	awaitOK(t, "sipp", s)
	if e, _ := o.AwaitName(0, "message_sent"); e.Num("code") != 202 || e["stored"] != true {
		t.Errorf("told %v", e)
	}
	var ours int
	o, ours = answering(t, "--max-calls", "1")
	s, _ = lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3428_message_uac.xml"), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, ours))
	awaitOK(t, "sipp", s)
	e, at := o.AwaitName(0, "message")
	if e.Str("text") != "Watson, come here." || e.Str("from_name") != "Sipp" {
		t.Errorf("received %v", e)
	}
	if e, _ := o.AwaitName(at, "message"); e.Str("text") != "wrapped" {
		t.Errorf("received %v", e)
	}
	interrupted(t, o)
}

// TestSubscriptionsWithSipp watches each package at sipp, from the SUBSCRIBE to the last NOTIFY.
func TestSubscriptionsWithSipp(t *testing.T) {
	lab.Need(t, "sipp")
	for scenario, c := range map[string]struct {
		pkg   string
		check func(lab.Event) bool
	}{
		"rfc3842_mwi_uas.xml":      {"message-summary", func(e lab.Event) bool { return object(e, "voicemail").Num("new") == 2 }},
		"rfc4235_dialog_uas.xml":   {"dialog", func(e lab.Event) bool { return object(e, "dialog").Str("lamp") == "ringing" }},
		"rfc3856_presence_uas.xml": {"presence", func(e lab.Event) bool { return object(e, "presence").Str("note") == "away" }},
		"rfc3863_pidf_uas.xml": {"presence", func(e lab.Event) bool {
			p := object(e, "presence")
			return p.Str("entity") == "pres:bob@example.com" && p.Str("status") == "open" && p.Str("note") == "on the train"
		}},
		"rfc3680_reg_uas.xml": {"reg", func(e lab.Event) bool { _, ok := e["reg"].([]any); return ok }},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-m", "1")
			lab.AwaitPort(t, "udp", port)
			o := lab.StartOffhook(t, append([]string{"subscribe", sippURI("bob", port), "--event", c.pkg, "--once", "--json"}, lab.Direct("alice", "0")...)...)
			awaitOK(t, "offhook", o)
			awaitOK(t, "sipp", s)
			if e, _ := o.AwaitName(0, "notify"); !c.check(e) {
				t.Errorf("told %v", e)
			}
		})
	}
}

// TestRFC6665 is sent away by a notifier and comes back, and is watched itself.
func TestRFC6665(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc6665_resubscribe_uas.xml"), "-m", "1")
	lab.AwaitPort(t, "udp", port)
	o := lab.StartOffhook(t, append([]string{"subscribe", sippURI("bob", port), "--event", "presence", "--json"}, lab.Direct("alice", "0")...)...)
	for _, state := range []string{"pending", "waiting", "starting"} {
		_, _ = o.AwaitEvent(0, state, func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == state })
	}
	awaitOK(t, "sipp", s)
	interrupted(t, o)

	ours := lab.FreePort(t)
	cfg := lab.Config(t, "[[account]]\nname = \"me\"\naor = \"sip:service@"+lab.IP+"\"\nregister = false\nlisten = \""+lab.IP+":"+itoa(ours)+"\"\nallow_watchers = [\"sipp@*\"]\n")
	o = lab.StartOffhook(t, "answer", "--json", "--config", cfg, "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null")
	o.AwaitName(0, "listening")
	s, _ = lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc6665_watcher_uac.xml"), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, ours))
	awaitOK(t, "sipp", s)
	interrupted(t, o)
}

// TestRFC3903 publishes, and refreshes before the short time that is granted is over.
func TestRFC3903(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3903_publish_uas.xml"), "-m", "4")
	lab.AwaitPort(t, "udp", port)
	o := lab.StartOffhook(t, "register", "--presence", "closed", "--note", "lunch", "--json", "--aor", sippURI("alice", port), "--listen", lab.IP+":0")
	for range 2 { // the first, and one refresh: each brings another lifetime
		o.AwaitEvent(0, "published", func(e lab.Event) bool {
			return e.Str("event") == "presence" && e.Str("state") == "active" && e.Num("expires_s") == 3
		})
	}
	awaitOK(t, "sipp", s)
	interrupted(t, o)
}
