package ui

import (
	"errors"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/rtp"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/overlay"
)

// soundScenes are those of what is heard, and of what is wrong with it.
var soundScenes = []scene{
	{"bad-sound", func(t testing.TB, o Options) *bench {
		o.Impaired = "loss=10%,jitter=80ms,seed=7"
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) { c.Muted = true })
		b.post(ua.MediaChanged{Meta: b.phone.Meta(), Call: b.phone.Call(1), What: ua.MediaMutedSpeech})
		b.phone.SetMeters(1, badMeters())
		b.after(time.Second)
		b.tickNow()
		return b
	}},
	{"sound-details", func(t testing.TB, o Options) *bench {
		o.Voice = "echo canceller auto, noise suppression moderate, gain control on (webrtc)"
		b := oneCall(t, o)
		b.phone.SetMeters(1, badMeters())
		b.after(time.Second)
		b.tickNow()
		b.press("i", "down", "down", "down")
		return b
	}},
	{"device-lost", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.post(ua.AudioDeviceChanged{Meta: b.phone.Meta(), State: audio.DeviceLost, Device: "headset", Err: errors.New("the sound server doesn’t answer")})
		return b
	}},
	{"devices", func(t testing.TB, o Options) *bench {
		o.Sound, o.Devices = headsets, overlay.Sound{Microphone: "headset", Ring: "Speakers"}
		b := oneCall(t, o)
		b.act("f10")
		b.press("down")
		return b
	}},
	{"no-devices", func(t testing.TB, o Options) *bench {
		o.Sound, o.Devices = &machine{}, overlay.Sound{Microphone: "headset", Ear: "file:/tmp/ear.wav"}
		b := newBench(t, o, alice(ua.Registered))
		b.act("f10")
		return b
	}},
	{"closing", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) { c.State = call.Closing })
		b.after(4 * time.Second)
		b.tickNow()
		return b
	}},
}

// badMeters are of a call on a bad network, and of a microphone that is too loud.
func badMeters() ua.Meters {
	m := meters(-1, -14)
	m.Clipped = true
	s := &m.Stats
	s.Lost, s.Late, s.Duplicate, s.Reordered, s.Invalid = 214, 31, 2, 7, 9
	s.Jitter, s.Playout, s.Target, s.RemoteJitter = 41*time.Millisecond, 112*time.Millisecond, 98*time.Millisecond, 38*time.Millisecond
	s.Removed, s.Inserted, s.Concealed, s.Bridged, s.Recovered = 340*time.Millisecond, 420*time.Millisecond, 2*time.Second, 1300*time.Millisecond, 900*time.Millisecond
	s.RTTMean, s.RTTMax, s.RemoteLost, s.RemoteFraction, s.Drift = 31*time.Millisecond, 90*time.Millisecond, 190, 0.09, -43.5
	s.MOSIn, s.MOSOut, s.CallIn, s.CallOut = rated(0.06, 171*time.Millisecond), rated(0.2, 190*time.Millisecond), rated(0.04, 160*time.Millisecond), rated(0.1, 180*time.Millisecond)
	s.XR = audio.VoIPMetrics{SSRC: 1, Gmin: rtp.Gmin, Loss: 0.09, Discard: 0.01, BurstDensity: 0.4, BurstDuration: 180 * time.Millisecond, EndSystem: 132 * time.Millisecond, R: 68, MOSCQ: 3.5}
	s.RemoteXR = s.XR
	s.RemoteXR.R = rtp.Unavailable
	s.CodecIn = "PCMU"
	s.SSRC, s.RemoteSSRC = 0x5d0a7c11, 0x01020304
	s.Odd[audio.OddEncrypted], s.Odd[audio.OddSTUN] = 8, 1
	s.Stream = audio.StreamStats{Underruns: 3}
	return m
}
