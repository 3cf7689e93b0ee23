package dialog

import (
	"net"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// address is one value of Contact, Route, Record-Route, From or To.
type address struct {
	raw string // the URI as written
	uri sip.URI
	tag string
}

// parseAddress reads a name-addr or addr-spec with parameters. It reports false
// when there is no URI in it.
func parseAddress(value string) (address, bool) {
	value = strings.TrimSpace(value)
	var m sip.Request
	m.AppendHeader(sip.NewHeader("Contact", value))
	c := m.Contact()
	if c == nil || c.Address.Wildcard || c.Address.Host == "" && c.Address.Raw() == "" {
		return address{}, false
	}
	a := address{raw: rawURI(value), uri: c.Address}
	for _, p := range c.Params {
		if strings.EqualFold(strings.TrimSpace(p.K), "tag") {
			a.tag = strings.TrimSpace(p.V)
		}
	}
	return a, true
}

// rawURI cuts the URI out of a value that parses.
func rawURI(value string) string {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == '<':
			if end := strings.IndexByte(value[i:], '>'); end > 0 {
				return value[i+1 : i+end]
			}
			return value[i+1:]
		}
	}
	uri, _, _ := strings.Cut(value, ";") // an addr-spec's parameters are the header's
	return strings.TrimSpace(uri)
}

// addresses reads all values of the named header, in order. A value without a
// URI is left out: the rest of a route still leads somewhere.
func addresses(m sip.Message, name string) []address {
	var all []address
	for _, h := range m.GetHeaders(name) {
		for _, v := range splitList(h.Value()) {
			if a, ok := parseAddress(v); ok {
				all = append(all, a)
			}
		}
	}
	return all
}

// splitList splits at commas outside quotes and angle brackets (RFC 3261, section 7.3).
func splitList(value string) []string {
	var parts []string
	quoted, depth, start := false, 0, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, value[start:i])
			start = i + 1
		}
	}
	return append(parts, value[start:])
}

// firstContact is the message's first Contact with a URI; the compact form counts.
func firstContact(m sip.Message) (address, bool) {
	for _, name := range [...]string{"Contact", "m"} {
		if all := addresses(m, name); len(all) > 0 {
			return all[0], true
		}
	}
	return address{}, false
}

// headerValue is the value of the first header that has one of the names.
func headerValue(m sip.Message, names ...string) string {
	for _, name := range names {
		if h := m.GetHeaders(name); len(h) > 0 {
			return strings.TrimSpace(h[0].Value())
		}
	}
	return ""
}

// cseq reads a CSeq; false when there is none.
func cseq(m sip.Message) (number uint32, method sip.Method, ok bool) {
	c := m.CSeq()
	if c == nil {
		return 0, "", false
	}
	return c.SeqNo, c.MethodName, true
}

// setCSeq gives a request its CSeq. The header is the message model's own type,
// so that the transaction layer can derive an ACK's or a CANCEL's from it.
func setCSeq(r *sip.Request, number uint32) {
	var m sip.Request
	m.AppendHeader(sip.NewHeader("CSeq", strconv.FormatUint(uint64(number), 10)+" "+string(r.Method)))
	h := m.CSeq()
	if r.CSeq() != nil {
		r.ReplaceHeader(h)
		return
	}
	r.AppendHeader(h)
}

// hasLR says that the proxy of a route routes loosely (RFC 3261, section 16.12).
func hasLR(u sip.URI) bool {
	for _, p := range u.UriParams {
		if strings.EqualFold(strings.TrimSpace(p.K), "lr") {
			return true
		}
	}
	return false
}

// targetURI is where a peer without a Contact is: the address its message came from.
func targetURI(t sip.Target) (address, bool) {
	if !t.Addr.IsValid() {
		return address{}, false
	}
	raw := "sip:" + net.JoinHostPort(t.Addr.Addr().Unmap().String(), strconv.Itoa(int(t.Addr.Port())))
	switch t.Transport {
	case sip.UDP:
	case sip.TCP:
		raw += ";transport=tcp"
	case sip.TLS:
		raw += ";transport=tls"
	case sip.WS:
		raw += ";transport=ws"
	case sip.WSS:
		raw += ";transport=wss"
	}
	return parseAddress("<" + raw + ">")
}
