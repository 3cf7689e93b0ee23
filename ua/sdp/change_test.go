package sdp

import (
	"strings"
	"testing"
)

func TestDifference(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	const audio = "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
	const video = "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
	parse := func(body string) *Description {
		t.Helper()
		d, err := Parse([]byte(head + body))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
	for _, tt := range []struct{ name, before, now, want string }{
		{"the same", audio, audio, ""},
		{"hold", audio, audio + "a=sendonly\r\n", ""},
		{"video added", audio, audio + video, "adds video"},
		{"video added in an old place", audio + strings.Replace(video, "5000", "0", 1), audio + video, "adds video"},
		{"video stopped", audio + video, audio + strings.Replace(video, "5000", "0", 1), "stops video"},
		{"a line dropped, which nobody may", audio + video, audio, "drops video"},
		{"an unused line added", audio, audio + strings.Replace(video, "5000", "0", 1), "lists streams that aren't used"},
		{"another codec", audio, "m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n", "offers other formats for audio, PCMA first"},
		{"another place", audio, strings.Replace(audio, "4000", "4002", 1) + "c=IN IP4 192.0.2.9\r\n", "moves audio to 192.0.2.9"},
		{"encrypted", audio, strings.Replace(audio, "RTP/AVP", "RTP/SAVP", 1), "carries audio by RTP/SAVP"},
		{"a key offered", audio, audio + key, ""},
		{"a key taken away", audio + key, audio, "takes the encryption out of audio"},
		{"another kind", audio, video, "puts video in the place of audio"},
	} {
		before, now := parse(tt.before), parse(tt.now)
		if got := strings.Join(now.Difference(before), "; "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if now.Changes(before) != (len(now.Difference(before)) > 0) {
			t.Errorf("%s: Changes says %t", tt.name, now.Changes(before))
		}
	}
}
