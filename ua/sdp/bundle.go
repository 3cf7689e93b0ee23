package sdp

import (
	"slices"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// Names of streams and their grouping on one transport, which browsers speak of in every
// offer (RFC 5888, RFC 9143). There is one stream here, so a bundle of ours has one member,
// and what is left to do is to give the names back.

// readBundle notes which streams a=group:BUNDLE names.
func readBundle(d *Description, attributes []pion.Attribute) {
	for _, a := range attributes {
		names := strings.Fields(a.Value)
		if a.Key != "group" || len(names) == 0 || names[0] != "BUNDLE" {
			continue
		}
		for i := range d.Streams {
			if st := &d.Streams[i]; st.Mid != "" && slices.Contains(names[1:], st.Mid) {
				st.Bundled = true
			}
		}
	}
}

// writeBundle names the streams that are refused as the peer did, and groups ours where it
// was grouped: those that are refused aren't in a group (RFC 9143, section 7.3).
func (s *Session) writeBundle(sd *pion.SessionDescription, taken bool) {
	for i, ln := range s.lines {
		switch {
		case ln.mid == "":
		case i != s.active || !taken:
			sd.MediaDescriptions[i].WithValueAttribute("mid", ln.mid)
		case ln.bundled:
			sd.WithValueAttribute("group", "BUNDLE "+ln.mid)
		}
	}
}
