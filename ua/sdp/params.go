package sdp

import (
	"slices"
	"time"

	"offhook/audio"
)

const defaultPtime = 20 * time.Millisecond

// round is an offer and an answer that have met.
type round struct {
	local     Local
	direction Direction
	mux       bool
	peer      *Stream
	send      []localFormat // by the peer's numbers, most wanted first
	receive   []localFormat // by ours
}

// params is the round for the media plane, and the name of the codec to send.
func (r round) params() (audio.Params, string) {
	remote := r.peer.rtp()
	p := audio.Params{
		Remote:  remote,
		Send:    r.direction.Sends() && remote.IsValid(),
		Receive: r.direction.Receives(),
		RTCPMux: r.mux,
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
	i := slices.IndexFunc(r.send, func(f localFormat) bool { return f.codec != nil })
	if i < 0 {
		return p, ""
	}
	// RFC 3264, section 7: the first format of the answer.
	encode := r.send[i]
	p.Encode = audio.Format{PT: encode.PT, Codec: encode.codec, Fmtp: r.peer.format(encode.PT).Fmtp}
	p.Ptime = packetTime(encode.Format, r.peer, r.local.Ptime)
	if e, ok := event(r.send, encode.ClockRate); ok {
		p.EventSendPT, p.EventClock = e.PT, e.ClockRate
		if e, ok := event(r.receive, e.ClockRate); ok {
			p.EventRecvPT = e.PT
		}
	}
	return p, encode.String()
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

// packetTime is how much to send at once: what the peer asks for, else what we
// want, at most its maxptime, rounded down to a length that the codec has.
func packetTime(f Format, peer *Stream, want time.Duration) time.Duration {
	t := want
	if peer.Ptime > 0 {
		t = peer.Ptime
	}
	if t <= 0 {
		t = defaultPtime
	}
	if peer.MaxPtime > 0 {
		t = min(t, peer.MaxPtime)
	}
	const step, most = 10 * time.Millisecond, 120 * time.Millisecond
	t = min(max(t.Truncate(step), step), most)
	if !f.is("opus") {
		return t
	}
	for _, frame := range [...]time.Duration{6 * step, 4 * step, 2 * step} { // RFC 6716, section 2.1.4
		if t >= frame {
			return frame
		}
	}
	return step
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
