package audio

import "time"

// A beat is too slow for a conversation of requests and answers: while the way to the peer
// is being found, or keys are agreed on, the loop looks at its sockets more often.
//
//	timer ──> mailbox ──> look: drain, timer again

// attention is who wants more looks. The loop looks while anybody does.
type attention uint8

const (
	// attendWay is Session.Attentive's: the way to the peer is being found.
	attendWay attention = 1 << iota
	// attendKeys: keys are being agreed on.
	attendKeys
)

// attentiveLook is the time between two looks.
const attentiveLook = 5 * time.Millisecond

// Attentive has the loop look at the sockets every 5 ms, whatever the beat.
func (s *Session) Attentive(on bool) {
	s.mail.post(func() { s.l.attend(attendWay, on) })
}

// attend notes who wants more looks.
func (l *loop) attend(who attention, on bool) {
	was := l.attention
	if on {
		l.attention |= who
	} else {
		l.attention &^= who
	}
	switch {
	case l.attention != 0 && was == 0 && l.looks == nil:
		l.looks = time.AfterFunc(attentiveLook, l.s.look)
	case l.attention != 0 && was == 0:
		l.looks.Reset(attentiveLook)
	case l.attention == 0 && was != 0:
		l.looks.Stop()
	}
}

// lookNow is a look between the beats.
func (l *loop) lookNow() {
	l.s.inlet.asked.Store(false) // first: what comes from now on asks anew
	l.drain(time.Now())
	if l.attention != 0 {
		l.looks.Reset(attentiveLook)
	}
}
