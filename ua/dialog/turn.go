package dialog

import "errors"

// ErrNotYourTurn: an offer can't go out now. Wait until Turn.MayOffer.
var ErrNotYourTurn = errors.New("an offer or an INVITE is under way")

// Turn is whose turn it is in the offer/answer of one dialog (RFC 3264, section
// 4; RFC 6337, section 2). At most one offer is open, and at most one INVITE runs.
//
//	       our offer out                  their offer in
//	  /------------------------ Stable ------------------------\
//	  v      answer in, refused  ^ ^   answer out, refused      v
//	LocalOffer ------------------/ \------------------- RemoteOffer
//
// Where offer and answer travel:
//
//	INVITE      18x, 2xx      ACK
//	offer       answer                 the caller offers
//	-           offer         answer   the callee offers (interop 25)
//
// The zero value is a dialog at rest. It decides; the SDP itself is package
// sdp's. Its owner calls it from one goroutine.
type Turn struct {
	offer  OfferState
	client bool  // an INVITE of ours has no final response
	server phase // the peer's INVITE
	early  bool  // an answer in an unreliable 18x was taken: the 2xx may replace it
	bound  bool  // a reliable 18x carried the answer: it stands
}

// OfferState says whose offer is open.
type OfferState uint8

const (
	Stable OfferState = iota
	LocalOffer
	RemoteOffer
)

type phase uint8

const (
	noInvite phase = iota
	unanswered
	unacked // our 2xx is out
)

// Move is what to do with the body of a message that came.
type Move uint8

const (
	// Ignore: it says nothing new.
	Ignore Move = iota
	// TakeOffer: it is an offer, ours to answer.
	TakeOffer
	// MakeOffer: an INVITE without one; our 2xx offers.
	MakeOffer
	// TakeAnswer: it answers our offer for good.
	TakeAnswer
	// TakeEarlyAnswer: it answers our offer until another comes (interop 24).
	TakeEarlyAnswer
	// MissingAnswer: this was the last message that could bring the answer, and it
	// didn't: a new call ends, a session goes on as before.
	MissingAnswer
	// Refuse491: both sides offer at once (RFC 3261, section 14.2).
	Refuse491
	// Refuse500: a second INVITE before the first is answered; with Retry-After
	// between 0 and 10 s (RFC 3261, section 14.2).
	Refuse500
)

// Offer says whose offer is open.
func (t *Turn) Offer() OfferState { return t.offer }

// MayOffer says that an INVITE, with an offer or without, may go out.
func (t *Turn) MayOffer() bool { return t.offer == Stable && !t.client && t.server == noInvite }

// SendInvite: our INVITE goes out.
func (t *Turn) SendInvite(withOffer bool) error {
	if !t.MayOffer() {
		return ErrNotYourTurn
	}
	t.client, t.early, t.bound = true, false, false
	if withOffer {
		t.offer = LocalOffer
	}
	return nil
}

// RecvProvisional: an 18x to our INVITE. reliable says that it has an RSeq.
func (t *Turn) RecvProvisional(sdp, reliable bool) Move {
	switch {
	case !t.client || !sdp || t.bound:
		return Ignore
	case t.offer == LocalOffer && reliable:
		t.offer, t.bound = Stable, true
		return TakeAnswer
	case t.offer == LocalOffer:
		t.early = true
		return TakeEarlyAnswer
	case t.offer == Stable && reliable && !t.early:
		t.offer, t.bound = RemoteOffer, true // ours to answer in the PRACK (RFC 3262, section 5)
		return TakeOffer
	default:
		return Ignore // an unreliable 18x can't offer
	}
}

// RecvSuccess: the first 2xx to our INVITE. Its answer wins over an earlier
// unreliable one; without an answer that one stands (RFC 6337, section 3.1.1).
// After TakeOffer the ACK must carry the answer.
func (t *Turn) RecvSuccess(sdp bool) Move {
	if !t.client {
		return Ignore
	}
	t.client = false
	switch {
	case t.bound:
		return Ignore // repeats what is agreed
	case t.offer == LocalOffer:
		t.offer = Stable
		if sdp {
			return TakeAnswer
		}
		if t.early {
			return Ignore
		}
		return MissingAnswer
	case sdp:
		t.offer = RemoteOffer
		return TakeOffer
	default:
		return MissingAnswer // the offer that we asked for
	}
}

// RecvFailure: our INVITE was refused, or timed out. The session is as it was
// before (RFC 3261, section 14.1).
func (t *Turn) RecvFailure() {
	t.client = false
	if t.offer == LocalOffer || t.offer == RemoteOffer && t.server == noInvite {
		t.offer = Stable
	}
}

// RecvInvite: the peer's INVITE or re-INVITE.
func (t *Turn) RecvInvite(sdp bool) Move {
	switch {
	case t.server == unanswered:
		return Refuse500
	case t.client || t.server == unacked || t.offer != Stable:
		return Refuse491
	}
	t.server = unanswered
	if !sdp {
		return MakeOffer
	}
	t.offer = RemoteOffer
	return TakeOffer
}

// SendSuccess: our 2xx goes out, with the answer or, after MakeOffer, the offer.
func (t *Turn) SendSuccess() {
	if t.server != unanswered {
		return
	}
	t.server = unacked
	if t.offer == RemoteOffer {
		t.offer = Stable
	} else {
		t.offer = LocalOffer
	}
}

// SendFailure: we refuse the peer's INVITE.
func (t *Turn) SendFailure() {
	if t.server == unanswered {
		t.server, t.offer = noInvite, Stable
	}
}

// SendAnswer: the answer to an offer that came in a 2xx goes out in the ACK.
func (t *Turn) SendAnswer() {
	if t.offer == RemoteOffer {
		t.offer = Stable
	}
}

// RecvAck: the ACK to our 2xx.
func (t *Turn) RecvAck(sdp bool) Move {
	if t.server != unacked {
		return Ignore
	}
	t.server = noInvite
	if t.offer != LocalOffer {
		return Ignore
	}
	t.offer = Stable
	if !sdp {
		return MissingAnswer
	}
	return TakeAnswer
}

// NoAck: no ACK came to our 2xx in time. The call ends.
func (t *Turn) NoAck() {
	if t.server == unacked {
		t.server, t.offer = noInvite, Stable
	}
}
