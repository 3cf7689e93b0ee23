package ua

import (
	"net/netip"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// CallID names a call within one Agent; it is never reused. 0 is no call.
type CallID uint64

// Direction of a call, seen from here.
type Direction uint8

const (
	Outgoing Direction = iota
	Incoming
)

// RegState is where a registration stands.
type RegState uint8

const (
	Unregistered RegState = iota
	Registering
	Registered
	Unregistering
	RegFailed // will retry when RetryAt is set
)

// Event is a fact that the Agent tells. Each carries a full immutable snapshot,
// so a reader keeps no state of its own. Sealed.
type Event interface{ Header() Meta }

// Meta is common to all events. Seq grows by one with each event of an Agent.
type Meta struct {
	Seq  uint64
	Time time.Time
}

// Header returns the event's common part.
func (m Meta) Header() Meta { return m }

type (
	// RegistrationChanged tells the state of an account's registration.
	RegistrationChanged struct {
		Meta
		Registration
	}
	// CallChanged tells every change of a call, its birth and its end included.
	CallChanged struct {
		Meta
		Call CallInfo
		// Was is the state before; equal to Call.State when something else changed.
		Was call.State
	}
	// DigitReceived is DTMF from the peer, by whichever means.
	DigitReceived struct {
		Meta
		Call     CallInfo
		Digit    byte
		Duration time.Duration
		Method   audio.DTMFMode
	}
	// DigitSent confirms one digit of SendDTMF.
	DigitSent struct {
		Meta
		Call     CallInfo
		Digit    byte
		Duration time.Duration
		Method   audio.DTMFMode
	}
	// MediaChanged tells that audio started, changed codec, direction or address, stopped, or fell silent.
	MediaChanged struct {
		Meta
		Call CallInfo
		What MediaChange
	}
	// OptionsAnswered is the outcome of Options.
	OptionsAnswered struct {
		Meta
		Result OptionsResult
	}
	// Redirected tells that a server sent a request that starts something elsewhere (3xx).
	Redirected struct {
		Meta
		Account string
		Method  string // "INVITE"
		Call    CallID // 0 for a request outside calls
		Code    int
		Reason  string
		// Targets are the places named, in the order in which they are tried.
		Targets []string
		// Policy is what is done: follow them, ask the person, or take the 3xx for the end, and
		// then Err is why.
		Policy RedirectPolicy
		Err    error
	}
	// CommandFailed tells that a posted command couldn't be carried out. Err reads as a
	// sentence for a person.
	CommandFailed struct {
		Meta
		Command string // "hold", "dial", …
		Call    CallID
		Account string
		Err     error
	}
)

// MediaChange is what happened to a call's media.
type MediaChange uint8

const (
	MediaStarted     MediaChange = iota // first RTP packet came from the peer
	MediaUpdated                        // a new answer was applied
	MediaSilent                         // nothing came for a while
	MediaPlayed                         // Play reached its end
	MediaError                          // device or recording failed: Call.MediaErr
	MediaMeasured                       // nothing: statistics, each Config.MediaInterval
	MediaMutedSpeech                    // somebody speaks into the muted microphone
)

// Registration is a snapshot of an account's registration.
type Registration struct {
	Account string
	AOR     string
	State   RegState
	// Code and Reason are of the registrar's last final response; 0 for none.
	Code   int
	Reason string
	// Expires is the granted lifetime.
	Expires time.Duration
	// RetryAt is when the next attempt comes; zero for none.
	RetryAt time.Time
	Contact string
	Err     error
	// Instance is the URN that we registered with, Flows the ways to the registrar.
	Instance string
	Flows    []Flow
	// PubGRUU and TempGRUU are our globally routable URIs (RFC 5627); empty for none.
	PubGRUU, TempGRUU string
	// ServiceRoute is the way of our requests (RFC 3608), Path that of requests to us (RFC
	// 3327), as the registrar said them.
	ServiceRoute, Path []string
	// Warnings are sentences about what was altered on the way to the registrar and back.
	Warnings []string
}

// Hold is the desired and the negotiated hold of a call. Desired != Local means
// that a re-INVITE is under way or waits.
type Hold struct {
	Desired bool // we want the peer on hold
	Local   bool // negotiated: we hold the peer
	Remote  bool // the peer holds us
}

// CallInfo is an immutable snapshot of a call.
type CallInfo struct {
	ID        CallID
	Account   string
	Direction Direction
	State     call.State
	// RemoteURI is the peer's URI without parameters that only routing needs.
	RemoteURI, RemoteName, LocalURI string
	// DialedURI is what the caller of an incoming call dialled: its To. Empty for outgoing.
	DialedURI                string
	SIPCallID                string
	Created, Answered, Ended time.Time
	Hold                     Hold
	Muted                    bool
	// Codec is "PCMU/8000", empty until negotiated.
	Codec       string
	Ptime       time.Duration
	LocalMedia  netip.AddrPort
	RemoteMedia netip.AddrPort
	// ICE is how the media finds its way.
	ICE ICEInfo
	// Via is how the call's signalling travels: where the message came from that made its
	// dialog. Zero before there is one.
	Via sip.Target
	// DTMF is how digits travel in this call; never DTMFAuto once negotiated.
	DTMF audio.DTMFMode
	// Focus says that this call has the microphone and the ear.
	Focus bool
	// Conference says that this call takes part in the conference: its peer hears the others.
	Conference bool
	// Recording is the file being written, empty for none.
	Recording string
	// Cause, Code and Reason tell why an ended call ended. Code is the SIP status
	// of a refusal, 0 otherwise.
	Cause  call.Cause
	Code   int
	Reason string
	EndHeaders
	// Peer is what the other side's messages say of it and of the call.
	Peer PeerHeaders
	// Err is what failed, as a sentence for a person; nil for an ordinary end.
	Err      error
	MediaErr error
	// Transfer is where sending the peer elsewhere, or being sent, stands.
	Transfer TransferInfo
	// ReferredBy is who sent us into this call (RFC 3892), empty for nobody.
	ReferredBy string
	// Replaces is the call of ours that this one takes the place of: its peer was
	// transferred, or we were. ReplacedBy is the other way round. 0 for none.
	Replaces, ReplacedBy CallID
	// Joins is the call of ours that the caller wants to join: answering makes a conference.
	Joins CallID
	// RedirectTo are the places that the newest redirection named, when the person was asked.
	RedirectTo []string
	// Proposed says in words what a change of the call, while it is Pending, would change.
	Proposed []string
	// Pending is what the call asks the person; Consent answers.
	Pending Pending
	// SessionTimer is the agreed session timer (RFC 4028).
	SessionTimer SessionTimer
	// Security is what protects the call.
	Security SecurityInfo
	// Stats are the media statistics at the time of the event.
	Stats audio.Stats
	// Decision is what rules and policy made of the call.
	Decision Decision
	// Ring is the name of the ring that an incoming call rings with; empty is the
	// standard one.
	Ring string
	// AutoAnswered says that nobody took the call: the phone answered by itself.
	AutoAnswered bool
	// ForwardedTo is where an incoming call was sent on to.
	ForwardedTo string
}

// OptionsResult is a peer's answer to OPTIONS.
type OptionsResult struct {
	Account, Target string
	Code            int
	Reason          string
	RTT             time.Duration
	// Allow, Accept, Supported and UserAgent are as the peer said them.
	Allow, Accept, Supported []string
	UserAgent                string
	// Codecs are the formats of an SDP body, when one came.
	Codecs []string
	// Way is what the answer tells of the way there and back; its zero value without one.
	Way Way
	Err error
}

// Way is how a request went, and what its answer tells of what is on the way.
type Way struct {
	// Target is where it went, from Local.
	Target sip.Target
	Local  netip.AddrPort
	// Seen is where the other side saw it come from (RFC 3581); invalid when it doesn't say.
	Seen netip.AddrPort
	// Altered says what came back otherwise than it was sent, a sentence each.
	Altered []string
}
