package ua

import (
	"time"

	"offhook/audio"
)

// DialRequest is what Dial needs. Only Target is required.
type DialRequest struct {
	Account string // empty means the first account
	// Target is a SIP URI, user@host, or a bare user or number at the account's domain.
	Target string
	// Headers are added to the INVITE, "Name: value".
	Headers []string
	// RingTimeout ends an unanswered call. Zero means 120 s.
	RingTimeout time.Duration
	// LateOffer sends the INVITE without a session description: the callee offers, we
	// answer (RFC 3261, section 13.2.1).
	LateOffer bool
	// Subject, Priority and Organization go into their headers; an empty Organization
	// stands for the account's.
	Subject, Priority, Organization string
	// Privacy asks to keep the caller back (RFC 3323); 0 stands for the account's. It also
	// makes the From anonymous, unless it is PrivacyNone.
	Privacy Privacy
	// Identity is put into P-Preferred-Identity (RFC 3325): a URI, or a name and a URI in
	// angle brackets. Empty stands for the account's.
	Identity string

	referral *referral // the REFER that asks for the call
}

// OptionsRequest asks a peer for its capabilities (RFC 3261, section 11).
type OptionsRequest struct {
	Account, Target string
	Headers         []string
	// Timeout. Zero means 32 s, the transaction's own.
	Timeout time.Duration
}

// Phone is what a front end drives: every method posts to the Agent's loop and
// returns; outcomes arrive as Events. *Agent is the Phone.
type Phone interface {
	Register(account string)
	Unregister(account string)
	// AddAccount makes the account known at once (and registers it when it says so).
	AddAccount(Account)
	// Dial names the call before anything is sent; CallChanged follows, with the
	// failure too when there is one.
	Dial(DialRequest) CallID
	Answer(CallID)
	// Reject refuses an incoming call. Code 0 means 486 Busy Here (603 declines everywhere).
	Reject(id CallID, code int, reason string)
	// Redirect sends a ringing call on to target, by 302.
	Redirect(id CallID, target string)
	// Hangup ends a call in any state: CANCEL, BYE or a refusal as the state asks.
	Hangup(CallID)
	Hold(CallID)
	Resume(CallID)
	// Rekey exchanges the keys of a call that is encrypted by SDES for new ones.
	Rekey(CallID)
	// Focus resumes a call and holds the one that had the audio: swap.
	Focus(CallID)
	// Transfer sends the peer to target, TransferTo to the peer of another call, Park to
	// the PBX's parking, from where Retrieve takes a call back. TransferChanged tells.
	Transfer(id CallID, target string)
	TransferTo(id, other CallID)
	Park(CallID)
	Retrieve(account, slot string) CallID
	// Pickup takes a call that rings elsewhere.
	Pickup(PickupRequest) CallID
	// Conference joins calls that are up, with the conference that there is: each
	// party hears all others. Without ids it joins all. Hold, Resume, Focus and
	// Mute of one then mean them all; Hangup and Transfer don't.
	Conference(ids ...CallID)
	// Split takes a call out of the conference and puts it on hold.
	Split(CallID)
	// Consent answers what CallInfo.Pending asks.
	Consent(id CallID, accept bool)
	Mute(id CallID, on bool)
	// SetAudioDevices changes microphone, ear and what rings, named as in the
	// configuration, in a call too; AudioDeviceChanged follows.
	SetAudioDevices(in, out, ring string)
	SendDTMF(id CallID, digits string)
	// Play sends a file into the call instead of the microphone; in a conference all hear it.
	Play(id CallID, path string, o audio.PlayOptions)
	StopPlay(CallID)
	// Record writes the call to a file; RecordingChanged tells its name, and its end.
	Record(id CallID, path string)
	StopRecord(CallID)
	// RecordConference writes all of the conference to one file.
	RecordConference(path string)
	StopRecordConference()
	Echo(id CallID, on bool)
	Options(OptionsRequest)
	// Message sends a text; MessageSent follows.
	Message(MessageRequest) MessageID
	// SubscribeTo keeps a subscription up until Unsubscribe; SubscriptionChanged follows.
	SubscribeTo(SubscribeRequest) SubscriptionID
	Unsubscribe(SubscriptionID)
	// Publish publishes presence; PresencePublished follows.
	Publish(PublishRequest)
	// SetPolicy puts a policy in force for the calls to come; PolicyChanged follows.
	SetPolicy(Policy)
	Policy() Policy
	// Calls, Registrations and Meters are snapshots, for a first draw and for meters.
	Calls() []CallInfo
	Registrations() []Registration
	Subscriptions() []SubscriptionInfo
	Meters(CallID) Meters
	// Subscribe starts a queue of all events from now on; it never blocks the Agent.
	Subscribe() *Subscription
}
