package audio

// MuteMode is what a muted session sends.
type MuteMode uint8

const (
	// MuteSilence: digital silence.
	MuteSilence MuteMode = iota
	// MuteNoise: the noise of the room as it was before, so that the peer doesn't
	// take the line for dead.
	MuteNoise
)
