package peers

import (
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"offhook/test/lab"
)

// TestSoundServerDiesAndComesBack kills PulseAudio under a call: the call goes on, says
// so, and has microphone and ear again when the server is back.
func TestSoundServerDiesAndComesBack(t *testing.T) {
	rig := lab.StartSoundRig(t)
	far := lab.StartOffhook(t, append([]string{"answer", "--json", "--codecs", "pcmu", "--audio-in", "tone:1000", "--audio-out", "null"}, lab.Direct("bob", "5070")...)...)
	far.AwaitName(0, "listening")
	o := lab.StartOffhookWith(t, []func(*exec.Cmd){rig.Env()}, append([]string{"call", "sip:bob@" + lab.IP + ":5070", "--json", "--codecs", "pcmu",
		"--audio-in", "Amic", "--audio-out", "A"}, lab.Direct("alice", "0")...)...)
	o.AwaitState(0, "confirmed")
	if !earHas(rig) {
		t.Fatal("the far end isn't heard")
	}
	rig.Kill()
	is := func(state string) func(lab.Event) bool {
		return func(e lab.Event) bool {
			return e.Str("event") == "audio_device" && e.Str("role") == "call" && e.Str("state") == state
		}
	}
	lost, mark := o.AwaitEvent(0, "the device is lost", is("lost"))
	if lost.Str("error") == "" {
		t.Errorf("the loss has no reason: %v", lost)
	}
	<-time.After(time.Second)
	rig.Boot()
	o.AwaitEvent(mark, "the device is back", is("back"))
	if !earHas(rig) {
		t.Error("the far end isn't heard again")
	}
	o.Signal(os.Interrupt)
	o.Wait()
	ended, _ := far.AwaitName(0, "call_ended")
	sent, received := ended.Num("stats.packets_sent"), ended.Num("stats.packets_received")
	t.Logf("the far end sent %v packets and received %v; underruns %v", sent, received, ended.Num("stats.underruns"))
	// It takes a second to tell a server that is gone from one that is slow.
	if received < sent-75 {
		t.Errorf("the call didn't go on: %v packets of about %v came", received, sent)
	}
}

// earHas reports that A's speaker has the far end's tone within a few seconds.
func earHas(rig *lab.SoundRig) bool {
	for range 10 {
		done := rig.Record()
		<-time.After(time.Second)
		ear := done()[lab.SpeakerA]
		if level := lab.RMS(ear[len(ear)/2:]); !math.IsNaN(level) && level > -30 {
			return true
		}
	}
	return false
}
