package call

func (m *Machine) onExpired(t Timer) {
	if t >= numTimers || !m.timers[t] {
		return // stopped while it was on its way here
	}
	m.timers[t] = false
	switch t {
	case RingTimer:
		m.onRingTimeout()
	case AnswerTimer:
		m.onAnswerTimer()
	case AckTimer:
		m.onAckTimeout()
	case GlareTimer:
		m.negotiate()
	case CloseTimer:
		m.finish(m.end)
	case AskTimer:
		if m.server == serverAsking && m.state == Confirmed {
			m.refuseChange()
		}
	case RepeatTimer:
		m.onRepeatTimer()
	case PrackTimer:
		m.onPrackTimeout()
	case PatienceTimer:
		m.onImpatience()
	case RefreshTimer:
		m.onRefreshTimer()
	case ExpiryTimer:
		m.onExpiry()
	case TransferTimer:
		m.onTransferTimer()
	case numTimers:
	}
}
