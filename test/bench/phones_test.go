package bench

import (
	"fmt"
	"testing"
	"time"

	"offhook/test/lab"
)

// phone is a program under measurement.
type phone interface {
	// register starts it with an account of k; the time is just before the start.
	register(t *testing.T, k *lab.Kamailio) (time.Time, *lab.Process)
	// call starts it and has it call, without registering.
	call(t *testing.T, target, codec string) *lab.Process
}

// rates are the codecs' own, so that neither phone has to resample its source.
var rates = map[string]int{"pcmu": 8000, "opus": 48000}

// baresipCodecs are baresip's names of the codecs.
var baresipCodecs = map[string]string{"pcmu": "PCMU/8000/1", "opus": "opus/48000/2"}

type offhook struct{}

func (offhook) register(t *testing.T, k *lab.Kamailio) (time.Time, *lab.Process) {
	args := append([]string{"register"}, lab.Account(t, k, "alice")...)
	start := time.Now()
	return start, lab.StartOffhook(t, args...).Process
}

func (offhook) call(t *testing.T, target, codec string) *lab.Process {
	return lab.StartOffhook(t, append([]string{"call", target, "--codecs", codec, "--audio-in", "file:" + lab.LongSpeech(t, 0, rates[codec]), "--audio-out", "null", "--duration", "60s"}, lab.Direct("alice", "0")...)...).Process
}

type baresip struct{}

func (baresip) register(t *testing.T, k *lab.Kamailio) (time.Time, *lab.Process) {
	run := lab.PrepareBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
	start := time.Now()
	return start, run()
}

func (baresip) call(t *testing.T, target, codec string) *lab.Process {
	return lab.PrepareBaresip(t, lab.BaresipConfig{User: "bob", Codecs: baresipCodecs[codec], Rate: rates[codec], Source: "aufile," + lab.LongSpeech(t, 0, rates[codec]), Lean: true}, "-e", fmt.Sprintf("/dial %s", target))()
}
