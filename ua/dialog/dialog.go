package dialog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offhook/ua/sip"
)

// Conditions under which a message makes no dialog.
var (
	// ErrNoTag: the side that must have named itself didn't.
	ErrNoTag = errors.New("no tag")
	// ErrNoTarget: neither a Contact nor a source address says where the peer is.
	ErrNoTarget = errors.New("no remote target")
	// ErrIncomplete: a header that every message has is missing.
	ErrIncomplete = errors.New("incomplete message")
)

// ID names a dialog. It is comparable, so a map's key: tags are in lower case,
// because they are tokens and those have no case (RFC 3261, section 7.3.1).
type ID struct{ CallID, Local, Remote string }

// RequestID is the dialog that a request from the peer belongs to.
func RequestID(r *sip.Request) ID {
	return ID{
		CallID: headerValue(r, "Call-ID", "i"),
		Local:  tag(headerValue(r, "To", "t")),
		Remote: tag(headerValue(r, "From", "f")),
	}
}

// ResponseID is the dialog that a response to our request belongs to.
func ResponseID(r *sip.Response) ID {
	return ID{
		CallID: headerValue(r, "Call-ID", "i"),
		Local:  tag(headerValue(r, "From", "f")),
		Remote: tag(headerValue(r, "To", "t")),
	}
}

// Dialog is one dialog, early or confirmed.
//
//	          1xx with a tag            2xx: Confirm
//	INVITE -------------------> early -------------> confirmed
//	    \------------------- 2xx -------------------/
//
// The fields belong to its one owner.
type Dialog struct {
	id        ID
	uac       bool // we sent the INVITE that made it, and so own the Call-ID
	confirmed bool
	callID    string
	local     string // our From or To, whole, as the dialog's first messages had it
	remote    string // the peer's
	contact   string // our Contact in requests; empty for none

	localSeq  uint32 // of our newest request
	remoteSeq uint32 // of the peer's newest request
	heard     bool   // remoteSeq means something

	// secure says that the dialog was made by a request to a sips URI (RFC 3261, section 12.1):
	// none of its requests may leave in the clear.
	secure bool
	routes []sip.URI // in the order that our requests pass them
	target sip.URI
	// guessed says that target is where messages came from, for want of a Contact.
	guessed bool
}

// NewUAC makes the dialog that res, a 1xx with a To tag or a 2xx, creates for our
// invite. peer is where res came from: it stands in for a missing Contact (interop 19).
func NewUAC(invite *sip.Request, res *sip.Response, peer sip.Target) (*Dialog, error) {
	d := &Dialog{
		id:        ResponseID(res),
		uac:       true,
		confirmed: res.StatusCode >= 200,
		callID:    headerValue(invite, "Call-ID", "i"),
		local:     headerValue(invite, "From", "f"),
		remote:    headerValue(res, "To", "t"),
		contact:   headerValue(invite, "Contact", "m"),
		secure:    invite.Recipient.IsEncrypted(),
	}
	d.id.CallID = d.callID
	d.id.Local = tag(d.local)
	seq := invite.CSeq()
	switch {
	case seq == nil || d.callID == "" || d.local == "":
		return nil, fmt.Errorf("%w: the INVITE lacks Call-ID, From or CSeq", ErrIncomplete)
	case d.id.Local == "":
		return nil, fmt.Errorf("%w in the INVITE's From", ErrNoTag)
	case d.id.Remote == "":
		// RFC 2543 peers send none in a 2xx: they are told apart by having none
		// (RFC 3261, section 12.1.2). A 1xx without a tag makes no dialog.
		if !d.confirmed {
			return nil, fmt.Errorf("%w in the response's To", ErrNoTag)
		}
	}
	d.localSeq = seq.SeqNo
	d.setRoutes(res, true)
	if err := d.firstTarget(res, peer); err != nil {
		return nil, err
	}
	return d, nil
}

