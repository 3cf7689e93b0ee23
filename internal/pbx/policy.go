package pbx

import (
	"strings"

	"offhook/ua/sip"
)

// caller is who wants something, as far as it can be known.
type caller struct {
	// claims is the user of ours that the From header names; empty for none.
	claims string
	// unnamed: From says that it names nobody (RFC 3323, section 4.1.1.3).
	unnamed bool
	// proved is the user whose password was shown; empty for none.
	proved string
	// here: the request came from this machine.
	here bool
	// replies: it is a message from a service's own agent, which only ever answers.
	replies bool
}

// callee is what the Request-URI names.
type callee uint8

const (
	nobody callee = iota
	someUser
	someService
)

// permission is the policy's verdict.
type permission uint8

const (
	granted permission = iota
	prove              // show a password first: 407
	forbidden
	unknown // there is nobody of this name: 404
)

// admit is the policy for what starts a dialog or stands alone: our users prove
// themselves with their own password, strangers reach the services at most. Only who
// may call learns which names exist.
func admit(c caller, to callee, openServices bool) permission {
	switch {
	case c.replies && to == someUser:
		return granted
	case c.proved == "" && c.claims != "":
		return prove
	case c.proved != "" && c.claims != "" && c.proved != c.claims:
		return forbidden // another's name in From
	case c.proved == "" && (to != someService || !c.here && !openServices):
		if c.unnamed {
			return prove // it may be one of ours
		}
		return forbidden
	case to == nobody:
		return unknown
	}
	return granted
}

// unnamed says that a From names nobody on purpose.
func unnamed(from sip.URI) bool {
	return strings.EqualFold(from.Host, "anonymous.invalid") || strings.EqualFold(from.User, "anonymous")
}
