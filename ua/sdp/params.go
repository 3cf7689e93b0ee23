package sdp

import (
	"slices"

	"offhook/audio"
)

// round is an offer and an answer that have met.
type round struct {
	local     Local
	direction Direction
	mux       bool
	peer      *Stream
	send      []localFormat // by the peer's numbers, most wanted first
	receive   []localFormat // by ours
	ice       ICEResult
}

// params is the round for the media plane, and the name of the codec to send.
func (r round) params() (audio.Params, string) {
	remote := r.peer.rtp()
	p := audio.Params{
		Remote: remote,
		// With ICE the place may turn up later.
		Send:    r.direction.Sends() && (remote.IsValid() || r.ice.Outcome == ICEAgreed),
		Receive: r.direction.Receives(),
		RTCPMux: r.mux,
		XR:      r.peer.XR,
	}
	switch {
	case r.mux:
		p.RemoteRTCP = remote
	case remote.IsValid():
		p.RemoteRTCP = r.peer.RTCP
	}
	for _, f := range r.receive {
		if f.codec != nil {
			p.Decode = append(p.Decode, audio.Format{PT: f.PT, Codec: f.codec, Fmtp: f.codec.Info().Fmtp})
		}
		if f.is(comfortNoise) {
			p.ComfortNoisePT = f.PT
		}
	}
	if p.ComfortNoisePT == 0 {
		p.ComfortNoisePT = r.unaskedNoise()
	}
	i := slices.IndexFunc(r.send, func(f localFormat) bool { return f.codec != nil })
	if i < 0 {
		return p, ""
	}
	// RFC 3264, section 7: the first format of the answer.
	encode := r.send[i]
	p.Encode = audio.Format{PT: encode.PT, Codec: encode.codec, Fmtp: r.peer.format(encode.PT).Fmtp}
	p.Ptime = packetTime(r.peer.format(encode.PT), r.peer, r.local.Ptime)
	if e, ok := event(r.send, encode.ClockRate); ok {
		p.EventSendPT, p.EventClock = e.PT, e.ClockRate
		if e, ok := event(r.receive, e.ClockRate); ok {
			p.EventRecvPT = e.PT
		}
	}
	for _, f := range r.receive {
		if p.EventRecvPT != 0 && f.is(telephoneEvent) {
			p.EventRecv = append(p.EventRecv, audio.EventFormat{PT: f.PT, Clock: f.ClockRate})
		}
	}
	for _, f := range r.send {
		if f.is(comfortNoise) && f.ClockRate == encode.ClockRate {
			p.ComfortNoiseSendPT = f.PT
		}
	}
	return p, encode.String()
}

// unaskedNoise is the static number of comfort noise where nothing else has it: peers
// send it whatever was agreed (interop 48), and it is known by that number alone (RFC
// 3551, table 4). Its clock is 8000, as of the codec beside it.
func (r round) unaskedNoise() uint8 {
	clock := false
	for _, f := range r.receive {
		if f.PT == comfortNoisePT {
			return 0
		}
		clock = clock || f.codec != nil && f.ClockRate == 8000
	}
	if !clock {
		return 0
	}
	return comfortNoisePT
}

// event picks the telephone-event at clock, else any.
func event(formats []localFormat, clock int) (found localFormat, ok bool) {
	for _, f := range formats {
		if !f.is(telephoneEvent) {
			continue
		}
		if f.ClockRate == clock {
			return f, true
		}
		if !ok {
			found, ok = f, true
		}
	}
	return found, ok
}

// format is the peer's format with number pt.
func (s *Stream) format(pt uint8) Format {
	for _, f := range s.Formats {
		if f.PT == pt {
			return f
		}
	}
	return Format{PT: pt}
}

func hasCodec(formats []localFormat) bool {
	return slices.ContainsFunc(formats, func(f localFormat) bool { return f.codec != nil })
}
