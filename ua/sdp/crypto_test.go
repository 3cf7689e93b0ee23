package sdp_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/ua/sdp"
)

// cryptoOffer has a key for each suite, other ones for each side.
func cryptoOffer(side byte) sdp.CryptoOffer {
	o := sdp.CryptoOffer{Offer: []srtp.Suite{srtp.AES256GCM, srtp.AES128CM80}}
	for _, s := range srtp.Suites() {
		o.Keys = append(o.Keys, testKey(s, side))
	}
	return o
}

func testKey(s srtp.Suite, fill byte) srtp.Key {
	k, err := srtp.NewKey(s, []byte(strings.Repeat(string(rune('A'+fill)), s.KeySize()+s.SaltSize())), "")
	if err != nil {
		panic(err)
	}
	return k
}

func inline(k srtp.Key) string { return "inline:" + base64.StdEncoding.EncodeToString(k.Octets()) }

func cryptoLine(tag int, k srtp.Key) string {
	return fmt.Sprintf("a=crypto:%d %s %s", tag, k.Suite(), inline(k))
}

// side of a pair that brings keys.
func secured(mode audio.SRTPMode, side byte) sdp.Local {
	l := local(pcmu)
	l.SRTP, l.Crypto = mode, cryptoOffer(side)
	return l
}

var (
	peers80  = testKey(srtp.AES128CM80, 9)
	peersGCM = testKey(srtp.AES256GCM, 9)
)

