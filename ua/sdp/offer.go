package sdp

import (
	"slices"

	"offhook/audio/rtp"
	"offhook/codec"
)

// localFormat is a payload type that we receive, or may send.
type localFormat struct {
	Format
	codec codec.Codec // nil for events and noise
}

// Offer makes the body of a new offer: the audio stream with all of l's codecs,
// in the m= line it always had, the other streams refused.
//
// A peer that holds us, and that we hold, is offered inactive: a stream that was
// recvonly is put on hold so (RFC 3264, section 8.4).
func (s *Session) Offer(l Local) []byte {
	d := l.Direction
	if s.result != nil && s.result.RemoteHold && !d.Receives() {
		d = Inactive
	}
	if s.active < 0 {
		s.active = len(s.lines)
		s.lines = append(s.lines, line{media: "audio", proto: l.offerProfile()})
	}
	if s.mid == "" && l.ICE != nil {
		s.mid = ownMid // candidates that follow name their stream
	}
	formats := s.offered(l)
	// What was agreed before is kept up; a first offer asks for it for the sake of ICE and
	// DTLS, which have one component here.
	prot := s.protectOffer(l)
	mux := l.RTCPMux && (s.result != nil && s.result.Params.RTCPMux || l.ICE != nil || prot.shakes)
	s.pending = &pending{local: l, direction: d, formats: formats, mux: mux, protection: prot, before: s.result}
	s.answered = false
	return s.body(l, &ours{proto: s.lines[s.active].proto, direction: d, formats: formats, mux: mux, xr: rtp.XRVoIPMetrics | rtp.XRReceiverRTT, ice: ICEResult{Outcome: ICEAgreed, Offered: true}, protection: prot})
}

// offered lists l's formats: codecs, then one telephone-event for each of their
// clocks (RFC 4733, section 2.1; RFC 7587, section 7), then noise.
func (s *Session) offered(l Local) []localFormat {
	var formats []localFormat
	var clocks []int
	for _, c := range l.Codecs {
		info := c.Info()
		k := infoKind(info)
		pt, ok := s.numbers.number(k, info.StaticPT)
		if !ok || slices.ContainsFunc(formats, func(f localFormat) bool { return f.PT == pt }) {
			continue
		}
		formats = append(formats, ourFormat(pt, c))
		if !slices.Contains(clocks, info.ClockRate) {
			clocks = append(clocks, info.ClockRate)
		}
	}
	if l.TelephoneEvent {
		for _, clock := range clocks {
			if pt, ok := s.numbers.number(kindOf(telephoneEvent, clock, 1), -1); ok {
				formats = append(formats, eventFormat(pt, clock))
			}
		}
	}
	if l.ComfortNoise && slices.Contains(clocks, 8000) {
		if pt, ok := s.numbers.number(kindOf(comfortNoise, 8000, 1), comfortNoisePT); ok {
			formats = append(formats, noiseFormat(pt))
		}
	}
	return formats
}

func ourFormat(pt uint8, c codec.Codec) localFormat {
	info := c.Info()
	return localFormat{codec: c, Format: Format{
		PT: pt, Name: info.Name, ClockRate: info.ClockRate, Channels: infoKind(info).channels, Fmtp: info.Fmtp,
	}}
}

func eventFormat(pt uint8, clock int) localFormat {
	return localFormat{Format: Format{PT: pt, Name: telephoneEvent, ClockRate: clock, Channels: 1, Fmtp: eventFmtp}}
}

func noiseFormat(pt uint8) localFormat {
	return localFormat{Format: Format{PT: pt, Name: comfortNoise, ClockRate: 8000, Channels: 1}}
}
