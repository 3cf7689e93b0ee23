package sip

import (
	"strings"
	"testing"
)

var escapes = map[string]string{
	"plain":                        "plain",
	"\x1b[31mred\x1b[0m":           "red",
	"\u009b1;31mred":               "red",
	"\x1b]0;title\x07text":         "text",
	"\x1b]8;;http://x\x1b\\link":   "link",
	"\x1bPq#0\u009cafter":          "after",
	"\x1b(Bascii":                  "ascii",
	"\x1b7saved":                   "7saved", // no sequence that terminals agree on: the text stays
	"\x1b]0;never ends":            "0;never ends",
	"\x1b[31":                      "31",
	"a\x1b":                        "a",
	"a\x1b\x1b[1mb":                "ab",
	"\x1b[3\ntext":                 "3\ntext",
	"\x1b[2J\x1b[1;1Hwhole screen": "whole screen",
}

func TestStripEscapes(t *testing.T) {
	for in, want := range escapes {
		if got := StripEscapes(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzStripEscapes: nothing that introduces a sequence is left, and what has none stays.
func FuzzStripEscapes(f *testing.F) {
	for in := range escapes {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := StripEscapes(s)
		if strings.ContainsFunc(out, introduces) {
			t.Errorf("%q: %q", s, out)
		}
		if len(out) > len(s) || StripEscapes(out) != out {
			t.Errorf("%q: %q", s, out)
		}
	})
}
