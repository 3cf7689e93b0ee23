package call

import (
	"errors"
	"time"
)

// MinSE is the shortest session timer that RFC 4028, section 4, permits.
const MinSE = 90 * time.Second

// leastExpires is the shortest that we keep to when a peer grants it against the RFC: each
// half of it a request goes out, for as long as the call lasts.
const leastExpires = 10 * time.Second

// ErrExpired is told when the side that had to refresh the session didn't.
var ErrExpired = errors.New("the call was not refreshed in time: the peer is gone (session timer)")

// Expiry is the session timer that was agreed on. The zero value is none.
//
//	2xx with Session-Expires --> running --half of it, ours--> UPDATE or re-INVITE --2xx--> running
//	                               |
//	                               \--the end, less 32 s or a third--> BYE
type Expiry struct {
	Expires time.Duration
	// Ours says that we refresh.
	Ours bool
}

// Expiry is the session timer in force.
func (m *Machine) Expiry() Expiry { return m.expiry }

func (m *Machine) minSE() time.Duration { return max(m.cfg.MinSE, MinSE) }

// asked is what a request of ours says of the session timer: what is in force, or
// what the configuration asks for (RFC 4028, sections 7.1 and 7.4).
func (m *Machine) asked() Session {
	s := Session{Expires: m.cfg.SessionExpires, Refresher: m.cfg.Refresher}
	if m.expiry.Expires > 0 {
		s = Session{Expires: m.expiry.Expires, Refresher: UAS}
		if m.expiry.Ours {
			s.Refresher = UAC
		}
	}
	if s.Expires == 0 {
		return Session{}
	}
	s.MinSE = max(m.minSE(), m.floor)
	s.Expires = max(s.Expires, s.MinSE)
	return s
}

// longer takes a 422's Min-SE, and says whether another try makes sense: only a
// value that grows does (RFC 4028, section 7.3; interop 31).
func (m *Machine) longer(in Session) bool {
	const most = 24 * time.Hour
	if now := m.asked().Expires; now == 0 || in.MinSE <= now || in.MinSE > most || m.floors >= 3 {
		return false
	}
	m.floor = in.MinSE
	m.floors++
	return true
}

// brief says that a request asks for a timer too short for us. Only who
// understands timers can be told so (RFC 4028, section 9).
func (m *Machine) brief(in Session, p Peer) bool {
	return in.Expires > 0 && in.Expires < m.minSE() && p.Timer
}

// agree is what our 2xx says of the session timer, and starts it (RFC 4028, section
// 9 and table 2):
//
//	caller understands   its refresher   ours
//	no                   -               uas: nobody else could
//	yes                  uac, uas        the same
//	yes                  none            who does it now, else the configuration, else uac
func (m *Machine) agree(in Session, p Peer) Session {
	if m.state != Confirmed && m.state != Answering {
		return Session{}
	}
	s := Session{Expires: in.Expires, Refresher: in.Refresher}
	switch {
	case in.Expires == 0 && m.expiry.Expires > 0:
		s.Expires = m.expiry.Expires
	case in.Expires == 0:
		s.Expires = m.cfg.SessionExpires
	case m.cfg.SessionExpires > 0:
		s.Expires = min(s.Expires, m.cfg.SessionExpires)
	}
	if s.Expires == 0 {
		m.expire(Expiry{})
		return Session{}
	}
	s.Expires = max(s.Expires, in.MinSE, m.minSE())
	switch {
	case !p.Timer:
		s.Refresher = UAS
	case s.Refresher != NoSide:
	case m.expiry.Expires > 0 && m.expiry.Ours:
		s.Refresher = UAS
	case m.expiry.Expires > 0:
		s.Refresher = UAC
	case m.cfg.Refresher == UAC: // as a wish it is seen from here: we do
		s.Refresher = UAS
	default:
		s.Refresher = UAC
	}
	m.expire(Expiry{s.Expires, s.Refresher == UAS})
	return s
}

// granted takes what a 2xx to our request says: without Session-Expires there is no
// timer (RFC 4028, section 7.2).
func (m *Machine) granted(in Session) {
	m.refresh = false
	if m.state != Confirmed && m.state != Answering {
		return
	}
	if in.Expires > 0 {
		in.Expires = max(in.Expires, leastExpires)
	}
	m.expire(Expiry{in.Expires, in.Expires > 0 && in.Refresher != UAS})
}

// expire starts the timer anew.
func (m *Machine) expire(e Expiry) {
	m.stopTimer(RefreshTimer)
	m.stopTimer(ExpiryTimer)
	m.expiry, m.refresh = e, false
	if e.Expires <= 0 {
		m.expiry = Expiry{}
		return
	}
	if e.Ours {
		m.setTimer(RefreshTimer, e.Expires/2)
	}
	m.setTimer(ExpiryTimer, e.Expires-min(32*time.Second, e.Expires/3))
}

// refreshLater tries a refresh that failed once more, in good time before the end.
func (m *Machine) refreshLater() {
	if m.expiry.Ours && m.expiry.Expires > 0 {
		m.setTimer(RefreshTimer, m.expiry.Expires/16)
	}
}

func (m *Machine) onRefreshTimer() {
	if m.state != Confirmed || !m.expiry.Ours {
		return
	}
	m.refresh = true
	m.negotiate()
}

func (m *Machine) onExpiry() {
	switch m.state {
	case Confirmed, Answering:
		m.close(End{Cause: Timeout, Err: ErrExpired})
		m.bye()
	case Idle, Calling, Early, Incoming, Closing, Ended:
	}
}
