package ui

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ui/overlay"
)

func (b *bench) post(e ua.Event) { b.phone.Post(e); b.drain() }

// Somebody who speaks into the muted microphone is told each time, in the log once, and no
// longer when the microphone is open again.
func TestMutedSpeech(t *testing.T) {
	b := oneCall(t, Options{})
	speaks := func() {
		b.post(ua.MediaChanged{Meta: b.phone.Meta(), Call: b.phone.Call(1), What: ua.MediaMutedSpeech})
	}
	b.change(1, func(c *ua.CallInfo) { c.Muted = true })
	speaks()
	b.wantScreen("You’re muted, but speaking: Echo test doesn’t hear you", "you speak, but are muted")
	b.after(5 * time.Second)
	speaks()
	b.wantScreen("you speak, but are muted")
	b.change(1, func(c *ua.CallInfo) { c.Muted = false })
	b.wantNotOnScreen("muted")
	b.press("ctrl+l")
	if n := count(b.View(), "You’re muted"); n != 1 {
		t.Errorf("the log tells it %d times:\n%s", n, b.View())
	}
	speaks() // it crossed the key that unmutes
	b.wantNotOnScreen("but are muted")
}

// A lost device stays on the screen until it is back, at every size.
func TestLostDeviceStaysOnTheScreen(t *testing.T) {
	b := oneCall(t, Options{})
	b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceLost, Device: "headset", Err: errors.New("it was unplugged")})
	b.wantScreen("No sound until the device (headset) is back: it was unplugged", "no sound device, looking for it")
	b.change(1, func(c *ua.CallInfo) { c.Hold.Desired = true })
	b.say(0, "")
	b.wantScreen("no sound device, looking for it")
	b.size(40, 12)
	b.wantScreen("no sound")
	b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceBack, Device: "headset"})
	b.wantScreen("is back")
	b.wantNotOnScreen("no sound")
}

// A network that is made bad on purpose is never forgotten.
func TestImpairmentIsAlwaysOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		b := oneCall(t, Options{Impaired: "loss=3%,jitter=40ms"})
		b.size(size[0], size[1])
		b.press("k")
		b.wantScreen("bad")
	}
}

var sizes = [][2]int{{80, 24}, {120, 40}, {40, 12}}

// What is wrong with a peer's RTP is told, and the next key takes it away; the log keeps it.
func TestMediaWarningsAreDismissed(t *testing.T) {
	b := oneCall(t, Options{})
	b.post(ua.MediaWarned{
		Meta: b.phone.Meta(), Call: b.phone.Call(1), Kind: audio.OddEncrypted, From: netip.MustParseAddrPort("198.51.100.7:30002"),
		Text: "packets look encrypted: the peer seems to send SRTP",
	})
	b.wantScreen("Echo test: packets look encrypted")
	b.press("up")
	b.wantNotOnScreen("packets look encrypted")
	b.press("ctrl+l")
	b.wantScreen("packets look encrypted")
}

// Whoever could have read the keys of a call, or hears it again, is told of on the screen.
func TestWeakEncryptionIsOnTheScreen(t *testing.T) {
	b := oneCall(t, Options{})
	c := b.phone.Call(1)
	c.Security = ua.SecurityInfo{Transport: sip.UDP, Media: ua.MediaEncrypted, Exchange: audio.ExchangeSDES, Vouched: ua.VouchAnybody}
	b.post(ua.SecurityChanged{Meta: b.phone.Meta(), Call: c})
	b.wantScreen("travelled over unencrypted signalling (SDES")
	b.press("up")
	c.Security = ua.SecurityInfo{Transport: sip.UDP, Media: ua.MediaPlain}
	b.post(ua.SecurityChanged{Meta: b.phone.Meta(), Call: c, Was: ua.MediaEncrypted})
	b.wantScreen("any more")
}

// A goodbye that nobody answers says what it waits for, and that it ends by itself.
func TestClosingSaysUntilWhen(t *testing.T) {
	b := oneCall(t, Options{})
	b.press("x")
	b.change(1, func(c *ua.CallInfo) { c.State = call.Closing })
	b.tickNow()
	b.wantScreen("hanging up…")
	b.wantNotOnScreen("goodbye") // most are answered at once
	b.after(3 * time.Second)
	b.tickNow()
	b.wantScreen("no answer to the goodbye yet; ends by itself within 29 s")
	b.size(40, 12)
	b.wantScreen("no answer yet; ends within 29 s")
}

// A recording tells its file, its end and its trouble; one of a conference is of all of it.
func TestRecordingOnTheScreen(t *testing.T) {
	b := conference(t, Options{RecordFormat: ".opus", RecordNotice: true})
	b.phone.Commands()
	b.press("r")
	b.wantCommands("record-conference offhook-20260314-092736-conference.opus")
	b.post(ua.RecordingChanged{Meta: b.phone.Meta(), State: ua.RecordingStarted, Path: "all.opus"})
	b.wantScreen("Recording to all.opus; both sides hear a beep every 15 s", "rec")
	b.press("r")
	b.wantCommands("stop-record-conference")
	b.post(ua.RecordingChanged{Meta: b.phone.Meta(), State: ua.RecordingEnded, Path: "all.opus", Duration: 75 * time.Second})
	b.wantScreen("Recorded 1 min 15 s to all.opus")
	b.press("r")
	b.wantCommands("record-conference offhook-20260314-092736-conference.opus")
	b.post(ua.RecordingChanged{
		Meta: b.phone.Meta(), Call: b.phone.Call(1), State: ua.RecordingFailed, Path: "a.wav", Duration: 2500 * time.Millisecond,
		Err: errors.New("the disk is full"),
	})
	b.wantScreen("The recording ended: the disk is full; a.wav holds 2.5 s")
}

