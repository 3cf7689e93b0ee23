package call

// onDigits queues digits to go by INFO, one request at a time so that they
// arrive in order.
func (m *Machine) onDigits(digits string) {
	if m.state != Confirmed {
		return
	}
	m.digits = append(m.digits, digits...)
	m.sendDigit()
}

func (m *Machine) sendDigit() {
	if m.sending || len(m.digits) == 0 {
		return
	}
	m.sending = true
	m.do(SendInfo{m.digits[0]})
}

func (m *Machine) onInfoDone(in InfoDone) {
	if !m.sending {
		return
	}
	m.sending = false
	if m.state != Confirmed || len(m.digits) == 0 {
		return
	}
	digit := m.digits[0]
	m.digits = m.digits[1:]
	switch {
	case in.Code >= 200 && in.Code < 300:
		m.do(DigitSent{digit})
		m.sendDigit()
	case in.Code == 481: // RFC 5057, section 5.1: the dialog is gone
		m.lost(in.Code, in.Reason, nil)
	default:
		m.digits = nil
		m.do(DigitsFailed(in))
	}
}

// onRemoteInfo answers INFO in any state with a dialog. A body that we don't
// know gets 415, as RFC 6086, section 4.2.2, asks.
func (m *Machine) onRemoteInfo(in RemoteInfo) {
	switch {
	case m.state == Idle, m.state == Ended, m.state == Closing:
		m.respond(in.Req, 481, "")
	case in.OK:
		m.respond(in.Req, 200, "")
		m.do(Digit{in.Digit, in.Duration})
	case in.Empty:
		m.respond(in.Req, 200, "")
	default:
		m.respond(in.Req, 415, "")
	}
}
