package words

import (
	"fmt"
	"strings"

	"offhook/ua"
)

// Emergency reports a call that its caller calls an emergency (RFC 3261, section 20.26).
func Emergency(c ua.CallInfo) bool { return c.Peer.Priority == "emergency" }

// Caller is what a caller's messages say of the call, what matters most first.
// Other names another call of ours by its ID.
func Caller(c ua.CallInfo, other func(ua.CallID) string) []string {
	p := c.Peer
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if p.Priority != "" && p.Priority != "normal" {
		add("%s", Sentence(p.Priority))
	}
	if p.Subject != "" {
		add("about: %s", p.Subject)
	}
	if c.Replaces != 0 {
		add("takes the place of %s", other(c.Replaces))
	}
	if c.Joins != 0 {
		add("wants to join your call with %s", other(c.Joins))
	}
	if c.ReferredBy != "" {
		add("sent by %s", Address(c.ReferredBy))
	}
	out = append(out, diverted(p)...)
	out = append(out, identity(c)...)
	if p.Organization != "" {
		add("of %s", p.Organization)
	}
	if c.Ring != "" {
		add("rings as %s", c.Ring)
	}
	return out
}

// identity says whether anybody vouches for the name shown.
func identity(c ua.CallInfo) []string {
	p := c.Peer
	switch {
	case p.Trusted && !p.Privacy.Anonymous():
		return []string{"your server vouches for the caller"}
	case p.Trusted:
		return []string{"the caller asks to stay unnamed"}
	case !p.AssertedIdentity.IsZero() && Address(p.AssertedIdentity.URI) != Address(c.RemoteURI):
		return []string{"claims to be " + party(p.AssertedIdentity) + ", nobody vouches"}
	case !p.RemotePartyID.IsZero() && Address(p.RemotePartyID.URI) != Address(c.RemoteURI):
		return []string{"also named " + party(p.RemotePartyID.Identity)}
	}
	return nil
}

func party(i ua.Identity) string {
	if n := strings.TrimSpace(i.Name); n != "" {
		return n + " (" + Address(i.URI) + ")"
	}
	return Address(i.URI)
}

// diverted tells who sent the call on before it came here, and why, the newest first.
func diverted(p ua.PeerHeaders) []string {
	var out []string
	for _, d := range p.Diversion {
		s := "sent on by " + party(d.Identity)
		if d.Privacy != "" && d.Privacy != "off" {
			s = "sent on by somebody unnamed"
		}
		if why := diversionReason(d.Reason); why != "" {
			s += ": " + why
		}
		out = append(out, s)
	}
	if len(out) > 0 {
		return out
	}
	for i := len(p.History) - 2; i >= 0; i-- { // the last entry is where it is now
		h := p.History[i]
		if h.Private {
			continue
		}
		s := "came by " + party(h.Identity)
		if h.Reason.Cause != 0 || h.Reason.Text != "" {
			s += ": " + strings.TrimSpace(fmt.Sprintf("%s %s", cause(h.Reason), h.Reason.Text))
		}
		out = append(out, s)
	}
	return out
}

func cause(r ua.Reason) string {
	if r.Cause == 0 {
		return ""
	}
	return fmt.Sprint(r.Cause)
}

// diversionReason puts the reasons of RFC 5806 into words.
func diversionReason(s string) string {
	switch strings.ToLower(s) {
	case "unconditional":
		return "all calls go on"
	case "user-busy":
		return "busy there"
	case "no-answer":
		return "no answer there"
	case "unavailable":
		return "not available there"
	case "deflection":
		return "sent on by hand"
	case "time-of-day":
		return "at this hour"
	case "do-not-disturb":
		return "not to be disturbed"
	case "follow-me":
		return "follows the person"
	case "out-of-service":
		return "out of service"
	case "away":
		return "away"
	case "", "unknown":
		return ""
	}
	return s
}

// Question is what a call asks the person: in words, and what yes and no do. It is
// empty when nothing is asked.
func Question(c ua.CallInfo) (asks, yes, no string) {
	who := Party(c)
	switch c.Pending {
	case ua.PendingChange:
		what := "its audio, or something added such as video"
		if len(c.Proposed) > 0 {
			what = "it " + strings.Join(c.Proposed, ", ")
		}
		return who + " asks to change the call: " + what + ".",
			"takes what this phone can do", "the call goes on as it is"
	case ua.PendingRedirect:
		return fmt.Sprintf("%s isn’t there, and the call was sent on to %s.", who, list(c.RedirectTo)),
			"calls there", "gives up"
	case ua.PendingTransfer:
		return fmt.Sprintf("%s asks you to talk to %s instead.", who, Address(c.Transfer.Target)),
			"calls there; this call ends when they answer", "the call goes on as it is"
	case ua.PendingNone:
	}
	return "", "", ""
}
