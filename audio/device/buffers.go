package device

import "time"

// bufferTimes are the lengths of a card's buffers. Each is also the latency that
// PortAudio is asked for: ALSA then has two such buffers, through its plugin for
// PulseAudio too, whose own choice would be ten times as much. What is played waits in
// both, so a speaker begins with the shortest, and goes on with longer ones when the
// card or the machine can't keep up. A microphone's buffers cost no delay as long as a
// packet ends with one, only wake-ups.
//
//	     strained            strained
//	2.5 ms ──────────> 5 ms ──────────> 10 ms
//	 speaker        microphone
//	   ^                  ^
//	   └── the next Open, when the last strain is forgetStrain ago
var bufferTimes = [...]time.Duration{2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond}

// firstBuffer is the index of what a side begins with.
func firstBuffer(s side) int {
	if s == sideIn {
		return 1
	}
	return 0
}

// forgetStrain is how long a backend remembers that it needed longer buffers: a machine
// that was busy needn't stay so.
const forgetStrain = 10 * time.Minute

// learned is which buffers one side of a backend needed, and when it last showed.
type learned struct {
	buffer int
	at     time.Time
}

// buffers is the index of those to begin with.
func (l learned) buffers(s side, now time.Time) int {
	if l.at.IsZero() || now.Sub(l.at) > forgetStrain {
		return firstBuffer(s)
	}
	return l.buffer
}

// strain notices that a card runs dry or over again and again. A card may tell that;
// a sound server often doesn't, but then its clock stands still until it is served:
//
//	time of a callback less what it has moved by then
//	      |             .  .      . .. . .   . .
//	      |  .  . .   .    . ......:.:.:..:.:.:.  <- the least of a window is higher
//	      |..:.:.:.:.:.:.                            than that of the one before: it
//	      +----------------------------------> time  stood still by as much
//
// A callback that is only late is no trouble: the next ones catch up. The follower owns
// the fields.
type strain struct {
	from   time.Time // when the window began
	least  time.Duration
	before time.Duration // the least of the window before
	filled uint8         // windows with a least: 0, 1 or 2
	xruns  uint64        // as of the window before
	score  float64       // troubled windows, of which quiet ones make up for
}

const (
	strainWindow = 250 * time.Millisecond
	// slipped is by how much a clock that stood still is behind: no card is slow by as
	// much in a window.
	slipped = 2 * time.Millisecond
	// strained is how many windows with trouble are too many; forgiven is how many
	// quiet ones make up for one with trouble, which is 10 s.
	strained = 3
	forgiven = 40
)

// look takes the card's state after a callback, and reports that its buffers are too
// short; slips is how often its clock stood still since the last look.
func (s *strain) look(xruns uint64, behind time.Duration, now time.Time) (slips uint64, tooShort bool) {
	if s.filled == 0 {
		*s = strain{from: now, least: behind, filled: 1, xruns: xruns, score: s.score}
		return 0, false
	}
	if now.Sub(s.from) < strainWindow {
		s.least = min(s.least, behind)
		return 0, false
	}
	if s.filled == 2 && s.least-s.before > slipped {
		slips = 1
	}
	if slips > 0 || xruns != s.xruns {
		s.score++
	} else {
		s.score = max(0, s.score-1.0/forgiven)
	}
	s.from, s.before, s.least, s.filled, s.xruns = now, s.least, behind, 2, xruns
	return slips, s.score >= strained
}
