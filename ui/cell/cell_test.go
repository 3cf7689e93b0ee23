package cell

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"Bob Builder", "Bob Builder"},
		{"  spaces   and\ttabs \n", "spaces and tabs"},
		{"\x1b[31mred\x1b[0m", "red"},
		{"\x1b]0;evil title\x07Bob", "Bob"},
		{"\x1b[2J\x1b[Hgone", "gone"},
		{"a\r\nb", "a b"},
		{"nul\x00bell\x07del\x7f", "nulbelldel"},
		{"\u202egnp.exe", "gnp.exe"},
		{"zero\u200bwidth\ufeff", "zerowidth"},
		{"🇩🇪 Jörg", "DE Jörg"},
		{"👍🏽 ok ❤️", "👍 ok ❤"},
		{"👩‍👧", "👩👧"},
		{"e\u0301\u0301\u0301\u0301", "e\u0301\u0301"},
		{"\u0301x", "x"},
		{"漢字", "漢字"},
		{"\xff", "\uFFFD"},
	} {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Bob", "\x1b[31m", "\u009b31m", "🇩🇪👩‍👩‍👧‍👦", "\xff\xfe", "a\u0301", "\u1100\u1161\u11a8", "漢字\t"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		w %= 100
		c := Clean(s)
		if !utf8.ValidString(c) {
			t.Fatalf("invalid UTF-8: %q", c)
		}
		for _, r := range c {
			if r != ' ' && !unicode.IsGraphic(r) || unicode.In(r, unicode.Cc, unicode.Cf) {
				// Unassigned code points print as a box; a control never passes.
				if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Fatalf("%U in %q", r, c)
				}
			}
		}
		if again := Clean(c); again != c {
			t.Fatalf("not stable: %q, then %q", c, again)
		}
		for _, fit := range []string{Fit(c, w, "…"), FitLeft(c, w, "…"), Center(c, w, "…"), Ends(c, c, w, "…")} {
			if got, want := Width(fit), max(w, 0); got != want {
				t.Fatalf("%q is %d cells, want %d", fit, got, want)
			}
		}
		for _, l := range Wrap(c, w) {
			if Width(l) > max(w, 2) { // one wide character can't be broken
				t.Fatalf("%q is wider than %d", l, w)
			}
		}
	})
}

// What terminals count with wcwidth and what we count by character must agree.
func TestCleanTextHasOneWidth(t *testing.T) {
	for _, s := range []string{"👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷🇩", "👍🏽", "❤️", "e\u0301", "नमस्ते", "ﷺ", "한글", "\u1100\u1161\u11a8", "1️⃣"} {
		c := Clean(s)
		if a, b := ansi.StringWidth(c), ansi.StringWidthWc(c); a != b {
			t.Errorf("%q: %d by character, %d by wcwidth", c, a, b)
		}
	}
}

func TestOver(t *testing.T) {
	background := strings.Join([]string{"0123456789", "漢字漢字漢", "abcdefghij"}, "\n")
	want := strings.Join([]string{"0123456789", "漢 XY 字漢", "abcXYfghij"}, "\n")
	if got := Over(background, "XY\nXY", 3, 1, 10); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Over(background, "XXXX\nYYYY", 8, 2, 10); !strings.HasSuffix(got, "abcdefghXX") {
		t.Errorf("a box over the edge:\n%s", got)
	}
}

func TestBlockIsExact(t *testing.T) {
	b := Block([]string{"a", "漢字漢字", "too many"}, 5, 2)
	if want := "a    \n漢字 "; b != want {
		t.Errorf("got %q, want %q", b, want)
	}
	if Block(nil, 0, 3) != "" || Block(nil, 3, 0) != "" {
		t.Error("nothing has no lines")
	}
}
