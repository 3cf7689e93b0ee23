package ua

import (
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/header"
)

func TestRefusalInWords(t *testing.T) {
	tests := []struct {
		f    Failure
		want string
	}{
		{Failure{Cause: call.Rejected, Code: 486}, "the other side is busy (486 Busy Here); try again later"},
		{Failure{Cause: call.Rejected, Code: 486, Reason: "in a \x1b[31mmeeting"}, "the other side is busy (486 in a meeting); try again later"},
		{Failure{Cause: call.Rejected, Code: 480, EndHeaders: EndHeaders{RetryAfter: 5 * time.Minute}},
			"the other side isn't available now (480 Temporarily Unavailable); try again in 5 minutes"},
		{Failure{Cause: call.Rejected, Code: 488, EndHeaders: EndHeaders{Warning: header.Warning{Code: 305, Text: "PCMA only"}}},
			"the two sides don't fit together: no audio format, or nothing else that was offered, is known to both (488 Not Acceptable Here): PCMA only; offer other codecs, or another encryption or way (srtp, ice)"},
		{Failure{Cause: call.Rejected, Code: 503, EndHeaders: EndHeaders{EndReason: header.Reason{Protocol: "Q.850", Cause: 34}, RetryAfter: time.Second}},
			"the server is overloaded or down (503 Service Unavailable): all lines are taken; try again in 1 second"},
		{Failure{Cause: call.Rejected, Code: 302}, "the other side is at another address for now (302 Moved Temporarily); call that one"},
		{Failure{Cause: call.Rejected, Code: 302, Err: &RedirectError{Err: ErrRedirectLoop}},
			"the other side is at another address for now (302 Moved Temporarily): it was redirected back to where it has been; check the forwarding on the other side"},
		{Failure{Cause: call.Rejected, Code: 301, Err: &RedirectError{Err: ErrRedirectNowhere}},
			"the other side has moved to another address (301 Moved Permanently): it was redirected without an address that can be called; ask the other side for one"},
		{Failure{Cause: call.Rejected, Code: 302, Err: &RedirectError{Targets: []string{"sip:1@x"}, Err: ErrRedirectRefused}},
			"the other side is at another address for now (302 Moved Temporarily): sip:1@x: redirections aren't followed here: dial it yourself, or set redirects = \"follow\""},
		{Failure{Cause: call.Rejected, Err: ErrNoTarget}, ErrNoTarget.Error()},
		{Failure{Cause: call.Rejected, Code: 603}, "the other side declined the call (603 Decline)"},
	}
	for _, tt := range tests {
		if got := tt.f.Error(); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
	for d, want := range map[time.Duration]string{time.Second: "1 second", 90 * time.Second: "90 seconds", 10 * time.Minute: "10 minutes", 3 * time.Hour: "3 hours", 72 * time.Hour: "3 days"} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
