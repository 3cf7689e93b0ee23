package audio

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"offhook/codec/g711"
)

// TestRecordingSurvivesKill9 runs itself, and kills the one that records.
func TestRecordingSurvivesKill9(t *testing.T) {
	if path := os.Getenv("OFFHOOK_RECORD_TO"); path != "" {
		recordUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "r.wav")
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecordingSurvivesKill9$")
	cmd.Env = append(os.Environ(), "OFFHOOK_RECORD_TO="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(out).ReadString('\n') // more than a second is over, all but the last 250 ms is on disk
	cmd.Process.Kill()
	cmd.Wait()
	_, right := readStereo(t, path, 8000)
	if len(right) < 4000 {
		t.Errorf("%d samples are left of more than 4000", len(right))
	}
}

func recordUntilKilled(t *testing.T, path string) {
	e := newEngine(t, EngineConfig{})
	a := openPhone(t, e)
	if err := a.Record(path, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	a.Apply(talk(a.LocalAddr(), g711.PCMU{}, 0)) // it talks to itself
	wait[FirstPacket](t, a)
	a.SendDTMF("12345678", DTMFRFC4733) // takes more than a second
	for range 8 {
		wait[DigitReceived](t, a)
	}
	fmt.Println("recorded")
	select {}
}
