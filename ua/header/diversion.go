package header

import (
	"sort"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// Diversion is one redirection of a call on its way here (RFC 5806): who had been
// called, and why the call went on.
type Diversion struct {
	Identity
	// Reason is "unconditional", "user-busy", "no-answer", …
	Reason string
	// Counter is how many diversions this one stands for, 0 when it doesn't say.
	Counter int
	// Privacy says that the diverting party wants not to be shown: "full", "name", "uri".
	Privacy string
}

// Diversions are a message's, the newest first, as they stand there.
func Diversions(m sip.Message) []Diversion {
	var out []Diversion
	for _, v := range sip.HeaderValues(m, "Diversion") {
		id, p, ok := address(v)
		if !ok {
			continue
		}
		get := func(name string) string {
			s, _ := sip.ParamValue(p, name)
			return strings.ToLower(Clean(s))
		}
		d := Diversion{Identity: id, Reason: get("reason"), Privacy: get("privacy")}
		if n, err := strconv.ParseUint(get("counter"), 10, 8); err == nil {
			d.Counter = int(n)
		}
		if out = append(out, d); len(out) == maxItems {
			break
		}
	}
	return out
}

// HistoryEntry is one hop of a call's target (RFC 7044): to whom the request went, and
// why it went on from there.
type HistoryEntry struct {
	Identity
	// Index orders the entries: "1", "1.1", "1.2".
	Index string
	// Reason is what ended this hop: the status that the target answered with.
	Reason Reason
	// Changed says how the target came to be: "rc" (same user), "mp" (another user), "np".
	Changed string
	// Private says that the entry isn't to be shown.
	Private bool
}

// History is a message's History-Info in the order of the indexes.
func History(m sip.Message) []HistoryEntry {
	var out []HistoryEntry
	for _, v := range sip.HeaderValues(m, "History-Info") {
		_, uri, p, err := sip.ParseNameAddr(v)
		if err != nil {
			continue
		}
		id, _, _ := address(v)
		e := HistoryEntry{Identity: id}
		index, _ := sip.ParamValue(p, "index")
		e.Index = Clean(index)
		for _, tag := range [...]string{"rc", "mp", "np"} {
			if _, ok := sip.ParamValue(p, tag); ok {
				e.Changed = tag
			}
		}
		// Reason and Privacy ride in the URI's headers (RFC 7044, section 5.1).
		for _, h := range uri.Headers {
			switch value := sip.Unescape(h.V); {
			case strings.EqualFold(h.K, "Reason"):
				e.Reason, _ = ParseReason(value)
			case strings.EqualFold(h.K, "Privacy"):
				q, _ := privacy(value)
				e.Private = q&(PrivacyHistory|PrivacyID|PrivacyHeader|PrivacySession) != 0
			}
		}
		if out = append(out, e); len(out) == maxItems {
			break
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return indexBefore(out[i].Index, out[j].Index) })
	return out
}

// indexBefore compares "1.2" and "1.10" number by number.
func indexBefore(a, b string) bool {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		n, errN := strconv.ParseUint(x, 10, 32)
		m, errM := strconv.ParseUint(y, 10, 32)
		if errN != nil || errM != nil {
			return false
		}
		if n != m {
			return n < m
		}
	}
	return a == "" && b != ""
}
