package call

import "time"

// RFC 3261, section 17.1.1.1, and the span for which a 2xx may come again.
const (
	T1       = 500 * time.Millisecond
	T2       = 4 * time.Second
	Lifetime = 64 * T1
)

// DefaultRing is how long a call may ring unanswered.
const DefaultRing = 120 * time.Second

// Config is what a call needs to know from the start. The zero value is an
// incoming call with the defaults.
type Config struct {
	// Outgoing says that we are the caller, and so own the Call-ID.
	Outgoing bool
	// Ring is how long the call may ring unanswered. Zero means DefaultRing.
	Ring time.Duration
	// Quiet sends no 180 to the caller.
	Quiet bool
	// EndOnTimeout ends the call when a re-INVITE times out or gets 408. RFC 3261,
	// section 12.2.1.2, says so; RFC 5057, section 5.1, ends the transaction only, as
	// the default here does.
	EndOnTimeout bool
	// Rand gives a number in [0, 1) for the delay after 491. nil takes the middle.
	Rand func() float64
	// Reinvites is what becomes of the peer's changes.
	Reinvites Policy
	// Late leaves the offer to the callee.
	Late bool
	// Reliable is how we use reliable provisional responses.
	Reliable Reliability
	// SessionExpires is the session timer to ask for, MinSE the shortest that we take (no
	// less than the constant), Refresher who should refresh: UAC is us, UAS the peer.
	SessionExpires, MinSE time.Duration
	Refresher             Side
}

// Hold is the desired and the negotiated hold.
type Hold struct {
	Desired bool // we want the peer on hold
	Local   bool // the negotiated direction says so
	Remote  bool // the peer holds us
}

// clientPhase is where our newest INVITE stands.
type clientPhase uint8

const (
	clientNone       clientPhase = iota
	clientSent                   // no response yet: a CANCEL has to wait (RFC 3261, section 9.1)
	clientProceeding             // a 1xx came
)

// serverPhase is where the peer's newest INVITE stands.
type serverPhase uint8

const (
	serverNone    serverPhase = iota
	serverRinging             // the first INVITE, unanswered
	serverAsking              // a re-INVITE waits for the person
	serverUnacked             // 200 sent, no ACK
)

// closePhase is how far a hang-up has come.
type closePhase uint8

const (
	open        closePhase = iota
	await1xx               // CANCEL has to wait for a provisional response
	awaitCancel            // CANCEL sent, the INVITE's final response is to come
	awaitAck               // BYE has to wait for the ACK to our 2xx (RFC 3261, section 15)
	awaitBye               // BYE sent
)

// Machine is one call. The Agent's loop owns it.
type Machine struct {
	cfg   Config
	state State
	hold  Hold
	tag   string // of the dialog that became the call, as caller

	client  clientPhase
	round   Round    // of our newest INVITE
	offered bool     // the hold that our newest offer proposes
	reoffer bool     // what we offer has changed: the peer is to be told
	retells bool     // our newest INVITE tells it
	late    bool     // it has no offer: the peer makes it
	forks   []fork   // the early dialogs; later the one that became the call
	follow  string   // the fork whose media is the call's
	acked   []string // To tags of all 2xx that came to round 0
	given   bool     // the re-INVITE under way is cancelled
	lapsed  Round    // the newest re-INVITE that was given up without a final response
	answer  Body     // that a reliable 1xx to a re-INVITE brought

	prack  offering // our offer in a PRACK
	update offering // our UPDATE
	stuck  bool     // the peer refused an offer before the call was up
	peer   Peer
	rel    provisional

	expiry  Expiry
	refresh bool          // our refresh is due
	floor   time.Duration // the largest Min-SE of a 422
	floors  int

	server      serverPhase
	req         Request      // the peer's newest INVITE
	offer       Body         // what it carried
	session     Session      // what it said of the session timer
	asking      RemoteInvite // waits for the person
	weOffered   bool         // our 2xx carries the offer: the ACK brings the answer
	established bool         // the first 2xx of an incoming call has its ACK
	interval    time.Duration

	ready     bool
	wanted    bool // Answer came before Ready
	previewed step // a provisional response with SDP that waits for Ready

	flowing bool // RTP flows

	closing closePhase
	end     End // what a close under way ends with

	digits  []byte // to go by INFO
	sending bool   // an INFO is under way

	transfer transfer

	timers [numTimers]bool
	out    []Effect // only inside Step
}

// New makes a call in state Idle.
func New(cfg Config) *Machine {
	if cfg.Ring <= 0 {
		cfg.Ring = DefaultRing
	}
	return &Machine{cfg: cfg}
}

