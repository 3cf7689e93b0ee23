package main

import (
	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/codec/opus"
	"offhook/config"
)

// codingFlags say how sound is put in packets.
func (f *mediaFlags) codingFlags(cmd *cobra.Command) {
	f.overrides = overriding[config.Media](cmd, "codec")
	f.yes("vad", "leave pauses out, with comfort noise where the peer takes it", func(m *config.Media) *bool { return &m.VAD })
	f.number("opus-bitrate", "`BITS` per second that Opus aims at", func(m *config.Media) *int { return &m.OpusBitrate })
	f.number("opus-complexity", "`EFFORT` that Opus takes, 1 to 10", func(m *config.Media) *int { return &m.OpusComplexity })
	f.text("opus-fec", "`WHETHER` Opus repeats packets while some are lost: auto, on or off", func(m *config.Media) *string { return &m.OpusFEC })
	f.text("opus-dtx", "`WHETHER` Opus sends next to nothing in pauses: auto, on or off", func(m *config.Media) *string { return &m.OpusDTX })
}

// muteFlag is for phones that somebody can mute.
func (f *mediaFlags) muteFlag() {
	f.text("mute", "`WHAT` a muted microphone sends: silence or comfort-noise", func(m *config.Media) *string { return &m.Mute })
	inGroup(f.set, "microphone", "mute")
}

// coding is what the flags and the configuration say of it.
func (f *mediaFlags) coding(s settings) (config.Media, error) {
	m := s.Media
	f.apply(&m)
	if err := m.Check(); err != nil {
		return m, failf(exitUsage, "--%w", err)
	}
	return m, nil
}

// opusOf is Opus as it is configured.
func opusOf(m config.Media) opus.Codec {
	c := opus.Codec{Bitrate: m.OpusBitrate, Complexity: m.OpusComplexity, FEC: wish(m.OpusFEC), DTX: wish(m.OpusDTX)}
	if m.VAD && c.DTX == opus.AsPeer {
		c.DTX = opus.Always
	}
	return c
}

func wish(s string) opus.Wish {
	switch s {
	case "on":
		return opus.Always
	case "off":
		return opus.Never
	default:
		return opus.AsPeer
	}
}

// muteOf is what a muted microphone sends.
func muteOf(m config.Media) audio.MuteMode {
	if m.Mute == "comfort-noise" {
		return audio.MuteNoise
	}
	return audio.MuteSilence
}
