package sip

import (
	"strings"
	"testing"
)

// A URI that is read is written so that it reads the same; an error comes with nothing.
func FuzzURI(f *testing.F) {
	for _, s := range []string{
		"sip:alice@example.com", "sips:bob:pw@[2001:db8::1]:5061;transport=tcp;lr?Subject=a%20b&x", "tel:+49-30-123", "*", "soap.beep://h:1",
		"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com", "sip:[2001:db8:::192.0.2.1]", "sip:#31#@h",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURI(s)
		if err != nil {
			if u.Host != "" || u.User != "" {
				t.Fatalf("%q: %v, and yet %+v", s, err, u)
			}
			return
		}
		if u.Wildcard {
			return // no URI, and written as none
		}
		text := u.String()
		if strings.ContainsAny(text, "\r\n <>\"") {
			t.Fatalf("%q is written as %q", s, text)
		}
		again, err := parseURI(text)
		if err != nil || again.String() != text {
			t.Fatalf("%q is written as %q, which is read as %q, %v", s, text, again.String(), err)
		}
	})
}

// A name-addr is written so that it reads the same.
func FuzzNameAddr(f *testing.F) {
	for _, s := range []string{
		`"A, \"B\"" <sip:alice@h>;tag=1`, `Bell, Alexander <sip:a@b>;tag=43`, `caller<sip:caller@example.com>;tag=323`, `sip:a@b;x=y;q="z;w"`,
		`< sip:t.watson@example.org >`, `<sip:a@b?Route=%3Csip:c%3E>;+sip.instance="<urn:uuid:1>"`, `isbn:2983792873`, `"" <sip:a@b>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "\r\n") {
			return // no value of a header has them
		}
		na, err := parseNameAddr(s)
		if err != nil {
			return
		}
		text := (&ContactHeader{DisplayName: na.display, Address: na.uri, Params: na.params}).Value()
		again, err := parseNameAddr(text)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", s, text, err)
		}
		if again.uri.String() != na.uri.String() || len(again.params) != len(na.params) {
			t.Fatalf("%q is written as %q, which is read as %v", s, text, again)
		}
	})
}

// Lists are split into values that are split no further, and nothing but separators is lost.
func FuzzHeaderValues(f *testing.F) {
	for _, s := range []string{`timer, 100rel,,`, `"a,b", <c,d>, replaces`, `<sip:a@b;x="y">, "q\",r"`, `,,,`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range splitList(s) {
			if v == "" || strings.TrimSpace(v) != v || !strings.Contains(s, v) {
				t.Fatalf("%q gives %q", s, v)
			}
			if again := splitList(v); len(again) != 1 || again[0] != v {
				t.Fatalf("%q of %q is split into %q", v, s, again)
			}
		}
	})
}
