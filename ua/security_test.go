package ua

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// keyed is a description of the peer over a profile, with a key for a suite.
func (r *rig) keyed(profile string, tag int, k srtp.Key) string {
	body := r.sdp(fmt.Sprintf("crypto:%d %s inline:%s", tag, k.Suite(), base64.StdEncoding.EncodeToString(k.Octets())))
	return strings.Replace(body, "RTP/AVP", profile, 1)
}

// keysInForce are those of the first session.
func (r *rig) keysInForce() audio.SDES {
	r.t.Helper()
	p, _ := r.media.session(0).last()
	sdes, ok := p.Security.(audio.SDES)
	if !ok {
		r.t.Fatalf("the session has %v", p.Security)
	}
	return sdes
}

func withSRTP(m audio.SRTPMode) option { return withAccount(func(a *Account) { a.SRTP = m }) }

// cryptoLines are the a=crypto lines of a body.
func cryptoLines(m *uatest.Message) (lines []string) {
	for l := range strings.Lines(m.Body) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(l), "a=crypto:"); ok {
			lines = append(lines, v)
		}
	}
	return lines
}

func security(r *rig, pick func(SecurityInfo) bool) SecurityChanged {
	r.t.Helper()
	return next(r, func(e SecurityChanged) bool { return pick(e.Call.Security) })
}

func (i SecurityInfo) has(m MediaSecurity) bool { return i.Media == m }

// A call over TLS is offered keys, and taken with one: the padlock says what is true.
func TestKeysOverTLS(t *testing.T) {
	r := secureRig(t)
	id := r.agent.Dial(DialRequest{Target: "bob"})
	inv := r.peer.Expect("INVITE")
	lines := cryptoLines(inv)
	if !strings.Contains(inv.Body, "m=audio 40002 RTP/AVP ") || len(lines) != 2 || !strings.HasPrefix(lines[0], "1 AEAD_AES_256_GCM inline:") {
		t.Fatalf("offer:\n%s", inv.Body)
	}
	k := srtp.RandomKey(srtp.AES128CM80)
	r.peer.Leg(inv).Reply(inv, 200, r.keyed("RTP/AVP", 2, k))
	r.peer.Expect("ACK")
	e := security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	s := e.Call.Security
	if e.Call.ID != id || !s.Signalling || s.Transport != sip.TLS || s.Exchange != audio.ExchangeSDES || s.Suite != srtp.AES128CM80 || s.Vouched != VouchServers || s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
	if s.Warning() != "" || !strings.Contains(s.Text(), "AES_CM_128_HMAC_SHA1_80") || !strings.Contains(s.Text(), "servers") {
		t.Errorf("%q, %q", s.Warning(), s.Text())
	}
	sdes := r.keysInForce()
	if !sdes.Remote.Equal(k) || !strings.Contains(lines[1], base64.StdEncoding.EncodeToString(sdes.Local.Octets())) {
		t.Errorf("the session has %v", sdes)
	}
}

// Interop 41, RFC 4568 section 8: over signalling that anybody can read no key is offered by
// default, one that the peer gives is taken, and the person is warned.
func TestInterop41NoKeysInTheClear(t *testing.T) {
	r := newRig(t)
	_, inv, _ := r.dialled()
	if l := cryptoLines(inv); l != nil || !strings.Contains(inv.Body, " RTP/AVP ") {
		t.Fatalf("offer:\n%s", inv.Body)
	}
	id, leg := r.ringing(r.keyed("RTP/SAVP", 7, srtp.RandomKey(srtp.AES128CM32)))
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	if l := cryptoLines(ok); len(l) != 1 || !strings.HasPrefix(l[0], "7 AES_CM_128_HMAC_SHA1_32 inline:") || !strings.Contains(ok.Body, " RTP/SAVP ") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, ""))
	s := security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) }).Call.Security
	if s.Signalling || s.Vouched != VouchAnybody || !strings.Contains(s.Warning(), "SDES over UDP") {
		t.Errorf("%+v: %q", s, s.Warning())
	}
}

