package ua

import (
	"fmt"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// diversion is why a call is sent on, as Diversion says it (RFC 5806, section 5).
type diversion string

const (
	unconditional diversion = "unconditional"
	userBusy      diversion = "user-busy"
	noAnswer      diversion = "no-answer"
	deflection    diversion = "deflection"
	unknownReason diversion = "unknown" // a rule's: none of the tokens fits
)

// divert is a 302 to be sent.
type divert struct {
	to  sip.URI
	why diversion
}

// maxDiversions bounds how often a call may have been sent on before: two phones
// that forward to each other would never end.
const maxDiversions = 8

// diversions counts how often a call has been sent on, by Diversion's counters.
func diversions(req *sip.Request) int {
	n := 0
	for _, v := range sip.HeaderValues(req, "Diversion") {
		count := 1
		for _, p := range strings.Split(v, ";")[1:] {
			if k, value, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(k), "counter") {
				if c, err := strconv.Atoi(strings.Trim(value, `" `)); err == nil && c > 0 {
					count = min(c, maxDiversions)
				}
			}
		}
		n += count
	}
	return n
}

// addRedirection makes a 302 say where to and why (RFC 3261, section 21.3.3). What
// sent the call on before stays below our Diversion. History-Info goes to who
// understands it: the entries that came, one for us when the last isn't, and the
// Contact names it by mp (RFC 7044, sections 5 and 10.3).
func addRedirection(res *sip.Response, req *sip.Request, self string, d divert) {
	to := d.to
	to.Headers = nil
	contact := "<" + to.String() + ">"
	if history, index := historyFor(req); len(history) > 0 {
		sip.RemoveHeaders(res, "History-Info")
		for _, h := range history {
			res.AppendHeader(sip.NewHeader("History-Info", h))
		}
		contact += ";mp=" + index
	}
	set(res, "Contact", contact)
	res.AppendHeader(sip.NewHeader("Diversion", fmt.Sprintf("<%s>;reason=%s;counter=1", self, d.why)))
	for _, v := range sip.HeaderValues(req, "Diversion") {
		res.AppendHeader(sip.NewHeader("Diversion", v))
	}
}

// historyFor is the history to send back, and the index of the entry that is us. It
// is empty for a caller that doesn't understand it.
func historyFor(req *sip.Request) (entries []string, index string) {
	understood := false
	for _, tag := range sip.HeaderValues(req, "Supported") {
		understood = understood || strings.EqualFold(tag, "histinfo")
	}
	if !understood {
		return nil, ""
	}
	entries = append(entries, sip.HeaderValues(req, "History-Info")...)
	us := display(req.Recipient)
	index = "1"
	if n := len(entries); n > 0 {
		last := entries[n-1]
		for _, p := range strings.Split(last[strings.LastIndexByte(last, '>')+1:], ";") {
			if k, v, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(k), "index") {
				index = strings.TrimSpace(v)
			}
		}
		if strings.Contains(last, us) {
			return entries, index
		}
		index += ".1"
	}
	return append(entries, fmt.Sprintf("<%s>;index=%s", req.Recipient.String(), index)), index
}
