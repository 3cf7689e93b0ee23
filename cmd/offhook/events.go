package main

import (
	"math"
	"time"

	"offhook/audio"
	"offhook/ua"
)

// The events that --json prints, one type for each; docs/events.md describes
// every field. Fields are only ever added.

// head starts every event.
type head struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	// Account is the name of the account that it concerns.
	Account string `json:"account,omitempty"`
}

// callHead starts every event of a call.
type callHead struct {
	head
	Call      uint64 `json:"call"`
	SIPCallID string `json:"sip_call_id,omitempty"`
	Direction string `json:"direction"`
	Remote    string `json:"remote,omitempty"`
}

type (
	listeningEvent struct {
		head
		AOR     string `json:"aor"`
		Contact string `json:"contact"`
	}
	registeredEvent struct {
		head
		AOR     string  `json:"aor"`
		Contact string  `json:"contact"`
		Expires float64 `json:"expires_s"`
		learntJSON
	}
	unregisteredEvent struct {
		head
		AOR string `json:"aor"`
	}
	registrationFailedEvent struct {
		head
		AOR     string     `json:"aor"`
		Code    int        `json:"code,omitempty"`
		Reason  string     `json:"reason,omitempty"`
		Error   string     `json:"error,omitempty"`
		RetryAt *time.Time `json:"retry_at,omitempty"`
	}
	callStateEvent struct {
		callHead
		State      string `json:"state"`
		Was        string `json:"was"`
		Local      string `json:"local,omitempty"`
		RemoteName string `json:"remote_name,omitempty"`
		// ReferredBy sent us into this call; Replaces is the call whose place it takes.
		ReferredBy string `json:"referred_by,omitempty"`
		Replaces   uint64 `json:"replaces,omitempty"`
		// Joins is the call that the caller wants to join.
		Joins uint64 `json:"joins,omitempty"`
		// Ring is the ring's name when it isn't the standard one, Rule the rule that
		// matched, Decision what policy did.
		Ring         string `json:"ring,omitempty"`
		Rule         string `json:"rule,omitempty"`
		Decision     string `json:"decision,omitempty"`
		AutoAnswered bool   `json:"auto_answered,omitempty"`
		// Peer is what the peer's headers say.
		Peer *peerJSON `json:"peer,omitempty"`
	}
	holdEvent struct {
		callHead
		// Desired is what we want, Local and Remote what holds.
		Desired bool `json:"desired"`
		Local   bool `json:"local"`
		Remote  bool `json:"remote"`
	}
	mediaEvent struct {
		callHead
		Change      string    `json:"change"`
		Codec       string    `json:"codec,omitempty"`
		PtimeMS     float64   `json:"ptime_ms,omitempty"`
		DTMFMode    string    `json:"dtmf_mode,omitempty"`
		LocalMedia  string    `json:"local_media,omitempty"`
		RemoteMedia string    `json:"remote_media,omitempty"`
		Error       string    `json:"error,omitempty"`
		Stats       statsJSON `json:"stats"`
	}
	dtmfEvent struct {
		callHead2
		// Direction is in or out: of the digit, not of the call.
		Direction  string  `json:"direction"`
		Digit      string  `json:"digit"`
		DurationMS float64 `json:"duration_ms,omitempty"`
		Method     string  `json:"method"`
	}
	callEndedEvent struct {
		callHead
		Cause  string `json:"cause"`
		Code   int    `json:"code,omitempty"`
		Reason string `json:"reason,omitempty"`
		Error  string `json:"error,omitempty"`
		endJSON
		// ReplacedBy is the call that took this one's place.
		ReplacedBy uint64 `json:"replaced_by,omitempty"`
		// ForwardedTo is where an incoming call was sent on to.
		ForwardedTo string `json:"forwarded_to,omitempty"`
		// Answered says whether the call was ever up; DurationMS is for how long.
		Answered   bool      `json:"answered"`
		SetupMS    float64   `json:"setup_ms,omitempty"`
		DurationMS float64   `json:"duration_ms"`
		Codec      string    `json:"codec,omitempty"`
		Recording  string    `json:"recording,omitempty"`
		Stats      statsJSON `json:"stats"`
	}
	optionsEvent struct {
		head
		Target    string   `json:"target"`
		Code      int      `json:"code,omitempty"`
		Reason    string   `json:"reason,omitempty"`
		RTTMS     float64  `json:"rtt_ms"`
		UserAgent string   `json:"user_agent,omitempty"`
		Allow     []string `json:"allow,omitempty"`
		Accept    []string `json:"accept,omitempty"`
		Supported []string `json:"supported,omitempty"`
		Codecs    []string `json:"codecs,omitempty"`
		// Remote is where it went, Local from where, and Seen where the peer saw it come from.
		Remote string `json:"remote,omitempty"`
		Local  string `json:"local,omitempty"`
		Seen   string `json:"seen,omitempty"`
		// Altered is what came back otherwise than it was sent.
		Altered []string `json:"altered,omitempty"`
		Error   string   `json:"error,omitempty"`
	}
	errorEvent struct {
		head
		Call    uint64 `json:"call,omitempty"`
		Command string `json:"command,omitempty"`
		Error   string `json:"error"`
	}
)

// callHead2 is callHead for an event whose direction isn't the call's.
type callHead2 struct {
	head
	Call      uint64 `json:"call"`
	SIPCallID string `json:"sip_call_id,omitempty"`
	Remote    string `json:"remote,omitempty"`
}

