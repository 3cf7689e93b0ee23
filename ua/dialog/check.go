package dialog

import "offhook/ua/sip"

// Check is what a dialog says to a request of the peer.
type Check uint8

const (
	// Fresh: next in order; go on.
	Fresh Check = iota
	// Repeated: the number was used already, so this is the same request by
	// another way. An ACK and a CANCEL are never Repeated: they share the INVITE's.
	Repeated
	// Stale: the number is lower than one before (RFC 3261, section 12.2.2).
	Stale
	// Foreign: of another dialog.
	Foreign
	// Broken: without a CSeq that fits its method (RFC 3261, section 8.1.1.5).
	Broken
)

// StatusCode is the response that refuses the request; 0 for Fresh.
func (c Check) StatusCode() int {
	switch c {
	case Fresh:
		return 0
	case Repeated:
		return 482 // merged (RFC 3261, section 8.2.2.2)
	case Stale:
		return 500
	case Foreign:
		return 481
	case Broken:
		return 400
	}
	return 500
}

// CheckRequest judges a request by its tags and its CSeq, and remembers the
// number of a Fresh one. The target isn't touched: see Refresh.
func (d *Dialog) CheckRequest(r *sip.Request) Check {
	if RequestID(r) != d.id {
		return Foreign
	}
	c := r.CSeq()
	if c == nil || c.MethodName != r.Method {
		return Broken
	}
	seq := c.SeqNo
	if r.Method == sip.ACK || r.Method == sip.CANCEL {
		if d.heard && seq > d.remoteSeq {
			return Broken // for an INVITE that never came
		}
		return Fresh
	}
	switch {
	case d.heard && seq < d.remoteSeq:
		return Stale
	case d.heard && seq == d.remoteSeq:
		return Repeated
	}
	d.remoteSeq, d.heard = seq, true
	return Fresh
}

// Matches says that a message from the peer belongs to the dialog.
func (d *Dialog) Matches(m sip.Message) bool {
	switch m := m.(type) {
	case *sip.Request:
		return RequestID(m) == d.id
	case *sip.Response:
		return ResponseID(m) == d.id
	default:
		return false
	}
}