func TestPlainCallsAreToldSo(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPOptional))
	_, inv, leg := r.dialled()
	if len(cryptoLines(inv)) != 2 {
		t.Errorf("offer:\n%s", inv.Body)
	}
	leg.Reply(inv, 200, r.sdp())
	s := security(r, func(s SecurityInfo) bool { return true }).Call.Security
	if s.Media != MediaPlain || s.Signalling || s.Exchange != audio.ExchangeNone || s.Vouched != VouchNobody || s.Warning() != "" || s.Text() == "" {
		t.Errorf("%+v", s)
	}
}

// A call that can't be had encrypted, and must be, isn't had; both ends are told why.
func TestCallsRefusedForWantOfSRTP(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPRequired))
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	if res := r.peer.Expect("488"); !strings.Contains(res.Get("Warning"), "RTP/SAVP (SRTP only)") {
		t.Errorf("refused with\n%s", res.Raw)
	}
	if e := next(r, func(CallRefused) bool { return true }); e.Code != 488 || e.Err == nil || !strings.Contains(e.Unfit(), "requires SRTP") {
		t.Errorf("%+v", e)
	}
	id, inv, out := r.dialled()
	if !strings.Contains(inv.Body, " RTP/SAVP ") || len(cryptoLines(inv)) != 2 {
		t.Errorf("offer:\n%s", inv.Body)
	}
	out.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	out.Reply(r.peer.Expect("BYE"), 200, "")
	if info := r.ended(id); info.Cause != call.MediaFailure || info.Err == nil || !strings.Contains(info.Err.Error(), "without a key for SRTP") {
		t.Errorf("%v: %v", info.Cause, info.Err)
	}
}

// A 488 to an offer of SRTP only says what may be behind it.
func TestPeerWithoutSRTP(t *testing.T) {
	for mode, said := range map[audio.SRTPMode]bool{audio.SRTPRequired: true, audio.SRTPOptional: false} {
		r := newRig(t, withSRTP(mode))
		id, inv, leg := r.dialled()
		leg.Reply(inv, 488, "")
		r.peer.Expect("ACK")
		info := r.ended(id)
		if info.Cause != call.Rejected || info.Code != 488 || info.Err == nil || strings.Contains(info.Err.Error(), "encrypted sound only") != said {
			t.Errorf("%v: %v: %v", mode, info.Cause, info.Err)
		}
	}
}

// A peer that takes the encryption out of a running call is followed where that is allowed,
// and told of.
func TestEncryptionTakenOut(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPOptional))
	_, inv, leg := r.dialled()
	leg.Reply(inv, 200, r.keyed("RTP/AVP", 2, srtp.RandomKey(srtp.AES128CM80)))
	r.peer.Expect("ACK")
	security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	leg.Send(leg.Request("INVITE", r.sdp()))
	if ok := r.peer.Expect("200 INVITE"); len(cryptoLines(ok)) != 0 {
		t.Errorf("answer:\n%s", ok.Body)
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	e := security(r, func(s SecurityInfo) bool { return s.has(MediaPlain) })
	if e.Was != MediaEncrypted || !strings.Contains(e.Warning(), "any more") {
		t.Errorf("%v: %q", e.Was, e.Warning())
	}
}

// The peer's re-INVITE may bring a new key; the answer keeps ours.
func TestPeerRekeys(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPRequired))
	id, leg := r.ringing(r.keyed("RTP/SAVP", 1, srtp.RandomKey(srtp.AES128CM80)))
	r.agent.Answer(id)
	first := r.peer.Expect("200 INVITE")
	leg.Learn(first)
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	before := r.keysInForce()
	k := srtp.RandomKey(srtp.AES128CM80)
	leg.Send(leg.Request("INVITE", r.keyed("RTP/SAVP", 1, k)))
	ok := r.peer.Expect("200 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	if a, b := cryptoLines(first), cryptoLines(ok); len(a) != 1 || len(b) != 1 || a[0] != b[0] {
		t.Errorf("our key was %v and is %v", a, b)
	}
	security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	r.settle()
	after := r.keysInForce()
	if !after.Remote.Equal(k) || !after.Local.Equal(before.Local) {
		t.Error("the new key isn't in force")
	}
}

