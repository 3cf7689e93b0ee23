package config

import (
	"strings"
	"testing"
)

// No address of the file may hold a password: addresses are shown, logged and sent. The
// message that says so doesn't show it either.
func TestAddressesHoldNoPassword(t *testing.T) {
	const head = "[[account]]\nname = \"w\"\n"
	const account = head + "aor = \"sip:alice@h\"\n"
	for _, text := range []string{
		head + `aor = "sip:alice:topsecret@h"`,
		account + `registrar = "sip:alice:topsecret@h"`,
		account + `outbound_proxy = "sip:p, sip:alice:topsecret@h;lr"`,
		account + `identity = "\"Sales\" <sip:sales:topsecret@h>"`,
		account + `watch = ["bob:topsecret@h"]`,
		account + `voicemail = "sip:vm:topsecret@h"`,
		"[calls]\nforward_busy = \"sip:bob:topsecret@h\"",
		"[[rule.incoming]]\naction = \"forward\"\ntarget = \"<sip:bob:topsecret@h>\"",
		"[[rule.outgoing]]\ntarget = \"bob:topsecret@h\"",
	} {
		c, err := Parse("f", text+"\n", true)
		if err == nil {
			t.Errorf("%s is taken; shown as %s", text, Show(c))
			continue
		}
		if !strings.Contains(err.Error(), "holds a password") || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What can't be dialled is told with its line, not when a call comes.
func TestTargetsOfTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"foo@": "has no host", "sip:": "has no host", "mailto:x@y": "no SIP address", "sip:a b@h": "can't", " ": "empty",
		"1001": "", "sip:bob@h": "", "bob@h:5070": "", "tel:+49301234": "", "<sip:bob@h?Replaces=a@b:c>": "", "*21#": "", "sips:h": "",
	} {
		_, err := Parse("f", "[calls]\nforward_busy = "+quote(text)+"\n", true)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "f:2: ")):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
