package peers

import (
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// TestTUISound looks, in a call between two phones in a sound rig, at what the screen says
// of its sound, changes the devices in it, and records it.
func TestTUISound(t *testing.T) {
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Chdir(t.TempDir()) // recordings go here
			rig := lab.StartSoundRig(t)
			lab.StartOffhook(t, append([]string{"answer", "--json", "--audio-in", "tone:1000", "--audio-out", "null"}, lab.Direct("bob", "5070")...)...)
			u := startTUIWith(t, rig.Environ(), size[0], size[1], append([]string{"--audio-in", "silence", "--audio-out", "null", "--impair", "loss=2%,seed=7"}, lab.Direct("alice", "0")...)...)
			u.sees(`number or address`)
			u.Type("bob@" + lab.IP + ":5070")
			u.Key("Enter")
			u.sees(`talking 00:0[1-9]`)
			u.sees(`bad`) // the network, on purpose
			u.sees(`in (great|good|fair|poor|bad) (▰+▱* )?\d\.\d`)
			u.sees(`out (great|good|fair|poor|bad) (▰+▱* )?\d\.\d`) // by the first report of the peer's

			u.Type("i")
			u.sees(`we hear (great|good|fair|poor|bad) \d\.\d,`)
			u.Key("End")
			u.sees(`SSRC [0-9a-f]{8}, theirs`)
			u.Key("Escape")

			u.Key("F10")
			u.sees(`Sound devices`)
			u.sees(`● silence`)
			u.Type("ear a")
			u.sees(`Ear ○ A `)
			u.Key("Enter")
			u.sees(`Ear ● A `)
			u.Key("Escape")
			if !earHas(rig) {
				t.Error("the far end isn't heard at the chosen ear")
			}

			u.Type("r")
			u.sees(`Recording to offhook-`)
			u.sees(`● rec`)
			u.Type("r")
			u.sees(`Recorded [\d.]+ s to offhook-`)
			if files, _ := filepath.Glob("offhook-*-bob_*.wav"); len(files) != 1 {
				t.Errorf("recordings: %q", files)
			}

			rig.Kill()
			u.sees(`no sound`)
			rig.Boot()
			u.AwaitGone(`no sound`)
			u.Type("x")
			u.sees(`You hung up on bob`)
			u.quits()
		})
	}
}
