package words

import (
	"fmt"
	"path/filepath"
	"time"

	"offhook/ua"
)

// Recording tells what became of a recording. Beeps says that both sides hear of it;
// directory is where a file without one is.
func Recording(e ua.RecordingChanged, beeps bool, directory string) string {
	switch e.State {
	case ua.RecordingStarted:
		if beeps {
			return "Recording to " + e.Path + "; both sides hear a beep every 15 s"
		}
		return "Recording to " + e.Path
	case ua.RecordingEnded:
		in := "" // behind the name, which must not be cut
		if directory != "" && !filepath.IsAbs(e.Path) {
			in = " in " + directory
		}
		return fmt.Sprintf("Recorded %s to %s%s", long(e.Duration), e.Path, in)
	case ua.RecordingFailed:
		why := "it couldn’t go on"
		if e.Err != nil {
			why = e.Err.Error()
		}
		if e.Duration == 0 {
			return "Nothing is recorded: " + why
		}
		return fmt.Sprintf("The recording ended: %s; %s holds %s", why, e.Path, long(e.Duration))
	}
	return "The recording has changed: " + e.Path
}

// long is Long with tenths of a second for what is short.
func long(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Long(d)
}

// MutedSpeech warns somebody who speaks into the muted microphone.
func MutedSpeech(c ua.CallInfo) string {
	return "You’re muted, but speaking: " + Party(c) + " doesn’t hear you; m unmutes"
}

// Waiting for the answer to a goodbye, when it takes its time.
const (
	goodbyePatience = 2 * time.Second
	goodbyeMost     = 32 * time.Second // 64*T1, RFC 3261, section 17.1.2.2
)

// Goodbye says what a call that ends waits for, since when; empty while that is usual.
func Goodbye(since, now time.Time, brief bool) string {
	waited := now.Sub(since)
	if since.IsZero() || waited < goodbyePatience {
		return ""
	}
	left := max(goodbyeMost-waited, time.Second).Round(time.Second)
	if brief {
		return "no answer yet; ends within " + Long(left)
	}
	return fmt.Sprintf("no answer to the goodbye yet; ends by itself within %s", Long(left))
}
