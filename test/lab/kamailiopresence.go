package lab

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// presenceModules make a Kamailio a presence server: presence, calls, mailboxes and
// registrations, kept in text files. Who subscribes sees everything.
const presenceModules = `loadmodule "db_text.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
loadmodule "presence_mwi.so"
loadmodule "presence_dialoginfo.so"
loadmodule "presence_reginfo.so"
modparam("presence|presence_xml", "db_url", "text://@DIR@")
modparam("presence", "server_address", "sip:@IP@:@PORT@")
modparam("presence", "max_expires", 3600)
modparam("presence", "min_expires", @MIN@)
modparam("presence_xml", "force_active", 1)
modparam("presence_dialoginfo", "force_single_dialog", 0)
`

const presenceRoute = `  if (is_method("PUBLISH") && uri == myself) {
    if (t_newtran()) handle_publish();
    exit;
  }
  if (is_method("SUBSCRIBE") && uri == myself && $hdr(Event) =~ "^(presence|dialog|message-summary|reg)") {
    if (t_newtran()) { record_route(); handle_subscribe(); }
    exit;
  }
`

const presenceInDialog = `    if (is_method("SUBSCRIBE") && uri == myself) {
      if (t_newtran()) handle_subscribe();
      exit;
    }
`

// StartPresenceKamailio starts one that is a presence server too; subscriptions shorter than
// minExpires get 423.
func StartPresenceKamailio(t testing.TB, minExpires time.Duration) *Kamailio {
	t.Helper()
	Need(t, "kamailio")
	dir := t.TempDir()
	tables, err := filepath.Glob("/usr/share/kamailio/dbtext/kamailio/*")
	if err != nil || len(tables) == 0 {
		t.Fatalf("kamailio's empty tables aren't there: install kamailio (%v)", err)
	}
	for _, table := range tables {
		b, err := os.ReadFile(table)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(table)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	fill := strings.NewReplacer("@DIR@", dir, "@MIN@", strconv.Itoa(int(minExpires/time.Second)))
	const route, inDialog, loose = "  remove_hf(\"Route\");\n", "  if (has_totag()) {\n", "    if (loose_route()) {\n"
	cfg := kamailioWith(t,
		lastModule, lastModule+fill.Replace(presenceModules),
		route, route+presenceRoute,
		inDialog, inDialog+presenceInDialog,
		loose, loose+presenceInDialog,
	)
	return startKamailio(t, cfg, "MD5")
}

// Publish publishes a body for a user, as a mailbox or another phone would, and waits for
// its 200. It gives the ETag.
func (k *Kamailio) Publish(t testing.TB, user, event, contentType, body, etag string) string {
	t.Helper()
	c, err := net.Dial("udp", net.JoinHostPort(IP, strconv.Itoa(k.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	local, id := c.LocalAddr(), time.Now().UnixNano()
	match := ""
	if etag != "" {
		match = "SIP-If-Match: " + etag + "\r\n"
	}
	msg := fmt.Sprintf("PUBLISH %[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]d\r\nFrom: <sip:mailbox@%[2]s>;tag=%[3]d\r\nTo: <%[1]s>\r\nCall-ID: %[3]d\r\nCSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\nEvent: %[4]s\r\nExpires: 600\r\n%[5]sContent-Type: %[6]s\r\nContent-Length: %[7]d\r\n\r\n%[8]s",
		k.URI(user), local, id, event, match, contentType, len(body), body)
	if _, err := c.Write([]byte(msg)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("kamailio doesn't answer PUBLISH: %v\n%s", err, k.Output())
		}
		text := string(buf[:n])
		if strings.HasPrefix(text, "SIP/2.0 1") {
			continue
		}
		if !strings.HasPrefix(text, "SIP/2.0 200") {
			t.Fatalf("kamailio answers PUBLISH with\n%s\n%s", text, k.Output())
		}
		_, rest, _ := strings.Cut(text, "SIP-ETag: ")
		tag, _, _ := strings.Cut(rest, "\r\n")
		return tag
	}
}
