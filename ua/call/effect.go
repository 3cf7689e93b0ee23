package call

import "time"

// Effect is what the shell is to do, in order. Sealed.
type Effect interface{ effect() }

// Timer names one of a call's timers.
type Timer uint8

const (
	RingTimer     Timer = iota // nobody answers
	AnswerTimer                // our 2xx goes again
	AckTimer                   // no ACK came to our 2xx
	GlareTimer                 // the re-INVITE refused by 491 goes again
	CloseTimer                 // no end came to our CANCEL or BYE
	AskTimer                   // the person doesn't answer what a re-INVITE asks
	TransferTimer              // no end of a transfer was reported
	RepeatTimer                // our reliable provisional response goes again
	PrackTimer                 // no PRACK came to it
	PatienceTimer              // our re-INVITE has a 1xx and nothing more
	RefreshTimer               // our refresh of the session is due
	ExpiryTimer                // the session wasn't refreshed
	numTimers
)

// NumTimers is the number of timers a call can have running.
const NumTimers = int(numTimers)

// SDPRole is what a description that we send is for.
type SDPRole uint8

const (
	NoBody     SDPRole = iota
	WithOffer          // our offer
	WithAnswer         // the answer to the offer in the request
)

// Messages.
type (
	// SendInvite sends a new INVITE with an offer; Hold is the offered direction. A Late
	// one leaves the offer to the peer.
	SendInvite struct {
		Round   Round
		Hold    bool
		Late    bool
		Session Session
	}
	// Resend sends the attempt that Restart announced.
	Resend struct{ Round Round }
	// SendCancel cancels the INVITE of a round.
	SendCancel struct{ Round Round }
	// SendAck acknowledges a 2xx, the same ACK for the same round and tag each time. With
	// WithAnswer, Desc is the offer of the 2xx, and the answer is in force at once.
	SendAck struct {
		Round Round
		Tag   string
		Role  SDPRole
		Hold  bool
		Desc  any
	}
	// SendBye ends the dialog of Tag.
	SendBye struct{ Tag string }
	// SendInfo sends one digit.
	SendInfo struct{ Digit byte }
	// Respond answers a request of the peer.
	Respond struct {
		Req    Request
		Code   int
		Reason string // empty is the standard phrase
	}
	// Accept answers an INVITE with 200. With WithAnswer, Desc is the offer that
	// it answers and is in force at once. Hold is our side of the direction.
	Accept struct {
		Req     Request
		Role    SDPRole
		Hold    bool
		Desc    any
		Session Session
	}
	// Reaccept sends the newest 200 again.
	Reaccept struct{}
)

// Everything else.
type (
	// Apply puts the peer's answer to our offer in force. Early says that it is a
	// provisional response's: another may follow. Aside puts it in force for its own
	// dialog only: another's media is heard.
	Apply struct {
		Tag   string
		Desc  any
		Early bool
		Aside bool
	}
	// Establish names the dialog that became the call.
	Establish struct{ Tag string }
	// StopMedia: the talking is over, although the SIP may not be.
	StopMedia struct{}
	SetTimer  struct {
		Timer Timer
		After time.Duration
	}
	StopTimer struct{ Timer Timer }
	// Digit came by INFO.
	Digit struct {
		Digit    byte
		Duration time.Duration
	}
	// DigitSent: one of Digits was accepted by the peer.
	DigitSent struct{ Digit byte }
	// DigitsFailed: the peer refused one of Digits; the rest is dropped.
	DigitsFailed struct {
		Code   int
		Reason string
		Err    error
	}
	// HoldFailed: the peer refused the change of direction; all is as it was.
	HoldFailed struct {
		On     bool
		Code   int
		Reason string
		Err    error
	}
	// End is told once, last but for ACKs to late 2xx.
	End struct {
		Cause  Cause
		Code   int
		Reason string
		Err    error
	}
)

func (SendInvite) effect()   {}
func (Resend) effect()       {}
func (SendCancel) effect()   {}
func (SendAck) effect()      {}
func (SendBye) effect()      {}
func (SendInfo) effect()     {}
func (Respond) effect()      {}
func (Accept) effect()       {}
func (Reaccept) effect()     {}
func (Apply) effect()        {}
func (Establish) effect()    {}
func (StopMedia) effect()    {}
func (SetTimer) effect()     {}
func (StopTimer) effect()    {}
func (Digit) effect()        {}
func (DigitSent) effect()    {}
func (DigitsFailed) effect() {}
func (HoldFailed) effect()   {}
func (End) effect()          {}
