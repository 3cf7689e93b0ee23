package header

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"offhook/ua/sip"
)

// message is a request with headers, each "Name: value".
func message(headers ...string) *sip.Request {
	m := sip.NewRequest(sip.INVITE, sip.URI{Scheme: "sip", Host: "h"})
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		m.AppendHeader(sip.NewHeader(name, strings.TrimSpace(value)))
	}
	return m
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain text":             "plain text",
		"  a\t\r\n b ":           "a b",
		"\x1b[31mred\x07":        "red",
		"good\u202Eevil":         "goodevil",
		"Zoë \u2028 next":        "Zoë next",
		"bad\xff\xfeutf8":        "bad utf8",
		strings.Repeat("x", 300): strings.Repeat("x", 254) + "…",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) is %q, want %q", in, got, want)
		}
	}
}

// RFC 3326; RFC 6432.
func TestReason(t *testing.T) {
	tests := []struct {
		headers []string
		want    Reason
		words   string
	}{
		{nil, Reason{}, ""},
		{[]string{`Reason: SIP;cause=200;text="Call completed elsewhere"`}, CompletedElsewhere(), "another phone took the call"},
		{[]string{`Reason: sip ; cause = 600 ; text="Busy, everywhere"`}, Reason{"SIP", 600, "Busy, everywhere"}, "Busy, everywhere"},
		{[]string{`Reason: Q.850;cause=16;text="Terminated"`}, Reason{"Q.850", 16, "Terminated"}, "hung up"},
		{[]string{`Reason: q.850;cause=26`}, Reason{"Q.850", 26, ""}, "another phone took the call"},
		{[]string{`Reason: Q.850;cause=17, SIP;cause=200`}, Reason{"SIP", 200, ""}, "another phone took the call"},
		{[]string{`Reason: Q.850;cause=99999`}, Reason{"Q.850", 0, ""}, ""},
		{[]string{`Reason: Q.850;cause=127`, `Reason: X;text="why \"so\""`}, Reason{"X", 0, `why "so"`}, `why "so"`},
		{[]string{`Reason: ;cause=200`}, Reason{}, ""},
	}
	for _, tt := range tests {
		got := ReasonOf(message(tt.headers...))
		if got != tt.want || got.Words() != tt.words {
			t.Errorf("%q: %+v %q, want %+v %q", tt.headers, got, got.Words(), tt.want, tt.words)
		}
	}
}

// RFC 3261, sections 20.33 and 20.43.
func TestWarningAndRetryAfter(t *testing.T) {
	tests := []struct {
		value string
		want  Warning
	}{
		{`307 isi.edu "Session parameter 'foo' not understood"`, Warning{307, "isi.edu", "Session parameter 'foo' not understood"}},
		{`399 192.0.2.1:5060 "a \"b\", c"`, Warning{399, "192.0.2.1:5060", `a "b", c`}},
		{`305 host`, Warning{}}, {`3055 host "x"`, Warning{}}, {`x host "x"`, Warning{}}, {`305 host x`, Warning{}},
	}
	for _, tt := range tests {
		if got := WarningOf(message("Warning: " + tt.value)); got != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.value, got, tt.want)
		}
	}
	for value, want := range map[string]time.Duration{
		"18": 18 * time.Second, `120 (I'm in a meeting)`: 2 * time.Minute, "3600;duration=60": time.Hour,
		"": 0, "-1": 0, "soon": 0, "5x": 0, "4294967295": maxWait, "99999999999999999999": 0,
	} {
		if got := RetryAfterOf(message("Retry-After: " + value)); got != want {
			t.Errorf("Retry-After %q: %v, want %v", value, got, want)
		}
	}
}

