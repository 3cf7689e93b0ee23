package lab

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Room puts the phone's loudspeaker and its microphone into one room: what is played
// is heard delay later, and what the sound server adds to that.
func (p *Pulse) Room(delay time.Duration) {
	p.t.Helper()
	cmd := exec.Command("pactl", "load-module", "module-loopback", "source=spk.monitor", "sink=mic",
		fmt.Sprintf("latency_msec=%d", delay.Milliseconds()), "source_dont_move=true", "sink_dont_move=true")
	p.Env()(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("pactl load-module: %v\n%s", err, strings.TrimSpace(string(out)))
	}
}
