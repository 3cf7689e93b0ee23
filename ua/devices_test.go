package ua

import (
	"errors"
	"testing"

	"offhook/audio"
)

// deviceMedia is a fakeMedia whose devices change at once.
type deviceMedia struct {
	*fakeMedia
	tell func(audio.DeviceReport)
}

func (m *deviceMedia) WatchDevices(f func(audio.DeviceReport)) { m.tell = f }

func (m *deviceMedia) SetBackends(main, ring audio.Backend) {
	m.tell(audio.DeviceReport{Role: audio.CallDevice, State: audio.DeviceChanged, Device: "headset"})
	if ring != nil {
		m.tell(audio.DeviceReport{Role: audio.RingDevice, State: audio.DeviceLost, Err: errAway})
	}
}

var errAway = errors.New("away")

func TestAudioDevicesChange(t *testing.T) {
	asked := make(chan [3]string, 1)
	r := newRig(t, func(c *Config) {
		c.Media = &deviceMedia{fakeMedia: c.Media.(*fakeMedia)}
		c.Devices = func(in, out, ring string) (main, ringer audio.Backend, err error) {
			if in == "nonsense" {
				return nil, nil, errAway
			}
			asked <- [3]string{in, out, ring}
			return audio.Null{}, audio.Null{}, nil
		}
	})
	r.agent.SetAudioDevices("mic", "ear", "room")
	if got := <-asked; got != [3]string{"mic", "ear", "room"} {
		t.Errorf("asked for %q", got)
	}
	any := func(AudioDeviceChanged) bool { return true }
	if e := next(r, any); e.Role != audio.CallDevice || e.State != audio.DeviceChanged || e.Device != "headset" || e.Err != nil {
		t.Errorf("told %+v", e)
	}
	if e := next(r, any); e.Role != audio.RingDevice || e.State != audio.DeviceLost || !errors.Is(e.Err, errAway) {
		t.Errorf("told %+v", e)
	}
	r.agent.SetAudioDevices("nonsense", "", "")
	if e := r.failed("audio devices"); !errors.Is(e.Err, errAway) {
		t.Errorf("told %v", e.Err)
	}
}

func TestAudioDevicesThatCannotChange(t *testing.T) {
	r := newRig(t)
	r.agent.SetAudioDevices("mic", "ear", "")
	if e := r.failed("audio devices"); !errors.Is(e.Err, ErrNoDevices) {
		t.Errorf("told %v", e.Err)
	}
}
