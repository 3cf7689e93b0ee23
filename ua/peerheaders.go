package ua

import (
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// What messages say to people, as package header reads it.
type (
	// PeerHeaders is what the other side says of itself and of its call.
	PeerHeaders = header.Peer
	// Reason is why a call ended, in the words of RFC 3326: {SIP 200 "Call completed elsewhere"}.
	Reason       = header.Reason
	Warning      = header.Warning
	Identity     = header.Identity
	RemoteParty  = header.RemoteParty
	Diversion    = header.Diversion
	HistoryEntry = header.HistoryEntry
	// Privacy is what a call asks to be kept back (RFC 3323), a set.
	Privacy = header.Privacy
)

// EndHeaders is what came with the response or the request that ended a call.
type EndHeaders struct {
	// Warning is the first of a response's (RFC 3261, section 20.43): often why there was a 488.
	Warning Warning
	// RetryAfter is how long the peer asks to wait; 0 when it doesn't.
	RetryAfter time.Duration
	// EndReason is the Reason header of the CANCEL, the BYE or the response.
	EndReason Reason
	// Details are what the response names: the extensions of a 420 or 421, the types of a 415.
	Details string
}

// endOf reads what a message says about an end.
func endOf(m sip.Message) EndHeaders {
	return EndHeaders{Warning: header.WarningOf(m), RetryAfter: header.RetryAfterOf(m), EndReason: header.ReasonOf(m), Details: header.Clean(details(m))}
}

// listen reads what a message of the peer says of it.
func (c *phoneCall) listen(m sip.Message) {
	said := header.Read(m)
	said.Trusted = !said.AssertedIdentity.IsZero() && c.line.ownServer(sip.SourceOf(m).Addr())
	c.info.Peer = c.info.Peer.Merge(said)
}

// identify notes who calls: From, unless the account's own server vouches for another
// identity (RFC 3325, section 5). What anybody else asserts is shown, and never in the place
// of From. A caller who asked for privacy stays what From says.
func (c *phoneCall) identify(req *sip.Request) {
	if f := req.From(); f != nil {
		c.info.RemoteURI, c.info.RemoteName = display(f.Address), remoteName(f.DisplayName)
	}
	p := c.info.Peer
	if p.Trusted && !p.Privacy.Anonymous() {
		c.info.RemoteURI, c.info.RemoteName = p.AssertedIdentity.URI, p.AssertedIdentity.Name
	}
}

// said notes what came with an end, for when the machine tells it.
func (c *phoneCall) said(m sip.Message) { c.info.EndHeaders = endOf(m) }

// cause is why the call ended, with what only a header tells.
func (c *phoneCall) cause(e call.End) call.Cause {
	if e.Cause == call.RemoteCanceled && c.info.EndReason.Elsewhere() {
		return call.AnsweredElsewhere
	}
	return e.Cause
}

// byeReason is why a dialog is ended, for RFC 3326: a fork that isn't wanted because another
// answered, or what made us hang up.
func (c *phoneCall) byeReason(tag string) Reason {
	if c.info.Direction == Outgoing && tag != c.m.Tag() && c.m.Tag() != "" {
		return header.CompletedElsewhere()
	}
	if c.protected.failed != nil && c.m.Ending().Cause == call.MediaFailure {
		return insecureReason(c.protected.failed)
	}
	return hangupReason(c.m.Ending())
}

// hangupReason puts our side's reason to hang up into the header's terms.
func hangupReason(e call.End) Reason {
	q850 := func(cause int, text string) Reason { return Reason{Protocol: "Q.850", Cause: cause, Text: text} }
	sipCode := func(code int) Reason { return Reason{Protocol: "SIP", Cause: code, Text: sip.ReasonPhrase(code)} }
	switch e.Cause {
	case call.LocalHangup, call.RemoteHangup, call.RemoteCanceled, call.Canceled, call.Shutdown, call.CauseNone:
		return q850(header.NormalClearing, "Normal call clearing")
	case call.NoAnswer:
		return q850(header.NoAnswer, "No answer from user")
	case call.Declined:
		return sipCode(603)
	case call.AnsweredElsewhere:
		return header.CompletedElsewhere()
	case call.Timeout:
		return sipCode(408)
	case call.MediaFailure:
		return sipCode(488)
	case call.AuthFailure, call.Rejected, call.ProtocolError, call.TransportFailure:
		if e.Code >= 400 {
			return sipCode(e.Code)
		}
		return q850(header.Interworking, "Interworking, unspecified")
	}
	return Reason{}
}

// hear reads a response to an INVITE for what it tells people.
func (c *phoneCall) hear(round call.Round, res *sip.Response) {
	switch {
	case res.StatusCode >= 300 && round == 0:
		c.said(res)
	case res.StatusCode > 100 && res.StatusCode < 300:
		c.listen(res)
	}
}

// remoteName reads a display name.
func remoteName(name string) string { return header.Clean(sip.Unquote(strings.TrimSpace(name))) }
