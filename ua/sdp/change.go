package sdp

import "slices"

// Changes says that d is more than before with other directions: other streams, other
// formats, another place to send to. A description that is held at 0.0.0.0 has no place
// of its own to compare.
func (d *Description) Changes(before *Description) bool {
	if len(d.Streams) != len(before.Streams) {
		return true
	}
	for i := range d.Streams {
		a, b := &d.Streams[i], &before.Streams[i]
		moved := a.Port != b.Port || a.Host != b.Host && !a.unspecified() && !b.unspecified()
		if a.Media != b.Media || a.Proto != b.Proto || moved || !slices.Equal(a.fmts, b.fmts) {
			return true
		}
	}
	return false
}
