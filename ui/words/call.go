package words

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/cell"
)

// State is a call's state in a word or two. A hold is told as done only when it is.
func State(c ua.CallInfo) string {
	switch c.State {
	case call.Idle:
		return "starting…"
	case call.Calling:
		return "calling…"
	case call.Early:
		return "ringing…"
	case call.Incoming:
		return "incoming"
	case call.Answering:
		return "answering…"
	case call.Confirmed:
		if s := Moving(c); s != "" {
			return s
		}
		return holding(c.Hold)
	case call.Closing:
		return "hanging up…"
	case call.Ended:
		return "ended"
	}
	return ""
}

func holding(h ua.Hold) string {
	switch {
	case h.Desired && !h.Local:
		return "holding…"
	case !h.Desired && h.Local:
		return "resuming…"
	case h.Local && h.Remote:
		return "held by both"
	case h.Local:
		return "on hold"
	case h.Remote:
		return "they hold you"
	}
	return "talking"
}

// Party is the short name of a call's other side: the name it gave, or its user part.
func Party(c ua.CallInfo) string {
	if n := strings.TrimSpace(c.RemoteName); n != "" {
		return n
	}
	return Address(c.RemoteURI)
}

// Address is a SIP URI as people write it: without scheme and parameters.
func Address(uri string) string {
	s := strings.TrimSpace(uri)
	for _, scheme := range []string{"sips:", "sip:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	if i := strings.IndexAny(s, ";?"); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return "unknown"
	}
	return s
}

// CallBack is what to dial to reach whoever called; empty for a call that we made
// and for a caller without an address (RFC 3323, section 4.1.1.3).
func CallBack(c ua.CallInfo) string {
	uri := strings.TrimSpace(c.RemoteURI)
	if c.Direction != ua.Incoming || uri == "" || strings.Contains(strings.ToLower(uri), "anonymous.invalid") {
		return ""
	}
	if strings.HasPrefix(strings.ToLower(uri), "sip:") {
		return Address(uri)
	}
	return uri // sips and tel mean something
}

// Elapsed is how long a call has been up, or has rung when nobody answered.
func Elapsed(c ua.CallInfo, now time.Time) time.Duration {
	from, to := c.Answered, now
	if from.IsZero() {
		from = c.Created
	}
	if !c.Ended.IsZero() {
		to = c.Ended
	}
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

// maxParty is what a name takes of a sentence, in cells: why a call ended matters more.
const maxParty = 40

// Ended is the sentence that closes a call: who ended it, why, and how long it
// was. What failed is told in ua's words (CallInfo.Err).
func Ended(c ua.CallInfo) string {
	who := cell.Trunc(Party(c), maxParty, "…")
	if s := left(c, who); s != "" {
		return s
	}
	if !c.Answered.IsZero() {
		return finished(c, who)
	}
	switch c.Cause {
	case call.Canceled, call.LocalHangup:
		return fmt.Sprintf("You stopped calling %s", who)
	case call.RemoteCanceled, call.RemoteHangup:
		return fmt.Sprintf("Missed call from %s, who rang for %s", who, Long(Elapsed(c, c.Ended)))
	case call.AnsweredElsewhere:
		return fmt.Sprintf("Another phone took the call from %s", who)
	case call.Declined:
		if c.ForwardedTo != "" {
			return fmt.Sprintf("The call from %s was sent on to %s", who, Address(c.ForwardedTo))
		}
		return fmt.Sprintf("You rejected the call from %s", who)
	case call.Rejected:
		return failed(c, who+" didn’t take the call")
	case call.NoAnswer:
		if c.Direction == ua.Incoming { // it rang out here
			return "Missed call from " + who
		}
		return who + " didn’t answer"
	case call.Timeout:
		return failed(c, "No reply to the call to "+who)
	case call.TransportFailure:
		return failed(c, "Couldn’t reach "+who)
	case call.AuthFailure:
		return failed(c, "The call to "+who+" wasn’t allowed")
	case call.MediaFailure:
		return failed(c, "No audio could be agreed with "+who)
	case call.ProtocolError:
		return failed(c, "The call with "+who+" broke the protocol")
	case call.Shutdown:
		return "The phone closed before " + who + " was connected"
	case call.CauseNone:
	}
	return failed(c, "The call with "+who+" ended")
}

// finished tells the end of a call that had been answered.
func finished(c ua.CallInfo, who string) string {
	after := " after " + Long(Elapsed(c, c.Ended).Truncate(time.Second)) // as Clock has it
	switch c.Cause {
	case call.LocalHangup, call.Canceled, call.Declined:
		return "You hung up on " + who + after
	case call.RemoteHangup, call.RemoteCanceled, call.Rejected, call.AnsweredElsewhere:
		return who + " hung up" + after + said(c)
	case call.Timeout, call.TransportFailure, call.NoAnswer:
		return failed(c, "Lost the connection to "+who+after)
	case call.MediaFailure:
		return failed(c, "The audio with "+who+" failed"+after)
	case call.AuthFailure, call.ProtocolError:
		return failed(c, "The call with "+who+" broke off"+after)
	case call.Shutdown:
		return "The phone closed; the call with " + who + " ended" + after
	case call.CauseNone:
	}
	return failed(c, "The call with "+who+" ended"+after)
}

// said adds why the other side ended the call, when it says more than that it did (RFC 3326).
func said(c ua.CallInfo) string {
	r := c.EndReason
	ordinary := r.Protocol == "Q.850" && r.Cause == 16 || r.Protocol == "SIP" && r.Cause == 200
	if ordinary || r.Words() == "" {
		return ""
	}
	return ": " + r.Words()
}

// failed adds what went wrong, when it is known.
func failed(c ua.CallInfo, s string) string {
	if c.Err != nil {
		return s + ": " + c.Err.Error()
	}
	if c.Code != 0 {
		return fmt.Sprintf("%s (%d %s)", s, c.Code, c.Reason)
	}
	return s
}

// Outcome is Ended in a few words, for a list.
func Outcome(c ua.CallInfo) string {
	switch {
	case !c.Answered.IsZero():
		return "talked " + Clock(Elapsed(c, c.Ended))
	case c.ForwardedTo != "":
		return "forwarded"
	case c.Cause == call.Declined:
		return "rejected"
	case c.Cause == call.AnsweredElsewhere:
		return "elsewhere"
	case c.Direction == ua.Incoming:
		return "missed"
	case c.Cause == call.Canceled || c.Cause == call.LocalHangup:
		return "stopped"
	case c.Cause == call.NoAnswer:
		return "no answer"
	case c.Cause == call.Rejected && (c.Code == 486 || c.Code == 600):
		return "busy"
	case c.Cause == call.Rejected && c.Code != 0:
		return fmt.Sprintf("refused %d", c.Code)
	}
	return "failed"
}
