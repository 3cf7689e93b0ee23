package ua

import (
	"context"
	"errors"

	"offhook/audio"
)

// DeviceEngine is a MediaEngine whose sound devices can change, and go.
type DeviceEngine interface {
	// SetBackends changes the devices, in a call too. A nil main keeps what there is, a
	// nil ring plays ringing in the ear.
	SetBackends(main, ring audio.Backend)
	// WatchDevices has f told of devices that are lost, come back or change. f doesn't block.
	WatchDevices(f func(audio.DeviceReport))
}

// OpenDevices makes the backends of devices that are named as in the configuration.
type OpenDevices func(in, out, ring string) (main, ringer audio.Backend, err error)

// AudioDeviceChanged tells that a sound device was lost, came back, or took the place of
// another. Calls go on with silence meanwhile.
type AudioDeviceChanged struct {
	Meta
	Role   audio.DeviceRole
	State  audio.DeviceState
	Device string // as it was named; "" when nobody named it
	Err    error  // why it was lost
}

// ErrNoDevices says that this phone's devices can't be changed.
var ErrNoDevices = errors.New("this phone's sound devices can't be changed while it runs")

// SetAudioDevices changes microphone, ear and what rings, each named as in the
// configuration, in a call too. AudioDeviceChanged follows, or CommandFailed.
func (a *Agent) SetAudioDevices(in, out, ring string) {
	fail := func(err error) {
		a.emit(func(m Meta) Event { return CommandFailed{Meta: m, Command: "audio devices", Err: err} })
	}
	a.box.post(func() {
		engine, can := a.cfg.Media.(DeviceEngine)
		if !can || a.cfg.Devices == nil {
			fail(ErrNoDevices)
			return
		}
		a.inWorker(func(context.Context) {
			main, ringer, err := a.cfg.Devices(in, out, ring)
			a.box.post(func() {
				if err != nil {
					fail(err)
					return
				}
				engine.SetBackends(main, ringer)
			})
		})
	})
}

// watchDevices passes on what becomes of the devices.
func (a *Agent) watchDevices() {
	engine, can := a.cfg.Media.(DeviceEngine)
	if !can {
		return
	}
	engine.WatchDevices(func(r audio.DeviceReport) {
		a.box.post(func() {
			a.emit(func(m Meta) Event {
				return AudioDeviceChanged{Meta: m, Role: r.Role, State: r.State, Device: r.Device, Err: r.Err}
			})
		})
	})
}
