package ua

import (
	"strings"
	"testing"

	"offhook/ua/header"
	"offhook/ua/uatest"
)

func TestHeadersOfACall(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) {
		a.Organization, a.Identity, a.DisplayName = "Box, Inc.", "Sales <sip:sales@example.com>", "Alice"
	}))
	dial := func(req DialRequest) *uatest.Message {
		t.Helper()
		req.Target = r.peer.URI("bob")
		id := r.agent.Dial(req)
		inv := r.peer.Expect("INVITE")
		r.peer.Leg(inv).Reply(inv, 486, "")
		r.peer.Expect("ACK")
		r.ended(id)
		return inv
	}
	inv := dial(DialRequest{Subject: "Lunch, maybe", Priority: "urgent"})
	for name, want := range map[string]string{
		"Subject": "Lunch, maybe", "Priority": "urgent", "Organization": "Box, Inc.", "Privacy": "",
		"P-Preferred-Identity": "Sales <sip:sales@example.com>", // the peer is the account's own domain
	} {
		if got := inv.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// RFC 3323, section 4.1: nothing that names us, but to our own proxy.
	inv = dial(DialRequest{Privacy: header.PrivacyID | header.PrivacyCritical})
	if got := inv.Get("From"); !strings.HasPrefix(got, anonymousFrom+";tag=") {
		t.Errorf("From %s", got)
	}
	if inv.Get("Privacy") != "id;critical" || inv.Get("Organization") != "" || strings.Contains(inv.Get("Contact"), "alice") || inv.Get("P-Preferred-Identity") == "" {
		t.Errorf("anonymous:\n%s", inv.Raw)
	}
	if inv = dial(DialRequest{Privacy: header.PrivacyNone, Organization: "Me"}); inv.Get("Privacy") != "none" || !strings.Contains(inv.Get("From"), "Alice") || inv.Get("Organization") != "Me" {
		t.Errorf("privacy none:\n%s", inv.Raw)
	}
	// A stranger isn't told who is behind the anonymous From.
	stranger := uatest.UDPAt(t, "127.0.0.2")
	id := r.agent.Dial(DialRequest{Target: stranger.URI("eve"), Privacy: header.PrivacyID})
	inv = stranger.Expect("INVITE")
	if strings.Contains(inv.Raw, "alice") || inv.Get("P-Preferred-Identity") != "" {
		t.Errorf("to a stranger:\n%s", inv.Raw)
	}
	stranger.Leg(inv).Reply(inv, 486, "")
	r.ended(id)
}

func TestCheckDialRequest(t *testing.T) {
	for _, ok := range []DialRequest{{}, {Headers: []string{"X-A: b", "Alert-Info: <x>"}, Subject: "a b", Priority: "emergency", Identity: "tel:+4930"}, {Identity: "Al <sip:a@b>"}} {
		if err := ok.Check(); err != nil {
			t.Errorf("%+v: %v", ok, err)
		}
	}
	for _, bad := range []DialRequest{{Headers: []string{"nonsense"}}, {Headers: []string{"Via: x"}}, {Headers: []string{"X: a\r\nY: b"}}, {Subject: "a\r\nb"},
		{Priority: "very urgent"}, {Identity: "nobody"}, {Identity: "http://x"}, {Organization: "a\nb"}} {
		if bad.Check() == nil {
			t.Errorf("%+v is fine", bad)
		}
	}
}
