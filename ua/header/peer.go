package header

import (
	"net/http"
	"strings"
	"time"

	"offhook/ua/sip"
)

// Peer is what the other side's messages say beside From: none of it is checked, and
// all of it is safe to show.
type Peer struct {
	Subject, Organization string
	// Priority is "emergency", "urgent", "normal", "non-urgent" or the peer's own word, in
	// lower case; empty for none.
	Priority string
	// UserAgent is the peer's software: User-Agent, or Server.
	UserAgent string
	// AssertedIdentity is who the network says it is (RFC 3325); Trusted says that it came
	// from the account's own proxy, so that there is reason to believe it.
	AssertedIdentity Identity
	Trusted          bool
	RemotePartyID    RemoteParty
	Privacy          Privacy
	// AlertInfo and CallInfo are their headers' values, as they stand there.
	AlertInfo, CallInfo []string
	Diversion           []Diversion
	History             []HistoryEntry
	Date                time.Time
}

// Read reads what a message says of its sender. Trusted is left to the caller.
func Read(m sip.Message) Peer {
	p := Peer{
		Subject:          Clean(sip.HeaderValue(m, "Subject")),
		Organization:     Clean(sip.HeaderValue(m, "Organization")),
		Priority:         strings.ToLower(Clean(sip.HeaderValue(m, "Priority"))),
		UserAgent:        Clean(sip.HeaderValue(m, "User-Agent")),
		AssertedIdentity: Asserted(m),
		RemotePartyID:    RemotePartyOf(m),
		Privacy:          PrivacyOf(m),
		AlertInfo:        texts(m, "Alert-Info"),
		CallInfo:         texts(m, "Call-Info"),
		Diversion:        Diversions(m),
		History:          History(m),
		Date:             date(sip.HeaderValue(m, "Date")),
	}
	if p.UserAgent == "" {
		p.UserAgent = Clean(sip.HeaderValue(m, "Server"))
	}
	return p
}

// Merge takes what a later message says, and keeps the rest.
func (p Peer) Merge(q Peer) Peer {
	keep := func(new, old string) string {
		if new == "" {
			return old
		}
		return new
	}
	p.Subject, p.Organization = keep(q.Subject, p.Subject), keep(q.Organization, p.Organization)
	p.Priority, p.UserAgent = keep(q.Priority, p.Priority), keep(q.UserAgent, p.UserAgent)
	if !q.AssertedIdentity.IsZero() {
		p.AssertedIdentity, p.Trusted = q.AssertedIdentity, q.Trusted
	}
	if !q.RemotePartyID.IsZero() {
		p.RemotePartyID = q.RemotePartyID
	}
	if q.Privacy != 0 {
		p.Privacy = q.Privacy
	}
	if q.AlertInfo != nil {
		p.AlertInfo = q.AlertInfo
	}
	if q.CallInfo != nil {
		p.CallInfo = q.CallInfo
	}
	if q.Diversion != nil {
		p.Diversion = q.Diversion
	}
	if q.History != nil {
		p.History = q.History
	}
	if !q.Date.IsZero() {
		p.Date = q.Date
	}
	return p
}

// texts are a header's values, cleaned.
func texts(m sip.Message, name string) []string {
	var out []string
	for _, v := range sip.HeaderValues(m, name) {
		if v = Clean(v); v != "" {
			out = append(out, v)
		}
		if len(out) == maxItems {
			break
		}
	}
	return out
}

// date reads a SIP date, which is always GMT (RFC 3261, section 20.17); zero for nonsense.
func date(s string) time.Time {
	t, err := time.Parse(http.TimeFormat, strings.TrimSpace(s))
	if err != nil {
		return time.Time{}
	}
	return t
}
