package sdp_test

import (
	"strings"
	"testing"

	"offhook/audio"
	"offhook/audio/dtls"
	"offhook/ua/sdp"
)

// Whatever comes: no panic; a Description or an error, not both; an answer has
// the offer's m= lines in number and order and parses again; so does the next
// offer of the session, and taking the text as an answer leaves a pending offer
// or a result.
func FuzzParseAnswer(f *testing.F) {
	for _, lines := range [][]string{
		{"m=audio 5004 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"},
		{"m=video 5000 RTP/AVP 97", "m=audio 5004 RTP/AVPF 96 0", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1", "a=rtcp-mux", "a=rtcp:9 IN IP4 192.0.2.3"},
		{"m=audio 5004/2 RTP/AVP 0", "c=IN IP6 2001:db8::1", "a=ptime:20", "a=maxptime:40.5", "a=inactive"},
		{"m=image 0 udptl t38", "m=audio 0 RTP/AVP 0", "c=IN IP4 0.0.0.0"},
		{"a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=setup:actpass", "a=tls-id:0123456789abcdefghij", printLine, "a=rtcp-mux"},
		{"m=audio 5004 RTP/AVP 0", "a=setup:passive", otherLine, "m=video 9 RTP/AVP 96", "a=mid:v"},
		{"m=audio 5004 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 WSH=64 -X"},
		{"m=audio 5004 RTP/AVPF 0", "a=crypto:2 AEAD_AES_256_GCM inline:a", "a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz KDR=1"},
		{"a=sendonly", "m=audio 65535 RTP/SAVP 0 13", "a=crypto:1 AES"},
		nil,
	} {
		f.Add(body(lines...))
	}
	f.Add([]byte("v=0\nm=audio 1 RTP/AVP 0"))
	f.Add([]byte("v=0\r\no=a b c d 1 2 IN IP4 x\r\nm=a 0 b\r\n"))
	end := shaking(f, audio.SRTPOptional).DTLS
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := sdp.Parse(text)
		if (d == nil) == (err == nil) {
			t.Fatalf("Parse gave %v and %v", d, err)
		}
		if err != nil {
			if sdp.StatusCode(err) != 400 {
				t.Fatalf("status %d for %v", sdp.StatusCode(err), err)
			}
			return
		}
		for _, name := range d.Codecs() {
			if name == "" {
				t.Fatal("a codec without a name")
			}
		}
		l := local(opus, pcmu, pcma)
		l.ComfortNoise, l.RTCPMux = true, true
		l.SRTP, l.Crypto, l.DTLS = audio.SRTPOptional, cryptoOffer(1), end
		s := sdp.NewSession(9)
		b, r, err := s.Answer(d, l)
		if err != nil {
			if b != nil || sdp.StatusCode(err) != 488 {
				t.Fatalf("refused with %d and a body %q", sdp.StatusCode(err), b)
			}
		} else {
			checkMirror(t, d, b)
			checkMirror(t, d, s.Offer(l))
			if r.Params.Send && (!r.Params.Remote.IsValid() || r.Params.Encode.Codec == nil) {
				t.Fatalf("sends nowhere or nothing: %+v", r.Params)
			}
			if sdes, ok := r.Params.Security.(audio.SDES); ok {
				if sdes.Remote.IsZero() || sdes.Local.Suite() != sdes.Suite || sdes.Remote.Suite() != sdes.Suite || sdes.Local.Equal(sdes.Remote) {
					t.Fatalf("keys of %v: %v, %v", sdes.Suite, sdes.Local, sdes.Remote)
				}
			}
			if d, ok := r.Params.Security.(audio.DTLS); ok && (d.Role == dtls.Undecided || len(d.Peer) == 0 || len(d.Peer) > 16) {
				t.Fatalf("shakes hands as %v with %v", d.Role, d.Peer)
			}
			if r.Params.Send || r.Params.Receive {
				if len(r.Params.Decode) == 0 || r.Params.Ptime <= 0 || r.Codec == "" {
					t.Fatalf("incomplete %+v", r)
				}
			}
		}
		caller := sdp.NewSession(10)
		caller.Offer(l)
		if _, err := caller.ApplyAnswer(d); (err == nil) == caller.Pending() {
			t.Fatalf("ApplyAnswer: %v, pending %v", err, caller.Pending())
		}
	})
}

// checkMirror says that body has the m= lines of d with at most one in use.
func checkMirror(t *testing.T, d *sdp.Description, b []byte) {
	t.Helper()
	got, err := sdp.Parse(b)
	if err != nil {
		t.Fatalf("our own body doesn't parse: %v\n%s", err, b)
	}
	if len(got.Streams) != len(d.Streams) {
		t.Fatalf("%d streams for %d\n%s", len(got.Streams), len(d.Streams), b)
	}
	inUse := 0
	for i, s := range got.Streams {
		if !strings.EqualFold(s.Media, d.Streams[i].Media) || s.Proto != d.Streams[i].Proto {
			t.Fatalf("stream %d is %s %s, was %s %s", i, s.Media, s.Proto, d.Streams[i].Media, d.Streams[i].Proto)
		}
		if s.Port != 0 {
			inUse++
		}
	}
	if inUse > 1 {
		t.Fatalf("%d streams in use\n%s", inUse, b)
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"))
	f.Add("application/sdp", []byte("v=0\r\n"))
	f.Fuzz(func(t *testing.T, kind string, b []byte) {
		if text, ok := sdp.Extract(kind, b); !ok && text != nil || len(text) > len(b) {
			t.Fatalf("found %q, %v", text, ok)
		}
	})
}