// The file of a recording that ends with its call stays on the screen, whichever news
// comes first, and nobody who speaks while muted wipes it away.
func TestRecordingThatEndsWithItsCall(t *testing.T) {
	const file = "offhook-20260314-092736-echo.wav"
	ends := func(b *bench) {
		b.post(ua.RecordingChanged{Meta: b.phone.Meta(), Call: b.phone.Call(1), State: ua.RecordingEnded, Path: file, Duration: 31 * time.Second})
	}
	both := []string{"Recorded 31 s to " + file + " in ~/calls", "Echo test hung"}

	b := oneCall(t, Options{RecordDirectory: "~/calls"})
	ends(b)
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	b.wantScreen(both...)

	b = oneCall(t, Options{RecordDirectory: "~/calls"})
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	ends(b)
	b.wantScreen(both...)

	b = oneCall(t, Options{RecordDirectory: "~/calls"})
	ends(b)
	b.after(5 * time.Second)
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	b.wantNotOnScreen("Recorded") // that was told, and read

	b = oneCall(t, Options{RecordDirectory: "/a/directory/with/a/name/that/fills/lines/of/a/small/screen"})
	b.size(40, 12)
	ends(b)
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
	b.wantScreen("Recorded 31 s to", "echo.wav", "Echo test hung up")

	b = oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.Muted = true })
	speaks := ua.MediaChanged{Meta: b.phone.Meta(), Call: b.phone.Call(1), What: ua.MediaMutedSpeech}
	ends(b)
	b.post(speaks)
	b.wantScreen("Recorded 31 s to "+file, "you speak, but are muted")
	b.after(readingTime + time.Second)
	b.post(speaks)
	b.wantScreen("You’re muted, but speaking")
}

// The details name the microphone as it is now, and what it goes through only when it does.
func TestMicrophoneInTheDetails(t *testing.T) {
	const voice = "echo canceller auto (webrtc)"
	for _, c := range []struct {
		spec       string
		everywhere bool
		want       string
	}{
		{"", false, "the system’s choice, with " + voice},
		{"headset", false, "headset, with " + voice},
		{"tone:440", false, "tone:440, sent as it is"},
		{"file:a.wav", true, "file:a.wav, with " + voice},
		{"silence", false, "none: silence is sent"},
	} {
		b := oneCall(t, Options{Voice: voice, VoiceEverywhere: c.everywhere, Devices: overlay.Sound{Microphone: c.spec}})
		b.press("i")
		b.wantScreen("microphone  " + c.want)
	}
	b := oneCall(t, Options{Voice: voice})
	b.press("i")
	b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceLost})
	b.wantScreen("the system’s choice: not there, silence is sent")
	b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceBack})
	b.wantScreen("the system’s choice, with " + voice)
}

// Nothing of why there is no sound, and what to do about it, is cut at 80x24.
func TestNoDeviceIsToldWhole(t *testing.T) {
	b := oneCall(t, Options{})
	b.post(ua.AudioDeviceChanged{
		Meta: b.phone.Meta(), State: audio.DeviceLost, Device: "default and null",
		Err: errors.New("no sound device: this system has no microphone; plug one in, or start with --audio-in silence --audio-out null"),
	})
	b.wantScreen("No sound until a device is there: no sound device", "--audio-out null")
	b.wantNotOnScreen("…", "gone")
}

// The longest names in the panel of details stand apart from their values.
func TestDetailsNamesStandApart(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.Peer.UserAgent = "baresip v3" })
	b.size(120, 40)
	b.wantScreen("their phone baresip v3")
}

// Where there is room, nothing in the panel of details is cut; where there isn't, each
// fact keeps a line.
func TestDetailsWrapWhileThereIsRoom(t *testing.T) {
	const voice = "echo canceller auto, noise suppression moderate, gain control on (webrtc-audio-processing)"
	b := oneCall(t, Options{Voice: voice})
	b.phone.SetMeters(1, badMeters())
	b.size(120, 40)
	b.after(time.Second)
	b.tickNow()
	b.wantNotOnScreen("gain control on") // the log takes the room
	b.wantScreen("codec       ", "received    ", "jitter      ")
	b.press("ctrl+l")
	b.size(120, 42)
	b.wantScreen("gain control on", "audio-processing)", "Call-ID     ")
}

// A recording of an address with a port has a name that one can read.
func TestRecordingNameKeepsThePortApart(t *testing.T) {
	b := oneCall(t, Options{})
	b.change(1, func(c *ua.CallInfo) { c.RemoteURI, c.RemoteName = "sip:echo@127.0.0.1:5070", "" })
	b.phone.Commands()
	b.press("r")
	b.wantCommands("record 1 offhook-20260314-092736-echo_127.0.0.1-5070.wav")
}
