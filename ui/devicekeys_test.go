package ui

import (
	"errors"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua"
	"offhook/ui/overlay"
)

// machine is a Sound of devices that a test names. A part of a name finds a device.
type machine struct {
	devices []overlay.Device
	err     error
}

func (m *machine) Devices(now overlay.Sound) ([]overlay.Device, error) {
	var out []overlay.Device
	for _, d := range m.devices {
		for use, spec := range []string{now.Microphone, now.Ear, now.Ring} {
			d.Used[use] = spec != "" && strings.Contains(strings.ToLower(d.Name), strings.ToLower(spec))
		}
		out = append(out, d)
	}
	return out, m.err
}

var headsets = &machine{devices: []overlay.Device{
	{Name: "Built-in microphone", In: true, DefaultIn: true},
	{Name: "USB headset", In: true, Out: true},
	{Name: "Speakers", Out: true, DefaultOut: true},
}}

// A device is taken at once, in a call; what is refused is taken back.
func TestDevicesAreChosen(t *testing.T) {
	b := oneCall(t, Options{Sound: headsets})
	b.act("f10")
	b.wantScreen("Sound devices", "● the system’s choice (Built-in microphone)", "● the system’s choice (Speakers)", "● where the ear is")
	b.press("ear head")
	b.wantScreen("No device matches")
	b.press("ctrl+u", "usb", "down")
	b.act("enter")
	b.wantCommands("devices  USB headset ")
	b.press("ctrl+u")
	b.wantScreen("● USB headset", "○ the system’s choice (Speakers)")
	b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceChanged, Device: "USB headset"})
	b.wantScreen("The sound device is USB headset from now on")

	b.press("usb")
	b.act("enter") // as a microphone too
	b.wantCommands("devices USB headset USB headset ")
	b.post(ua.CommandFailed{Meta: b.phone.Meta(), Command: "audio devices", Err: errors.New("it is in use elsewhere")})
	b.wantScreen("Can’t change the sound devices: it is in use elsewhere")
	if want := (overlay.Sound{Ear: "USB headset"}); b.chosen != want {
		t.Errorf("in use: %+v, want %+v", b.chosen, want)
	}
	b.press("esc")
	b.wantNotOnScreen("Sound devices")
}

// Without any device, and when they can't be listed, the screen says so.
func TestDevicesWithoutAny(t *testing.T) {
	b := newBench(t, Options{Sound: &machine{}, Devices: overlay.Sound{Microphone: "headset", Ear: "null"}}, alice(ua.Registered))
	b.act("f10")
	b.wantScreen("No sound device is here", "headset (isn’t there)", "● null")
	b.press("down", "up")
	b.act("enter") // the system's choice instead
	b.wantCommands("devices  null ")

	b = newBench(t, Options{Sound: &machine{err: errors.New("can’t list the sound devices: no library")}}, alice(ua.Registered))
	b.act("f10")
	b.wantScreen("can’t list the sound devices: no library")

	b = newBench(t, Options{}, alice(ua.Registered))
	b.press("f10")
	b.wantScreen("Sound devices can’t be changed here")
}

// What was listed for an older choice isn't shown as the newer one.
func TestDevicesListedLate(t *testing.T) {
	b := newBench(t, Options{Sound: headsets}, alice(ua.Registered))
	b.act("f10")
	late := b.listDevices()()
	b.press("speakers", "down")
	b.act("enter")
	b.send(late)
	b.press("ctrl+u")
	if n := count(b.View(), "●"); n != 4 { // the account, and one for each use
		t.Errorf("%d marks:\n%s", n, b.View())
	}
}
