package header

import (
	"strings"

	"offhook/ua/sip"
)

// Identity is a name and an address.
type Identity struct{ Name, URI string }

// IsZero says that there is none.
func (i Identity) IsZero() bool { return i == Identity{} }

// address reads a name-addr.
func address(value string) (Identity, sip.Params, bool) {
	name, uri, p, err := sip.ParseNameAddr(value)
	if err != nil {
		return Identity{}, nil, false
	}
	return Identity{Name: Clean(name), URI: Display(uri)}, p, true
}

// Display is a URI for people: without a password, and without parameters that only
// routing needs.
func Display(u sip.URI) string {
	if !strings.EqualFold(u.Scheme, "sip") && !strings.EqualFold(u.Scheme, "sips") {
		text, _, _ := strings.Cut(u.String(), ";")
		return Clean(text)
	}
	return Clean((&sip.URI{Scheme: u.Scheme, User: u.User, Host: u.Host, Port: u.Port}).String())
}

// Asserted is the identity of a P-Asserted-Identity (RFC 3325, section 9.1), which may
// come twice, as a SIP and as a tel URI: the first that is a SIP URI, or else the first.
// Whether to believe it is the caller's decision.
func Asserted(m sip.Message) Identity { return identities(m, "P-Asserted-Identity") }

func identities(m sip.Message, name string) Identity {
	var first Identity
	for i, v := range sip.HeaderValues(m, name) {
		id, _, ok := address(v)
		switch {
		case i >= maxItems:
			return first
		case !ok:
		case strings.HasPrefix(strings.ToLower(id.URI), "sip"):
			return id
		case first.IsZero():
			first = id
		}
	}
	return first
}

// RemoteParty is a Remote-Party-ID (draft-ietf-sip-privacy-04), which P-Asserted-Identity
// replaced and many exchanges still send.
type RemoteParty struct {
	Identity
	// Party is "calling" or "called"; Screen says whether somebody vouches: "yes", "no".
	Party, Screen, Privacy string
}

// RemotePartyOf is a message's first Remote-Party-ID about the calling party, or the first.
func RemotePartyOf(m sip.Message) RemoteParty {
	var first RemoteParty
	for i, v := range sip.HeaderValues(m, "Remote-Party-ID") {
		id, p, ok := address(v)
		if i >= maxItems || !ok {
			continue
		}
		get := func(name string) string {
			s, _ := sip.ParamValue(p, name)
			return strings.ToLower(Clean(s))
		}
		r := RemoteParty{Identity: id, Party: get("party"), Screen: get("screen"), Privacy: get("privacy")}
		if r.Party == "calling" {
			return r
		}
		if first.IsZero() {
			first = r
		}
	}
	return first
}