// State is where the call stands.
func (m *Machine) State() State { return m.state }

// Hold is the desired and the negotiated hold.
func (m *Machine) Hold() Hold { return m.hold }

// Tag is the peer's tag of the dialog that became the call; empty until then,
// and always for an incoming call.
func (m *Machine) Tag() string { return m.tag }

// Ringback says that the person should hear the call ring: a 180 came, and no
// early media drowns it. RTP decides, not the order of 180 and 183.
func (m *Machine) Ringback() bool {
	return m.state == Early && m.closing == open && m.rings() && !m.flowing
}

// Established says that a dialog is confirmed and open for requests.
func (m *Machine) Established() bool { return m.state == Confirmed }

// Step tells the machine what happened and appends what is to be done to out.
func (m *Machine) Step(_ time.Time, in Input, out []Effect) []Effect {
	m.out = out
	m.dispatch(in)
	m.followTransfer()
	out, m.out = m.out, nil
	return out
}

func (m *Machine) dispatch(in Input) {
	switch in := in.(type) {
	case Ready:
		m.onReady()
	case Unready:
		m.onUnready(in)
	case Answer:
		m.onAnswer()
	case Progress:
		m.onProgress()
	case Reject:
		m.onReject(in)
	case Hangup:
		m.onHangup(in.Cause)
	case Abandon:
		m.onAbandon()
	case SetHold:
		m.transfer.held = in.On // wanted so, whatever becomes of a transfer
		m.onSetHold(in.On)
	case Transfer, ReferDone, ReferReport, RemoteRefer, ReferralDone:
		m.onTransferInput(in)
	case Digits:
		m.onDigits(in.Digits)
	case Response:
		m.onResponse(in)
	case Failed:
		m.onFailed(in)
	case Restart:
		m.onRestart(in)
	case ByeDone:
		m.onByeDone(in)
	case InfoDone:
		m.onInfoDone(in)
	case RemoteInvite:
		m.onRemoteInvite(in)
	case RemoteAck:
		m.onRemoteAck(in)
	case RemoteCancel:
		m.onRemoteCancel(in)
	case RemoteBye:
		m.onRemoteBye(in)
	case RemoteInfo:
		m.onRemoteInfo(in)
	case Reoffer:
		m.onReoffer()
	case Consent:
		m.onConsent(in)
	case PrackDone:
		m.onPrackDone(in)
	case UpdateDone:
		m.onUpdateDone(in)
	case RemotePrack:
		m.onRemotePrack(in)
	case RemoteUpdate:
		m.onRemoteUpdate(in)
	case Flow:
		m.onFlow(in)
	case Expired:
		m.onExpired(in.Timer)
	}
}

func (m *Machine) do(e Effect) { m.out = append(m.out, e) }

func (m *Machine) respond(r Request, code int, reason string) {
	m.do(Respond{Req: r, Code: code, Reason: reason})
}

func (m *Machine) setTimer(t Timer, after time.Duration) {
	m.timers[t] = true
	m.do(SetTimer{t, after})
}

func (m *Machine) stopTimer(t Timer) {
	if m.timers[t] {
		m.timers[t] = false
		m.do(StopTimer{t})
	}
}

// finish ends the call, once.
func (m *Machine) finish(e End) {
	if m.state == Ended {
		return
	}
	for t := range numTimers {
		m.stopTimer(t)
	}
	m.dropAsked()
	if m.closing == open {
		m.do(StopMedia{})
	}
	m.state = Ended
	m.client, m.server = clientNone, serverNone
	m.digits, m.sending = nil, false
	m.do(e)
}

func (m *Machine) onReady() {
	if m.ready || m.state == Ended {
		return
	}
	m.ready = true
	switch {
	case m.cfg.Outgoing && m.state == Idle:
		m.state, m.client, m.offered, m.late = Calling, clientSent, m.hold.Desired, m.cfg.Late
		m.do(SendInvite{Round: 0, Hold: m.offered, Late: m.late, Session: m.asked()})
		m.setTimer(RingTimer, m.cfg.Ring)
	case m.wanted && m.state == Incoming:
		m.accept()
	case m.previewed != step{}:
		m.progress(m.previewed)
	}
}

func (m *Machine) onUnready(in Unready) {
	switch m.state {
	case Idle:
		m.finish(End{Cause: in.Cause, Err: in.Err})
	case Incoming:
		m.respond(m.req, 500, "")
		m.finish(End{Cause: in.Cause, Err: in.Err})
	case Calling, Early, Answering, Confirmed, Closing, Ended:
		// Preparing is over by then.
	}
}