// Rekey offers new keys of ours; a peer that refuses them leaves the old ones in force.
func TestRekey(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPRequired))
	id, inv, leg := r.dialled()
	k := srtp.RandomKey(srtp.AES256GCM)
	leg.Reply(inv, 200, r.keyed("RTP/SAVP", 1, k))
	r.peer.Expect("ACK")
	first := security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) }).Call.Security
	old := cryptoLines(inv)

	r.agent.Rekey(id)
	inv = r.peer.Expect("INVITE")
	fresh := cryptoLines(inv)
	if len(fresh) != 2 || fresh[0] == old[0] || fresh[1] == old[1] {
		t.Fatalf("offered\n%v\nbefore\n%v", fresh, old)
	}
	leg.Reply(inv, 488, "")
	r.peer.Expect("ACK")
	r.settle()
	if sdes := r.keysInForce(); !strings.Contains(old[0], base64.StdEncoding.EncodeToString(sdes.Local.Octets())) {
		t.Error("a refused offer changed the key in force")
	}

	r.agent.Rekey(id)
	inv = r.peer.Expect("INVITE")
	fresh = cryptoLines(inv)
	leg.Reply(inv, 200, r.keyed("RTP/SAVP", 1, k))
	r.peer.Expect("ACK")
	again := security(r, func(s SecurityInfo) bool { return s.Since != first.Since }).Call.Security
	if again.Media != MediaEncrypted || again.Suite != first.Suite {
		t.Errorf("%+v", again)
	}
	if sdes := r.keysInForce(); !strings.Contains(fresh[0], base64.StdEncoding.EncodeToString(sdes.Local.Octets())) {
		t.Error("the new key isn't in force")
	}
}

func TestRekeyNeedsKeys(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPOff))
	id, _, _ := r.talking()
	r.agent.Rekey(id)
	if e := r.failed("rekey"); e.Err != ErrNoKeys {
		t.Error(e.Err)
	}
}

// Keys that can't be had are told, and there is no sound.
func TestFailedKeysAreTold(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPRequired))
	_, inv, leg := r.dialled()
	leg.Reply(inv, 200, r.keyed("RTP/SAVP", 1, srtp.RandomKey(srtp.AES256GCM)))
	r.peer.Expect("ACK")
	security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	r.media.session(0).on(audio.SecurityFailed{Exchange: audio.ExchangeSDES, Err: ErrNoKeys})
	if e := security(r, func(s SecurityInfo) bool { return s.has(MediaFailed) }); e.Err != ErrNoKeys || e.Call.Security.Suite != srtp.NoSuite {
		t.Errorf("%+v", e)
	}
}

// Each fact has a word and a sentence of its own.
func TestSecurityWords(t *testing.T) {
	words, texts := map[string]bool{}, map[string]bool{}
	for m := MediaNone; m <= MediaFailed; m++ {
		words[m.String()] = true
		texts[SecurityInfo{Media: m}.Text()] = true
	}
	if len(words) != 5 || len(texts) != 5 || words["unknown"] {
		t.Errorf("%v, %v", words, texts)
	}
	words, texts = map[string]bool{}, map[string]bool{}
	for _, e := range []audio.Exchange{audio.ExchangeNone, audio.ExchangeSDES, audio.ExchangeDTLS} {
		for _, signalling := range []bool{true, false} {
			v := voucher(e, signalling)
			words[v.String()] = true
			texts[SecurityInfo{Media: MediaEncrypted, Vouched: v}.Text()] = true
		}
	}
	if len(words) != 5 || len(texts) != 5 || words["unknown"] {
		t.Errorf("%v, %v", words, texts)
	}
}

// The keys of a call don't show in its events, whoever prints them.
func TestEventsHideKeys(t *testing.T) {
	r := newRig(t, withSRTP(audio.SRTPRequired))
	_, inv, leg := r.dialled()
	k := srtp.RandomKey(srtp.AES256GCM)
	leg.Reply(inv, 200, r.keyed("RTP/SAVP", 1, k))
	r.peer.Expect("ACK")
	e := security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) })
	r.settle()
	text := fmt.Sprintf("%+v %#v %+v", e, e, r.keysInForce())
	for _, key := range []string{base64.StdEncoding.EncodeToString(k.Octets()), fmt.Sprintf("%x", k.Octets()), strings.Trim(fmt.Sprint(k.Octets()), "[]")} {
		if strings.Contains(text, key[:20]) {
			t.Errorf("shows a key: %s", text)
		}
	}
}
