package theme

import (
	"io"
	"reflect"
	"testing"

	"offhook/ui/cell"
)

func TestFromEnv(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want Options
	}{
		{nil, Options{}},
		{map[string]string{"NO_COLOR": "1"}, Options{Color: ColorOff}},
		{map[string]string{"NO_COLOR": ""}, Options{}},
		{map[string]string{"TERM": "dumb"}, Options{Color: Plain, ASCII: true}},
		{map[string]string{"TERM": "linux", "LANG": "en_US.UTF-8"}, Options{ASCII: true}},
		{map[string]string{"LANG": "en_US.UTF-8"}, Options{}},
		{map[string]string{"LANG": "C"}, Options{ASCII: true}},
		{map[string]string{"LANG": "C", "LC_ALL": "C.utf8"}, Options{}},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_CTYPE": "POSIX"}, Options{ASCII: true}},
	} {
		if got := FromEnv(func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.env, got, tt.want)
		}
	}
}

func TestGlyphsAreOneCellWide(t *testing.T) {
	for _, g := range []Glyphs{unicodeGlyphs, asciiGlyphs} {
		v := reflect.ValueOf(g)
		for i := range v.NumField() {
			name, s := v.Type().Field(i).Name, v.Field(i).String()
			if cell.Width(s) != 1 && name != "Up" && name != "Down" {
				t.Errorf("%s %q is %d cells wide", name, s, cell.Width(s))
			}
		}
	}
}

func TestSayInASCII(t *testing.T) {
	th := New(io.Discard, Options{Color: Plain, ASCII: true})
	for in, want := range map[string]string{
		"holding…":  "holding...",
		"isn’t":     "isn't",
		"漢字 Jörg":   "?? J?rg",
		"\x1b[1mhi": "hi",
	} {
		if got := th.Say(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestMeterIsExact(t *testing.T) {
	th := New(io.Discard, Options{Color: Plain})
	for _, level := range []float64{-1, 0, 0.01, 0.5, 0.99, 1, 7} {
		for _, n := range []int{1, 5, 8} {
			if got := cell.Width(th.Meter(level, n)); got != n {
				t.Errorf("level %v in %d cells takes %d", level, n, got)
			}
		}
	}
}