// SRTP offered as RTP/AVP with a=crypto, as against RTP/SAVP: what each mode makes of an
// offer (RFC 8643, section 3; RFC 4568, section 5.1.2).
func TestInterop41OffersByMode(t *testing.T) {
	const refused, plain, srtpTaken = "refused", "plain", "srtp"
	offers := map[string][]string{
		"AVP":              {"m=audio 5004 RTP/AVP 0"},
		"AVP with a key":   {"m=audio 5004 RTP/AVP 0", cryptoLine(3, peers80)},
		"AVPF with a key":  {"m=audio 5004 RTP/AVPF 0", cryptoLine(3, peers80)},
		"AVP, no such key": {"m=audio 5004 RTP/AVP 0", "a=crypto:3 F8_128_HMAC_SHA1_80 " + inline(peers80)},
		"SAVP":             {"m=audio 5004 RTP/SAVP 0", cryptoLine(3, peers80)},
		"SAVPF":            {"m=audio 5004 RTP/SAVPF 0", cryptoLine(3, peers80)},
		"SAVP, no key":     {"m=audio 5004 RTP/SAVP 0"},
	}
	for _, tt := range []struct {
		offer                             string
		off, auto, optional, must, byDTLS string
	}{
		{"AVP", plain, plain, plain, refused, refused},
		{"AVP with a key", plain, srtpTaken, srtpTaken, srtpTaken, refused},
		{"AVPF with a key", plain, srtpTaken, srtpTaken, srtpTaken, refused},
		{"AVP, no such key", plain, plain, plain, refused, refused},
		{"SAVP", refused, srtpTaken, srtpTaken, srtpTaken, refused},
		{"SAVPF", refused, srtpTaken, srtpTaken, srtpTaken, refused},
		{"SAVP, no key", refused, refused, refused, refused, refused},
	} {
		for mode, want := range map[audio.SRTPMode]string{
			audio.SRTPOff: tt.off, audio.SRTPAuto: tt.auto, audio.SRTPOptional: tt.optional, audio.SRTPRequired: tt.must, audio.SRTPDTLS: tt.byDTLS,
		} {
			t.Run(tt.offer+" for "+mode.String(), func(t *testing.T) {
				l := secured(mode, 0)
				d := parse(t, body(offers[tt.offer]...))
				b, r, err := sdp.NewSession(1).Answer(d, l)
				if want == refused {
					if !errors.Is(err, sdp.ErrSecurity) || sdp.StatusCode(err) != 488 || len(err.Error()) < 40 {
						t.Fatalf("%v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				wantLines(t, string(b), "m=", "m=audio 4000 "+d.Streams[0].Proto+" 0")
				if want == plain {
					wantLines(t, string(b), "a=crypto")
					if r.Params.Security != nil {
						t.Errorf("says %v", r.Params.Security)
					}
					return
				}
				mine := testKey(srtp.AES128CM80, 0)
				wantLines(t, string(b), "a=crypto", cryptoLine(3, mine))
				if !audio.SameSecurity(r.Params.Security, audio.SDES{Suite: srtp.AES128CM80, Local: mine, Remote: peers80}) {
					t.Errorf("says %v", r.Params.Security)
				}
			})
		}
	}
}

// What each mode offers, and what it makes of the answers that are met.
func TestInterop41AnswersByMode(t *testing.T) {
	gcm, cm := testKey(srtp.AES256GCM, 0), testKey(srtp.AES128CM80, 0)
	both := []string{cryptoLine(1, gcm), cryptoLine(2, cm)}
	plain := []string{"m=audio 5004 RTP/AVP 0"}
	for _, tt := range []struct {
		name   string
		mode   audio.SRTPMode
		proto  string
		offers []string
		answer []string
		suite  srtp.Suite
		ok     bool
	}{
		{"off", audio.SRTPOff, "RTP/AVP", nil, plain, 0, true},
		{"off, an answer with keys", audio.SRTPOff, "RTP/AVP", nil, []string{plain[0], cryptoLine(1, peers80)}, 0, true},
		{"off, SAVP", audio.SRTPOff, "RTP/AVP", nil, []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(1, peers80)}, 0, false},
		{"optional, declined", audio.SRTPOptional, "RTP/AVP", both, plain, 0, true},
		{"optional, taken", audio.SRTPOptional, "RTP/AVP", both, []string{plain[0], cryptoLine(2, peers80)}, srtp.AES128CM80, true},
		{"optional, taken as SAVP", audio.SRTPOptional, "RTP/AVP", both, []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(1, peersGCM)}, srtp.AES256GCM, true},
		{"optional, a suite that wasn't offered", audio.SRTPOptional, "RTP/AVP", both,
			[]string{plain[0], cryptoLine(1, testKey(srtp.AES128CM32, 9))}, 0, false},
		{"required, taken", audio.SRTPRequired, "RTP/SAVP", both, []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(1, peersGCM)}, srtp.AES256GCM, true},
		{"required, taken as AVP", audio.SRTPRequired, "RTP/SAVP", both, []string{plain[0], cryptoLine(2, peers80)}, srtp.AES128CM80, true},
		{"required, a tag of the peer's own", audio.SRTPRequired, "RTP/SAVP", both, []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(1, peers80)}, srtp.AES128CM80, true},
		{"required, declined", audio.SRTPRequired, "RTP/SAVP", both, plain, 0, false},
		{"required, no key", audio.SRTPRequired, "RTP/SAVP", both, []string{"m=audio 5004 RTP/SAVP 0"}, 0, false},
		{"required, our own key", audio.SRTPRequired, "RTP/SAVP", both, []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(2, cm)}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sdp.NewSession(1)
			b := string(s.Offer(secured(tt.mode, 0)))
			wantLines(t, b, "m=", "m=audio 4000 "+tt.proto+" 0 101")
			wantLines(t, b, "a=crypto", tt.offers...)
			r, err := s.ApplyAnswer(parse(t, body(tt.answer...)))
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, sdp.ErrSecurity) {
				t.Fatalf("%v", err)
			}
			if sdes, ok := r.Params.Security.(audio.SDES); ok != (tt.suite != srtp.NoSuite) || sdes.Suite != tt.suite {
				t.Errorf("says %v", r.Params.Security)
			}
		})
	}
}

// By itself an account offers keys where nobody reads along only (RFC 4568, section 8: the
// description has to be protected), and keeps up what was agreed.
func TestAutoOffersNoKeysInTheClear(t *testing.T) {
	l := secured(audio.SRTPAuto, 0)
	l.Crypto.Offer = nil
	s := sdp.NewSession(1)
	wantLines(t, string(s.Offer(l)), "a=crypto")
	s.Rollback()
	if _, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0", cryptoLine(1, peers80))), l); err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(s.Offer(l)), "a=crypto", cryptoLine(1, testKey(srtp.AES128CM80, 0)))
}

