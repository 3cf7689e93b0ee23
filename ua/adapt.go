package ua

import (
	"slices"
	"strings"

	"offhook/ua/sip"
)

// maxAdaptations bounds how often one request is sent otherwise than before.
const maxAdaptations = 2

// adapt sends a refused request again in a form that the answer says would do, and says
// whether it does (RFC 3261, section 8.1.3.5):
//
//	413, 513    with a smaller body, where there is one (shrink)
//	420         without the extensions that were only offered. One that the request
//	            requires was meant so: that is told, with its name
//	421         with the extension, where we have it and hadn't offered it
//	415         another body is the caller's decision (sendInfo); 416 is told
func (x *exchange) adapt(res *sip.Response) bool {
	if x.adapted >= maxAdaptations || x.req == nil || x.req.Method == sip.ACK {
		return false
	}
	var change func(*sip.Request)
	switch res.StatusCode {
	case 413, 513:
		if x.shrink == nil || !x.shrink() {
			return false
		}
	case 420:
		change = withoutExtensions(x.req, sip.HeaderValues(res, "Unsupported"))
	case 421:
		change = withExtensions(x.req, sip.HeaderValues(res, "Require"), x.line.extensions())
	}
	if change == nil && res.StatusCode != 413 && res.StatusCode != 513 {
		return false
	}
	next, err := x.make(x.end, x.targets[0], x.req)
	if err != nil {
		return false
	}
	if change != nil {
		change(next)
	}
	x.adapted++
	sip.RemoveHeaders(next, "Authorization") // each attempt counts its nonces anew
	sip.RemoveHeaders(next, "Proxy-Authorization")
	next.SetDestination(x.targets[0].Addr.String())
	x.line.auth.Preauthorize(next)
	x.next = next
	x.again()
	return true
}

// withoutExtensions drops tags that a request offers; nil when it requires one of them, or
// none was offered.
func withoutExtensions(req *sip.Request, unsupported []string) func(*sip.Request) {
	offered := sip.HeaderValues(req, "Supported")
	hit := false
	for _, tag := range unsupported {
		if holds(sip.HeaderValues(req, "Require"), tag) || holds(sip.HeaderValues(req, "Proxy-Require"), tag) {
			return nil
		}
		hit = hit || holds(offered, tag)
	}
	if !hit {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(offered), func(tag string) bool { return holds(unsupported, tag) })
	return func(next *sip.Request) {
		sip.RemoveHeaders(next, "Supported")
		if len(rest) > 0 {
			set(next, "Supported", strings.Join(rest, ", "))
		}
	}
}

// withExtensions adds tags that the peer requires; nil when we lack one, or offered all.
func withExtensions(req *sip.Request, required, have []string) func(*sip.Request) {
	offered := sip.HeaderValues(req, "Supported")
	missing := slices.DeleteFunc(slices.Clone(required), func(tag string) bool { return holds(offered, tag) })
	if len(missing) == 0 || slices.ContainsFunc(missing, func(tag string) bool { return !holds(have, tag) }) {
		return nil
	}
	all := append(slices.Clone(offered), missing...)
	return func(next *sip.Request) { set(next, "Supported", strings.Join(all, ", ")) }
}

// holds looks for an option tag.
func holds(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// details are what a refusal names beside its code: what it lacks, wants, or takes.
func details(res sip.Message) string {
	r, ok := res.(*sip.Response)
	if !ok {
		return ""
	}
	name := map[int]string{405: "Allow", 415: "Accept", 420: "Unsupported", 421: "Require", 489: "Allow-Events"}[r.StatusCode]
	if name == "" {
		return ""
	}
	list := strings.Join(sip.HeaderValues(r, name), ", ")
	switch {
	case list == "":
		return ""
	case r.StatusCode == 405 || r.StatusCode == 415 || r.StatusCode == 489:
		return "it takes " + list
	}
	return list
}
