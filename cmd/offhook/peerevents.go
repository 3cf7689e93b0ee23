package main

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
)

// peerJSON is ua.PeerHeaders for readers of JSON.
type peerJSON struct {
	Subject          string           `json:"subject,omitempty"`
	Priority         string           `json:"priority,omitempty"`
	Organization     string           `json:"organization,omitempty"`
	UserAgent        string           `json:"user_agent,omitempty"`
	AssertedIdentity *identityJSON    `json:"asserted_identity,omitempty"`
	Trusted          bool             `json:"trusted,omitempty"`
	RemotePartyID    *remotePartyJSON `json:"remote_party_id,omitempty"`
	Privacy          []string         `json:"privacy,omitempty"`
	AlertInfo        []string         `json:"alert_info,omitempty"`
	CallInfo         []string         `json:"call_info,omitempty"`
	Diversion        []diversionJSON  `json:"diversion,omitempty"`
	History          []historyJSON    `json:"history,omitempty"`
	Date             *time.Time       `json:"date,omitempty"`
}

type (
	identityJSON struct {
		Name string `json:"name,omitempty"`
		URI  string `json:"uri"`
	}
	remotePartyJSON struct {
		identityJSON
		Party   string `json:"party,omitempty"`
		Screen  string `json:"screen,omitempty"`
		Privacy string `json:"privacy,omitempty"`
	}
	diversionJSON struct {
		identityJSON
		Reason  string `json:"reason,omitempty"`
		Counter int    `json:"counter,omitempty"`
	}
	historyJSON struct {
		identityJSON
		Index   string      `json:"index"`
		Changed string      `json:"changed,omitempty"`
		Reason  *reasonJSON `json:"reason,omitempty"`
	}
	reasonJSON struct {
		Protocol string `json:"protocol"`
		Cause    int    `json:"cause,omitempty"`
		Text     string `json:"text,omitempty"`
		// Words say it to a person.
		Words string `json:"words,omitempty"`
	}
	// endJSON is what came with the end of a call.
	endJSON struct {
		// Why says it all in words; empty for an ordinary end without a reason.
		Why        string      `json:"why,omitempty"`
		EndReason  *reasonJSON `json:"end_reason,omitempty"`
		Warning    string      `json:"warning,omitempty"`
		RetryAfter float64     `json:"retry_after_s,omitempty"`
	}
)

func identityOf(i ua.Identity) identityJSON { return identityJSON{i.Name, i.URI} }

func reasonOf(r ua.Reason) *reasonJSON {
	if r.IsZero() {
		return nil
	}
	return &reasonJSON{r.Protocol, r.Cause, r.Text, r.Words()}
}

// peerOf is nil for a peer that says nothing.
func peerOf(p ua.PeerHeaders) *peerJSON {
	out := peerJSON{
		Subject: p.Subject, Priority: p.Priority, Organization: p.Organization, UserAgent: p.UserAgent,
		Trusted: p.Trusted, Privacy: p.Privacy.Names(), AlertInfo: p.AlertInfo, CallInfo: p.CallInfo,
	}
	something := out.Subject+out.Priority+out.Organization+out.UserAgent != "" || out.Privacy != nil || out.AlertInfo != nil || out.CallInfo != nil
	if id := p.AssertedIdentity; !id.IsZero() {
		i := identityOf(id)
		out.AssertedIdentity, something = &i, true
	}
	if r := p.RemotePartyID; !r.IsZero() {
		out.RemotePartyID, something = &remotePartyJSON{identityOf(r.Identity), r.Party, r.Screen, r.Privacy}, true
	}
	for _, d := range p.Diversion {
		out.Diversion, something = append(out.Diversion, diversionJSON{identityOf(d.Identity), d.Reason, d.Counter}), true
	}
	for _, h := range p.History {
		out.History, something = append(out.History, historyJSON{identityOf(h.Identity), h.Index, h.Changed, reasonOf(h.Reason)}), true
	}
	if !p.Date.IsZero() {
		out.Date, something = &p.Date, true
	}
	if !something {
		return nil
	}
	return &out
}

func endOf(c ua.CallInfo) endJSON {
	why := message(c.Err)
	if why == "" {
		why = c.EndReason.Words()
	}
	return endJSON{Why: why, EndReason: reasonOf(c.EndReason), Warning: c.Warning.Text, RetryAfter: c.RetryAfter.Seconds()}
}

// peerLine is what a person wants to know of a call before it is answered: how urgent it
// is, what it is about, and who had been called first. Empty for nothing.
func peerLine(c ua.CallInfo) string {
	var parts []string
	p := c.Peer
	switch p.Priority {
	case "", "normal":
	default:
		parts = append(parts, p.Priority)
	}
	if p.Subject != "" {
		parts = append(parts, "about "+p.Subject)
	}
	if p.Organization != "" {
		parts = append(parts, "from "+p.Organization)
	}
	if len(p.Diversion) > 0 {
		d := p.Diversion[0]
		via := "diverted by " + d.URI
		if d.Reason != "" {
			via += " (" + strings.ReplaceAll(d.Reason, "-", " ") + ")"
		}
		parts = append(parts, via)
	} else if n := len(p.History); n > 1 {
		if h := p.History[0]; !h.Private {
			parts = append(parts, "first to "+h.URI)
		}
	}
	if id := p.AssertedIdentity; !id.IsZero() && !p.Trusted {
		parts = append(parts, fmt.Sprintf("says it is %s, which nobody vouches for", first(id.Name, id.URI)))
	}
	return strings.Join(parts, "; ")
}
