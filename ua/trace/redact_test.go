package trace

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// What is covered, and what around it stays. Each ‹…› is a secret.
var secretTexts = []struct{ name, text string }{
	{"digest", "INVITE sip:bob@a SIP/2.0\r\nAuthorization: Digest username=\"al\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"‹6629fae49393a05397450978507c4ef1›\", cnonce=\"0a\", nc=00000001\r\n\r\n"},
	{"any case and spaces", "proxy-AUTHORIZATION :digest username=\"al\",RESPONSE = \"‹6629FAE4›\"\r\n"},
	{"folded", "Authorization: Digest realm=\"r\",\r\n\tnonce=\"n\",\r\n response=\r\n \"‹6629fae4›\"\r\nTo: <sip:a>\r\n"},
	{"unquoted", "Authorization: Digest response=‹6629fae49393a›,realm=r\n"},
	{"not ended", "Authorization: Digest response=\"‹6629fae49393a›"},
	{"the server's", "Authentication-Info: nextnonce=\"n2\", rspauth=\"‹6629fae49393a›\", qop=auth\r\n"},
	{"half a message", "realm=\"r\", response=\"‹6629fae49393a›\", qop=auth\r\nContact: <sip:a@b>\r\n"},
	{"Basic", "Proxy-Authorization: Basic ‹QWxhZGRpbjpvcGVuIHNlc2FtZQ==›\r\nTo: <sip:a>\r\n"},
	{"Bearer, folded", "Authorization:\r\n Bearer ‹ey.J0.eXAi›\r\n"},
	{"no scheme", "Authorization: ‹sesame›\r\n"},
	{"challenges stay", "WWW-Authenticate: Digest realm=\"r\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"\r\n"},
	{"crypto", "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:‹WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz›|2^20|1:4 FEC_ORDER=FEC_SRTP\r\n"},
	{"two keys", "a=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:‹abcd+/==›|2^20|1:4;inline:‹efgh›|2^20|2:4\r\n"},
	{"ice", "a=ice-ufrag:8hhY\r\na=ice-pwd:‹asd88fgpdd777uzjYhagZg›\r\na=fingerprint:sha-256 4A:AD\r\n"},
	{"old keys", "k=clear:‹open sesame›\r\nk=base64:‹b3Blbg==›\r\nk=prompt\r\na=key-mgmt:mikey ‹AQAFgM0XflABAAAAAAAAAA›\r\n"},
	{"a URI's password", "Contact: <sip:al:‹sesame›@a:5060;transport=tcp>, <sips:al:‹x›@b>\r\nTo: \"a:b\" <sip:bob@a:5070?subject=x@y>\r\nVia: SIP/2.0/UDP a:5060;x=y@z\r\n"},
	{"what people say", "MESSAGE sip:bob@a SIP/2.0\r\n\r\nthe password is open sesame, and the response: 42"},
	{"an error that quotes", `can't read "Authorization: Digest response=\"‹6629fae49393a›\", realm=\"r\"\r\na=ice-pwd:‹asd88fgpdd777›\r\na=crypto:1 X inline:‹abcd+/==›\r\n"`},
	{"other parameters", "X: xresponse=\"abc\", my-rspauth=def\r\n"},
}

func split(text string) (raw, want string, secrets []string) {
	var w strings.Builder
	for rest := text; ; {
		before, after, ok := strings.Cut(rest, "‹")
		w.WriteString(before)
		if !ok {
			break
		}
		secret, after, _ := strings.Cut(after, "›")
		secrets = append(secrets, secret)
		w.WriteString(strings.Repeat("*", len(secret)))
		rest = after
	}
	return strings.NewReplacer("‹", "", "›", "").Replace(text), w.String(), secrets
}

func TestRedact(t *testing.T) {
	for _, tt := range secretTexts {
		t.Run(tt.name, func(t *testing.T) {
			raw, want, secrets := split(tt.text)
			in := record(SIP, Out, "UDP", raw)
			in.Note = "bad"
			for _, s := range secrets {
				in.Note += " " + s
			}
			out := Redacted.Record(in)
			if string(out.Raw) != want {
				t.Errorf("got  %q\nwant %q", out.Raw, want)
			}
			if string(in.Raw) != raw {
				t.Error("what goes to the wire was changed")
			}
			for _, s := range secrets {
				if len(s) >= shortest && strings.Contains(out.Note, s) {
					t.Errorf("the note says %q", out.Note)
				}
			}
			if got := Redact(raw); got != want {
				t.Errorf("as text %q", got)
			}
			if got := Shown.Record(in); string(got.Raw) != raw || got.Note != in.Note {
				t.Errorf("shown: %q, %q", got.Raw, got.Note)
			}
		})
	}
}

// A TURN server's user has chosen the password; ICE's are random (RFC 8489, section 9).
func TestRedactSTUN(t *testing.T) {
	attr := func(kind uint16, value string) []byte {
		b := binary.BigEndian.AppendUint16(nil, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		return append(b, value+strings.Repeat("\x00", (4-len(value)%4)%4)...)
	}
	message := func(attrs ...[]byte) []byte {
		body := bytes.Join(attrs, nil)
		b := binary.BigEndian.AppendUint16(nil, 0x0003)
		b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
		b = binary.BigEndian.AppendUint32(b, magicCookie)
		return append(append(b, "transaction "...), body...)
	}
	const sha1, sha256 = "01234567890123456789", "01234567890123456789012345678901"
	user, realm := attr(0x0006, "al"), attr(attrRealm, "relay")
	for _, tt := range []struct {
		name      string
		raw, want []byte
	}{
		{"short-term", message(user, attr(attrIntegrity, sha1)), message(user, attr(attrIntegrity, sha1))},
		{"long-term", message(user, realm, attr(attrIntegrity, sha1)), message(user, realm, attr(attrIntegrity, strings.Repeat("*", 20)))},
		{"SHA-256", message(realm, attr(attrIntegritySHA256, sha256), user), message(realm, attr(attrIntegritySHA256, strings.Repeat("*", 32)), user)},
		{"cut off", message(realm, attr(attrIntegrity, sha1))[:44], append(message(realm, attr(attrIntegrity, sha1))[:36], "********"...)},
	} {
		r := Redacted.Record(Record{Kind: RTP, Raw: tt.raw})
		if !bytes.Equal(r.Raw, tt.want) {
			t.Errorf("%s:\n%q, want\n%q", tt.name, r.Raw, tt.want)
		}
	}
	rtp := append([]byte{0x80, 0, 0, 1}, message(realm, attr(attrIntegrity, sha1))...)
	if r := Redacted.Record(Record{Kind: RTP, Raw: rtp}); !bytes.Equal(r.Raw, rtp) {
		t.Errorf("RTP became %q", r.Raw)
	}
}

// Packets of audio pass as they are: a capture costs a call no more than its copy.
func TestRedactAllocs(t *testing.T) {
	packet := Record{Kind: RTP, Raw: append([]byte{0x80, 0}, make([]byte, 170)...)}
	if n := testing.AllocsPerRun(100, func() { Redacted.Record(packet) }); n != 0 {
		t.Errorf("%v allocations for each packet", n)
	}
}

// Whatever comes: lengths stay, what isn't covered stays, and what was covered needs no more.
func FuzzRedact(f *testing.F) {
	for _, tt := range secretTexts {
		raw, _, _ := split(tt.text)
		f.Add([]byte(raw), false)
	}
	f.Add([]byte("\x00\x03\x00\x08\x21\x12\xa4\x42transaction \x00\x14\xff\xff"), true)
	f.Fuzz(func(t *testing.T, raw []byte, media bool) {
		r := Record{Raw: raw}
		if media {
			r.Kind = RTP
		}
		out := Redacted.Record(r)
		if len(out.Raw) != len(raw) {
			t.Fatalf("%d bytes became %d", len(raw), len(out.Raw))
		}
		for i, c := range out.Raw {
			if c != raw[i] && c != '*' {
				t.Fatalf("byte %d became %q", i, c)
			}
		}
		if again := Redacted.Record(out); !bytes.Equal(again.Raw, out.Raw) {
			t.Fatalf("twice:\n%q\n%q", out.Raw, again.Raw)
		}
	})
}

// An INVITE with credentials and keys, and one with nothing to cover.
func BenchmarkRedact(b *testing.B) {
	secret, _, _ := split(secretTexts[0].text + secretTexts[11].text + secretTexts[13].text)
	for name, raw := range map[string]string{"secrets": secret + strings.Repeat("a=rtpmap:0 PCMU/8000\r\n", 40), "none": strings.Repeat("a=rtpmap:0 PCMU/8000\r\n", 50)} {
		b.Run(name, func(b *testing.B) {
			r := record(SIP, Out, "UDP", raw)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				Redacted.Record(r)
			}
		})
	}
}
