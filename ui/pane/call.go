package pane

import (
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
)

// Call is a call and what the screen knows beside the snapshot.
type Call struct {
	Info    ua.CallInfo
	Levels  audio.Levels
	Quality Quality
	Digits  Digits
	// Heard are the digits that the peer sent.
	Heard string
	// Stats are the last statistics read.
	Stats audio.Stats
	// Purpose says what the call is for, when it was made to transfer another one.
	Purpose string
	// Replied is the question that was answered; the call says so when it heard it.
	Replied ua.Pending
	// Choice is what was decided about an incoming call.
	Choice Choice
	// SpeaksMuted is when somebody last spoke into the muted microphone.
	SpeaksMuted time.Time
	// Closing is since when its goodbye waits for an answer.
	Closing time.Time
	// Microphone says what it is, and what it goes through.
	Microphone string
	// Told is what was said last of its safety and its way: the same isn't said again.
	Told Told
}

// Told is what was said of a call.
type Told struct {
	Warning string
	Way     ua.ICEInfo
	WayText string
	Lack    string
}

// Choice is what a person decided about a call that rings here.
type Choice uint8

const (
	Undecided Choice = iota
	Taken            // answered; the call says so when it is true
	Refused
	Ignored // it may ring on
)

// live reports whether a call has audio to meter: a call that we hold is silent.
func live(c ua.CallInfo) bool {
	return c.State == call.Confirmed && !c.Hold.Desired && !c.Hold.Local
}

// Silence is what meters show before they were read.
func Silence() audio.Levels { return audio.Levels{Mic: -96, Ear: -96} }

// floor is the level in dBFS at which a meter is empty.
const floor = -54

// Level maps dBFS to a meter's 0 to 1.
func Level(db float64) float64 {
	return min(max((db-floor)/-floor, 0), 1)
}
