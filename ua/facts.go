package ua

import (
	"net/url"
	"strings"
	"time"

	"offhook/ua/rules"
	"offhook/ua/sip"
)

// party is an address for rules.
func party(u sip.URI, name string) rules.Party {
	user, err := url.PathUnescape(u.User)
	if err != nil {
		user = u.User
	}
	return rules.Party{Name: name, User: user, Domain: strings.Trim(u.Host, "[]"), URI: display(u)}
}

// factsOf are what rules can ask about a request. A header that may list several
// values gives one for each.
func factsOf(req *sip.Request, account string, at time.Time) rules.Facts {
	f := rules.Facts{Account: account, At: at, Headers: headersOf(req)}
	if from := req.From(); from != nil {
		f.Caller = party(from.Address, remoteName(from.DisplayName))
		f.Anonymous = strings.EqualFold(f.Caller.User, "anonymous") || strings.EqualFold(f.Caller.Domain, "anonymous.invalid")
	}
	if to := req.To(); to != nil {
		f.Callee = party(to.Address, remoteName(to.DisplayName))
	}
	for _, h := range sip.HeaderValues(req, "Privacy") {
		for v := range strings.SplitSeq(h, ";") { // RFC 3323, section 4.2
			switch strings.ToLower(strings.TrimSpace(v)) {
			case "id", "user", "header":
				f.Anonymous = true
			}
		}
	}
	return f
}

func headersOf(req *sip.Request) []rules.Header {
	var out []rules.Header
	seen := map[string]bool{}
	for _, h := range req.Headers() {
		name := h.Name()
		if seen[strings.ToLower(name)] {
			continue
		}
		seen[strings.ToLower(name)] = true
		for _, v := range sip.HeaderValues(req, name) {
			out = append(out, rules.Header{Name: name, Value: v})
		}
	}
	return out
}

// PartyOf reads an address as rules see it: a URI, user@host, or a user at the domain
// of an address of record.
func PartyOf(address, aor string) (rules.Party, error) {
	own, err := sip.ParseURI(aor)
	if err != nil {
		return rules.Party{}, err
	}
	u, err := targetURI(address, (&line{aor: own}).domain())
	if err != nil {
		return rules.Party{}, err
	}
	return party(u, ""), nil
}
