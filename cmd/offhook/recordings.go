package main

import (
	"fmt"
	"time"

	"offhook/ua"
)

// recordingEvent tells of a recording: of the call, or of the conference when it names none.
type recordingEvent struct {
	head
	Call      uint64 `json:"call,omitempty"`
	SIPCallID string `json:"sip_call_id,omitempty"`
	// Conference says that it is all of the conference.
	Conference bool    `json:"conference,omitempty"`
	State      string  `json:"state"`
	Path       string  `json:"path"`
	DurationMS float64 `json:"duration_ms,omitempty"`
	Error      string  `json:"error,omitempty"`
}

func (p *printer) recording(e ua.RecordingChanged) {
	c := e.Call
	whose := fmt.Sprintf("call %d", c.ID)
	if c.ID == 0 {
		whose = "conference"
	}
	line := ""
	switch e.State {
	case ua.RecordingStarted:
		line = fmt.Sprintf("%s: recording to %s", whose, e.Path)
	case ua.RecordingEnded:
		line = fmt.Sprintf("%s: recorded %s to %s", whose, e.Duration.Round(100*time.Millisecond), e.Path)
	case ua.RecordingFailed:
		line = fmt.Sprintf("%s: the recording to %s ended after %s: %v", whose, e.Path, e.Duration.Round(100*time.Millisecond), e.Err)
	}
	p.emit(e.Time, recordingEvent{
		head: headOf(e.Meta, "recording", c.Account), Call: uint64(c.ID), SIPCallID: c.SIPCallID, Conference: c.ID == 0,
		State: e.State.String(), Path: e.Path, DurationMS: ms(e.Duration), Error: message(e.Err),
	}, "%s", line)
}

// spoiledBy is the result of a run that goes well but for its recording: whoever counts on the
// file has to hear of it. Nil while nothing is wrong.
func spoiledBy(e ua.Event) error {
	switch e := e.(type) {
	case ua.RecordingChanged:
		if e.State == ua.RecordingFailed {
			return failf(exitExpectation, "the recording to %s isn't whole: %w", e.Path, e.Err)
		}
	case ua.CommandFailed:
		if e.Command == "record" || e.Command == "record-conference" {
			return failf(exitExpectation, "nothing was recorded: %w", e.Err)
		}
	}
	return nil
}

// conferenceRecording is --record-conference: each conference of the run is recorded, the
// second one to a file with a number.
type conferenceRecording struct {
	path string
	on   bool
}

// start records the conference that there is from now on.
func (r *conferenceRecording) start(agent ua.Phone) {
	if r.path != "" && !r.on {
		r.on = true
		agent.RecordConference(r.path)
	}
}

// event hears of its end.
func (r *conferenceRecording) event(e ua.Event) {
	switch e := e.(type) {
	case ua.RecordingChanged:
		if e.Call.ID == 0 && e.State != ua.RecordingStarted {
			r.on = false
		}
	case ua.CommandFailed:
		if e.Command == "record-conference" {
			r.on = false
		}
	}
}
