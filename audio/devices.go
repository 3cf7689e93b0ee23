package audio

// DeviceRole says what a device is for.
type DeviceRole uint8

const (
	CallDevice DeviceRole = iota // microphone and ear
	RingDevice                   // ringing, when it has its own
)

// String is how events write it.
func (r DeviceRole) String() string {
	switch r {
	case CallDevice:
		return "call"
	case RingDevice:
		return "ring"
	}
	return "unknown"
}

// DeviceState is what became of a device.
type DeviceState uint8

const (
	// DeviceLost: it stopped, or can't be opened. Calls go on with silence, and it is
	// looked for again and again.
	DeviceLost DeviceState = iota
	// DeviceBack: it could be opened after all.
	DeviceBack
	// DeviceChanged: it takes the place of another one from now on.
	DeviceChanged
)

// String is how events write it.
func (s DeviceState) String() string {
	switch s {
	case DeviceLost:
		return "lost"
	case DeviceBack:
		return "back"
	case DeviceChanged:
		return "changed"
	}
	return "unknown"
}

// DeviceReport is news of a device.
type DeviceReport struct {
	Role  DeviceRole
	State DeviceState
	// Device is how its Backend names itself, if it does.
	Device string
	Err    error // of DeviceLost
}

// SetBackends changes the devices, in a call too. A nil main keeps what there is; a nil
// ring plays ringing in the ear. A device that can't be opened is told as one that is
// lost, and tried again.
func (e *Engine) SetBackends(main, ring Backend) {
	e.mail.post(func() { e.l.setBackends(main, ring) })
}

// WatchDevices has f told of devices that are lost, come back or change. It is called
// from the engine's goroutine, must not block and must not call the engine back.
func (e *Engine) WatchDevices(f func(DeviceReport)) { e.watcher.Store(&f) }
