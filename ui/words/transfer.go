package words

import (
	"fmt"

	"offhook/ua"
	"offhook/ua/call"
)

// Moving is the state of a call that is being sent elsewhere, in a word; empty when
// it isn't.
func Moving(c ua.CallInfo) string {
	switch {
	case !c.Transfer.State.Active():
		return ""
	case c.Transfer.Role == ua.Transferor:
		return "transferring…"
	case c.Pending == ua.PendingTransfer:
		return "asks you"
	}
	return "sent on…"
}

// Progress tells how far a transfer under way is, for the call's second line.
func Progress(t ua.TransferInfo) string {
	to := "to " + Address(t.Target)
	switch t.State {
	case call.TransferHolding:
		return to + ": holding first"
	case call.TransferAsked:
		return to + ": asked"
	case call.TransferAccepted:
		switch {
		case t.Code == 180:
			return to + ": rings there"
		case t.Code > 100 && t.Code < 200:
			return to + ": on the way"
		}
		return to + ": trying"
	case call.TransferNone, call.TransferDone, call.TransferFailed, call.TransferUnknown:
	}
	return ""
}

// Transfer is the sentence about a change of a transfer, as far as it is news; empty
// when the call's line or its end tells it.
func Transfer(c ua.CallInfo) string {
	t, who, to := c.Transfer, Party(c), Address(c.Transfer.Target)
	over := c.State == call.Closing || c.State == call.Ended
	if t.Role == ua.Transferee {
		switch t.State {
		case call.TransferAccepted:
			if t.Code > 100 {
				return ""
			}
			return fmt.Sprintf("%s sends you on to %s", who, to)
		case call.TransferFailed:
			s := fmt.Sprintf("You stay with %s: the call to %s didn’t come about", who, to)
			if over {
				s = fmt.Sprintf("The call to %s, where %s sent you, didn’t come about", to, who)
			}
			return s + because(t)
		case call.TransferNone, call.TransferHolding, call.TransferAsked, call.TransferDone, call.TransferUnknown:
		}
		return ""
	}
	switch t.State {
	case call.TransferHolding:
		return fmt.Sprintf("Transferring %s to %s…", who, to)
	case call.TransferDone:
		return fmt.Sprintf("%s is connected to %s", who, to)
	case call.TransferFailed:
		s := fmt.Sprintf("%s couldn’t be transferred to %s and is yours again", who, to)
		if over {
			s = fmt.Sprintf("%s couldn’t be transferred to %s", who, to)
		}
		return s + because(t)
	case call.TransferUnknown:
		return fmt.Sprintf("%s was sent to %s; whether they talk isn’t known%s", who, to, because(t))
	case call.TransferNone, call.TransferAsked, call.TransferAccepted:
	}
	return ""
}

// because adds what went wrong, in ua's words.
func because(t ua.TransferInfo) string {
	switch {
	case t.Err != nil:
		return ": " + t.Err.Error()
	case t.Code >= 300:
		return fmt.Sprintf(" (%d %s)", t.Code, t.Reason)
	}
	return ""
}

// left is the sentence that closes a call which ended because somebody was sent on;
// empty when it ended for itself.
func left(c ua.CallInfo, who string) string {
	t := c.Transfer
	to := Address(t.Target)
	switch {
	case c.ReplacedBy != 0:
		return fmt.Sprintf("%s handed you over", who)
	case t.State == call.TransferNone || t.State == call.TransferFailed:
		return ""
	case t.Role == ua.Transferee && t.State == call.TransferDone:
		return fmt.Sprintf("%s put you through to %s", who, to)
	case t.Role == ua.Transferee:
		return ""
	case t.State == call.TransferDone, t.State == call.TransferUnknown:
		return Transfer(c)
	case t.State == call.TransferAccepted:
		return fmt.Sprintf("%s has left for %s", who, to)
	}
	return ""
}
