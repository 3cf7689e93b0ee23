package ua

import (
	"net/netip"
	"slices"
	"strings"

	"offhook/ua/sip"
)

// contactURI is our URI at an address, without brackets.
func (l *line) contactURI(at netip.AddrPort, t sip.Transport) string {
	s := "sip:"
	if l.aor.User != "" {
		s += l.aor.User + "@"
	}
	s += netip.AddrPortFrom(at.Addr().WithZone(""), at.Port()).String() // a zone means nothing elsewhere
	switch t {
	case sip.UDP, sip.AnyTransport:
	case sip.TCP, sip.TLS:
		s += ";transport=" + strings.ToLower(t.String())
	case sip.WS, sip.WSS:
		s += ";transport=ws" // there is no other in a URI (RFC 7118, section 5.3)
	}
	if l.aor.IsEncrypted() {
		s = sipsURI(s)
	}
	return s
}

// bindingURI is the URI that we register for endpoint b and transport t.
func (l *line) bindingURI(b bound, t sip.Transport) string {
	at := b.LocalAddr(t)
	if main := l.main(); t == sip.UDP && l.seen.IsValid() && main != nil && main.addr == b.addr {
		at = l.seen // peers beyond the same NAT reach us there, too
	}
	return l.contactURI(at, t)
}

// contact is our URI at endpoint b over transport t, as the Contact value of messages
// that make or refresh a dialog: the public GRUU where there is one to use (RFC 5627, section
// 4.4), else our address, marked as one that is reached by the flow alone where the
// registrar took it so (RFC 5626, section 4.3). In the loop.
func (l *line) contact(b bound, t sip.Transport) string { return l.contactFor(b, t, false) }

// contactFor is contact; a private one is the temporary GRUU, which doesn't say who we
// are (RFC 5627, section 3.1.2).
func (l *line) contactFor(b bound, t sip.Transport, private bool) string {
	f := l.reg.live()
	if f == nil || f.home != b.addr {
		return "<" + l.bindingURI(b, t) + ">"
	}
	learned := f.learned()
	if l.acc.GRUU == GRUUOn || l.acc.GRUU == GRUUAuto && learned.Outbound {
		switch {
		case private && learned.TempGRUU != "":
			return "<" + learned.TempGRUU + ">"
		case private: // the public one would tell
		case learned.PubGRUU != "":
			return "<" + learned.PubGRUU + ">"
		}
	}
	uri := l.bindingURI(b, t)
	if learned.Outbound {
		uri += ";ob"
	}
	return "<" + uri + ">"
}

// keepGRUUs notes our GRUUs: each temporary one stays good as long as we are registered
// (RFC 5627, section 3.1.2).
func (l *line) keepGRUUs(uris ...string) {
	for _, s := range uris {
		if s == "" || slices.Contains(l.gruus, s) {
			continue
		}
		if len(l.gruus) >= maxGRUUs {
			l.gruus = slices.Delete(l.gruus, 0, 1)
		}
		l.gruus = append(l.gruus, s)
	}
}

// maxGRUUs is how many of our GRUUs are known again: days of refreshes.
const maxGRUUs = 1024

// named says that u is one of our GRUUs: the user and the value of gr tell (RFC 5627, section 5.4).
func (l *line) named(u sip.URI) bool {
	gr, ok := sip.ParamValue(u.UriParams, "gr")
	return ok && slices.ContainsFunc(l.gruus, func(s string) bool {
		own, err := sip.ParseURI(s)
		if err != nil {
			return false
		}
		mine, ok := sip.ParamValue(own.UriParams, "gr")
		return ok && strings.EqualFold(mine, gr) && own.User == u.User && strings.EqualFold(own.Host, u.Host)
	})
}
