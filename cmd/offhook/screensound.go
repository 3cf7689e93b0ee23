package main

import (
	"fmt"
	"os"
	"path/filepath"

	"offhook/audio/device"
	"offhook/audio/dsp/voice"
	"offhook/ui"
	"offhook/ui/overlay"
)

// tellSound tells the screen what the flags and the configuration make of the sound; what
// is wrong with them was told when the phone was opened.
func (a *app) tellSound(s settings, m mediaFlags, o *ui.Options) {
	if spec, err := impairment(s, m); err == nil && !spec.Zero() {
		o.Impaired = spec.String()
	}
	o.RecordNotice = a.recordOptions(s, m.sound).Notice
	o.RecordFormat = recordFormat(s)
	o.Sound = machineSound{}
	o.Devices = overlay.Sound{Microphone: first(m.audioIn, s.Audio.Input), Ear: first(m.audioOut, s.Audio.Output), Ring: s.Audio.Ring}
	if m.audioOut != "" {
		o.Devices.Ring = "" // as backends has it
	}
	o.Voice, o.VoiceEverywhere = voiceWords(s, m.voice)
	o.RecordDirectory = here()
}

// here is the working directory as people call it; empty when there is no telling.
func here() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return dir
	}
	if in, err := filepath.Rel(home, dir); err == nil && filepath.IsLocal(in) {
		return filepath.Join("~", in)
	}
	return dir
}

// voiceWords says what a card's microphone goes through, empty when it is sent as it is;
// everywhere that files and tones go through it too.
func voiceWords(s settings, f voiceFlags) (through string, everywhere bool) {
	wanted := s.Audio
	f.apply(&wanted)
	v, err := voiceOptions(wanted)
	if err != nil || v.Idle() {
		return "", false
	}
	library := voice.Library(v)
	if library == "" {
		return "", false
	}
	return fmt.Sprintf("echo canceller %v, noise suppression %v, gain control %v (%s)", v.Echo, v.Noise, v.Gain, library), f.everywhere(wanted)
}

// machineSound is the devices of this machine, for the screen.
type machineSound struct{}

// Devices lists them. A part of a name is found as a call finds it.
func (machineSound) Devices(now overlay.Sound) ([]overlay.Device, error) {
	list, err := device.List()
	if err != nil {
		return nil, err
	}
	out := make([]overlay.Device, len(list))
	for i, d := range list {
		out[i] = overlay.Device{Name: d.Name, In: d.In > 0, Out: d.Out > 0, DefaultIn: d.DefaultIn, DefaultOut: d.DefaultOut}
	}
	mark := func(u overlay.Use, spec string) {
		// What isn't there is shown as such.
		if i, err := device.Choose(list, u == overlay.Microphone, spec); err == nil && i >= 0 {
			out[i].Used[u] = true
		}
	}
	mark(overlay.Microphone, now.Microphone)
	mark(overlay.Ear, now.Ear)
	if now.Ring != "" {
		mark(overlay.Ring, now.Ring)
	}
	return out, nil
}
