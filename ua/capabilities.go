package ua

import (
	"slices"
	"strings"

	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// What the phone says of itself is collected here, and nowhere else: Allow,
// Supported, Accept and Allow-Events list what the code does (RFC 3261, section
// 20). Who adds a method, an extension, a body or an event package adds its line.

// serves are the requests that are served, within or without a dialog.
func serves() []sip.Method {
	return []sip.Method{
		sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS,
		sip.INFO,              // RFC 6086, section 4.2.2: digits
		sip.REFER, sip.NOTIFY, // RFC 3515
		sip.MESSAGE,   // RFC 3428
		sip.SUBSCRIBE, // RFC 6665
		sip.PRACK,     // RFC 3262
		sip.UPDATE,    // RFC 3311
	}
}

// extensions are the option tags of what the account speaks; a Require of any other
// is refused (RFC 3261, section 8.2.2.3).
func (l *line) extensions() []string {
	tags := []string{
		"replaces",   // RFC 3891
		"join",       // RFC 3911
		"norefersub", // RFC 4488
		"tdialog",    // RFC 4538
		"answermode", // RFC 5373
		"timer",      // RFC 4028
		"199",        // RFC 6228
	}
	if l.acc.Reliable != call.ReliableOff {
		tags = append(tags, "100rel") // RFC 3262
	}
	if l.acc.GRUU != GRUUOff {
		tags = append(tags, "gruu") // RFC 5627, section 4.4.1
	}
	if l.acc.Outbound != OutboundOff {
		tags = append(tags, "outbound") // RFC 5626, section 11.3
	}
	if l.acc.ICE.of(false) != ICEOff {
		tags = append(tags, tagTrickle) // RFC 8840, section 10.6
	}
	return tags
}

// bodies are the types that some request may bring.
func bodies() []string {
	return []string{typeSDP, typeRelay, typeDTMF, event.TypeFragment, typeText, event.TypeCPIM, event.TypeSummary}
}

// eventPackages are those that a SUBSCRIBE may ask for (RFC 6665, section 8.2.2).
func eventPackages() []string { return []string{event.PackageRefer, event.Dialogs, event.Presence} }

// allow is the value of Allow.
func allow() string {
	var names []string
	for _, m := range serves() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// addCapabilities puts in what RFC 3261, sections 13.2.1 and 13.3.1.4, ask of an
// INVITE and its 2xx.
func (l *line) addCapabilities(m sip.Message) {
	set(m, "Allow", allow())
	if tags := l.extensions(); len(tags) > 0 {
		set(m, "Supported", strings.Join(tags, ", "))
	}
	if events := eventPackages(); len(events) > 0 {
		set(m, "Allow-Events", strings.Join(events, ", "))
	}
	if l.acc.ICE.of(false) != ICEOff {
		set(m, "Recv-Info", tagTrickle) // RFC 6086, section 5.2.1
	}
}

// speaks says whether an extension is among the account's.
func (l *line) speaks(tag string) bool {
	return slices.ContainsFunc(l.extensions(), func(s string) bool { return strings.EqualFold(s, tag) })
}
