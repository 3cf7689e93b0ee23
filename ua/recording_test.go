package ua

import (
	"errors"
	"testing"
	"time"

	"offhook/audio"
)

// A recording is told with its file's name at its start and its end, which may come after
// the call's.
func TestRecordingIsTold(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	r.agent.Record(id, "a.opus")
	started := next(r, func(e RecordingChanged) bool { return true })
	if started.State != RecordingStarted || started.Path != "a.opus" || started.Call.ID != id || started.Call.Recording != "a.opus" {
		t.Errorf("%+v", started)
	}
	r.agent.StopRecord(id)
	ended := next(r, func(e RecordingChanged) bool { return true })
	if ended.State != RecordingEnded || ended.Path != "a.opus" || ended.Duration != time.Second || ended.Call.Recording != "" {
		t.Errorf("%+v", ended)
	}
	r.agent.Record(id, "b.opus")
	next(r, func(e RecordingChanged) bool { return e.Path == "b.opus" })
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	if info := r.ended(id); info.Recording != "b.opus" {
		t.Errorf("the ended call names %q", info.Recording)
	}
	r.media.session(0).on(audio.RecordEnded{Path: "b.opus", Duration: time.Minute})
	if late := next(r, func(e RecordingChanged) bool { return e.Path == "b.opus" }); late.State != RecordingEnded || late.Duration != time.Minute {
		t.Errorf("%+v", late)
	}
}

func TestRecordingThatFailsIsAudioTrouble(t *testing.T) {
	r := newRig(t)
	id, _, _ := r.talking()
	r.agent.Record(id, "a.wav")
	next(r, func(e RecordingChanged) bool { return e.State == RecordingStarted })
	r.media.session(0).on(audio.RecordEnded{Path: "a.wav", Err: audio.ErrSlowDisk})
	if e := next(r, func(e MediaChanged) bool { return e.What == MediaError }); !errors.Is(e.Call.MediaErr, audio.ErrSlowDisk) || e.Call.Recording != "" {
		t.Errorf("%+v", e.Call)
	}
	if e := next(r, func(e RecordingChanged) bool { return true }); e.State != RecordingFailed || !errors.Is(e.Err, audio.ErrSlowDisk) {
		t.Errorf("%+v", e)
	}
}

func TestConferenceRecording(t *testing.T) {
	r, _, _, legs := three(t)
	r.agent.RecordConference("all.wav")
	if f := r.failed("record-conference"); !errors.Is(f.Err, audio.ErrNoConference) {
		t.Error(f.Err)
	}
	r.agent.Conference()
	r.take(legs[0], "sendrecv", "sendrecv")
	r.agent.RecordConference("all.wav")
	if e := next(r, func(e RecordingChanged) bool { return e.Call.ID == 0 }); e.State != RecordingStarted || e.Path != "all.wav" {
		t.Errorf("%+v", e)
	}
	if e := next(r, func(e RecordingChanged) bool { return e.Call.ID == 0 }); e.State != RecordingFailed || e.Duration != 2*time.Second {
		t.Errorf("%+v", e)
	}
}

// The end of a recording is told even when the phone closes with the call, and the disk takes
// its time.
func TestGoodbyeWaitsForTheRecording(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	r.agent.Record(id, "a.wav")
	next(r, func(e RecordingChanged) bool { return e.State == RecordingStarted })
	s := r.media.session(0)
	s.mu.Lock()
	s.disk = make(chan struct{})
	s.mu.Unlock()
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(id)
	closed := make(chan error)
	go func() { closed <- r.agent.Close(t.Context()) }()
	select {
	case <-r.agent.done:
		t.Error("it is gone before the file is whole")
	case <-time.After(100 * time.Millisecond):
	}
	close(s.disk)
	if e := next(r, func(e RecordingChanged) bool { return true }); e.State != RecordingEnded || e.Path != "a.wav" {
		t.Errorf("%+v", e)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
