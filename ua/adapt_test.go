package ua

import (
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// RFC 3261, section 8.1.3.5: what a refused INVITE does next.
func TestAdaptedRetry(t *testing.T) {
	tests := []struct {
		name     string
		code     int
		headers  []string
		again    bool
		supports string // in the second INVITE
		lacks    string // "Supported" of the second INVITE doesn't list it
		words    string // of the end, when there is no second attempt
	}{
		{"420 to what was only offered", 420, []string{"Unsupported: timer, 100rel"}, true, "replaces", "timer", ""},
		{"420 to what was never named", 420, []string{"Unsupported: foo"}, false, "", "", "(420 Scripted): foo"},
		{"420 without a word", 420, nil, false, "", "", "don't require it"},
		{"421 to what we lack", 421, []string{"Require: sec-agree"}, false, "", "", ": sec-agree"},
		{"421 to what was offered", 421, []string{"Require: timer"}, false, "", "", ": timer"},
		{"413", 413, nil, true, "replaces", "", ""},
		{"415", 415, []string{"Accept: application/foo"}, false, "", "", "it takes application/foo"},
		{"416", 416, nil, false, "", "", "sip:user@host"},
		{"485", 485, nil, false, "", "", "more precise"},
		{"493", 493, nil, false, "", "", "decrypt"},
		{"494", 494, []string{"Security-Server: tls"}, false, "", "", "agree on security"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			id, inv, leg := r.dialled()
			leg.Reply(inv, tt.code, "", tt.headers...)
			r.peer.Expect("ACK")
			if !tt.again {
				info := r.ended(id)
				if info.Code != tt.code || info.Err == nil || !strings.Contains(info.Err.Error(), tt.words) {
					t.Errorf("end %d: %v, want %q", info.Code, info.Err, tt.words)
				}
				return
			}
			second := r.peer.Expect("INVITE")
			supported := strings.Join(second.All("Supported"), ", ")
			if second.Seq() != inv.Seq()+1 || second.Get("Call-ID") != inv.Get("Call-ID") || !strings.Contains(supported, tt.supports) || tt.lacks != "" && strings.Contains(supported, tt.lacks) {
				t.Errorf("second INVITE:\n%s", second.Raw)
			}
			if tt.code == 413 && (len(second.Body) >= len(inv.Body) || !strings.Contains(second.Body, "m=audio")) {
				t.Errorf("no smaller:\n%s", second.Body)
			}
			// Once is enough: the same answer again is told.
			leg2 := r.peer.Leg(second)
			leg2.Reply(second, tt.code, "", tt.headers...)
			r.peer.Expect("ACK")
			if info := r.ended(id); info.Code != tt.code {
				t.Errorf("end: %+v", info)
			}
		})
	}
}

// An extension that the account requires isn't dropped because the peer lacks it.
func TestRequiredExtensionIsTold(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Reliable = call.ReliableRequired }))
	id, inv, leg := r.dialled()
	leg.Reply(inv, 420, "", "Unsupported: 100rel")
	r.peer.Expect("ACK")
	if info := r.ended(id); info.Code != 420 || !strings.Contains(info.Err.Error(), "100rel") {
		t.Errorf("end: %v", info.Err)
	}
}

// A peer that takes digits in one of the two forms gets that one, for the rest of the call.
func TestDigitsInTheFormThatIsTaken(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.DTMFMode = audio.DTMFInfo }))
	id, _, leg := r.talking()
	r.agent.SendDTMF(id, "12")
	info := r.peer.Expect("INFO")
	leg.Reply(info, 415, "", "Accept: application/dtmf")
	for _, digit := range []string{"1", "2"} {
		info = r.peer.Expect("INFO")
		if info.Get("Content-Type") != "application/dtmf" || strings.TrimSpace(info.Body) != digit {
			t.Fatalf("INFO:\n%s", info.Raw)
		}
		leg.Reply(info, 200, "")
		next(r, func(e DigitSent) bool { return e.Digit == digit[0] })
	}
}

