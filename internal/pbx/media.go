package pbx

import (
	"context"
	"errors"
	"sync/atomic"

	"offhook/audio"
	"offhook/ua"
)

// studio is the media plane of one service. Each call gets an engine of its own,
// with a microphone that hears the service's voice from the start: no call
// waits for another's, as it would for a sound card.
type studio struct {
	voicing voicing // nil is silence
	config  audio.EngineConfig
}

var _ ua.MediaEngine = (*studio)(nil)

// Conference does nothing: no service joins calls.
func (*studio) Conference([]ua.MediaSession, bool) {}

// RecordConference and StopRecordConference do nothing either.
func (*studio) RecordConference(string, audio.RecordOptions, func(audio.Event)) error {
	return audio.ErrNoConference
}
func (*studio) StopRecordConference() {}

// booth is one call's session, and the engine that only it uses.
type booth struct {
	*audio.Session
	engine *audio.Engine
}

// Open makes the engine and the session of one call.
func (s *studio) Open(ctx context.Context, o audio.OpenOptions) (ua.MediaSession, error) {
	cfg := s.config
	if s.voicing != nil {
		b := voiceBackend{s.voicing}
		// A voice that listens is told what arrives in its own call. The engine opens
		// the microphone anew when the codec's rate changes: the newest voice listens.
		var listening atomic.Pointer[readBack]
		b.voicing = func(rate int) voice {
			v := s.voicing(rate)
			if r, ok := v.(*readBack); ok {
				listening.Store(r)
			}
			return v
		}
		next := o.OnEvent
		o.OnEvent = func(e audio.Event) {
			if d, ok := e.(audio.DigitReceived); ok {
				if r := listening.Load(); r != nil {
					r.hear(d.Digit)
				}
			}
			if next != nil {
				next(e)
			}
		}
		cfg.Backend = b
	}
	engine, err := audio.NewEngine(cfg)
	if err != nil {
		return nil, err
	}
	session, err := engine.Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	engine.Focus(session)
	return &booth{session, engine}, nil
}

// Focus does nothing: every session has its own microphone.
func (*studio) Focus(ua.MediaSession) {}

// Tone does nothing: nobody is there to hear it.
func (*studio) Tone(audio.Tone) {}

// Close ends the session and its engine.
func (b *booth) Close() error {
	return errors.Join(b.Session.Close(), b.engine.Close())
}