// A later offer begins with the suite in use, by the same key; another key of the peer's is a
// re-keying, and an offer that is refused leaves all as it was.
func TestKeysOverReInvites(t *testing.T) {
	a, b := sdp.NewSession(1), sdp.NewSession(2)
	la, lb := secured(audio.SRTPRequired, 0), secured(audio.SRTPOptional, 1)
	round := func() (audio.SDES, audio.SDES) {
		t.Helper()
		body, rb, err := b.Answer(parse(t, a.Offer(la)), lb)
		if err != nil {
			t.Fatal(err)
		}
		ra, err := a.ApplyAnswer(parse(t, body))
		if err != nil {
			t.Fatal(err)
		}
		x, y := ra.Params.Security.(audio.SDES), rb.Params.Security.(audio.SDES)
		if !x.Local.Equal(y.Remote) || !x.Remote.Equal(y.Local) || x.Suite != y.Suite {
			t.Fatalf("%v and %v", x, y)
		}
		return x, y
	}
	lb.Crypto.Keys = lb.Crypto.Keys[3:] // without AES-GCM
	first, _ := round()
	if first.Suite != srtp.AES128CM80 {
		t.Fatalf("%v", first.Suite)
	}
	wantLines(t, string(a.Offer(la)), "a=crypto", cryptoLine(1, testKey(srtp.AES128CM80, 0)), cryptoLine(2, testKey(srtp.AES256GCM, 0)))
	a.Rollback()
	again, _ := round()
	if !audio.SameSecurity(first, again) {
		t.Error("the same keys were exchanged for others")
	}
	la.Crypto = cryptoOffer(5)
	a.Offer(la)
	a.Rollback()
	if r, _ := a.Result(); !audio.SameSecurity(r.Params.Security, first) {
		t.Error("a refused offer changed the keys")
	}
	if rekeyed, _ := round(); !rekeyed.Local.Equal(testKey(srtp.AES128CM80, 5)) || !rekeyed.Remote.Equal(first.Remote) {
		t.Error("no new key")
	}
}

func TestReadCrypto(t *testing.T) {
	key := inline(peers80)
	for _, tt := range []struct {
		line string
		mki  string
		why  string // part of it; empty for a line that can be used
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 " + key, "", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20", "", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|1048576", "", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|1:4", "\x00\x00\x00\x01", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|258:2", "\x01\x02", ""},
		{"1  AES_CM_128_HMAC_SHA1_80   INLINE:" + strings.TrimPrefix(key, "inline:") + "  WSH=64 -FUTURE", "", ""},
		{"999999999 AES_CM_128_HMAC_SHA1_80 " + strings.TrimRight(key, "="), "", ""},
		{"1 AES_CM_128_HMAC_SHA1_80", "", "needs"},
		{"x AES_CM_128_HMAC_SHA1_80 " + key, "", "tag"},
		{"1 F8_128_HMAC_SHA1_80 " + key, "", "suite"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + " UNENCRYPTED_SRTP", "", "UNENCRYPTED_SRTP"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + " UNENCRYPTED_SRTCP", "", "UNENCRYPTED_SRTCP"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + " UNAUTHENTICATED_SRTP", "", "UNAUTHENTICATED_SRTP"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + " KDR=1", "", "KDR"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + ";" + key, "", "several"},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:https://example.org/key", "", "inline"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:%%%", "", "base64"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:", "", "octets"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "AAAA", "", "octets"},
		{"1 AES_256_CM_HMAC_SHA1_80 " + key, "", "octets"},
		// Where something is missing or added the key stands in another field.
		{"AES_CM_128_HMAC_SHA1_80 " + key + " WSH=64", "", "tag"},
		{"1 " + key + " 2^20", "", "suite"},
		{"1 " + strings.TrimPrefix(key, "inline:") + " 2^20", "", "suite"},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:x " + key, "", "session parameter"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline: " + strings.TrimPrefix(key, "inline:"), "", "session parameter"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|300:1", "", "identifier"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|1:129", "", "identifier"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|-1:4", "", "identifier"},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^20|" + strings.Repeat("9", 1000) + ":128", "", "identifier"},
	} {
		d := parse(t, body("m=audio 5004 RTP/SAVP 0", "a=crypto:"+tt.line))
		c := d.Streams[0].Crypto
		if len(c) != 1 {
			t.Fatalf("%s: %d lines", tt.line, len(c))
		}
		if tt.why == "" != !c[0].Key.IsZero() || !strings.Contains(c[0].Why, tt.why) {
			t.Errorf("%s: %v, %q", tt.line, c[0].Key, c[0].Why)
		}
		if c[0].Key.MKI() != tt.mki {
			t.Errorf("%s: identifier %q", tt.line, c[0].Key.MKI())
		}
		// The reason is for people, and logs: never with the key.
		if _, _, err := sdp.NewSession(1).Answer(d, secured(audio.SRTPRequired, 0)); err != nil &&
			strings.Contains(err.Error(), strings.TrimPrefix(key, "inline:")[:8]) {
			t.Errorf("%s: %v", tt.line, err)
		}
	}
	many := []string{"m=audio 5004 RTP/SAVP 0"}
	for i := range 100 {
		many = append(many, cryptoLine(i+1, peers80))
	}
	if n := len(parse(t, body(many...)).Streams[0].Crypto); n > 32 {
		t.Errorf("%d lines were read", n)
	}
	if c := parse(t, body(cryptoLine(1, peers80), "m=audio 5004 RTP/SAVP 0")).Streams[0].Crypto; len(c) != 0 {
		t.Error("a key of no stream was read")
	}
}

