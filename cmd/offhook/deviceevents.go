package main

import (
	"fmt"

	"offhook/audio"
	"offhook/ua"
)

type audioDeviceEvent struct {
	head
	Role   string `json:"role"`
	State  string `json:"state"`
	Device string `json:"device,omitempty"`
	Error  string `json:"error,omitempty"`
}

func audioDeviceOf(e ua.AudioDeviceChanged) audioDeviceEvent {
	return audioDeviceEvent{headOf(e.Meta, "audio_device", ""), e.Role.String(), e.State.String(), e.Device, message(e.Err)}
}

// audioDeviceLine tells it in words.
func audioDeviceLine(e ua.AudioDeviceChanged) string {
	what := "sound device"
	if e.Role == audio.RingDevice {
		what = "ringing device"
	}
	if e.Device != "" {
		what += " " + e.Device
	}
	switch e.State {
	case audio.DeviceLost:
		return fmt.Sprintf("%s lost: %v; going on with silence until it is back", what, e.Err)
	case audio.DeviceBack:
		return what + " is back"
	case audio.DeviceChanged:
		return what + " in use from now on"
	}
	return what + ": " + e.State.String()
}
