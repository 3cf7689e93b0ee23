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
