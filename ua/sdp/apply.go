package sdp

import "slices"

// ApplyAnswer takes the peer's answer to our last offer, for good: Rollback
// doesn't undo it. Called again with another answer to the same offer, it follows
// that one: the 200's wins over an 18x's (interop 24).
func (s *Session) ApplyAnswer(answer *Description) (Result, error) {
	p := s.pending
	if p == nil {
		return Result{}, ErrNoOffer
	}
	st := s.answeredStream(answer)
	switch {
	case st == nil || st.Port == 0:
		return Result{}, ErrNoAudio
	case !st.Addr.IsValid() && !st.unspecified() && !st.ICE.offered():
		return Result{}, addressError(st.Host)
	}
	security, err := p.protectApplied(st)
	if err != nil {
		return Result{}, err
	}
	receive := p.receivable(st)
	if !hasCodec(receive) {
		return Result{}, codecError(st.Formats, p.local.Codecs)
	}
	held := !st.wants().Receives()
	if !p.direction.Sends() {
		// We asked to send nothing, so the answer couldn't say: as before.
		held = p.before != nil && p.before.RemoteHold
	}
	d := p.direction.Both(st.wants().Reverse())
	r := Result{Direction: d, LocalHold: !p.direction.Receives(), RemoteHold: held, ICE: p.local.ice(st, true, p.before)}
	if err := p.local.needs(r.ICE); err != nil {
		return Result{}, err
	}
	r.Params, r.Codec = round{p.local, d, p.mux && st.RTCPMux, st, p.sendable(st), receive, r.ICE}.params()
	r.Params.Security = security
	s.result, s.answered = &r, true
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
func (p *pending) sendable(st *Stream) []localFormat {
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
func (p *pending) receivable(st *Stream) []localFormat {
	var formats, aliases []localFormat
	for _, f := range p.sendable(st) {
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
