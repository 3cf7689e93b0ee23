package event

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// RFC 3891, section 6.1: what means something in a URI is escaped in the header's value.
func TestInterop34ReplacesIsEscapedInReferTo(t *testing.T) {
	uri, err := sip.ParseURI("sip:carol@192.0.2.7:5070;transport=tcp")
	if err != nil {
		t.Fatal(err)
	}
	d := dialog.Replaces{CallID: "98732@sip.example.com", ToTag: "r33th4x0r", FromTag: "ff87ff", EarlyOnly: true}
	got := ReferTo{URI: uri, Replaces: &d, Require: []string{"replaces"}}.String()
	want := "<sip:carol@192.0.2.7:5070;transport=tcp?Replaces=98732%40sip.example.com%3Bto-tag%3Dr33th4x0r%3Bfrom-tag%3Dff87ff%3Bearly-only&Require=replaces>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := ParseReferTo(got)
	if err != nil || *back.Replaces != d || back.URI.String() != uri.String() || strings.Join(back.Require, ",") != "replaces" {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestParseReferTo(t *testing.T) {
	for _, c := range []struct {
		in, uri string
		err     error
	}{
		{`<sip:dave@denver.example.org>`, "sip:dave@denver.example.org", nil},
		{`sip:dave@denver.example.org`, "sip:dave@denver.example.org", nil},
		{`sip:dave@denver.example.org;x=y`, "sip:dave@denver.example.org", nil},
		{`"A <b> \" c" <sips:dave@x;transport=tls>;video`, "sips:dave@x;transport=tls", nil},
		{`<sip:dave@x;METHOD=invite>`, "sip:dave@x", nil},
		{`<sip:%23%2a@x>`, "sip:%23%2a@x", nil},
		{`<sip:a@x?Subject=hello&Accept-Contact=%2A>`, "sip:a@x", nil},
		{`<sip:a@x?accept=1&replaces=c%3bTo-Tag%3d1%3bfrom-tag%3d2>`, "sip:a@x", nil},
		{`<sip:a@x;method=BYE>`, "", ErrReferMethod},
		{`<sip:a@x?Call-Info=z>`, "", ErrReferHeader},
		{`<sip:a@x?Contact=z>`, "", ErrReferHeader},
		{`<sip:a@x?Replaces=c%3bto-tag%3d1%3bfrom-tag%3d2&Replaces=c%3bto-tag%3d1%3bfrom-tag%3d2>`, "", ErrReferTo},
		{`<sip:a@x?Replaces=c%3bto-tag%3d1>`, "", ErrReferTo},
		{`<sip:a@x?Replaces=%0d%0a>`, "", ErrReferTo},
		{`<sip:a@x?Replaces=%zz>`, "", ErrReferTo},
		{`<tel:+1234>`, "", ErrReferTo},
		{`<mailto:a@x>`, "", ErrReferTo},
		{`<sip:a@x`, "", ErrReferTo},
		{``, "", ErrReferTo},
		{`<>`, "", ErrReferTo},
		{`*`, "", ErrReferTo},
	} {
		r, err := ParseReferTo(c.in)
		if !errors.Is(err, c.err) || err == nil && r.URI.String() != c.uri {
			t.Errorf("%s: %s, %v", c.in, r.URI.String(), err)
		}
	}
}

func FuzzReferTo(f *testing.F) {
	for _, s := range []string{
		`<sip:a@b>`, `sip:a@b;x`, `"q" <sip:a@b?Replaces=c%40d%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>`,
		`<sip:a@b;method=INVITE?Subject=%41>`, `<sip:a@[::1]:5;lr?Replaces=a;to-tag=1;from-tag=0;early-only>`, `<sip:%23@x>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReferTo(s)
		if err != nil {
			return
		}
		text := r.String()
		if strings.ContainsAny(text, "\r\n\x00") {
			t.Fatalf("%q makes a line of its own: %q", s, text)
		}
		again, err := ParseReferTo(text)
		if err != nil {
			t.Fatalf("%q wrote %q: %v", s, text, err)
		}
		if (again.Replaces == nil) != (r.Replaces == nil) || r.Replaces != nil && *again.Replaces != *r.Replaces {
			t.Fatalf("%q: %+v came back as %+v", s, r.Replaces, again.Replaces)
		}
	})
}

// FuzzEscape: whatever a Call-ID holds comes back from a URI.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a@b;to-tag=1", "%", "", "100%&?=+ ;", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := Escape(s)
		if strings.ContainsAny(e, "&=?;@ <>\r\n\"") {
			t.Fatalf("%q is written %q", s, e)
		}
		back, err := Unescape(e)
		if err == nil && back != s || err != nil && !strings.ContainsAny(s, "\r\n\x00") {
			t.Fatalf("%q came back as %q, %v", s, back, err)
		}
	})
}

// RFC 3420; interop 33: what the field sends for a status line.
func TestInterop33ParseFragment(t *testing.T) {
	for _, c := range []struct {
		body   string
		code   int
		reason string
	}{
		{"SIP/2.0 200 OK\r\n", 200, "OK"},
		{"SIP/2.0 200 OK", 200, "OK"},
		{"SIP/2.0 100 Trying\r\n\r\n", 100, "Trying"},
		{"SIP/2.0 486 Busy Here\nTo: x\n", 486, "Busy Here"},
		{"SIP/2.0 503\r\n", 503, ""},
		{"SIP/2.0 503 \r\n", 503, ""},
		{"\r\n\r\nSIP/2.0 180 Ringing\r\n", 180, "Ringing"},
		{"SIP / 2.0 200 OK\r\n", 200, "OK"},
		{"sip/2.0 200 ok\r\n", 200, "ok"},
		{"SIP 200 OK\r\n", 200, "OK"},
		{"200 OK\r\n", 200, "OK"},
		{"SIP/2.0 603 D\x1b[31m\xff\r\n", 603, "D"},
		{"", 0, ""}, {"SIP/2.0", 0, ""}, {"SIP/2.0 20 OK", 0, ""}, {"SIP/2.0 2000 OK", 0, ""}, {"SIP/2.0 900 OK", 0, ""},
		{"INVITE sip:a@b SIP/2.0", 0, ""}, {"hello", 0, ""},
	} {
		got, err := ParseFragment([]byte(c.body))
		if got.Code != c.code || got.Reason != c.reason || (err == nil) != (c.code != 0) {
			t.Errorf("%q: %+v, %v", c.body, got, err)
		}
	}
	for kind, want := range map[string]bool{
		"message/sipfrag": true, "message/sipfrag;version=2.0": true, "Message/Sipfrag ; Version=\"2.0\"": true, "": true,
		"message/sipfrag;version": true, "application/sdp": false, "message/sip": false,
	} {
		if IsFragment(kind) != want {
			t.Errorf("%q: %t", kind, !want)
		}
	}
}

func FuzzFragment(f *testing.F) {
	for _, s := range []string{"SIP/2.0 200 OK\r\n", "200 OK", "SIP 100", "SIP/2.0 486 Busy\r\nVia: x\r\n\r\n", "sip/\t2.0 180 x", "100 \x00 00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ParseFragment(b)
		if err != nil {
			if got != (Fragment{}) {
				t.Fatalf("%q: %+v beside %v", b, got, err)
			}
			return
		}
		again, err := ParseFragment(got.Body())
		if err != nil || again.Code != got.Code || got.Reason != "" && again.Reason != got.Reason {
			t.Fatalf("%q: %+v came back as %+v, %v", b, got, again, err)
		}
	})
}

// One NOTIFY at a time, in order, the newest only, and nothing after the last.
func TestReferNotifier(t *testing.T) {
	now := time.Unix(1000, 0)
	trying, ringing, ok := Fragment{Code: 100}, Fragment{Code: 180}, Fragment{Code: 200}
	n := NewReferNotifier(now)
	first, send := n.Report(now, trying)
	if !send || first.Code != 100 || first.Over || first.SubscriptionState() != "active;expires=180" {
		t.Fatalf("%+v %t", first, send)
	}
	for _, f := range []Fragment{ringing, {Code: 183}, ok, ringing} {
		if _, send := n.Report(now, f); send {
			t.Fatal("two at once")
		}
	}
	last, send := n.Answered(now.Add(time.Second), 200)
	if !send || last.Code != 200 || !last.Over || last.SubscriptionState() != "terminated;reason=noresource" {
		t.Fatalf("%+v %t", last, send)
	}
	if _, send := n.Report(now, trying); send || n.Over() {
		t.Error("something after the last")
	}
	if _, send := n.Answered(now, 481); send || !n.Over() {
		t.Error("not over")
	}
	// A transferor that knows of no subscription hears nothing more (RFC 6665, section 4.2.2).
	for _, code := range []int{481, 0, 603} {
		n := NewReferNotifier(now)
		n.Report(now, trying)
		n.Report(now, ok)
		if _, send := n.Answered(now, code); send || !n.Over() {
			t.Errorf("after %d it goes on", code)
		}
	}
	// A SUBSCRIBE within it is told the state; one with an expiry of 0 for the last time.
	n = NewReferNotifier(now)
	n.Report(now, trying)
	if _, send := n.Again(now, time.Minute); send {
		t.Error("two at once")
	}
	if again, send := n.Answered(now, 200); !send || again.Code != 100 || again.SubscriptionState() != "active;expires=60" {
		t.Errorf("%+v %t", again, send)
	}
	n.Answered(now, 200)
	if end, send := n.Again(now, 0); !send || !end.Over || end.Code != 100 {
		t.Errorf("%+v %t", end, send)
	}
	if _, send := n.Report(now, ok); send {
		t.Error("something after the unsubscription")
	}
	// What is known already isn't said twice.
	n = NewReferNotifier(now)
	n.Report(now, trying)
	n.Answered(now, 200)
	if _, send := n.Report(now, trying); send {
		t.Error("the same twice")
	}
}
