package ui

import (
	"testing"

	"offhook/ua"
	"offhook/ua/sip"
)

// An account that believes every server is never forgotten, and each such server is told.
func TestInsecureIsAlwaysOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		b := oneCall(t, Options{Insecure: "lab"})
		b.size(size[0], size[1])
		b.press("k")
		b.wantScreen("INSECURE")
	}
	b := oneCall(t, Options{Insecure: "lab"})
	b.size(120, 40)
	b.post(ua.ServerUnverified{Meta: b.phone.Meta(), Account: "lab", Err: &sip.CertificateError{Problem: sip.CertUnknownAuthority, Host: "192.0.2.1", Issuer: "myself"}})
	b.wantScreen("certificates unchecked: lab", "nobody vouches for 192.0.2.1, and lab talks to it all the same")
}
