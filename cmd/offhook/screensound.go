package main

import (
	"fmt"

	"offhook/audio/dsp/voice"
	"offhook/ui"
)

// tellSound tells the screen what the flags and the configuration make of the sound; what
// is wrong with them was told when the phone was opened.
func (a *app) tellSound(s settings, m mediaFlags, o *ui.Options) {
	if spec, err := impairment(s, m); err == nil && !spec.Zero() {
		o.Impaired = spec.String()
	}
	o.RecordNotice = a.recordOptions(s, m.sound).Notice
	o.RecordFormat = recordFormat(s)
	o.Voice = voiceWords(s, m.voice)
}

// voiceWords says what a card's microphone goes through; empty when it is sent as it is.
func voiceWords(s settings, f voiceFlags) string {
	wanted := s.Audio
	f.apply(&wanted)
	v, err := voiceOptions(wanted)
	if err != nil || v.Idle() {
		return ""
	}
	library := voice.Library(v)
	if library == "" {
		return ""
	}
	return fmt.Sprintf("a card’s goes through %s: echo canceller %v, noise suppression %v, gain control %v", library, v.Echo, v.Noise, v.Gain)
}
