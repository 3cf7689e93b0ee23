package main

import (
	"slices"
	"strings"
	"testing"

	"offhook/config"
)

// The configuration is checked without knowing any codec: its names are a copy.
func TestConfigKnowsEachCodec(t *testing.T) {
	ours := strings.Split(strings.ToLower(everyCodec(config.Media{}).String()), ",")
	if theirs := config.CodecNames(); !slices.Equal(ours, theirs) {
		t.Errorf("the program has %q, the configuration takes %q", ours, theirs)
	}
	for _, name := range ours {
		if set, err := codecSet([]string{name}, config.Media{}); err != nil || strings.ToLower(set.Names()[0]) != name && !strings.HasPrefix(name, "l16/") {
			t.Errorf("%s: %v, %v", name, set, err)
		}
	}
	if set, err := codecSet(config.Default().Media.Codecs, config.Default().Media); err != nil || set.String() != "opus,G722,PCMU,PCMA" {
		t.Errorf("by default there are %v, %v", set, err)
	}
}

// What the file and the flags say of Opus reaches what is offered.
func TestOpusAsConfigured(t *testing.T) {
	for _, c := range []struct {
		change func(*config.Media)
		fmtp   string
	}{
		{func(*config.Media) {}, "minptime=10;useinbandfec=1"},
		{func(m *config.Media) { m.OpusBitrate = 24000 }, "minptime=10;useinbandfec=1;maxaveragebitrate=24000"},
		{func(m *config.Media) { m.OpusFEC, m.OpusDTX = "off", "on" }, "minptime=10;usedtx=1"},
		{func(m *config.Media) { m.VAD = true }, "minptime=10;useinbandfec=1;usedtx=1"},
		{func(m *config.Media) { m.VAD, m.OpusDTX = true, "off" }, "minptime=10;useinbandfec=1"},
	} {
		m := config.Default().Media
		c.change(&m)
		if err := m.Check(); err != nil {
			t.Error(err)
		}
		if set, err := codecSet([]string{"opus"}, m); err != nil || set[0].Info().Fmtp != c.fmtp {
			t.Errorf("%+v: %q, want %q (%v)", m, set[0].Info().Fmtp, c.fmtp, err)
		}
	}
}

func TestMediaIsChecked(t *testing.T) {
	for want, change := range map[string]func(*config.Media){
		"opus-bitrate must be from 6000 to 510000, or 0, not 5": func(m *config.Media) { m.OpusBitrate = 5 },
		"opus-complexity must be from 1 to 10, not 11":          func(m *config.Media) { m.OpusComplexity = 11 },
		"mute must be one of silence, comfort-noise":            func(m *config.Media) { m.Mute = "music" },
		"opus-fec must be one of auto, on, off":                 func(m *config.Media) { m.OpusFEC = "maybe" },
	} {
		m := config.Default().Media
		change(&m)
		if err := m.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
