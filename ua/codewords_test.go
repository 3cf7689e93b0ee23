package ua

import (
	"strings"
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// registry is IANA's registry of SIP response codes.
var registry = []int{
	100, 180, 181, 182, 183, 199,
	200, 202, 204,
	300, 301, 302, 305, 380,
	400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417, 420, 421, 422, 423, 424, 425,
	428, 429, 430, 433, 436, 437, 438, 439, 440, 469, 470, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494,
	500, 501, 502, 503, 504, 505, 513, 555, 580,
	600, 603, 604, 606, 607, 608,
}

func TestEveryCodeHasWords(t *testing.T) {
	seen := map[string]int{}
	for _, code := range registry {
		w, ok := codeWords[code]
		switch {
		case !ok:
			t.Errorf("%d says nothing", code)
		case w.what == "" || strings.HasSuffix(w.what, ".") || w.what[0] >= 'A' && w.what[0] <= 'Z':
			t.Errorf("%d: %q is no middle of a sentence", code, w.what)
		}
		if code >= 300 && code != 413 && code != 513 {
			if other := seen[w.what]; other != 0 {
				t.Errorf("%d and %d say the same: %q", code, other, w.what)
			}
			seen[w.what] = code
		}
		if p := sip.ReasonPhrase(code); p == "" || p == sip.ReasonPhrase(code/100*100+98) && code != 183 && code != 200 {
			t.Errorf("%d has no phrase of its own: %q", code, p)
		}
	}
	if len(codeWords) != len(registry) {
		t.Errorf("%d codes have words, %d are registered", len(codeWords), len(registry))
	}
	for code, want := range map[int]string{0: "it failed", 198: "on its way", 299: "worked", 399: "elsewhere", 499: "refused", 599: "server failed", 699: "everywhere", 1000: "it failed"} {
		if got := StatusWords(code); !strings.Contains(got, want) {
			t.Errorf("%d: %q, want %q", code, got, want)
		}
	}
}

func TestRefusalInWords(t *testing.T) {
	tests := []struct {
		f    Failure
		want string
	}{
		{Failure{Cause: call.Rejected, Code: 486}, "the other side is busy (486 Busy Here); try again later"},
		{Failure{Cause: call.Rejected, Code: 486, Reason: "in a \x1b[31mmeeting"}, "the other side is busy (486 in a [31mmeeting); try again later"},
		{Failure{Cause: call.Rejected, Code: 480, EndHeaders: EndHeaders{RetryAfter: 5 * time.Minute}},
			"the other side isn't available now (480 Temporarily Unavailable); try again in 5 minutes"},
		{Failure{Cause: call.Rejected, Code: 488, EndHeaders: EndHeaders{Warning: header.Warning{Code: 305, Text: "PCMA only"}}},
			"the two sides don't fit together: no audio format, or nothing else that was offered, is known to both (488 Not Acceptable Here): PCMA only; offer other codecs"},
		{Failure{Cause: call.Rejected, Code: 503, EndHeaders: EndHeaders{EndReason: header.Reason{Protocol: "Q.850", Cause: 34}, RetryAfter: time.Second}},
			"the server is overloaded or down (503 Service Unavailable): all lines are taken; try again in 1 second"},
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
