package registration

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"offhook/ua/sip"
)

// Altered is what came back otherwise than it was sent.
type Altered uint8

const (
	// AlteredVia: the address in our Via was rewritten by something that takes SIP for
	// its own business (an ALG).
	AlteredVia Altered = iota
	// AlteredSource: the request left this machine by another of its addresses than the one
	// that its Via and Contact name.
	AlteredSource
	// AlteredCallID, AlteredTag and AlteredCSeq: what no hop may touch (RFC 3261, section 16.6).
	AlteredCallID
	AlteredTag
	AlteredCSeq
	// AlteredContact: the registrar has bound an address that we never named.
	AlteredContact
)

// Alteration is one difference between what we sent and what the registrar echoed (interop 11).
type Alteration struct {
	What       Altered
	Sent, Seen string
}

// String is the sentence for a person.
func (a Alteration) String() string {
	const alg = "; a router on the way rewrites SIP: switch its SIP ALG off, or use TLS"
	switch a.What {
	case AlteredVia:
		return fmt.Sprintf("our Via %s came back as %s%s", a.Sent, a.Seen, alg)
	case AlteredSource:
		return fmt.Sprintf("requests say %s but leave from %s, another address of this machine; set the account's listen address", a.Sent, a.Seen)
	case AlteredCallID:
		return fmt.Sprintf("our Call-ID %s came back as %s%s", a.Sent, a.Seen, alg)
	case AlteredTag:
		return fmt.Sprintf("our From tag %q came back as %q%s", a.Sent, a.Seen, alg)
	case AlteredCSeq:
		return fmt.Sprintf("our CSeq %s came back as %s%s", a.Sent, a.Seen, alg)
	case AlteredContact:
		return fmt.Sprintf("we registered %s, but the registrar has %s: the registrar or a router on the way rewrites the Contact", a.Sent, a.Seen)
	}
	return "what we sent came back otherwise"
}

// Compare tells what was altered between a REGISTER as it was sent, Via included,
// and its response. ours are all addresses of this machine: a request that comes from
// one of these but says another left by the wrong interface. That a NAT shows an
// address which isn't ours at all is no alteration: rport is made for it (RFC 3581).
//
//	sent Via, Call-ID, From tag, CSeq  =  echoed   else an ALG
//	Via host  =  received, or received not ours    else the wrong interface
//	one of the sent Contacts  =  our binding       else a rewritten Contact
func Compare(sent *sip.Request, res *sip.Response, ours []netip.Addr) []Alteration {
	var out []Alteration
	differ := func(what Altered, sent, seen string) {
		if sent != "" && seen != "" && sent != seen {
			out = append(out, Alteration{what, sent, seen})
		}
	}
	if was, is := sent.Via(), res.Via(); was != nil && is != nil {
		if !strings.EqualFold(was.Host, is.Host) || was.Port != is.Port {
			differ(AlteredVia, sentBy(was), sentBy(is))
		} else if seen, err := netip.ParseAddr(received(is)); err == nil {
			said, err := netip.ParseAddr(strings.Trim(was.Host, "[]"))
			if err == nil && said.Unmap() != seen.Unmap() && slices.Contains(ours, seen.Unmap()) {
				differ(AlteredSource, said.String(), seen.String())
			}
		}
	}
	differ(AlteredCallID, sip.HeaderValue(sent, "Call-ID"), sip.HeaderValue(res, "Call-ID"))
	differ(AlteredTag, strings.ToLower(sip.Tag(sent.From())), strings.ToLower(sip.Tag(res.From())))
	if was, is := sent.CSeq(), res.CSeq(); was != nil && is != nil {
		differ(AlteredCSeq, fmt.Sprint(was.SeqNo), fmt.Sprint(is.SeqNo))
	}
	return append(out, compareContact(sent, res)...)
}

// compareContact looks for our binding by instance, and without one by user: a
// Contact of ours whose host and port we never sent was rewritten.
func compareContact(sent *sip.Request, res *sip.Response) []Alteration {
	if res.StatusCode/100 != 2 {
		return nil
	}
	var mine []Binding
	for _, v := range sip.HeaderValues(sent, "Contact") {
		if b, ok := parseBinding(v); ok {
			mine = append(mine, b)
		}
	}
	bindings := ParseResponse(res).Bindings
	if len(mine) == 0 || len(bindings) == 0 || mine[0].HasExpires && mine[0].Expires == 0 {
		return nil
	}
	for _, b := range bindings {
		if slices.ContainsFunc(mine, func(m Binding) bool { return sameAddress(m.URI, b.URI) }) {
			return nil
		}
	}
	i := slices.IndexFunc(bindings, func(b Binding) bool {
		return mine[0].Instance != "" && strings.EqualFold(b.Instance, mine[0].Instance) && b.RegID == mine[0].RegID
	})
	if i < 0 {
		i = slices.IndexFunc(bindings, func(b Binding) bool { return b.Instance == "" && b.URI.User == mine[0].URI.User })
	}
	if i < 0 {
		return nil
	}
	return []Alteration{{AlteredContact, hostPort(mine[0].URI), hostPort(bindings[i].URI)}}
}

func hostPort(u sip.URI) string { return fmt.Sprintf("%s:%d", u.Host, port(u)) }

func sentBy(v *sip.ViaHeader) string {
	if v.Port == 0 {
		return v.Host
	}
	return fmt.Sprintf("%s:%d", v.Host, v.Port)
}

func received(v *sip.ViaHeader) string {
	s, _ := sip.ParamValue(v.Params, "received")
	return strings.Trim(s, "[]")
}
