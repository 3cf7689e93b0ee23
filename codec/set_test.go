package codec_test

import (
	"errors"
	"strings"
	"testing"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/l16"
	"offhook/codec/opus"
)

var all = codec.Set{opus.Codec{}, g711.PCMU{}, g711.PCMA{}}

func TestSelectOrdersByTheList(t *testing.T) {
	for list, want := range map[string]string{
		"opus,pcmu":              "opus,PCMU",
		"PCMA pcmu":              "PCMA,PCMU",
		" pcma , Opus,,":         "PCMA,opus",
		"pcmu,PCMU/8000,pcmu":    "PCMU",
		"OPUS/48000/2,pcma/8000": "opus,PCMA",
	} {
		got, err := all.Select(list)
		if err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
}

func TestSelectNamesTheNearest(t *testing.T) {
	for name, near := range map[string]string{"opsu": "opus", "pcm": "PCMU", "pcmaa": "PCMA", "opus48": "opus", "PCMX/8000": "PCMU"} {
		_, err := all.Select("pcmu," + name)
		var unknown *codec.UnknownError
		if !errors.As(err, &unknown) || unknown.Name != name || unknown.Nearest == "" {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if unknown.Nearest != near {
			t.Errorf("%q: nearest is %q, want %q", name, unknown.Nearest, near)
		}
		if !strings.Contains(err.Error(), "opus, PCMU, PCMA") {
			t.Errorf("%q: %v doesn't say what there is", name, err)
		}
	}
	for _, list := range []string{"", " , "} {
		if _, err := all.Select(list); !errors.Is(err, codec.ErrEmptyList) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// A name that several codecs of a Set share means the first; the clock picks another.
func TestSelectTellsRatesApart(t *testing.T) {
	set := codec.Set{g711.PCMU{}, l16.Codec{Rate: 16000}, l16.Codec{Rate: 48000}}
	if got := set.String(); got != "PCMU,L16,L16/48000" {
		t.Error(got)
	}
	for list, want := range map[string]string{"l16": "L16/16000", "L16/48000": "L16/48000", "l16/48000,l16,l16/16000": "L16/48000 L16/16000"} {
		got, err := set.Select(list)
		var names []string
		for _, c := range got {
			names = append(names, c.Info().String())
		}
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("%q: %q, %v", list, names, err)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name            string
		clock, channels int
		want            string
	}{
		{"pcmu", 8000, 1, "PCMU/8000"}, {"PCMA", 8000, 0, "PCMA/8000"}, {"OPUS", 48000, 2, "opus/48000/2"},
		{"opus", 48000, 1, ""}, {"opus", 48000, 0, ""}, {"PCMU", 16000, 1, ""}, {"PCMU", 8000, 2, ""}, {"G729", 8000, 1, ""},
	} {
		got, ok := all.Find(c.name, c.clock, c.channels)
		if ok != (c.want != "") || ok && got.Info().String() != c.want {
			t.Errorf("%+v: %v %v", c, got, ok)
		}
	}
}

func TestStaticTypes(t *testing.T) {
	for _, c := range all {
		i := c.Info()
		if i.StaticPT < 0 {
			continue
		}
		name, clock, channels, _ := codec.Static(uint8(i.StaticPT))
		if got, ok := all.Find(name, clock, channels); !ok || got.Info().Name != i.Name {
			t.Errorf("payload type %d: %v", i.StaticPT, got)
		}
	}
	if name, clock, channels, ok := codec.Static(9); !ok || name != "G722" || clock != 8000 || channels != 1 {
		t.Error(name, clock, channels, ok)
	}
	for _, pt := range []uint8{1, 2, 19, 34, 72, 96, 127, 255} {
		if name, _, _, ok := codec.Static(pt); ok {
			t.Errorf("payload type %d is %q", pt, name)
		}
	}
}

func TestFmtp(t *testing.T) {
	const line = "maxplaybackrate=16000; Stereo=1 ;useinbandfec = 1;usedtx;cbr=x;stereo=0"
	for name, want := range map[string]string{
		"maxplaybackrate": "16000", "STEREO": "1", "useinbandfec": "1", "usedtx": "", "cbr": "x",
	} {
		if got, ok := codec.Fmtp(line, name); !ok || got != want {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	if _, ok := codec.Fmtp(line, "playback"); ok {
		t.Error("a part of a name matches")
	}
	if n, ok := codec.FmtpInt(line, "maxplaybackrate"); !ok || n != 16000 {
		t.Error(n, ok)
	}
	for _, name := range []string{"usedtx", "cbr", "none"} {
		if n, ok := codec.FmtpInt(line, name); ok {
			t.Errorf("%s: %d", name, n)
		}
	}
}

func FuzzFmtp(f *testing.F) {
	f.Add("minptime=10;useinbandfec=1", "useinbandfec")
	f.Fuzz(func(t *testing.T, line, name string) {
		if v, ok := codec.Fmtp(line, name); ok && (!strings.Contains(line, v) || strings.Contains(v, ";")) {
			t.Fatalf("%q of %q is %q", name, line, v)
		}
	})
}

func FuzzSelect(f *testing.F) {
	f.Add("opus,pcmu")
	f.Fuzz(func(t *testing.T, list string) {
		s, err := all.Select(list)
		if err != nil {
			return
		}
		again, err := all.Select(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q: %v, then %v %v", list, s, again, err)
		}
	})
}
