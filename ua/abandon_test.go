package ua

import (
	"context"
	"testing"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// A peer that is gone doesn't keep the end of its call from those who wait for it.
func TestCloseTellsTheEndOfADeadCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "bob"})
		n.end().one(t, sip.INVITE) // and nothing comes, ever
		began := time.Now()
		closed := make(chan struct{})
		go func() { _ = r.agent.Close(context.Background()); close(closed) }()
		info := r.ended(id)
		<-closed
		if info.Cause != call.Shutdown || time.Since(began) > 10*time.Second {
			t.Errorf("ended by %v after %v", info.Cause, time.Since(began))
		}
	})
}

// Audio that is there already doesn't start again with each stray packet.
func TestMediaStartsOnce(t *testing.T) {
	r := newRig(t)
	r.talking()
	s := r.media.session(0)
	for range 3 {
		s.on(audio.FirstPacket{SSRC: 1})
	}
	s.on(audio.Silent{})
	s.on(audio.FirstPacket{SSRC: 2})
	r.settle()
	var seen []MediaChange
	for len(seen) < 3 {
		e := next(r, func(e MediaChanged) bool { return e.What != MediaUpdated })
		seen = append(seen, e.What)
	}
	if seen[0] != MediaStarted || seen[1] != MediaSilent || seen[2] != MediaStarted {
		t.Errorf("%v", seen)
	}
}
