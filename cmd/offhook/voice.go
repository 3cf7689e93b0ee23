package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/audio/dsp/voice"
	"offhook/config"
)

// voiceFlags stand for the keys of [audio] that are about what happens to the
// microphone before it is sent.
type voiceFlags struct{ overrides[config.Audio] }

func (f *voiceFlags) addTo(cmd *cobra.Command) {
	f.overrides = overriding[config.Audio](cmd, "microphone")
	f.text("echo-canceller", "take the loudspeaker's sound out of the microphone: `MODE` auto, webrtc, speex or off; files, tones and silence go through these three only when a flag asks for one",
		func(a *config.Audio) *string { return &a.EchoCanceller })
	f.text("noise-suppression", "take noise out of the microphone: `STRENGTH` auto, off, low, moderate or high",
		func(a *config.Audio) *string { return &a.NoiseSuppression })
	f.text("gain-control", "bring the voice to the usual level: `MODE` on or off",
		func(a *config.Audio) *string { return &a.GainControl })
}

// voice puts what the configuration and the flags say about the microphone into cfg.
func (a *app) voice(s settings, f voiceFlags, cfg *audio.EngineConfig) error {
	wanted := s.Audio
	f.apply(&wanted)
	o, err := voiceOptions(wanted)
	if err != nil { // the configuration was checked when it was read
		return failf(exitUsage, "--%w", err)
	}
	if o.Idle() {
		return nil
	}
	if voice.Library(o) == "" {
		if !f.typed() {
			return nil // `offhook devices` tells
		}
		return fail(exitUsage, voice.ErrAbsent)
	}
	cfg.Voice = func(rate int) (audio.Voice, error) { return voice.New(rate, o) }
	if f.everywhere(wanted) {
		cfg.VoiceScope = audio.VoiceEverywhere
	}
	return nil
}

// everywhere reports that files go through it too. A file is sent as it is, unless a tester
// asks for a canceller by its name, or for anything on the command line.
func (f *voiceFlags) everywhere(wanted config.Audio) bool {
	return f.typed() || wanted.EchoCanceller == voice.EchoWebRTC.String() || wanted.EchoCanceller == voice.EchoSpeex.String()
}

// typed reports that one of the flags asks for something.
func (f *voiceFlags) typed() bool {
	for _, p := range f.puts {
		if f.set.Changed(p.flag) && f.set.Lookup(p.flag).Value.String() != "off" {
			return true
		}
	}
	return false
}

// voiceOptions reads what was chosen. The error starts with the flag's name.
func voiceOptions(a config.Audio) (o voice.Options, err error) {
	if o.Echo, err = voice.ParseEcho(a.EchoCanceller); err != nil {
		return o, fmt.Errorf("echo-canceller: %w", err)
	}
	if o.Noise, err = voice.ParseNoise(a.NoiseSuppression); err != nil {
		return o, fmt.Errorf("noise-suppression: %w", err)
	}
	if o.Gain, err = voice.ParseGain(a.GainControl); err != nil {
		return o, fmt.Errorf("gain-control: %w", err)
	}
	return o, nil
}

// printVoice says what a card's microphone goes through.
func (a *app) printVoice(wanted config.Audio) error {
	o, err := voiceOptions(wanted)
	if err != nil {
		return fail(exitConfig, err)
	}
	library := voice.Library(o)
	if a.global.json {
		return json.NewEncoder(a.stdout).Encode(map[string]any{
			"event": "voice_processing", "library": library,
			"echo_canceller": o.Echo.String(), "noise_suppression": o.Noise.String(), "gain_control": o.Gain.String(),
		})
	}
	switch {
	case o.Idle():
		_, err = fmt.Fprintln(a.stdout, "microphones are sent as they are: echo canceller, noise suppression and gain control are off")
	case library == "":
		_, err = fmt.Fprintln(a.stdout, "microphones are sent as they are:", voice.ErrAbsent)
	default:
		_, err = fmt.Fprintf(a.stdout, "microphones go through %s: echo canceller %v, noise suppression %v, gain control %v\n", library, o.Echo, o.Noise, o.Gain)
	}
	return err
}
