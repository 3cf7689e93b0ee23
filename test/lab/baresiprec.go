package lab

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Recording returns the newest recording of what it heard ("dec") or sent ("enc").
func (b *Baresip) Recording(which string) string {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-"+which+".wav"))
	if err != nil || len(files) == 0 {
		b.t.Fatalf("baresip has no %s recording (%v); it said:\n%s", which, err, b.Output())
	}
	slices.Sort(files)
	return files[len(files)-1]
}

// Heard is how long the recording of what it heard at 8 kHz is now.
func (b *Baresip) Heard() time.Duration {
	b.t.Helper()
	info, err := os.Stat(b.Recording("dec"))
	if err != nil {
		b.t.Fatal(err)
	}
	return time.Duration(info.Size()-wavHeader) * time.Second / wavSecond
}

// Of a mono WAV of 16 bit at 8 kHz, in bytes.
const wavHeader, wavSecond = 44, 2 * 8000

// AwaitHeard waits until the recording of what it heard at 8 kHz is that long.
func (b *Baresip) AwaitHeard(d time.Duration) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if b.Heard() >= d {
			return
		}
	}
	b.t.Fatalf("baresip didn't hear %v of audio within %v", d, patience)
}
