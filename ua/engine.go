package ua

import (
	"context"

	"offhook/audio"
)

// Media makes the media plane's engine a MediaEngine. The two types differ only
// in that audio, which may not know of ua, returns its own Session.
func Media(e *audio.Engine) MediaEngine { return mediaEngine{e} }

type mediaEngine struct{ *audio.Engine }

func (m mediaEngine) Open(ctx context.Context, o audio.OpenOptions) (MediaSession, error) {
	s, err := m.Engine.Open(ctx, o)
	if err != nil {
		return nil, err // not a nil *Session in an interface
	}
	return s, nil
}

func (m mediaEngine) Focus(s MediaSession) {
	session, _ := s.(*audio.Session)
	m.Engine.Focus(session)
}

func (m mediaEngine) Conference(members []MediaSession, muted bool) {
	sessions := make([]*audio.Session, 0, len(members))
	for _, s := range members {
		if session, ok := s.(*audio.Session); ok {
			sessions = append(sessions, session)
		}
	}
	m.Engine.Conference(sessions, muted)
}