// statsJSON is audio.Stats for readers of JSON.
type statsJSON struct {
	PacketsSent     uint64  `json:"packets_sent"`
	BytesSent       uint64  `json:"bytes_sent"`
	PacketsReceived uint64  `json:"packets_received"`
	BytesReceived   uint64  `json:"bytes_received"`
	Lost            int64   `json:"packets_lost"`
	Late            uint64  `json:"packets_late"`
	Duplicate       uint64  `json:"packets_duplicate"`
	Reordered       uint64  `json:"packets_reordered"`
	Discarded       uint64  `json:"packets_discarded"`
	Invalid         uint64  `json:"packets_invalid"`
	ConcealedMS     float64 `json:"concealed_ms"`
	JitterMS        float64 `json:"jitter_ms"`
	PlayoutMS       float64 `json:"playout_ms"`
	PlayoutTargetMS float64 `json:"playout_target_ms"`
	RecoveredMS     float64 `json:"recovered_ms"`
	BridgedMS       float64 `json:"bridged_ms"`
	RemovedMS       float64 `json:"removed_ms"`
	InsertedMS      float64 `json:"inserted_ms"`
	DriftPPM        float64 `json:"drift_ppm"`
	RTTMS           float64 `json:"rtt_ms"`
	RemoteLost      int64   `json:"remote_lost"`
	RemoteJitterMS  float64 `json:"remote_jitter_ms"`
	Underruns       uint64  `json:"underruns"`
	Overruns        uint64  `json:"overruns"`
	qualityJSON
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func statsOf(s audio.Stats) statsJSON {
	return statsJSON{
		qualityJSON: qualityOf(s),
		PacketsSent: s.PacketsSent, BytesSent: s.BytesSent,
		PacketsReceived: s.PacketsReceived, BytesReceived: s.BytesReceived,
		Lost: s.Lost, Late: s.Late, Duplicate: s.Duplicate, Reordered: s.Reordered,
		Discarded: s.Discarded, Invalid: s.Invalid,
		ConcealedMS: ms(s.Concealed), JitterMS: ms(s.Jitter), PlayoutMS: ms(s.Playout),
		PlayoutTargetMS: ms(s.Target), RecoveredMS: ms(s.Recovered), BridgedMS: ms(s.Bridged),
		RemovedMS: ms(s.Removed), InsertedMS: ms(s.Inserted), DriftPPM: math.Round(s.Drift*10) / 10,
		RTTMS: ms(s.RTT), RemoteLost: s.RemoteLost, RemoteJitterMS: ms(s.RemoteJitter),
		Underruns: s.Stream.Underruns, Overruns: s.Stream.Overruns,
	}
}

func headOf(m ua.Meta, event, account string) head {
	return head{Time: m.Time, Event: event, Account: account}
}

func callHeadOf(m ua.Meta, event string, c ua.CallInfo) callHead {
	return callHead{
		head: headOf(m, event, c.Account), Call: uint64(c.ID), SIPCallID: c.SIPCallID,
		Direction: c.Direction.String(), Remote: c.RemoteURI,
	}
}

func mediaOf(e ua.MediaChanged) mediaEvent {
	c := e.Call
	out := mediaEvent{
		callHead: callHeadOf(e.Meta, "media", c), Change: e.What.String(), Codec: c.Codec,
		PtimeMS: ms(c.Ptime), DTMFMode: c.DTMF.String(), Error: message(c.MediaErr), Stats: statsOf(c.Stats),
	}
	if c.LocalMedia.IsValid() {
		out.LocalMedia = c.LocalMedia.String()
	}
	if c.RemoteMedia.IsValid() {
		out.RemoteMedia = c.RemoteMedia.String()
	}
	return out
}

func dtmfOf(m ua.Meta, c ua.CallInfo, direction string, digit byte, d time.Duration, method audio.DTMFMode) dtmfEvent {
	return dtmfEvent{
		callHead2: callHead2{headOf(m, "dtmf", c.Account), uint64(c.ID), c.SIPCallID, c.RemoteURI},
		Direction: direction, Digit: string(rune(digit)), DurationMS: ms(d), Method: method.String(),
	}
}

func endedOf(m ua.Meta, c ua.CallInfo) callEndedEvent {
	out := callEndedEvent{
		callHead: callHeadOf(m, "call_ended", c), Cause: c.Cause.String(), Code: c.Code, Reason: c.Reason,
		Error: message(c.Err), endJSON: endOf(c), ReplacedBy: uint64(c.ReplacedBy), ForwardedTo: c.ForwardedTo, Answered: !c.Answered.IsZero(), Codec: c.Codec, Recording: c.Recording, Stats: statsOf(c.Stats),
	}
	if out.Answered {
		out.SetupMS = ms(c.Answered.Sub(c.Created))
		out.DurationMS = ms(c.Ended.Sub(c.Answered))
	}
	return out
}

func optionsOf(e ua.OptionsAnswered) optionsEvent {
	r := e.Result
	return optionsEvent{
		Remote: serverText(r.Way.Target.Addr), Local: serverText(r.Way.Local), Seen: serverText(r.Way.Seen), Altered: r.Way.Altered,
		head: headOf(e.Meta, "options", r.Account), Target: r.Target, Code: r.Code, Reason: r.Reason, RTTMS: ms(r.RTT),
		UserAgent: r.UserAgent, Allow: r.Allow, Accept: r.Accept, Supported: r.Supported, Codecs: r.Codecs, Error: message(r.Err),
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
