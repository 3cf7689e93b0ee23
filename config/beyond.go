package config

import (
	"fmt"
	"strings"
)

// beyondKeys are an account's keys beyond calls: mailbox, lamps, presence.
func beyondKeys() []field[Account] {
	return []field[Account]{
		column(Key{Table: "account", Name: "voicemail", Doc: "What to dial to hear the mailbox, such as \"*97\". Without it: what the mailbox says of itself."},
			func(a *Account) *string { return &a.Voicemail }, "", target),
		column(Key{Table: "account", Name: "subscribe_mwi", Doc: "Whether to ask the domain how many messages wait (message-summary). What it tells by itself is shown anyway."},
			func(a *Account) *bool { return &a.SubscribeMWI }, false, boolean),
		column(Key{Table: "account", Name: "watch", Doc: "Numbers or SIP addresses whose calls are shown: busy lamps."},
			func(a *Account) *[]string { return &a.Watch }, nil, targets),
		column(Key{Table: "account", Name: "publish", Doc: "Whether to publish presence at the domain: open while the phone runs, and \"on-the-phone\" during calls."},
			func(a *Account) *bool { return &a.Publish }, false, boolean),
		column(Key{Table: "account", Name: "allow_watchers", Doc: "Who may watch this account's calls and presence at the phone itself: patterns of callers, such as \"*@example.org\"; \"*\" is everybody. Without it: nobody."},
			func(a *Account) *[]string { return &a.AllowWatchers }, nil, addresses),
		column(Key{Table: "account", Name: "quality_report", Doc: "SIP URI of a collector that is told after each call how it went: packet loss, delays and opinion scores (vq-rtcpxr, RFC 6035). Without it: nobody."},
			func(a *Account) *string { return &a.QualityReport }, "", sipURI),
	}
}

var addresses = list("list of texts", func(s string) error {
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("names %q, which is no address", s)
	}
	return nil
})
