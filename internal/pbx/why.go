package pbx

import (
	"offhook/ua/header"
	"offhook/ua/sip"
)

// cancelReasons are what the CANCEL of a branch says (RFC 3326, section 3.1): that another
// phone answered or declined for all, or what the caller's own CANCEL said. A branch that
// rang too long is cancelled without a word.
func (s *session) cancelReasons() []sip.Header {
	switch {
	case s.fork.canceled:
		return s.callerReasons
	case s.fork.answered && s.fork.best.code < 600:
		return []sip.Header{sip.NewHeader("Reason", header.CompletedElsewhere().String())}
	case s.fork.best.code >= 600:
		r := header.Reason{Protocol: "SIP", Cause: s.fork.best.code, Text: sip.ReasonPhrase(s.fork.best.code)}
		return []sip.Header{sip.NewHeader("Reason", r.String())}
	}
	return nil
}

// reasons copies the Reason headers of a message.
func reasons(m sip.Message) []sip.Header {
	var out []sip.Header
	for _, v := range sip.HeaderValues(m, "Reason") {
		out = append(out, sip.NewHeader("Reason", v))
	}
	return out
}
