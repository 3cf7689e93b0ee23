package sdp

import (
	"net/netip"
	"slices"
	"time"

	"offhook/audio"
	"offhook/codec"
)

const defaultPtime = 20 * time.Millisecond

// localFormat is a payload type that we receive.
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
		s.lines = append(s.lines, line{media: "audio", proto: "RTP/AVP"})
	}
	formats := s.offered(l)
	s.pending = &pending{local: l, direction: d, formats: formats, before: s.result}
	s.answered = false
	return s.body(l, &ours{proto: s.lines[s.active].proto, direction: d, formats: formats})
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

// Answer agrees on what offer and l have in common and makes the body that says
// so. On an error the session is unchanged and there is nothing to send: the
// offer is refused with StatusCode(err).
//
// The answer has the offer's m= lines: one audio stream is taken, the one that
// was in use if it can be, and every other is refused with port 0 (RFC 3264,
// section 6). A later offer that switches the stream off is obeyed.
func (s *Session) Answer(offer *Description, l Local) ([]byte, Result, error) {
	i, common, err := s.choose(offer, l)
	if err != nil {
		return nil, Result{}, err
	}
	s.pending, s.answered = nil, false
	s.lines = s.lines[:0:0]
	for k := range offer.Streams {
		st := &offer.Streams[k]
		s.lines = append(s.lines, line{st.Media, st.Proto, st.fmts})
	}
	s.active = i
	st := &offer.Streams[i]
	for _, f := range st.Formats {
		s.numbers.reserve(f.PT, f.kind())
	}
	if st.Port == 0 {
		r := Result{Off: true, Direction: Inactive, LocalHold: !l.Direction.Receives()}
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
	r.Params, r.Codec = params(l, d, st, common, common)
	r.Params.RTCPMux = st.RTCPMux && l.RTCPMux
	if r.Params.RTCPMux {
		r.Params.RemoteRTCP = r.Params.Remote
	}
	s.result = &r
	return s.body(l, &ours{proto: st.Proto, direction: d, formats: common, mux: r.Params.RTCPMux}), r, nil
}

// choose finds the stream to take, and our side of its formats.
func (s *Session) choose(offer *Description, l Local) (int, []localFormat, error) {
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
	err := error(ErrNoAudio)
	for _, i := range order {
		st := &offer.Streams[i]
		switch {
		case !st.isAudio():
		case st.Port == 0:
			if off < 0 {
				off = i
			}
		case !st.plain():
			err = worse(err, profileError(st.Proto))
		case !st.Addr.IsValid() && !st.unspecified():
			err = worse(err, addressError(st.Host))
		default:
			common := s.common(st, l)
			if hasCodec(common) {
				return i, common, nil
			}
			err = worse(err, codecError(st.Formats, l.Codecs))
		}
	}
	if off >= 0 && err == ErrNoAudio && s.result != nil {
		return off, nil, nil
	}
	return 0, nil, err
}

// common lists what we answer a stream with, under the offer's own numbers.
func (s *Session) common(st *Stream, l Local) []localFormat {
	var formats []localFormat
	for _, f := range st.Formats {
		if c := find(l.Codecs, f); c != nil {
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
	var any *Format
	for i, f := range st.Formats {
		if !f.is(telephoneEvent) {
			continue
		}
		if any == nil {
			any = &st.Formats[i]
		}
		if slices.ContainsFunc(codecs, func(c localFormat) bool { return c.ClockRate == f.ClockRate }) {
			events = append(events, eventFormat(f.PT, f.ClockRate))
		}
	}
	if len(events) == 0 && any != nil && any.ClockRate > 0 {
		events = append(events, eventFormat(any.PT, any.ClockRate))
	}
	return events
}

// ApplyAnswer takes the peer's answer to our last offer. It may be called again
// with a later answer to the same offer: the one in the 200 wins over one in an
// 18x (interop 24).
func (s *Session) ApplyAnswer(answer *Description) (Result, error) {
	p := s.pending
	if p == nil {
		return Result{}, ErrNoOffer
	}
	st := s.answeredStream(answer)
	switch {
	case st == nil || st.Port == 0:
		return Result{}, ErrNoAudio
	case !st.plain():
		return Result{}, profileError(st.Proto)
	case !st.Addr.IsValid() && !st.unspecified():
		return Result{}, addressError(st.Host)
	}
	receive := s.receivable(st, p)
	if !hasCodec(receive) {
		return Result{}, codecError(st.Formats, p.local.Codecs)
	}
	held := !st.wants().Receives()
	if !p.direction.Sends() {
		// We asked to send nothing, so the answer couldn't say: as before.
		held = p.before != nil && p.before.RemoteHold
	}
	d := p.direction.Both(st.wants().Reverse())
	r := Result{Direction: d, LocalHold: !p.direction.Receives(), RemoteHold: held}
	r.Params, r.Codec = params(p.local, d, st, s.sendable(st, p), receive)
	s.result = &r
	s.answered = true
	return r, nil
}

// answeredStream is the answer to our audio line: at its index, or where a peer
// that drops or reorders lines put it.
func (s *Session) answeredStream(answer *Description) *Stream {
	if s.active < len(answer.Streams) && answer.Streams[s.active].isAudio() {
		return &answer.Streams[s.active]
	}
	for i := range answer.Streams {
		if answer.Streams[i].isAudio() && answer.Streams[i].Port != 0 {
			return &answer.Streams[i]
		}
	}
	return nil
}

// sendable lists the answer's formats, in its order and by its numbers, that we
// offered: what we may send (RFC 3264, section 5.1).
func (s *Session) sendable(st *Stream, p *pending) []localFormat {
	var formats []localFormat
	for _, f := range st.Formats {
		for _, o := range p.formats {
			if o.kind() == f.kind() {
				formats = append(formats, localFormat{Format: f, codec: o.codec})
				break
			}
		}
	}
	return formats
}

// receivable lists the same formats under the numbers that we offered, and then
// under the answer's own where those differ and mean nothing else: some peers
// send by the number they answered with (interop 38).
func (s *Session) receivable(st *Stream, p *pending) []localFormat {
	var formats, aliases []localFormat
	for _, f := range s.sendable(st, p) {
		for _, o := range p.formats {
			if o.kind() != f.kind() {
				continue
			}
			formats = append(formats, o)
			taken := slices.ContainsFunc(p.formats, func(x localFormat) bool { return x.PT == f.PT })
			if !taken {
				o.PT = f.PT
				aliases = append(aliases, o)
			}
			break
		}
	}
	return append(formats, aliases...)
}

// params builds the result for the media plane: send by the peer's numbers and
// parameters in st, receive by ours.
func params(l Local, d Direction, st *Stream, send, receive []localFormat) (audio.Params, string) {
	p := audio.Params{
		Remote:     st.rtp(),
		RemoteRTCP: st.RTCP,
		Receive:    d.Receives(),
	}
	p.Send = d.Sends() && p.Remote.IsValid()
	if !p.Remote.IsValid() {
		p.RemoteRTCP = netip.AddrPort{}
	}
	name := ""
	for _, f := range send {
		if f.codec == nil {
			continue
		}
		peer := peerFormat(st, f.PT)
		p.Encode = audio.Format{PT: f.PT, Codec: f.codec, Fmtp: peer.Fmtp}
		name = f.String()
		break
	}
	clock := 0
	if p.Encode.Codec != nil {
		clock = p.Encode.Codec.Info().ClockRate
	}
	for _, f := range receive {
		if f.codec != nil {
			p.Decode = append(p.Decode, audio.Format{PT: f.PT, Codec: f.codec, Fmtp: f.Fmtp})
		}
		if f.is(comfortNoise) {
			p.ComfortNoisePT = f.PT
		}
	}
	if e, ok := event(send, clock); ok {
		p.EventSendPT, p.EventClock = e.PT, e.ClockRate
		if e, ok := event(receive, e.ClockRate); ok {
			p.EventRecvPT = e.PT
		}
	}
	p.Ptime = packetTime(name, st, l.Ptime)
	return p, name
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
// want, at most its maxptime, rounded down to a length the codec has.
func packetTime(codecName string, st *Stream, want time.Duration) time.Duration {
	t := want
	if st.Ptime > 0 {
		t = st.Ptime
	}
	if t <= 0 {
		t = defaultPtime
	}
	if st.MaxPtime > 0 {
		t = min(t, st.MaxPtime)
	}
	const step, most = 10 * time.Millisecond, 120 * time.Millisecond
	t = min(max(t.Truncate(step), step), most)
	if len(codecName) >= 4 && (Format{Name: codecName[:4]}).is("opus") {
		for _, frame := range [...]time.Duration{6 * step, 4 * step, 2 * step, step} {
			if t >= frame {
				return frame
			}
		}
	}
	return t
}

func peerFormat(st *Stream, pt uint8) Format {
	for _, f := range st.Formats {
		if f.PT == pt {
			return f
		}
	}
	return Format{PT: pt}
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

func hasCodec(formats []localFormat) bool {
	return slices.ContainsFunc(formats, func(f localFormat) bool { return f.codec != nil })
}
