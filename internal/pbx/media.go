package pbx

import (
	"context"
	"errors"

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
		// A voice that listens is told what arrives in its own call.
		heard := make(chan *readBack, 1)
		b.voicing = func(rate int) voice {
			v := s.voicing(rate)
			if r, ok := v.(*readBack); ok {
				select {
				case heard <- r:
				default:
				}
			}
			return v
		}
		o.OnEvent = listener(heard, o.OnEvent)
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

// listener tells digits to the call's voice, then everything to next. The session's
// loop is the only caller.
func listener(made <-chan *readBack, next func(audio.Event)) func(audio.Event) {
	var voice *readBack
	return func(e audio.Event) {
		if voice == nil {
			select {
			case voice = <-made:
			default:
			}
		}
		if d, ok := e.(audio.DigitReceived); ok && voice != nil {
			voice.hear(d.Digit)
		}
		if next != nil {
			next(e)
		}
	}
}

// Focus does nothing: every session has its own microphone.
func (*studio) Focus(ua.MediaSession) {}

// Tone does nothing: nobody is there to hear it.
func (*studio) Tone(audio.Tone) {}

// Close ends the session and its engine.
func (b *booth) Close() error {
	return errors.Join(b.Session.Close(), b.engine.Close())
}
