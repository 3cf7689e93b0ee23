package sdp

import (
	"slices"

	"offhook/audio/rtp"
	"offhook/codec"
)

// Answer agrees on what offer and l have in common and makes the body that says
// so. On an error the session is unchanged and there is nothing to send: the
// offer is refused with StatusCode(err).
//
// The answer has the offer's m= lines: one audio stream is taken, the one that
// was in use if it can be, and every other is refused with port 0 (RFC 3264,
// section 6). A later offer that switches the stream off is obeyed.
func (s *Session) Answer(offer *Description, l Local) ([]byte, Result, error) {
	i, common, prot, err := s.choose(offer, l)
	if err != nil {
		return nil, Result{}, err
	}
	s.pending, s.answered = nil, false
	s.lines = s.lines[:0:0]
	for k := range offer.Streams {
		st := &offer.Streams[k]
		s.lines = append(s.lines, line{st.Media, st.Proto, st.fmts, st.Mid, st.Bundled})
	}
	s.active = i
	st := &offer.Streams[i]
	s.mid = st.Mid
	for _, f := range st.Formats {
		s.numbers.reserve(f.PT, f.kind())
	}
	if st.Port == 0 {
		r := Result{Off: true, Direction: Inactive, LocalHold: !l.Direction.Receives()}
		if s.result != nil { // what protects it waits for its return: a pause is no reason for less
			r.Params.Security = s.result.Params.Security
		}
		s.result = &r
		return s.body(l, nil), r, nil
	}
	for _, f := range common {
		s.numbers.bind(f.kind(), f.PT)
	}
	d := l.Direction.Both(st.wants().Reverse())
	r := Result{
		Direction:  d,
		LocalHold:  !l.Direction.Receives(),
		RemoteHold: !st.wants().Receives(),
	}
	r.ICE = l.ice(st, false, s.result)
	mux := st.RTCPMux && l.RTCPMux
	// Each side says by itself that it takes metrics; the round trip is agreed on (RFC 3611,
	// section 5.2).
	r.Params, r.Codec = round{l, d, mux, st, common, common, r.ICE}.params()
	r.Params.Security = prot.security
	s.result = &r
	return s.body(l, &ours{proto: st.Proto, direction: d, formats: common, mux: mux, xr: rtp.XRVoIPMetrics | st.XR&rtp.XRReceiverRTT, ice: r.ICE, protection: prot}), r, nil
}

// choose finds the stream to take, our side of its formats, and what protects it.
func (s *Session) choose(offer *Description, l Local) (int, []localFormat, protection, error) {
	order := make([]int, 0, len(offer.Streams))
	if s.active >= 0 && s.active < len(offer.Streams) {
		order = append(order, s.active)
	}
	for i := range offer.Streams {
		if i != s.active {
			order = append(order, i)
		}
	}
	off := -1
	err := ErrNoAudio
	for _, i := range order {
		st := &offer.Streams[i]
		switch {
		case !st.isAudio():
		case st.Port == 0:
			if off < 0 {
				off = i
			}
		case !st.Addr.IsValid() && !st.unspecified() && !st.ICE.offered():
			err = worse(err, addressError(st.Host))
		default:
			common := s.common(st, l)
			prot, lack := s.protectAnswer(st, l)
			if lack == nil {
				lack = l.needs(l.ice(st, false, s.result))
			}
			if hasCodec(common) && lack == nil {
				return i, common, prot, nil
			}
			if lack == nil {
				lack = codecError(st.Formats, l.Codecs)
			}
			err = worse(err, lack)
		}
	}
	if off >= 0 && err == ErrNoAudio && s.result != nil {
		return off, nil, protection{}, nil
	}
	return 0, nil, protection{}, err
}

// common lists what we answer a stream with, under the offer's own numbers.
func (s *Session) common(st *Stream, l Local) []localFormat {
	var formats []localFormat
	for _, f := range st.Formats {
		twice := slices.ContainsFunc(formats, func(o localFormat) bool { return o.kind() == f.kind() })
		if c := find(l.Codecs, f); c != nil && !twice {
			formats = append(formats, ourFormat(f.PT, c))
		}
	}
	if l.Preference == Ours {
		slices.SortStableFunc(formats, func(a, b localFormat) int {
			return rank(l.Codecs, a.kind()) - rank(l.Codecs, b.kind())
		})
	}
	if l.TelephoneEvent {
		formats = append(formats, commonEvents(st, formats)...)
	}
	if l.ComfortNoise {
		for _, f := range st.Formats {
			if f.is(comfortNoise) && f.ClockRate == 8000 {
				formats = append(formats, noiseFormat(f.PT))
				break
			}
		}
	}
	return formats
}

// commonEvents takes the offered events at the clocks of the codecs taken. A
// peer that offers events at no such clock (opus with telephone-event/8000 is
// common) gets its first: better than no digits.
func commonEvents(st *Stream, codecs []localFormat) []localFormat {
	var events []localFormat
	var other *Format
	for i, f := range st.Formats {
		if !f.is(telephoneEvent) || f.ClockRate <= 0 {
			continue
		}
		if other == nil {
			other = &st.Formats[i]
		}
		if slices.ContainsFunc(codecs, func(c localFormat) bool { return c.ClockRate == f.ClockRate }) {
			events = append(events, eventFormat(f.PT, f.ClockRate))
		}
	}
	if len(events) == 0 && other != nil {
		events = append(events, eventFormat(other.PT, other.ClockRate))
	}
	return events
}

func find(set codec.Set, f Format) codec.Codec {
	if f.Name == "" {
		return nil
	}
	for _, c := range set {
		if infoKind(c.Info()) == f.kind() {
			return c
		}
	}
	return nil
}

func rank(set codec.Set, k kind) int {
	return slices.IndexFunc(set, func(c codec.Codec) bool { return infoKind(c.Info()) == k })
}
