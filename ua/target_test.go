package ua

import (
	"errors"
	"strings"
	"testing"
)

// Nobody's password gets into a request, and so into a trace: the error doesn't show it either.
func TestTargetWithPassword(t *testing.T) {
	for _, target := range []string{"sip:u:topsecret@h", "u:topsecret@h", "Bob <sips:u:topsecret@h:5061>", "tel:u:topsecret@h"} {
		err := CheckTarget(target, "d")
		if !errors.Is(err, ErrNoTarget) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestCheckTarget(t *testing.T) {
	for target, want := range map[string]string{
		"foo@": "host", "sip:": "no SIP address", "sip:a@h;transport=foo": "no such transport", "sip:a@h;transport=TLS": "", "mailto:x@y": "mailto: isn't called by SIP", "": "give a SIP address", "sip:a@h:99999": "port",
		"1001": "", "bob@h": "", "sip:room%3A12@h": "", "sip:h:5070": "", "bob smith": "there is a space", "bob smith@h": "there is a space", "030 12 34": "", "bob%20smith@h": "", "tel:+49 30 1234": "",
	} {
		err := CheckTarget(target, "d")
		switch {
		case want == "" && err != nil, want != "" && (!errors.Is(err, ErrNoTarget) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", target, err, want)
		}
	}
}
