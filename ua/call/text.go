package call

import "strconv"

var stateNames = [...]string{
	Idle: "idle", Calling: "calling", Early: "early", Incoming: "incoming",
	Answering: "answering", Confirmed: "confirmed", Closing: "closing", Ended: "ended",
}

// String is the state's name in events and logs: "confirmed".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "state " + strconv.Itoa(int(s))
}

var causeNames = [...]string{
	CauseNone: "none", LocalHangup: "local_hangup", RemoteHangup: "remote_hangup",
	Canceled: "canceled", RemoteCanceled: "remote_canceled", Rejected: "rejected",
	Declined: "declined", NoAnswer: "no_answer", Timeout: "timeout",
	TransportFailure: "transport_failure", AuthFailure: "auth_failure",
	MediaFailure: "media_failure", ProtocolError: "protocol_error", Shutdown: "shutdown",
	AnsweredElsewhere: "answered_elsewhere",
}

// String is the cause's name in events and logs: "no_answer".
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return "cause " + strconv.Itoa(int(c))
}

var timerNames = [numTimers]string{
	RingTimer: "ring", AnswerTimer: "answer", AckTimer: "ack", GlareTimer: "glare", CloseTimer: "close", AskTimer: "ask",
	TransferTimer: "transfer",
	RepeatTimer:   "repeat", PrackTimer: "prack", PatienceTimer: "patience", RefreshTimer: "refresh", ExpiryTimer: "expiry",
}

// String is the timer's name in logs.
func (t Timer) String() string {
	if int(t) < len(timerNames) {
		return timerNames[t]
	}
	return "timer " + strconv.Itoa(int(t))
}
