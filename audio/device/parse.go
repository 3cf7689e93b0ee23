package device

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"offhook/audio"
	"offhook/audio/soundfile"
)

// Input is where a Duplex gets its sound: Device, File, Tone or Silence. Sealed.
type Input interface{ isInput() }

// Output is where a Duplex puts its sound: Device, File or Null. Sealed.
type Output interface{ isOutput() }

type (
	// Device is a sound card by name: the exact name, or else a part of it that
	// only one has, whatever the case. Empty is the system's default.
	Device struct{ Name string }
	// File is played over and over as an Input, whatever soundfile.Open takes; as an Output
	// it is a WAV that is recorded to.
	File struct{ Path string }
	// Tone is a sine at -10 dBm0 or so.
	Tone struct{ Hz float64 }
	// Silence is zeros.
	Silence struct{}
	// Null drops what it is given.
	Null struct{}
)

func (Device) isInput()  {}
func (Device) isOutput() {}
func (File) isInput()    {}
func (File) isOutput()   {}
func (Tone) isInput()    {}
func (Silence) isInput() {}
func (Null) isOutput()   {}

// ErrSpec is wrapped by Parse's errors.
var ErrSpec = errors.New("not an audio device")

// Parse makes the backend that --audio-in and --audio-out ask for: the name of a
// device, file:PATH, tone:HZ, silence (in) or null; empty is the default device.
// It opens nothing, but an input file must be there and be sound.
func Parse(in, out string) (audio.Backend, error) {
	i, err := parseInput(in)
	if err != nil {
		return nil, fmt.Errorf("audio input %q: %w", in, err)
	}
	o, err := parseOutput(out)
	if err != nil {
		return nil, fmt.Errorf("audio output %q: %w", out, err)
	}
	return New(i, o), nil
}

// New pairs an input with an output. Silence into Null is audio.Null.
func New(in Input, out Output) audio.Backend {
	_, silent := in.(Silence)
	_, null := out.(Null)
	if silent && null {
		return audio.Null{}
	}
	return &duplex{in: in, out: out}
}

func parseInput(s string) (Input, error) {
	kind, arg, has := strings.Cut(s, ":")
	switch {
	case s == "silence" || s == "null":
		return Silence{}, nil
	case has && kind == "file":
		if arg == "" {
			return nil, fmt.Errorf("%w: file: must be followed by a path", ErrSpec)
		}
		r, err := soundfile.Open(arg)
		if err != nil {
			return nil, err
		}
		r.Close()
		return File{Path: arg}, nil
	case has && kind == "tone":
		hz, err := strconv.ParseFloat(strings.TrimSuffix(arg, "Hz"), 64)
		if err != nil || !(hz >= 1 && hz <= 20000) {
			return nil, fmt.Errorf("%w: tone: takes a frequency from 1 to 20000, as in tone:440", ErrSpec)
		}
		return Tone{Hz: hz}, nil
	}
	return Device{Name: s}, nil
}

func parseOutput(s string) (Output, error) {
	kind, arg, has := strings.Cut(s, ":")
	switch {
	case s == "null":
		return Null{}, nil
	case s == "silence" || (has && kind == "tone"):
		return nil, fmt.Errorf("%w: only an input can be that; use null or file:PATH", ErrSpec)
	case has && kind == "file":
		if arg == "" {
			return nil, fmt.Errorf("%w: file: must be followed by a path", ErrSpec)
		}
		if !soundfile.IsWAV(arg) {
			return nil, fmt.Errorf("%w: what is heard is written as WAV: name it so, with .wav; --record writes the other formats", ErrSpec)
		}
		return File{Path: arg}, nil
	}
	return Device{Name: s}, nil
}

func (d Device) String() string {
	if d.Name == "" {
		return "default"
	}
	return d.Name
}

func inputName(i Input) string {
	switch i := i.(type) {
	case Device:
		return i.String()
	case File:
		return "file:" + i.Path
	case Tone:
		return "tone:" + strconv.FormatFloat(i.Hz, 'f', -1, 64)
	case Silence:
		return "silence"
	}
	return ""
}

func outputName(o Output) string {
	switch o := o.(type) {
	case Device:
		return o.String()
	case File:
		return "file:" + o.Path
	case Null:
		return "null"
	}
	return ""
}
