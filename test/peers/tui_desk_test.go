package peers

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"offhook/test/lab"
)

// addContact puts a card into the address book of a home.
func addContact(t *testing.T, home, name, uri string) {
	t.Helper()
	dir := filepath.Join(home, "offhook", "contacts")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + name + "\r\nFN:" + name + "\r\nIMPP:" + uri + "\r\nEND:VCARD\r\n"
	if err := os.WriteFile(filepath.Join(dir, "card.vcf"), []byte(card), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTUIMessages writes to another phone and gets an answer, and is told when nobody is there.
func TestTUIMessages(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			bob := lab.StartOffhook(t, append([]string{"register", "--json"}, lab.Account(t, k, "bob")...)...)
			bob.AwaitName(0, "registered")
			u := startTUI(t, size[0], size[1], lab.Account(t, k, "alice")...)
			u.sees(`registered`)
			u.Key("F8")
			u.sees(`╭─ Messages`)
			u.Type("bob")
			u.Key("Enter")
			u.sees(`╭─ bob`)
			u.Type("Mittag um 正午?")
			u.Key("Enter")
			u.sees(`→ Mittag um 正午\?`)
			u.sees(`│ delivered`)
			if e, _ := bob.AwaitName(0, "message"); e.Str("text") != "Mittag um 正午?" {
				t.Errorf("bob was told %v", e)
			}
			u.Key("Escape")
			u.AwaitGone(`╭─ bob`)
			u.Key("Escape")
			u.AwaitGone(`╭─ Messages`)

			o := lab.StartOffhook(t, append([]string{"message", k.URI("alice"), "gern \x1b[31m👍🏽", "--json"}, lab.Account(t, k, "bob")...)...)
			if code := o.Wait(); code != 0 {
				t.Errorf("the answer's exit code is %d\n%s", code, o.Output())
			}
			u.sees(`bob@\S+ writes: gern`)
			u.sees(`1 unread`)
			u.Key("F8")
			u.sees(`bob.* 1 new`)
			u.Key("Enter")
			u.sees(`← gern`)
			u.AwaitGone(`unread|1 new`)
			u.Key("Escape")
			u.AwaitGone(`← gern`)

			u.Type("nobody")
			u.Key("Enter")
			u.sees(`╭─ nobody`)
			u.Type("hello")
			u.Key("Enter")
			u.sees(`not delivered:`)
			u.quits()
			bob.Signal(syscall.SIGINT)
			bob.Wait()
		})
	}
}

// TestTUILamps shows a watched phone that rings and talks, the mailbox, and one's own presence.
func TestTUILamps(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartPresenceKamailio(t, 0)
			config := lab.Config(t, "[[account]]\nname = \"alice\"\naor = \""+k.AOR("alice")+"\"\nsubscribe_mwi = true\nwatch = [\"carol\"]\nlisten = \""+lab.IP+":0\"\n")
			u := startTUI(t, size[0], size[1], "--config", config, "--account", "alice", "--password-file", lab.PasswordFile(t, "alice"))
			u.sees(`registered`)
			doc := func(version, state string) string {
				return `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + version + `" state="full" entity="` + k.URI("carol") + `">
<dialog id="d1" call-id="c1" local-tag="l1" remote-tag="r1" direction="recipient"><state>` + state + `</state>
<remote><identity>` + k.URI("bob") + `</identity><target uri="` + k.URI("bob") + `"/></remote></dialog></dialog-info>`
			}
			etag := k.Publish(t, "carol", "dialog", "application/dialog-info+xml", doc("0", "early"), "")
			u.sees(`carol’s phone rings: alt\+u picks the call up`)
			u.sees(`alt\+u pick up`)
			lamp := func(state string) {
				t.Helper()
				if size[0] >= 80 {
					u.sees(`[◉●○] carol ` + state)
					return
				}
				u.Key("F6") // where it is narrow, the lamps are with the contacts
				u.Type(k.URI("carol"))
				u.sees(`▸ carol@\S+ . ` + state)
				u.Key("Escape")
				u.AwaitGone(`╭─ Contacts`)
			}
			lamp("ringing")
			k.Publish(t, "carol", "dialog", "application/dialog-info+xml", doc("1", "confirmed"), etag)
			u.AwaitGone(`alt\+u pick up`)
			lamp("talking")

			k.Publish(t, "alice", "message-summary", "application/simple-message-summary", "Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n", "")
			u.sees(`2 new`)
			u.Key("M-p")
			u.sees(`╭─ Presence of alice`)
			u.Key("Down")
			u.Type("at lunch")
			u.Key("Enter")
			u.AwaitGone(`╭─ Presence`)
			switch { // as far as there is room
			case size[0] >= 120:
				u.sees(`2 new, 1 old messages · unavailable: at lunch`)
			case size[0] >= 80:
				u.sees(`2 new, 1 old messages · unavailable`)
			}
			u.quits()
		})
	}
}

// TestTUIHistory names a caller by the address book, and finds the missed call again after a
// restart.
func TestTUIHistory(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			home := t.TempDir()
			addContact(t, home, "Bob Bell", k.URI("bob"))
			start := func() *tui {
				u := startTUIAt(t, home, size[0], size[1], append(lab.Account(t, k, "alice"), "--audio-in", "silence", "--audio-out", "null")...)
				u.sees(`registered`)
				return u
			}
			u := start()
			caller := lab.StartOffhook(t, append([]string{"call", k.URI("alice"), "--json", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
			u.sees(`│ Bob Bell │`)
			u.sees(`│ bob@`)
			caller.Signal(syscall.SIGINT)
			caller.Wait()
			u.sees(`Bob Bell`)
			u.sees(`1 missed`)
			u.Type("nobody")
			u.Key("Enter")
			u.sees(`nobody@\S+ didn’t take the call`)
			u.quits()

			u = start()
			u.sees(`1 missed`)
			u.Key("Up")
			u.sees(`› nobody@`)
			u.Key("C-u") // escape and a letter at once would be alt and the letter
			u.Type("bel")
			u.sees(`Bob Bell bob@`)
			u.Key("Tab")
			u.sees(`› bob@`)
			u.Key("C-u", "F7")
			u.sees(`╭─ Calls`)
			u.sees(`← Bob Bell.* missed`)
			u.Type("nobody")
			u.AwaitGone(`← Bob Bell.* missed .*│`)
			u.Key("C-d")
			u.sees(`Press ctrl\+d again`)
			u.Key("C-d")
			u.sees(`No call matches`)
			u.Key("Escape")
			u.AwaitGone(`╭─ Calls`)
			u.AwaitGone(`1 missed`) // it was looked at
			u.quits()

			u = start()
			u.Key("F7")
			u.sees(`← Bob Bell.* missed`)
			if s := u.Screen(); strings.Contains(s, "nobody") || strings.Contains(s, "1 missed") {
				t.Errorf("what was deleted or looked at is back:\n%s", s)
			}
			u.Key("Escape")
			u.AwaitGone(`╭─ Calls`)
			u.quits()
		})
	}
}
