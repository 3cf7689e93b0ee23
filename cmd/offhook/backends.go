package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"offhook/audio"
	"offhook/audio/device"
)

// backends are the microphone with the ear, and where ringing plays. The flags
// win over the configuration, and a mistake is blamed on whichever made it.
func (a *app) backends(s settings, m mediaFlags, lazy bool) (backend, ring audio.Backend, err error) {
	code := exitConfig
	if m.audioIn != "" || m.audioOut != "" {
		code = exitUsage
	}
	in, out := first(m.audioIn, s.Audio.Input), first(m.audioOut, s.Audio.Output)
	if backend, err = device.Parse(in, out); err != nil {
		return nil, nil, fail(code, err)
	}
	if err := checkEarFile(out); err != nil {
		if m.audioOut != "" {
			return nil, nil, failf(exitUsage, "--audio-out: %w", err)
		}
		return nil, nil, failf(exitConfig, "audio.output: %w", err)
	}
	if !lazy && (namesDevice(in) || namesDevice(out)) {
		if err := tryDevice(backend); err != nil {
			return nil, nil, fail(code, fmt.Errorf("%w (\"offhook devices\" lists them)", err))
		}
	}
	if s.Audio.Ring != "" && m.audioOut == "" {
		if ring, err = device.Parse("silence", s.Audio.Ring); err != nil {
			return nil, nil, fail(exitConfig, err)
		}
	}
	return backend, ring, nil
}

// openDevices makes the backends of devices that are chosen while the phone runs.
func openDevices(in, out, ring string) (main, ringer audio.Backend, err error) {
	if main, err = device.Parse(in, out); err != nil {
		return nil, nil, err
	}
	if err := checkEarFile(out); err != nil {
		return nil, nil, err
	}
	if ring != "" {
		if ringer, err = device.Parse("silence", ring); err != nil {
			return nil, nil, err
		}
	}
	return main, ringer, nil
}

// namesDevice says whether a device is asked for by name: only those are tried
// before a call, since PortAudio takes its time.
func namesDevice(spec string) bool {
	switch {
	case spec == "", spec == "silence", spec == "null", strings.HasPrefix(spec, "file:"), strings.HasPrefix(spec, "tone:"):
		return false
	}
	return true
}

const deviceRate = 48000

func tryDevice(b audio.Backend) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stream, err := b.Open(ctx, deviceRate)
	if err != nil {
		return err
	}
	return stream.Close()
}
