package sdp

import (
	"net/netip"
	"time"

	"offhook/audio"
	"offhook/codec"
)

// Preference says whose order of codecs an answer follows.
type Preference uint8

const (
	// Theirs keeps the offerer's order, as RFC 3264, section 6.1 recommends.
	Theirs Preference = iota
	// Ours puts our most wanted codec first.
	Ours
)

// Local is what this side can and wants to do in one round. The zero value has
// no codecs and agrees on nothing.
type Local struct {
	// Addr is where we receive RTP.
	Addr netip.AddrPort
	// RTCPPort is where we receive RTCP. 0 means the port after Addr's.
	RTCPPort uint16
	// Codecs, most wanted first.
	Codecs codec.Set
	// TelephoneEvent offers and accepts RFC 4733 events.
	TelephoneEvent bool
	// ComfortNoise offers and accepts RFC 3389 noise.
	ComfortNoise bool
	// RTCPMux accepts a=rtcp-mux in an offer (RFC 5761). Our own offer asks for it with ICE
	// and DTLS, which have one component here; else later ones keep what was agreed.
	RTCPMux bool
	// SRTP is how media is to be protected, and Crypto what we bring to it.
	SRTP   audio.SRTPMode
	Crypto CryptoOffer
	// DTLS is our end of DTLS-SRTP.
	DTLS LocalDTLS
	// Ptime is the packet time that we ask for. Zero means 20 ms.
	Ptime time.Duration
	// Direction is what we want: SendRecv, or SendOnly to hold the peer.
	Direction Direction
	// Preference orders the codecs of our answers.
	Preference Preference
	// ICE offers and answers ICE; nil doesn't.
	ICE *ICELocal
}

// Result is what a round decided.
type Result struct {
	Params audio.Params
	// Codec is "PCMU/8000"; empty when the stream is off.
	Codec string
	// Direction is the agreed one, seen from here.
	Direction Direction
	// LocalHold: we hold the peer. RemoteHold: the peer holds us. Both can be.
	LocalHold, RemoteHold bool
	// Off: the stream exists with port 0. Nothing flows until a later offer.
	Off bool
	// ICE is what became of it.
	ICE ICEResult
}

// Session is the memory of offer/answer in one dialog.
//
//	          Offer                  ApplyAnswer (again for another answer)
//	settled ---------> offer pending -------------> settled, new Result
//	   | Answer          |
//	   v                 v  Rollback (the offer was refused)
//	settled, new Result  settled, old Result
//
// Not safe for concurrent use.
type Session struct {
	id, version uint64
	sent        string   // our last body with version 0: the version counts changes of it
	numbers     numbers  // payload types, stable for the session's life
	lines       []line   // the m= lines, whose number and order never change
	active      int      // index in lines of the audio stream
	mid         string   // its name, empty for none
	pending     *pending // our offer until it is answered or rolled back
	answered    bool     // pending has its answer; another may replace that
	result      *Result
}

// line is what an m= line that we refuse looks like.
type line struct {
	media, proto string
	fmts         []string
	mid          string // as the peer named it
	bundled      bool   // as the peer grouped it
}

// pending is an offer of ours.
type pending struct {
	local     Local
	direction Direction
	formats   []localFormat
	mux       bool
	// protection is what we offered.
	protection protection
	before     *Result // what Rollback returns to
}

// NewSession starts the memory of one dialog. id is the o= session id: unique
// for this user agent, so random; numbers above 1<<62 trouble peers with signed
// 64-bit parsers, so it is reduced (RFC 8866, section 5.2).
func NewSession(id uint64) *Session {
	return &Session{id: id & (1<<62 - 1), numbers: newNumbers(), active: -1}
}

// Result is what the last completed round decided; false before the first.
func (s *Session) Result() (Result, bool) {
	if s.result == nil {
		return Result{}, false
	}
	return *s.result, true
}

// Pending says that an offer of ours waits for its answer.
func (s *Session) Pending() bool { return s.pending != nil && !s.answered }

// Offered says that an offer of ours is there to be answered, or answered anew.
func (s *Session) Offered() bool { return s.pending != nil }

// Rollback forgets a pending offer, and an early answer to it: the session goes
// on as before (RFC 3261, section 14.1). Without a pending offer it does nothing.
// The o= version doesn't go back.
func (s *Session) Rollback() {
	if !s.Pending() {
		return
	}
	s.result = s.pending.before
	s.pending = nil
}

// Clone copies the session for another dialog of the same offer: a fork.
func (s *Session) Clone() *Session {
	c := *s
	c.numbers = s.numbers.clone()
	c.lines = append([]line(nil), s.lines...)
	if s.pending != nil {
		p := *s.pending
		c.pending = &p
	}
	if s.result != nil {
		r := *s.result
		c.result = &r
	}
	return &c
}
