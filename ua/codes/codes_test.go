package codes

import (
	"strings"
	"testing"

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
		w, ok := registered[code]
		switch {
		case !ok:
			t.Errorf("%d says nothing", code)
		case w.What == "" || strings.HasSuffix(w.What, ".") || w.What[0] >= 'A' && w.What[0] <= 'Z':
			t.Errorf("%d: %q is no middle of a sentence", code, w.What)
		}
		if code >= 300 && code != 413 && code != 513 {
			if other := seen[w.What]; other != 0 {
				t.Errorf("%d and %d say the same: %q", code, other, w.What)
			}
			seen[w.What] = code
		}
		if p := sip.ReasonPhrase(code); p == "" || p == sip.ReasonPhrase(code/100*100+98) && code != 183 && code != 200 {
			t.Errorf("%d has no phrase of its own: %q", code, p)
		}
	}
	if len(registered) != len(registry) {
		t.Errorf("%d codes have words, %d are registered", len(registered), len(registry))
	}
	for code, want := range map[int]string{0: "it failed", 198: "on its way", 299: "worked", 399: "elsewhere", 499: "refused", 599: "server failed", 699: "everywhere", 1000: "it failed"} {
		if got := Of(code).String(); !strings.Contains(got, want) {
			t.Errorf("%d: %q, want %q", code, got, want)
		}
	}
}
