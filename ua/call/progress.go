package call

// Progress asks to let the caller hear something before the call is answered: a
// 183 with the answer to its offer (RFC 3261, section 13.3.1.1; RFC 3960).
type Progress struct{}

func (Progress) input() {}

// Preview sends an unreliable 183 for Req. Desc is the offer that it answers, nil when the
// INVITE had none: an unreliable provisional response can't carry an offer (RFC 3262,
// section 5), so there is no early media then.
type Preview struct {
	Req  Request
	Desc any
}

func (Preview) effect() {}

func (m *Machine) onProgress() {
	if m.state != Incoming {
		return
	}
	if s := (step{183, true}); m.ready {
		m.progress(s)
	} else if m.previewed == (step{}) {
		m.previewed = s
	}
}
