package call

// onHangup ends the call as its state asks:
//
//	Idle               nothing was sent: over
//	Calling, no 1xx    wait for one, then CANCEL   (RFC 3261, section 9.1)
//	Calling, Early     CANCEL
//	Incoming           refuse with 486
//	Answering          wait for the ACK, then BYE  (RFC 3261, section 15)
//	Confirmed          BYE, even over a re-INVITE under way
//	Closing, Ended     it is being done
func (m *Machine) onHangup(cause Cause) {
	or := func(natural Cause) End {
		if cause != CauseNone {
			natural = cause
		}
		return End{Cause: natural}
	}
	switch m.state {
	case Idle:
		m.finish(or(Canceled))
	case Calling, Early:
		m.close(or(Canceled))
		m.stopTimer(RingTimer)
		if m.client == clientProceeding {
			m.cancel()
		} else {
			m.closing = await1xx
		}
	case Incoming:
		code := 486
		if cause == Shutdown {
			code = 480
		}
		m.respond(m.req, code, "")
		e := or(Declined)
		if e.Cause == Declined {
			e.Code = code
		}
		m.finish(e)
	case Answering:
		m.close(or(LocalHangup))
		m.closing = awaitAck
	case Confirmed:
		m.close(or(LocalHangup))
		m.bye()
	case Closing, Ended:
	}
}

// close stops the talking and notes how the call will end. The caller of close
// says at once what is awaited.
func (m *Machine) close(e End) {
	m.state, m.end = Closing, e
	for _, t := range [...]Timer{GlareTimer, PatienceTimer, RefreshTimer, ExpiryTimer, RepeatTimer, PrackTimer} {
		m.stopTimer(t)
	}
	m.dropAsked()
	m.digits = nil
	m.do(StopMedia{})
}

// cancel gives the INVITE up. RFC 3261, section 9.1: with no final response
// within 64*T1 it is over.
func (m *Machine) cancel() {
	m.closing = awaitCancel
	m.do(SendCancel{Round: 0})
	m.setTimer(CloseTimer, Lifetime)
}

// bye ends the call's own dialog.
func (m *Machine) bye() {
	m.closing, m.state = awaitBye, Closing
	m.server, m.client = serverNone, clientNone
	m.stopTimer(AnswerTimer)
	m.stopTimer(AckTimer)
	m.do(SendBye{m.tag})
	m.setTimer(CloseTimer, Lifetime)
}

// dropAsked answers the re-INVITE that waits when the call ends over it (RFC
// 3261, section 15.1.2).
func (m *Machine) dropAsked() {
	if m.server == serverAsking {
		m.server = serverNone
		m.stopTimer(AskTimer)
		m.respond(m.req, 487, "")
	}
}

func (m *Machine) onByeDone(in ByeDone) {
	if m.closing == awaitBye && in.Tag == m.tag {
		m.finish(m.end)
	}
}

// onRemoteBye: 200 in every state that has a dialog; then
//
//	Calling, Early  the INVITE is cancelled: a callee has no business to BYE it
//	Incoming        487 to the INVITE (RFC 3261, section 15.1.2)
//	Answering       over, although no ACK came
//	Confirmed       over, our re-INVITE or not
//	Closing         two BYEs cross: over; otherwise the CANCEL goes its way
//	Ended           it crossed our BYE
func (m *Machine) onRemoteBye(in RemoteBye) {
	switch m.state {
	case Idle:
		m.respond(in.Req, 481, "")
	case Calling, Early:
		m.respond(in.Req, 200, "")
		m.onHangup(RemoteHangup)
	case Incoming:
		m.respond(in.Req, 200, "")
		m.respond(m.req, 487, "")
		m.finish(End{Cause: RemoteCanceled})
	case Answering, Confirmed:
		m.respond(in.Req, 200, "")
		m.dropAsked()
		m.finish(End{Cause: RemoteHangup})
	case Closing:
		m.respond(in.Req, 200, "")
		switch m.closing {
		case awaitAck, awaitBye:
			m.finish(m.end)
		case open, await1xx, awaitCancel:
		}
	case Ended:
		m.respond(in.Req, 200, "")
	}
}
