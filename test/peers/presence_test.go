package peers

import (
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// notified waits for a notification whose text at a dotted path is as wanted.
func notified(o *lab.Offhook, from int, what string, match func(lab.Event) bool) (lab.Event, int) {
	return o.AwaitEvent(from, what, func(e lab.Event) bool { return e.Str("event") == "notify" && match(e) })
}

// object is an object within an event.
func object(e lab.Event, key string) lab.Event {
	m, _ := e[key].(map[string]any)
	return m
}

func interrupted(t *testing.T, o *lab.Offhook) {
	t.Helper()
	o.Signal(syscall.SIGINT)
	if code := o.Wait(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

// TestPresenceByKamailio publishes (RFC 3903) and watches (RFC 3856) presence, which
// disappears with who published it.
func TestPresenceByKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartPresenceKamailio(t, 0)
	watch := lab.StartOffhook(t, append([]string{"subscribe", k.URI("bob"), "--event", "presence", "--json"}, lab.Account(t, k, "alice")...)...)
	watch.AwaitEvent(0, "active", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "active" })
	bob := lab.StartOffhook(t, append([]string{"register", "--presence", "open", "--note", "im Büro", "--json"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitEvent(0, "published", func(e lab.Event) bool { return e.Str("event") == "presence" && e.Str("state") == "active" })
	_, at := notified(watch, 0, "bob is there", func(e lab.Event) bool {
		p := object(e, "presence")
		return p.Str("status") == "open" && p.Str("note") == "im Büro"
	})
	interrupted(t, bob)
	notified(watch, at, "bob is gone", func(e lab.Event) bool { return object(e, "presence").Str("status") != "open" })
	interrupted(t, watch)
	watch.AwaitEvent(0, "the end", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "terminated" })
}

// TestVoicemailLampByKamailio has the configuration ask for the mailbox after
// registration (RFC 3842).
func TestVoicemailLampByKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartPresenceKamailio(t, 0)
	o := lab.StartOffhook(t, append([]string{"register", "--json", "--config", lab.Config(t, "[[account]]\nname = \"alice\"\naor = \""+k.AOR("alice")+"\"\nsubscribe_mwi = true\nlisten = \""+lab.IP+":0\"\n")}, []string{"--account", "alice", "--password-file", lab.PasswordFile(t, "alice")}...)...)
	o.AwaitEvent(0, "active", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "active" })
	etag := k.Publish(t, "alice", "message-summary", "application/simple-message-summary",
		"Messages-Waiting: yes\r\nMessage-Account: sip:vm@example.org\r\nVoice-Message: 3/4 (1/0)\r\n", "")
	e, at := notified(o, 0, "messages wait", func(e lab.Event) bool { return object(e, "voicemail")["waiting"] == true })
	if v := object(e, "voicemail"); v.Num("new") != 3 || v.Num("old") != 4 || v.Num("urgent_new") != 1 || v.Str("mailbox") != "sip:vm@example.org" {
		t.Errorf("told %v", e)
	}
	k.Publish(t, "alice", "message-summary", "application/simple-message-summary", "Messages-Waiting: no\r\nVoice-Message: 0/7\r\n", etag)
	notified(o, at, "none waits", func(e lab.Event) bool { return object(e, "voicemail")["waiting"] == false })
	interrupted(t, o)
}

// TestBusyLampByKamailio watches calls that another phone published (RFC 4235).
func TestBusyLampByKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartPresenceKamailio(t, 0)
	o := lab.StartOffhook(t, append([]string{"subscribe", "bob", "--event", "dialog", "--json"}, lab.Account(t, k, "alice")...)...)
	o.AwaitEvent(0, "active", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "active" })
	doc := func(version, state string) string {
		return `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + version + `" state="full" entity="` + k.URI("bob") + `">
<dialog id="d1" call-id="c1" local-tag="l1" remote-tag="r1" direction="recipient"><state>` + state + `</state>
<remote><identity display="Carol">` + k.URI("carol") + `</identity><target uri="` + k.URI("carol") + `"/></remote></dialog></dialog-info>`
	}
	etag := k.Publish(t, "bob", "dialog", "application/dialog-info+xml", doc("0", "early"), "")
	e, at := notified(o, 0, "ringing", func(e lab.Event) bool { return object(e, "dialog").Str("lamp") == "ringing" })
	calls, _ := object(e, "dialog")["calls"].([]any)
	if len(calls) != 1 || lab.Event(calls[0].(map[string]any)).Str("sip_call_id") != "c1" || lab.Event(calls[0].(map[string]any)).Str("remote_name") != "Carol" {
		t.Errorf("told %v", e)
	}
	k.Publish(t, "bob", "dialog", "application/dialog-info+xml", doc("1", "confirmed"), etag)
	notified(o, at, "busy", func(e lab.Event) bool { return object(e, "dialog").Str("lamp") == "busy" })
	interrupted(t, o)
}

// TestRegistrationsByKamailio watches where somebody is registered (RFC 3680).
func TestRegistrationsByKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartPresenceKamailio(t, 0)
	watch := lab.StartOffhook(t, append([]string{"subscribe", "bob", "--event", "reg", "--json"}, lab.Account(t, k, "alice")...)...)
	watch.AwaitEvent(0, "active", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "active" })
	k.Publish(t, "bob", "reg", "application/reginfo+xml", `<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
<registration aor="`+k.URI("bob")+`" id="r1" state="active"><contact id="c1" state="active" event="registered" expires="60"><uri>sip:bob@`+lab.IP+`:9</uri></contact></registration></reginfo>`, "")
	notified(watch, 0, "bob is registered", func(e lab.Event) bool {
		regs, _ := e["reg"].([]any)
		for _, r := range regs {
			if r := lab.Event(r.(map[string]any)); r.Str("state") == "active" {
				contacts, _ := r["contacts"].([]any)
				return len(contacts) > 0
			}
		}
		return false
	})
	interrupted(t, watch)
}

// TestSubscriptionTooBrief takes kamailio's 423 for a longer time (RFC 6665, section 4.1.2.1).
func TestSubscriptionTooBrief(t *testing.T) {
	t.Parallel()
	k := lab.StartPresenceKamailio(t, 120*time.Second)
	o := lab.StartOffhook(t, append([]string{"subscribe", k.URI("bob"), "--event", "presence", "--expires", "60s", "--once", "--json"}, lab.Account(t, k, "alice")...)...)
	if code := o.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, o.Output())
	}
	e, _ := o.AwaitEvent(0, "active", func(e lab.Event) bool { return e.Str("event") == "subscription" && e.Str("state") == "active" })
	if n := e.Num("expires_s"); n < 119 || n > 121 {
		t.Errorf("subscribed for %v s", n)
	}
}

// TestMessageByKamailio sends a message from phone to phone through the proxy, and one to
// nobody.
func TestMessageByKamailio(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	bob := lab.StartOffhook(t, append([]string{"register", "--json"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	o := lab.StartOffhook(t, append([]string{"message", "bob", "Mittag?", "--json"}, lab.Account(t, k, "alice")...)...)
	if code := o.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, o.Output())
	}
	if e, _ := bob.AwaitName(0, "message"); e.Str("text") != "Mittag?" || e.Str("from") != k.AOR("alice") {
		t.Errorf("received %v", e)
	}
	o = lab.StartOffhook(t, append([]string{"message", "nobody", "x", "--json"}, lab.Account(t, k, "alice")...)...)
	if code := o.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4", code)
	}
	interrupted(t, bob)
}
