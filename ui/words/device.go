package words

import (
	"strings"

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
		// What it means comes first: the reason may have to be cut.
		missing, until := "No sound", "the device"+name+" is back"
		if e.Role == audio.RingDevice {
			missing = "No ringing"
		}
		if e.Device == "" || strings.HasPrefix(e.Device, "default") { // it may never have been there
			until = "a device is there"
		}
		why := ""
		if e.Err != nil {
			why = ": " + e.Err.Error()
		}
		return missing + " until " + until + why
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

// Card reports that a device is a sound card, not a file or something made up.
func Card(spec string) bool {
	return spec != "silence" && spec != "null" && !strings.HasPrefix(spec, "file:") && !strings.HasPrefix(spec, "tone:")
}

// Microphone says what is heard of us, and what it goes through on its way; lost that
// it isn't there now.
func Microphone(spec, voice string, lost bool) string {
	name := spec
	if spec == "" || spec == "default" {
		name = "the system’s choice"
	}
	switch {
	case lost && Card(spec):
		return name + ": not there, silence is sent"
	case voice != "":
		return name + ", with " + voice
	case Card(spec):
		return name
	case spec == "silence" || spec == "null":
		return "none: silence is sent"
	}
	return name + ", sent as it is"
}
