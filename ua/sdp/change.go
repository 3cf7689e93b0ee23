package sdp

import "slices"

// Changes says that d is more than before with other directions: other streams, other
// formats, another place to send to, encryption taken out. A description that is held at 0.0.0.0 has no place
// of its own to compare.
func (d *Description) Changes(before *Description) bool {
	if len(d.Streams) != len(before.Streams) {
		return true
	}
	for i := range d.Streams {
		a, b := &d.Streams[i], &before.Streams[i]
		moved := a.Port != b.Port || a.Host != b.Host && !a.unspecified() && !b.unspecified()
		if b.keyed() && !a.keyed() || a.Media != b.Media || a.Proto != b.Proto || moved || !slices.Equal(a.fmts, b.fmts) {
			return true
		}
	}
	return false
}

// Difference says in words what d changes of before, a phrase for each change; empty
// when Changes says that there is none.
func (d *Description) Difference(before *Description) []string {
	var out []string
	for i := range max(len(d.Streams), len(before.Streams)) {
		switch {
		case i >= len(before.Streams):
			if d.Streams[i].Port != 0 {
				out = append(out, "adds "+d.Streams[i].Media)
			}
		case i >= len(d.Streams):
			out = append(out, "drops "+before.Streams[i].Media)
		default:
			out = append(out, d.Streams[i].difference(&before.Streams[i])...)
		}
	}
	if len(out) == 0 && d.Changes(before) {
		out = append(out, "lists streams that aren't used")
	}
	return out
}

func (s *Stream) difference(before *Stream) []string {
	switch {
	case s.Media != before.Media:
		return []string{"puts " + s.Media + " in the place of " + before.Media}
	case s.Port == 0 && before.Port != 0:
		return []string{"stops " + s.Media}
	case s.Port != 0 && before.Port == 0:
		return []string{"adds " + s.Media}
	case s.Port == 0:
		return nil
	}
	var out []string
	if s.Proto != before.Proto {
		out = append(out, "carries "+s.Media+" by "+s.Proto)
	}
	if before.keyed() && !s.keyed() {
		out = append(out, "takes the encryption out of "+s.Media)
	}
	if !slices.Equal(s.fmts, before.fmts) {
		to := ""
		if len(s.Formats) > 0 && s.Formats[0].Name != "" {
			to = ", " + s.Formats[0].Name + " first"
		}
		out = append(out, "offers other formats for "+s.Media+to)
	}
	if s.Port != before.Port || s.Host != before.Host && !s.unspecified() && !before.unspecified() {
		out = append(out, "moves "+s.Media+" to "+s.Host)
	}
	return out
}

// keyed says that the stream has keys, or what proves whose they are.
func (s *Stream) keyed() bool {
	return s.Port != 0 && (len(s.DTLS.Fingerprints) > 0 || slices.ContainsFunc(s.Crypto, Crypto.usable))
}
