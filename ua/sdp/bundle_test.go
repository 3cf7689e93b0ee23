package sdp_test

import (
	"strings"
	"testing"

	"offhook/ua/sdp"
)

// A browser's offer of sound and pictures on one transport: the sound is taken under its own
// name, the pictures are refused under theirs, and the bundle is what is left of it.
func TestBundle(t *testing.T) {
	lines := []string{"a=group:BUNDLE 0 v1", "m=audio 5004 RTP/AVP 0", "a=mid:0", "m=video 5004 RTP/AVP 96", "a=mid:v1"}
	s := sdp.NewSession(1)
	text, _, err := s.Answer(parse(t, body(lines...)), local(pcmu))
	if err != nil {
		t.Fatal(err)
	}
	want := func(text, sound string) {
		t.Helper()
		wantLines(t, text, "a=group:", "a=group:BUNDLE 0")
		wantLines(t, text, "a=mid:", "a=mid:0", "a=mid:v1")
		wantLines(t, text, "m=", sound, "m=video 0 RTP/AVP 96")
		if strings.Index(text, "a=mid:0") > strings.Index(text, "m=video") {
			t.Errorf("the sound's name isn't with it:\n%s", text)
		}
	}
	want(string(text), "m=audio 4000 RTP/AVP 0")
	want(string(s.Offer(local(pcmu))), "m=audio 4000 RTP/AVP 0 101") // the names stay in a later round
	for _, c := range [][]string{
		{"m=audio 5004 RTP/AVP 0", "a=mid:0"},                         // no group
		{"a=group:BUNDLE", "m=audio 5004 RTP/AVP 0", "a=mid:0"},       // an empty one
		{"a=group:LS 0", "m=audio 5004 RTP/AVP 0", "a=mid:0"},         // another kind
		{"a=group:BUNDLE a;b", "m=audio 5004 RTP/AVP 0", "a=mid:a;b"}, // no token
		{"a=group:BUNDLE v", "m=audio 5004 RTP/AVP 0", "a=mid:0"},     // others
		{"a=group:BUNDLE 0", "m=audio 5004 RTP/AVP 0", "a=mid:" + strings.Repeat("0", 65)},
	} {
		text, _ := answer(t, local(pcmu), c...)
		wantLines(t, text, "a=group:")
	}
}
