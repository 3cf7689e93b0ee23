package call

import "time"

// Input is what happened. Sealed.
type Input interface{ input() }

// Request is the shell's handle of a request that came and waits for a
// response. The machine only passes it back.
type Request uint64

// Round numbers our INVITEs within a call: 0 opens it, each re-INVITE takes
// the next. A round survives the resending that an authentication asks for.
type Round uint32

// BodyKind is what the machine must know of a message's body.
type BodyKind uint8

const (
	NoSDP        BodyKind = iota // none came
	UsableSDP                    // an offer or answer that we can live with
	Unacceptable                 // well formed, but without a stream that we can use
	Malformed                    // not SDP at all
)

// Body is a message's session description as far as the machine must know it.
type Body struct {
	Kind BodyKind
	// Hold says that the peer doesn't want to hear us: a=sendonly, a=inactive or
	// c=0.0.0.0 (RFC 3264, section 8.4; RFC 2543's way too).
	Hold bool
	// Change says that an offer changes more than the direction of what is in force.
	Change bool
	// Desc is passed through to the Effect that uses the body.
	Desc any
	// Err is why it is Unacceptable or Malformed, for a person; nil when that isn't known.
	Err error
}

// What the person or the shell asks for.
type (
	// Ready: the media socket is open and, for an outgoing call, the place to send to is known.
	Ready struct{}
	// Unready: preparing failed. The call ends so.
	Unready struct {
		Cause Cause
		Err   error
	}
	// Answer accepts an incoming call, as soon as it is Ready.
	Answer struct{}
	// Reject refuses an incoming call. Code 0 is 486.
	Reject struct {
		Code   int
		Reason string
	}
	// Hangup ends the call in any state. Cause replaces the natural one (Canceled,
	// LocalHangup, Declined) unless it is CauseNone.
	Hangup struct{ Cause Cause }
	// SetHold changes the desired hold.
	SetHold struct{ On bool }
	// Reoffer tells the peer our description again, as soon as offer and answer rest: the
	// media has moved.
	Reoffer struct{}
	// Digits queues DTMF to go by INFO.
	Digits struct{ Digits string }
)

// What became of our requests.
type (
	// Response came to the INVITE of a round. Tag is its To tag.
	Response struct {
		Round  Round
		Tag    string
		Code   int
		Reason string
		Body   Body
		// RSeq is of a reliable provisional response, 0 for any other.
		RSeq    uint32
		Session Session
		Peer    Peer
	}
	// Failed: the INVITE of a round got no response that counts, for Timeout,
	// TransportFailure or AuthFailure. Code is the response's behind it, or 0.
	Failed struct {
		Round  Round
		Cause  Cause
		Code   int
		Reason string
		Err    error
	}
	// Restart: the INVITE of a round was challenged, or its target failed, and
	// another attempt stands ready. Resend permits it.
	Restart struct{ Round Round }
	// ByeDone: our BYE in the dialog of Tag has an answer, or will have none.
	ByeDone struct{ Tag string }
	// InfoDone: our INFO has an answer. Code 0 with an Err is a time-out or a broken transport.
	InfoDone struct {
		Code   int
		Reason string
		Err    error
	}
)

// What the peer asks for.
type (
	// RemoteInvite opens an incoming call in state Idle; later it is a re-INVITE.
	RemoteInvite struct {
		Req     Request
		Body    Body
		Session Session
		Peer    Peer
	}
	// RemoteAck is the ACK to our newest 2xx.
	RemoteAck    struct{ Body Body }
	RemoteCancel struct{ Req Request }
	RemoteBye    struct{ Req Request }
	// RemoteInfo is an INFO request. OK says that its body holds the Digit.
	RemoteInfo struct {
		Req      Request
		OK       bool
		Digit    byte
		Duration time.Duration
		// Empty says that there is no body at all: a keep-alive, answered 200.
		Empty bool
	}
)

type (
	// Flow says that RTP flows from the peer, or fell silent. Tag is the dialog whose
	// description names the address that it comes from; empty when none does.
	Flow struct {
		On  bool
		Tag string
	}
	// Expired: the timer set by SetTimer has run out.
	Expired struct{ Timer Timer }
)

func (Ready) input()        {}
func (Unready) input()      {}
func (Answer) input()       {}
func (Reject) input()       {}
func (Hangup) input()       {}
func (SetHold) input()      {}
func (Reoffer) input()      {}
func (Digits) input()       {}
func (Response) input()     {}
func (Failed) input()       {}
func (Restart) input()      {}
func (ByeDone) input()      {}
func (InfoDone) input()     {}
func (RemoteInvite) input() {}
func (RemoteAck) input()    {}
func (RemoteCancel) input() {}
func (RemoteBye) input()    {}
func (RemoteInfo) input()   {}
func (Flow) input()         {}
func (Expired) input()      {}
