package words

import (
	"offhook/audio"
	"offhook/ua"
)

// Device tells what became of a sound device.
func Device(e ua.AudioDeviceChanged) string {
	what := "The sound device"
	if e.Role == audio.RingDevice {
		what = "The device that rings"
	}
	name := ""
	if e.Device != "" {
		name = " (" + e.Device + ")"
	}
	switch e.State {
	case audio.DeviceLost:
		why := ""
		if e.Err != nil {
			why = ": " + e.Err.Error()
		}
		return what + name + " is gone" + why + ". It is looked for, and calls go on in silence"
	case audio.DeviceBack:
		return what + name + " is back"
	case audio.DeviceChanged:
		if e.Device == "" || e.Device == "default" {
			return what + " was changed"
		}
		return what + " is " + e.Device + " from now on"
	}
	return what + " has changed"
}