// NewUAS makes the dialog that the peer's invite creates with the tag that our
// responses carry. contact is our own Contact value, as in those responses. peer
// is where invite came from.
func NewUAS(invite *sip.Request, localTag, contact string, peer sip.Target) (*Dialog, error) {
	d := &Dialog{
		id:      RequestID(invite),
		callID:  headerValue(invite, "Call-ID", "i"),
		local:   headerValue(invite, "To", "t"),
		remote:  headerValue(invite, "From", "f"),
		contact: contact,
		secure:  invite.Recipient.IsEncrypted() && (peer.Transport == sip.TLS || peer.Transport == sip.WSS),
	}
	seq := invite.CSeq()
	switch {
	case seq == nil || d.callID == "" || d.local == "" || d.remote == "":
		return nil, fmt.Errorf("%w: the INVITE lacks Call-ID, From, To or CSeq", ErrIncomplete)
	case localTag == "":
		return nil, fmt.Errorf("%w for our side", ErrNoTag)
	}
	if d.id.Local == "" {
		d.local += ";tag=" + localTag
		d.id.Local = strings.ToLower(localTag)
	}
	d.remoteSeq, d.heard = seq.SeqNo, true
	d.setRoutes(invite, false)
	if err := d.firstTarget(invite, peer); err != nil {
		return nil, err
	}
	return d, nil
}

// Confirm takes a 2xx for an early dialog of ours. The route set is computed
// again from it, as the 1xx may have come another way (RFC 3261, section 13.2.2.4).
func (d *Dialog) Confirm(res *sip.Response, peer sip.Target) {
	d.confirmed = true
	d.setRoutes(res, true)
	if !d.Refresh(res) && d.guessed {
		if u, ok := peerURI(peer); ok {
			d.target = u
		}
	}
}

// Established marks our side's 2xx to the peer's INVITE as sent.
func (d *Dialog) Established() { d.confirmed = true }

// setRoutes takes the Record-Route of the message that made the dialog: in
// reverse order as the caller, as it stands as the callee (RFC 3261, sections
// 12.1.1 and 12.1.2). It is never changed later.
func (d *Dialog) setRoutes(m sip.Message, reverse bool) {
	d.routes = uris(m, "Record-Route")
	if reverse {
		slices.Reverse(d.routes)
	}
}

func (d *Dialog) firstTarget(m sip.Message, peer sip.Target) error {
	if u, ok := firstContact(m); ok {
		d.target = u
		return nil
	}
	u, ok := peerURI(peer)
	if !ok {
		return fmt.Errorf("%w: no Contact, and no address that the message came from", ErrNoTarget)
	}
	d.target, d.guessed = u, true
	return nil
}

// Refresh takes the Contact of a target refresh as the new remote target: of a
// re-INVITE or UPDATE that we accept, or of a 2xx to one of ours (RFC 3261,
// section 12.2). It reports whether there was one.
func (d *Dialog) Refresh(m sip.Message) bool {
	u, ok := firstContact(m)
	if ok {
		d.target, d.guessed = u, false
	}
	return ok
}

// SetContact makes another address ours: the requests from now on tell it to the peer.
func (d *Dialog) SetContact(contact string) { d.contact = contact }

// ID names the dialog.
func (d *Dialog) ID() ID { return d.id }

// Confirmed says that a 2xx was sent or came.
func (d *Dialog) Confirmed() bool { return d.confirmed }

// OwnsCallID says that we chose the Call-ID: our role after a glare (RFC 3261, section 14.1).
func (d *Dialog) OwnsCallID() bool { return d.uac }

// Target is the peer's URI for requests.
func (d *Dialog) Target() sip.URI { return *d.target.Clone() }

// TargetGuessed says that the peer gave no Contact: worth a word in the log.
func (d *Dialog) TargetGuessed() bool { return d.guessed }

// Routes are the URIs of the route set, nearest first.
func (d *Dialog) Routes() []string {
	var texts []string
	for _, r := range d.routes {
		texts = append(texts, r.String())
	}
	return texts
}