// Refusals that follow from the request alone, with the headers that RFC 3261 asks for.
func TestVerdicts(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("x", maxRequestURI)
	tests := []struct {
		name    string
		method  string
		target  string
		body    string
		headers []string
		code    int
		header  string // that the response has
	}{
		{"unknown scheme", "INVITE", "urn:service:sos", "", nil, 416, ""},
		{"a URI too long", "OPTIONS", "sip:" + long + "@127.0.0.1", "", nil, 414, ""},
		{"a method of nobody's", "FROB", "", "", nil, 501, "Allow: " + allow()},
		{"a method that others serve", "PUBLISH", "", "", nil, 405, "Allow: " + allow()},
		{"encrypted", "INVITE", "", "xx", []string{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data"}, 493, ""},
		{"encrypted parts", "MESSAGE", "", "xx", []string{`Content-Type: multipart/encrypted; boundary="b"`}, 493, ""},
		{"no SDP wanted", "INVITE", "", r.sdp(), []string{"Accept: text/plain"}, 406, "Accept: application/sdp"},
		{"nothing wanted", "INVITE", "", r.sdp(), []string{"Accept: "}, 406, "Accept: application/sdp"},
		{"a body of another kind", "INVITE", "", "x", []string{"Content-Type: text/plain"}, 415, "Accept: application/sdp"},
		{"an unknown extension", "INVITE", "", r.sdp(), []string{"Require: foo, timer, bar"}, 420, "Unsupported: foo, bar"},
		{"no codec", "INVITE", "", strings.Replace(r.sdp(), "RTP/AVP 0 8 101", "RTP/AVP 18", 1), nil, 488,
			`Warning: 305 127.0.0.1 "Incompatible media format: this phone has PCMU, PCMA as RTP/AVP and RTP/SAVP audio"`},
		{"no such dialog", "BYE", "", "", nil, 481, ""},
		{"an event of nobody's", "SUBSCRIBE", "", "", []string{"Event: winfo"}, 489, "Allow-Events: " + strings.Join(eventPackages(), ", ")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leg := r.peer.Call("alice", r.addr())
			if tt.target != "" {
				leg.Target = tt.target
			}
			leg.Send(leg.Request(tt.method, tt.body, tt.headers...))
			res := r.peer.Next()
			name, value, _ := strings.Cut(tt.header, ": ")
			if res.Code() != tt.code || name != "" && strings.Join(res.All(name), ", ") != value {
				t.Errorf("want %d, %s:\n%s", tt.code, tt.header, res.Raw)
			}
			if tt.method == "INVITE" {
				next(r, func(e CallRefused) bool { return e.Why == RefusedUnfit && e.Code == tt.code })
			}
			if uatest.Tag(res.Get("To")) == "" {
				t.Error("no To tag")
			}
		})
	}
	if n := len(r.agent.Calls()); n != 0 {
		t.Errorf("%d calls are left", n)
	}
	huge := sip.NewRequest(sip.INVITE, sip.URI{Scheme: "sip", Host: "h"})
	huge.SetBody(make([]byte, maxBody+1))
	if v := inspect(huge); v == nil || v.code != 413 {
		t.Errorf("a huge body: %+v", v)
	}
}

// OPTIONS tells what an INVITE would find, and brings SDP only to who takes it (RFC 3261,
// section 11.2).
func TestOptionsByAccept(t *testing.T) {
	r := newRig(t)
	for accept, sdp := range map[string]bool{"X-None: 1": true, "Accept: application/sdp": true, "Accept: application/*;q=0.5": true, "Accept: text/plain": false, "Accept: ": false, "Accept: */*;q=0.0": false} {
		leg := r.peer.Call("alice", r.addr())
		leg.Send(leg.Request("OPTIONS", "", accept))
		res := r.peer.Expect("200 OPTIONS")
		if strings.Contains(res.Body, "m=audio") != sdp {
			t.Errorf("%s: body %q", accept, res.Body)
		}
		for _, name := range []string{"Allow", "Supported", "Accept", "Accept-Encoding", "Accept-Language", "Allow-Events", "Server"} {
			if res.Get(name) == "" {
				t.Errorf("no %s:\n%s", name, res.Raw)
			}
		}
	}
}

// TestWarningNamesICE: who is refused for want of ICE hears what would do.
func TestWarningNamesICE(t *testing.T) {
	for mode, want := range map[ICEMode]bool{ICERequired: true, ICEOn: false} {
		l := &line{acc: Account{ICE: mode, Codecs: nil}}
		res := sip.NewResponse(sip.NewRequest(sip.INVITE, sip.URI{Scheme: "sip", Host: "h"}), 488, "")
		l.warnFormats(res)
		if got := sip.HeaderValue(res, "Warning"); strings.Contains(got, "by ICE only") != want {
			t.Errorf("%v: %s", mode, got)
		}
	}
}
