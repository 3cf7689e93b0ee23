package audio

import "fmt"

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

// setBackends is Engine.SetBackends in the loop.
func (l *engineLoop) setBackends(main, ring Backend) {
	if main != nil {
		l.main.next = main
	}
	switch {
	case ring == nil && l.ring != nil:
		l.ring.next = Null{}
	case ring != nil && l.ring == nil:
		l.ring = newOutlet(ring, RingDevice)
		l.ring.toner.plan = l.e.plan
		l.report(l.ring, DeviceChanged, nil)
	case ring != nil:
		l.ring.next = ring
	}
	if l.holder != nil {
		l.holder.setTone(l.toneOf(l.main))
	}
	l.settle()
}

// change takes the next step from one backend to another, and reports whether there is
// none left.
func (l *engineLoop) change(o *outlet) bool {
	if o.next == nil {
		return true
	}
	switch o.state {
	case outletOpen:
		if h := l.holderOf(o); h != nil {
			if !l.asked {
				l.asked = h.revoke()
			}
			return false
		}
		l.shut(o)
		if o.state != outletClosed {
			return false
		}
	case outletOpening, outletClosing:
		return false
	case outletClosed:
	}
	o.backend, o.next, o.lost, o.backoff = o.next, nil, false, backoffLeast
	o.again()
	l.report(o, DeviceChanged, nil)
	return true
}

// ringsApart reports that ringing has a device of its own.
func (l *engineLoop) ringsApart() bool {
	if l.ring == nil {
		return false
	}
	if l.ring.next != nil {
		_, none := l.ring.next.(Null)
		return !none
	}
	return !l.ring.mute()
}

func (l *engineLoop) report(o *outlet, state DeviceState, err error) {
	if tell := l.e.watcher.Load(); tell != nil {
		r := DeviceReport{Role: o.role, State: state, Err: err}
		if s, ok := o.backend.(fmt.Stringer); ok {
			r.Device = s.String()
		}
		(*tell)(r)
	}
}
