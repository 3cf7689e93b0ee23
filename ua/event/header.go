package event

import (
	"strconv"
	"strings"
	"time"
)

// Reason is why a subscription was terminated (RFC 6665, section 4.1.3).
type Reason string

const (
	Deactivated Reason = "deactivated"
	Probation   Reason = "probation"
	Rejected    Reason = "rejected"
	TimedOut    Reason = "timeout"
	GiveUp      Reason = "giveup"
	NoResource  Reason = "noresource"
	Invariant   Reason = "invariant"
)

// pace is when to subscribe again after an end for this reason (RFC 6665, section
// 4.1.3):
//
//	deactivated, timeout             at once
//	rejected, noresource, invariant  never
//	probation, giveup, any other     after Retry-After, or later and later
func (r Reason) pace() pace {
	switch r {
	case Deactivated, TimedOut:
		return atOnce
	case Rejected, NoResource, Invariant:
		return never
	case Probation, GiveUp:
	}
	return backOff
}

// State is the value of a Subscription-State header.
type State struct {
	Phase      Phase // Pending, Active or Terminated
	Reason     Reason
	Expires    time.Duration
	HasExpires bool
	RetryAfter time.Duration
}

// ParseState reads a Subscription-State. Peers without one, or with one of their
// own, keep the subscription going: a state that isn't known counts as active.
func ParseState(value string) State {
	name, params := cutParams(value)
	s := State{Phase: Active}
	switch strings.ToLower(name) {
	case "pending":
		s.Phase = Pending
	case "terminated":
		s.Phase = Terminated
	}
	s.Reason = Reason(strings.ToLower(params["reason"]))
	s.Expires, s.HasExpires = seconds(params["expires"])
	s.RetryAfter, _ = seconds(params["retry-after"])
	return s
}

// String is the header's value.
func (s State) String() string {
	v := s.Phase.String()
	if s.Phase == Terminated {
		if s.Reason != "" {
			v += ";reason=" + string(s.Reason)
		}
		if s.RetryAfter > 0 {
			v += ";retry-after=" + Seconds(s.RetryAfter)
		}
		return v
	}
	if s.HasExpires {
		v += ";expires=" + Seconds(s.Expires)
	}
	return v
}

// Type is the value of an Event header: the package and the id that tells
// subscriptions of one dialog apart.
type Type struct {
	Package string // in lower case
	ID      string
}

// ParseType reads an Event header.
func ParseType(value string) Type {
	name, params := cutParams(value)
	return Type{Package: strings.ToLower(name), ID: params["id"]}
}

// String is the header's value.
func (t Type) String() string {
	if t.ID == "" {
		return t.Package
	}
	return t.Package + ";id=" + t.ID
}

// Seconds writes a time as delta-seconds, rounded up.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// seconds reads delta-seconds; a comment after them is left. What is too large is as long as can be.
func seconds(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:end], 10, 32)
	if err != nil {
		n = 1<<32 - 1
	}
	return time.Duration(n) * time.Second, true
}

// cutParams splits "token;name=value;…". Names are in lower case, quotes are gone.
func cutParams(value string) (string, map[string]string) {
	name, rest, _ := strings.Cut(value, ";")
	params := make(map[string]string)
	for _, p := range strings.Split(rest, ";") {
		k, v, _ := strings.Cut(p, "=")
		if k = strings.ToLower(strings.TrimSpace(k)); k != "" && len(params) < 32 {
			params[k] = strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return strings.TrimSpace(name), params
}
