package main

import (
	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/audio/dtmf"
	"offhook/config"
)

// soundFlags stand for keys of [audio] that are about tones and recordings.
type soundFlags struct{ overrides[config.Audio] }

// addTo adds the flags that any phone has.
func (f *soundFlags) addTo(cmd *cobra.Command) {
	f.overrides = overriding[config.Audio](cmd, "sound")
	f.text("tones", "`COUNTRY` whose ringback, busy and other tones are played, two letters such as de or us",
		func(a *config.Audio) *string { return &a.Tones })
	f.text("record-layout", "`HOW` recordings are laid out: split (left what we send, right what we hear) or mixed",
		func(a *config.Audio) *string { return &a.RecordLayout })
	f.yes("record-notice", "beep every 15 s while a call is recorded, to both sides",
		func(a *config.Audio) *bool { return &a.RecordNotice })
}

// recordOptions is how calls are recorded; sound has checked it.
func (a *app) recordOptions(s settings, f soundFlags) audio.RecordOptions {
	wanted := s.Audio
	f.apply(&wanted)
	o := audio.RecordOptions{Notice: wanted.RecordNotice}
	if wanted.RecordLayout == "mixed" {
		o.Layout = audio.RecordMixed
	}
	return o
}

// recordFormat is the extension of recordings that nobody named.
func recordFormat(s settings) string { return "." + first(s.Audio.RecordFormat, "wav") }

// sound puts what the configuration and the flags say about tones into cfg.
func (a *app) sound(s settings, f soundFlags, cfg *audio.EngineConfig) error {
	wanted := s.Audio
	f.apply(&wanted)
	if _, err := dtmf.PlanOf(wanted.Tones); err != nil {
		if wanted.Tones != s.Audio.Tones {
			return failf(exitUsage, "--tones: %w", err)
		}
		return fail(exitConfig, at(s, "audio.tones", "audio.tones: %w", err))
	}
	switch wanted.RecordLayout {
	case "", "split", "mixed":
	default: // the configuration has checked its own
		return failf(exitUsage, "--record-layout: %q: take split or mixed", wanted.RecordLayout)
	}
	cfg.Tones = wanted.Tones
	return nil
}