// RFC 3323; RFC 3325.
func TestPrivacy(t *testing.T) {
	for in, want := range map[string]Privacy{"": 0, "id": PrivacyID, "ID; critical": PrivacyID | PrivacyCritical, "header,session": PrivacyHeader | PrivacySession, "none": PrivacyNone} {
		if got, err := ParsePrivacy(in); got != want || err != nil {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"secret", "none;id"} {
		if got, err := ParsePrivacy(in); got != 0 || err == nil {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	if got := PrivacyOf(message("Privacy: id;user;strange", "Privacy: history")); got != PrivacyID|PrivacyUser|PrivacyHistory || got.String() != "id;user;history" {
		t.Errorf("read %v", got)
	}
	for p, want := range map[Privacy]bool{0: false, PrivacyNone: false, PrivacyHistory: false, PrivacyID: true, PrivacyHeader: true, PrivacyUser: true} {
		if p.Anonymous() != want {
			t.Errorf("%v: anonymous %v", p, p.Anonymous())
		}
	}
}

func TestIdentities(t *testing.T) {
	m := message(`P-Asserted-Identity: tel:+14085264000, "Cullen \"J\" Jennings" <sip:fluffy@cisco.com;user=phone>`,
		`Remote-Party-ID: <sip:b@h>;party=called`, `Remote-Party-ID: "Al\x07" <sip:al:pw@h;x=y>;party=calling;screen=YES;privacy=off`)
	if got, want := Asserted(m), (Identity{`Cullen "J" Jennings`, "sip:fluffy@cisco.com"}); got != want {
		t.Errorf("asserted %+v, want %+v", got, want)
	}
	if got := Asserted(message("P-Asserted-Identity: tel:+14085264000")); got.URI != "tel:+14085264000" {
		t.Errorf("tel: %+v", got)
	}
	if got, want := RemotePartyOf(m), (RemoteParty{Identity{"Alx07", "sip:al@h"}, "calling", "yes", "off"}); got != want {
		t.Errorf("remote party %+v, want %+v", got, want)
	}
	if got := Asserted(message("P-Asserted-Identity: nonsense")); !got.IsZero() {
		t.Errorf("nonsense is %+v", got)
	}
}

// RFC 5806; RFC 7044, sections 5 and 10.
func TestDiversionAndHistory(t *testing.T) {
	d := Diversions(message(`Diversion: "Bob" <sip:bob@h>;reason=User-Busy;counter=2, <tel:+4930123>;reason="no-answer";privacy=full`))
	if len(d) != 2 || d[0] != (Diversion{Identity{"Bob", "sip:bob@h"}, "user-busy", 2, ""}) || d[1].Reason != "no-answer" || d[1].URI != "tel:+4930123" || d[1].Privacy != "full" {
		t.Errorf("diversions %+v", d)
	}
	h := History(message(
		`History-Info: <sip:carol@h?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1.10;mp=1`,
		`History-Info: <sip:bob@h>;index=1, "B" <sip:bob@10.0.0.1?Privacy=history>;index=1.2;rc=1`))
	var order []string
	for _, e := range h {
		order = append(order, e.Index)
	}
	if strings.Join(order, " ") != "1 1.2 1.10" {
		t.Fatalf("order %v of %+v", order, h)
	}
	if h[2].Reason != (Reason{"SIP", 302, "Moved"}) || h[2].Changed != "mp" || !h[1].Private || h[0].Private || h[1].URI != "sip:bob@10.0.0.1" {
		t.Errorf("history %+v", h)
	}
}

func TestRead(t *testing.T) {
	p := Read(message("s: Lunch\x1b]0;x\x07", "Priority: URGENT", "Organization: Box, Inc.", "Server: box/1", "Date: Sat, 13 Nov 2010 23:29:00 GMT",
		"Alert-Info: <http://h/ring>;info=external", "Call-Info: <http://h/p.png>;purpose=icon, <sip:x>;answer-after=0"))
	if p.Subject != "Lunch" || p.Priority != "urgent" || p.Organization != "Box, Inc." || p.UserAgent != "box/1" ||
		!p.Date.Equal(time.Date(2010, 11, 13, 23, 29, 0, 0, time.UTC)) || len(p.AlertInfo) != 1 || len(p.CallInfo) != 2 {
		t.Errorf("%+v", p)
	}
	later := p.Merge(Read(message("User-Agent: phone/2")))
	if later.UserAgent != "phone/2" || later.Subject != p.Subject || len(later.CallInfo) != 2 {
		t.Errorf("merged %+v", later)
	}
}

// Many values of one header cost no more than a few.
func TestBounded(t *testing.T) {
	var all []string
	for i := range 200 {
		for _, h := range []string{"Diversion: <sip:a@h>;reason=x", "History-Info: <sip:a@h>;index=1", "Alert-Info: <x>", "Reason: X;text=\"y\"", "P-Asserted-Identity: tel:+1"} {
			all = append(all, fmt.Sprintf("%s%d", h, i))
		}
	}
	p := Read(message(all...))
	if len(p.Diversion) != maxItems || len(p.History) != maxItems || len(p.AlertInfo) != maxItems {
		t.Errorf("%d, %d, %d", len(p.Diversion), len(p.History), len(p.AlertInfo))
	}
}

func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		`SIP;cause=200;text="Call completed elsewhere"`, `399 h "x, \"y\""`, `120 (x);duration=3`, `"A" <sip:a@h?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1`,
		`<tel:+1>;reason=user-busy;counter=3`, "id;critical", `"\`, `<`, `"a" <sip:x@y`, "Sat, 13 Nov 2010 23:29:00 GMT", "\x00\x1b[2J\u202e",
	} {
		f.Add(s)
	}
	names := []string{"Reason", "Warning", "Retry-After", "Diversion", "History-Info", "Privacy", "P-Asserted-Identity", "Remote-Party-ID", "Subject", "Date", "Call-Info", "Alert-Info"}
	f.Fuzz(func(t *testing.T, s string) {
		m := message()
		for _, n := range names {
			m.AppendHeader(sip.NewHeader(n, s))
		}
		p, r, w := Read(m), ReasonOf(m), WarningOf(m)
		safe := func(what, s string) {
			if utf8.RuneCountInString(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%s: %q isn't safe to show", what, s)
			}
		}
		safe("subject", p.Subject)
		safe("asserted", p.AssertedIdentity.Name)
		safe("asserted URI", p.AssertedIdentity.URI)
		safe("remote party", p.RemotePartyID.Name+"")
		safe("screen", p.RemotePartyID.Screen)
		safe("reason", r.Text)
		safe("warning", w.Text)
		for _, d := range p.Diversion {
			safe("diversion", d.Reason)
			safe("diversion URI", d.URI)
		}
		for _, h := range p.History {
			safe("index", h.Index)
			safe("history reason", h.Reason.Text)
		}
		// What we write, we read again.
		if !r.IsZero() {
			if again, ok := ParseReason(r.String()); !ok || again != r {
				t.Errorf("%+v is written as %q and read as %+v", r, r.String(), again)
			}
		}
		if w.Code != 0 {
			if again, ok := ParseWarning(w.String()); !ok || again.Text != w.Text || again.Code != w.Code {
				t.Errorf("%+v is written as %q and read as %+v", w, w.String(), again)
			}
		}
		if q, err := ParsePrivacy(s); err == nil {
			if again, err := ParsePrivacy(q.String()); err != nil || again != q {
				t.Errorf("%v is read as %v, %v", q, again, err)
			}
		}
		if d := RetryAfterOf(m); d < 0 || d > maxWait {
			t.Errorf("wait of %v", d)
		}
	})
}
