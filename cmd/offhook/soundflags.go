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
	f.overrides = overriding[config.Audio](cmd, "media")
	f.text("tones", "`COUNTRY` whose ringback, busy and other tones are played, two letters such as de or us",
		func(a *config.Audio) *string { return &a.Tones })
}

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
	cfg.Tones = wanted.Tones
	return nil
}
