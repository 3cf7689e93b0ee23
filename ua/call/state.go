package call

// State is where a call stands. Hold isn't a state: it is a desired and a
// negotiated direction.
//
//	outgoing: Idle -> Calling -> Early ------\
//	                     \-------------------- Confirmed -> Closing -> Ended
//	incoming: Idle -> Incoming -> Answering -/
//
// Every state may go to Ended; Closing waits for the answer to a BYE or CANCEL.
type State uint8

const (
	Idle      State = iota
	Calling         // INVITE sent, nothing but 100 came
	Early           // a provisional response came (180, 183)
	Incoming        // INVITE came and rings here
	Answering       // 2xx sent, no ACK yet
	Confirmed       // talking, or on hold
	Closing         // BYE or CANCEL sent
	Ended
)

// Cause is why a call ended.
type Cause uint8

const (
	CauseNone         Cause = iota
	LocalHangup             // we sent BYE
	RemoteHangup            // the peer sent BYE
	Canceled                // we gave up before an answer
	RemoteCanceled          // the caller gave up before our answer
	Rejected                // the peer refused: Code says how
	Declined                // we refused: Code says how
	NoAnswer                // nobody answered in time
	Timeout                 // the peer's SIP went silent (408, timers B and H)
	TransportFailure        // sockets, DNS
	AuthFailure             // credentials missing or wrong
	MediaFailure            // no common codec, sockets, SDP
	ProtocolError           // a peer broke the dialog (481, bad messages)
	Shutdown                // the agent closes
	AnsweredElsewhere       // another phone took the call that rang here (RFC 3326)
)
