package ui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// deviceChanged tells of a sound device, and keeps in mind what is away.
func (m *Model) deviceChanged(e ua.AudioDeviceChanged) tea.Cmd {
	kind := pane.Info
	lost := e.State == audio.DeviceLost
	if lost {
		kind = pane.Warning
	}
	m.note(kind, words.Device(e))
	if int(e.Role) < len(m.lost) {
		m.lost[e.Role] = lost
	}
	m.microphoneChanged()
	if e.State == audio.DeviceChanged {
		m.before = m.chosen
	}
	return m.devicesNews(words.Device(e))
}

// microphone says what is heard of us, and what it goes through.
func (m *Model) microphone() string {
	voice := m.opts.Voice
	if !m.opts.VoiceEverywhere && !words.Card(m.chosen.Microphone) {
		voice = ""
	}
	return words.Microphone(m.chosen.Microphone, voice, m.lost[audio.CallDevice])
}

// microphoneChanged tells it in each call's details.
func (m *Model) microphoneChanged() {
	for _, c := range m.calls {
		c.Microphone = m.microphone()
	}
}

// alarm is what is never taken off the screen, nor covered: accounts that believe every server.
// Brief is for a narrow screen.
func (m *Model) alarm(brief bool) string {
	switch {
	case m.opts.Insecure == "":
		return ""
	case brief:
		return m.theme.Alarm.Render(" INSECURE ")
	}
	return m.theme.Alarm.Render(m.theme.Say(" INSECURE: certificates unchecked: "+m.opts.Insecure) + " ")
}

// trouble is what is wrong for as long as it is: a device that is away, a network that is made
// bad on purpose. Brief is for a narrow screen.
func (m *Model) trouble(brief bool) string {
	var out []string
	add := func(on bool, long, short string) {
		switch {
		case !on:
		case brief:
			out = append(out, short)
		default:
			out = append(out, long)
		}
	}
	add(m.lost[audio.CallDevice], "no sound device, looking for it", "no sound")
	add(m.lost[audio.RingDevice], "nothing to ring with, looking for it", "no ring")
	add(m.opts.Impaired != "", "network made bad: "+m.opts.Impaired, "bad network")
	return strings.Join(out, "  ")
}

// readingTime is how long the file of a recording stays, while somebody speaks into the
// muted microphone: the call's line tells that as well.
const readingTime = 10 * time.Second

// mutedSpeech warns somebody who speaks into the muted microphone: on the screen as
// often as it happens, in the log once until the microphone is unmuted.
func (m *Model) mutedSpeech(info ua.CallInfo) {
	c := m.call(info.ID)
	if c == nil || !info.Muted {
		return
	}
	text := words.MutedSpeech(m.named(info))
	if c.SpeaksMuted.IsZero() {
		m.log.Notice(m.now, pane.Warning, text)
	}
	c.SpeaksMuted = m.now
	if m.recorded.text == "" || m.now.Sub(m.recorded.at) > readingTime || m.status.text != m.recorded.text {
		m.say(pane.Warning, text)
	}
}

// unmuted takes the warning back.
func (m *Model) unmuted(c *pane.Call) {
	if !c.SpeaksMuted.IsZero() && !c.Info.Muted {
		c.SpeaksMuted = time.Time{}
		if m.status.text == words.MutedSpeech(c.Info) {
			m.status = status{}
		}
	}
}

// mediaWarned tells of what comes to a call's media ports and is no voice: once for each
// kind in a call. The next key takes it from the screen; the log and the call's details keep it.
func (m *Model) mediaWarned(e ua.MediaWarned) {
	text := words.Party(m.named(e.Call)) + ": " + e.Text
	m.note(pane.Warning, text)
	m.status.brief = true
}

// closing tells of a goodbye that isn't answered: what is waited for, and until when.
func (m *Model) closing() {
	for _, c := range m.calls {
		switch {
		case c.Info.State != call.Closing:
			c.Closing = time.Time{}
		case c.Closing.IsZero():
			c.Closing = m.now
		}
	}
}

// recordingChanged tells of a recording: its file, and why it ended by itself.
func (m *Model) recordingChanged(e ua.RecordingChanged) {
	if e.Call.ID == 0 { // of the conference
		m.confRecording = ""
		if e.State == ua.RecordingStarted {
			m.confRecording = e.Path
		}
	}
	level := pane.Info
	if e.State == ua.RecordingFailed {
		level = pane.Failure
	}
	text := words.Recording(e, m.opts.RecordNotice, m.opts.RecordDirectory)
	m.log.Notice(m.now, level, text)
	if layoutFor(m.width, m.height) == compact { // the log has the directory
		text = words.Recording(e, m.opts.RecordNotice, "")
	}
	m.say(level, text)
	if e.State == ua.RecordingStarted {
		return
	}
	m.recorded = said{text, m.now}
	m.tellBoth(level)
}

// tellBoth tells of a recording that ended with its call, whichever came first: the news
// of the one mustn't hide where the other's file is.
func (m *Model) tellBoth(level pane.NoticeLevel) {
	if m.recorded.fresh(m.now) && m.overWith.fresh(m.now) {
		m.say(level, m.recorded.text+". "+m.overWith.text)
	}
}
