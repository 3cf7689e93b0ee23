package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ui/overlay"
)

// Sound is the devices of this machine.
type Sound interface {
	// Devices lists them, and says what each is used for when these are chosen. It may
	// block: only commands call it.
	Devices(chosen overlay.Sound) ([]overlay.Device, error)
}

// devicesMsg is the list of devices, for the choice that was in force when it was asked.
type devicesMsg struct {
	chosen overlay.Sound
	found  []overlay.Device
	err    error
}

// openDevices shows the devices, and looks what is there now.
func (m *Model) openDevices() tea.Cmd {
	m.open(&overlay.Devices{List: overlay.List{Theme: m.theme}, Sound: m.chosen, Looking: true})
	return m.listDevices()
}

func (m *Model) listDevices() tea.Cmd {
	sound, chosen := m.opts.Sound, m.chosen
	if sound == nil {
		return nil
	}
	return func() tea.Msg {
		found, err := sound.Devices(chosen)
		return devicesMsg{chosen, found, err}
	}
}

// devicesListed fills the open list.
func (m *Model) devicesListed(msg devicesMsg) {
	if p, ok := m.panel().(*overlay.Devices); ok && msg.chosen == m.chosen {
		p.Found, p.Err, p.Looking = msg.found, msg.err, false
	}
}

// takeDevice puts the selected device to use, in the calls that are up too. What comes of
// it is told by AudioDeviceChanged, or by CommandFailed, which takes the choice back.
func (m *Model) takeDevice() tea.Cmd {
	p, ok := m.panel().(*overlay.Devices)
	if !ok {
		return nil
	}
	s, ok := p.Choose()
	if !ok || s == m.chosen {
		return nil
	}
	m.before = m.chosen
	m.chosen, p.Sound, p.Looking = s, s, true
	m.microphoneChanged()
	m.phone.SetAudioDevices(s.Microphone, s.Ear, s.Ring)
	p.Note = ""
	return m.listDevices()
}

// devicesRefused goes back to the devices that are still in use.
func (m *Model) devicesRefused(text string) tea.Cmd {
	m.chosen = m.before
	m.microphoneChanged()
	p, ok := m.panel().(*overlay.Devices)
	if !ok {
		return nil
	}
	p.Sound, p.Note = m.chosen, text
	return m.listDevices()
}

// devicesNews shows in the open list what was told of a device.
func (m *Model) devicesNews(text string) tea.Cmd {
	p, ok := m.panel().(*overlay.Devices)
	if !ok {
		return nil
	}
	p.Note = text
	return m.listDevices()
}
