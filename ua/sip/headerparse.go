package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// parserHeaders are the headers that the parser reads into types. The functions
// are ours because sipgo's lose quoted parameters, break at a comma or = inside
// quotes, and look a parameter up by its exact case. Of a header that isn't needed to
// process a message only the text is kept if it can't be read (RFC 3261, section 8.2).
func parserHeaders() sipgo.HeadersParser {
	via := must(parseViaHeader)
	from := must(func(s string) (Header, error) {
		na, err := parseNameAddr(s)
		return &FromHeader{DisplayName: na.display, Address: na.uri, Params: na.params}, err
	})
	to := must(func(s string) (Header, error) {
		na, err := parseNameAddr(s)
		return &ToHeader{DisplayName: na.display, Address: na.uri, Params: na.params}, err
	})
	return sipgo.HeadersParser{
		"via":            via,
		"from":           from,
		"to":             to,
		"call-id":        must(parseCallID),
		"cseq":           must(parseCSeq),
		"content-length": must(parseContentLength),
		"contact":        optional("Contact", parseContact),
		"max-forwards":   optional("Max-Forwards", parseMaxForwards),
		"content-type":   optional("Content-Type", parseContentType),
		"route": optional("Route", func(s string) (Header, error) {
			na, err := parseNameAddr(s)
			return &RouteHeader{Address: na.uri}, err
		}),
		"record-route": optional("Record-Route", func(s string) (Header, error) {
			na, err := parseNameAddr(s)
			return &RecordRouteHeader{Address: na.uri}, err
		}),
	}
}

func must(f func(string) (Header, error)) sipgo.HeaderParser {
	return func(name []byte, value string) (Header, error) {
		h, err := f(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return h, nil
	}
}

func optional(name string, f func(string) (Header, error)) sipgo.HeaderParser {
	return func(_ []byte, value string) (Header, error) {
		h, err := f(value)
		if err != nil {
			return sipgo.NewHeader(name, value), nil
		}
		return h, nil
	}
}

func parseCallID(s string) (Header, error) {
	if s == "" {
		return nil, errors.New("it is empty")
	}
	h := CallIDHeader(s)
	return &h, nil
}

func parseCSeq(s string) (Header, error) {
	f := strings.Fields(s)
	if len(f) != 2 {
		return nil, fmt.Errorf("%q isn't a number and a method", s)
	}
	n, err := strconv.ParseUint(f[0], 10, 31) // RFC 3261, section 8.1.1.5
	if err != nil {
		return nil, fmt.Errorf("%q isn't a number below 2^31", f[0])
	}
	return &CSeqHeader{SeqNo: uint32(n), MethodName: Method(f[1])}, nil
}

func parseContentLength(s string) (Header, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%q isn't a length", s)
	}
	h := ContentLengthHeader(n)
	return &h, nil
}

func parseMaxForwards(s string) (Header, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return nil, err
	}
	h := MaxForwardsHeader(n)
	return &h, nil
}

func parseContentType(s string) (Header, error) {
	if s == "" {
		return nil, errors.New("it is empty")
	}
	h := ContentTypeHeader(s)
	return &h, nil
}

func parseContact(s string) (Header, error) {
	if strings.Contains(s, "?") && !strings.Contains(s, "<") {
		return nil, fmt.Errorf("%q needs brackets around its URI", s) // RFC 3261, section 20
	}
	na, err := parseNameAddr(s)
	if err != nil {
		return nil, err
	}
	return &ContactHeader{DisplayName: na.display, Address: na.uri, Params: na.params}, nil
}

// parseViaHeader reads one Via value (RFC 3261, section 20.42): spaces may stand
// around the slashes, the colon and the semicolons.
func parseViaHeader(s string) (Header, error) {
	head, params, _ := CutUnquoted(s, ';')
	proto := strings.SplitN(head, "/", 3)
	if len(proto) != 3 {
		return nil, fmt.Errorf("%q has no protocol, version and transport", head)
	}
	transport, sentBy, ok := strings.Cut(strings.TrimSpace(collapse(proto[2])), " ")
	if !ok {
		return nil, fmt.Errorf("%q has no sent-by", head)
	}
	v := &ViaHeader{
		ProtocolName:    strings.TrimSpace(proto[0]),
		ProtocolVersion: strings.TrimSpace(proto[1]),
		Transport:       transport,
	}
	var u URI
	if err := splitHostPort(strings.ReplaceAll(sentBy, " ", ""), &u); err != nil {
		return nil, fmt.Errorf("%q: %w", sentBy, err)
	}
	v.Host, v.Port = unbracket(u.Host), u.Port
	if a, err := netip.ParseAddr(v.Host); err == nil && a.Is4In6() {
		v.Host = u.Host // sipgo would write it back without brackets
	}
	v.Params = parseParams(params, ';')
	return v, nil
}

type nameAddr struct {
	display string
	uri     URI
	params  Params
}

// parseNameAddr reads a name-addr or an addr-spec with the parameters after it
// (RFC 3261, section 20.10). The display name keeps its backslashes, as sipgo
// writes it back between quotes.
func parseNameAddr(s string) (nameAddr, error) {
	var na nameAddr
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		end := closingQuote(s)
		if end < 0 {
			return na, fmt.Errorf("%q has no closing quote", s)
		}
		na.display = s[1:end]
		s = strings.TrimSpace(s[end+1:])
		if !strings.HasPrefix(s, "<") {
			return na, errors.New("no <URI> follows the display name")
		}
	}
	spec := s
	if open := strings.IndexByte(s, '<'); open >= 0 {
		if na.display == "" {
			na.display = strings.TrimSpace(s[:open])
			if strings.ContainsAny(na.display, `";`) {
				return na, fmt.Errorf("%q is no display name", na.display)
			}
		}
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return na, fmt.Errorf("%q has no closing bracket", s)
		}
		spec, s = s[open+1:open+end], strings.TrimSpace(s[open+end+1:])
		if s != "" && s[0] != ';' {
			return na, fmt.Errorf("%q follows the URI", s)
		}
		s = strings.TrimPrefix(s, ";")
	} else {
		// Without brackets all parameters are the header's, none the URI's.
		spec, s, _ = strings.Cut(s, ";")
	}
	var err error
	if na.uri, err = parseURI(strings.TrimSpace(spec)); err != nil {
		return na, err
	}
	na.params = parseParams(s, ';')
	if na.uri.Wildcard && (na.display != "" || len(na.params) > 0) {
		return na, errors.New("the Contact * stands alone") // RFC 3261, section 25.1
	}
	return na, nil
}

// parseParams reads ";name=value" lists, without what is no parameter. Names become
// lower case, values keep their quotes, except for those that sipgo would put a
// second pair around.
func parseParams(s string, sep byte) Params {
	var p Params
	for rest, more := s, s != ""; more; {
		var item string
		item, rest, more = CutUnquoted(rest, sep)
		name, value, _ := strings.Cut(item, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if name == "" || strings.ContainsAny(name, "\"<>, \t") {
			continue
		}
		if sep == ';' {
			name = strings.ToLower(name)
		}
		switch quoted := strings.HasPrefix(value, `"`); {
		case quoted && closingQuote(value) != len(value)-1:
			continue
		case quoted && strings.ContainsAny(value, " \t"):
			value = value[1 : len(value)-1]
		case !quoted && strings.ContainsAny(value, "\" \t"):
			continue
		}
		if p == nil {
			p = make(Params, 0, 4)
		}
		p.Add(name, value)
	}
	return p
}

// closingQuote finds the quote that ends the quoted-string s starts with.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// collapse makes one space of each run of white space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
