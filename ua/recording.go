package ua

import (
	"context"
	"time"

	"offhook/audio"
)

// RecordingState is where a recording stands.
type RecordingState uint8

const (
	RecordingStarted RecordingState = iota
	RecordingEnded                  // its file is whole
	RecordingFailed                 // by itself, with what the file holds: Err
)

// String is the state's name in events: "started".
func (s RecordingState) String() string {
	switch s {
	case RecordingStarted:
		return "started"
	case RecordingEnded:
		return "ended"
	case RecordingFailed:
		return "failed"
	}
	return "unknown"
}

// RecordingChanged tells that a recording started, or that its file is whole, which may be
// after the call's end.
type RecordingChanged struct {
	Meta
	// Call is the zero value for a recording of the conference.
	Call  CallInfo
	State RecordingState
	Path  string
	// Duration is what the file holds; 0 at the start.
	Duration time.Duration
	Err      error
}

// Play sends a file into the call instead of the microphone; in a conference all hear it.
func (a *Agent) Play(id CallID, path string, o audio.PlayOptions) {
	a.withSession("play", id, func(c *phoneCall, s MediaSession) {
		a.inFiles("play", c, func() error { return s.Play(path, o) }, nil)
	})
}

// StopPlay goes back to the microphone.
func (a *Agent) StopPlay(id CallID) {
	a.withSession("stop-play", id, func(c *phoneCall, s MediaSession) { s.StopPlay() })
}

// Record writes the call to a file, by the Agent's RecordOptions: RecordingChanged follows,
// with the file's name, which has a number when this run has recorded to path before.
func (a *Agent) Record(id CallID, path string) {
	a.withSession("record", id, func(c *phoneCall, s MediaSession) {
		a.inFiles("record", c, func() error { return s.Record(path, a.cfg.Recording) }, nil)
	})
}

// StopRecord ends the recording.
func (a *Agent) StopRecord(id CallID) {
	a.withSession("stop-record", id, func(c *phoneCall, s MediaSession) { s.StopRecord() })
}

// RecordConference writes all of the conference to one file.
func (a *Agent) RecordConference(path string) {
	const command = "record-conference"
	a.box.post(func() {
		failed := func(err error) {
			a.emit(func(m Meta) Event { return CommandFailed{Meta: m, Command: command, Err: err} })
		}
		if len(a.conf) == 0 {
			failed(audio.ErrNoConference)
			return
		}
		tell := func(e audio.Event) { a.box.post(func() { a.recording(nil, e) }) }
		a.inWorker(func(context.Context) {
			if err := a.cfg.Media.RecordConference(path, a.cfg.Recording, tell); err != nil {
				a.box.post(func() { failed(err) })
			}
		})
	})
}

// StopRecordConference ends that recording.
func (a *Agent) StopRecordConference() {
	a.box.post(func() {
		if a.cfg.Media != nil {
			a.cfg.Media.StopRecordConference()
		}
	})
}

// recording hears of a call's recording, or of the conference's when c is nil.
func (a *Agent) recording(c *phoneCall, e audio.Event) {
	r := RecordingChanged{}
	switch e := e.(type) {
	case audio.RecordStarted:
		r.State, r.Path = RecordingStarted, e.Path
		a.recordings[e.Path] = struct{}{}
	case audio.RecordEnded:
		r.State, r.Path, r.Duration, r.Err = RecordingEnded, e.Path, e.Duration, e.Err
		delete(a.recordings, e.Path)
		if e.Err != nil {
			r.State = RecordingFailed
		}
	default:
		return
	}
	if c != nil {
		c.recorded(r)
		r.Call = c.snapshot()
	}
	a.emit(func(m Meta) Event {
		r.Meta = m
		return r
	})
}

// recorded notes in the call what became of its recording. An ended call keeps the name.
func (c *phoneCall) recorded(r RecordingChanged) {
	a := c.agent
	if c.ended {
		return
	}
	switch r.State {
	case RecordingStarted:
		c.info.Recording, c.info.MediaErr = r.Path, nil
	case RecordingEnded, RecordingFailed:
		if c.info.Recording == r.Path { // and no later one runs
			c.info.Recording = ""
		}
	}
	if r.Err != nil {
		c.info.MediaErr = r.Err
		a.emitMedia(c, MediaError)
		return
	}
	a.emitCall(c, c.m.State())
}