// A peer that gives our key back under an identifier, or that of another line, is refused: both
// directions would go by one key stream.
func TestEchoedKeysAreRefused(t *testing.T) {
	l := secured(audio.SRTPRequired, 0)
	for _, line := range []string{
		cryptoLine(1, testKey(srtp.AES128CM80, 0)),
		cryptoLine(1, testKey(srtp.AES128CM80, 0)) + "|2^20|1:4",
	} {
		if _, _, err := sdp.NewSession(1).Answer(parse(t, body("m=audio 5004 RTP/SAVP 0", line)), l); !errors.Is(err, sdp.ErrSecurity) {
			t.Errorf("an offer with %s: %v", line, err)
		}
		s := sdp.NewSession(1)
		s.Offer(l)
		if _, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/SAVP 0", strings.Replace(line, ":1 ", ":2 ", 1)))); !errors.Is(err, sdp.ErrSecurity) {
			t.Errorf("an answer with %s: %v", line, err)
		}
	}
}

// A stream that is switched off keeps what protects it, and comes back with that, whatever the
// mode would offer by itself.
func TestStreamSwitchedOffKeepsItsProtection(t *testing.T) {
	off := parse(t, body("m=audio 0 RTP/AVP 0"))
	for _, tt := range []struct {
		local sdp.Local
		offer []string
		again string // in a later offer of ours
	}{
		{secured(audio.SRTPRequired, 0), []string{"m=audio 5004 RTP/SAVP 0", cryptoLine(1, peers80)}, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "},
		{shaking(t, audio.SRTPOptional, pcmu), []string{dtlsLine, printLine, "a=setup:actpass", "a=rtcp-mux"}, "a=fingerprint:"},
	} {
		s := sdp.NewSession(1)
		_, on, err := s.Answer(parse(t, body(tt.offer...)), tt.local)
		if err != nil {
			t.Fatal(err)
		}
		_, r, err := s.Answer(off, tt.local)
		if err != nil || !r.Off || !audio.SameSecurity(r.Params.Security, on.Params.Security) {
			t.Errorf("switched off: %v, %v", r.Params.Security, err)
		}
		if text := string(s.Offer(tt.local)); !strings.Contains(text, tt.again) {
			t.Errorf("offered again:\n%s", text)
		}
	}
}

// The key that a description holds doesn't show when it is printed.
func TestDescriptionsHideKeys(t *testing.T) {
	d := parse(t, body("m=audio 5004 RTP/SAVP 0", cryptoLine(1, peers80)))
	text := fmt.Sprintf("%+v %#v %v %+v %s", d, d, d.Streams[0], d.Streams[0].Crypto, d.Streams[0].Crypto[0].Key)
	if strings.Contains(text, "JJJJ") || strings.Contains(text, "74 74 74") || strings.Contains(text, "4a4a4a") || strings.Contains(text, "SkpK") {
		t.Error(text)
	}
}
