package dialog

import (
	"fmt"

	"offhook/ua/sip"
)

// NewSubscriber makes the dialog that notify, the first NOTIFY of a notifier, creates
// for our subscribe: it may come before any 2xx, and from several notifiers (RFC
// 6665, section 4.1.4). peer is where notify came from.
func NewSubscriber(subscribe, notify *sip.Request, peer sip.Target) (*Dialog, error) {
	d, err := NewUAS(notify, tag(headerValue(notify, "To", "t")), headerValue(subscribe, "Contact", "m"), peer)
	if err != nil {
		return nil, err
	}
	seq := subscribe.CSeq()
	if seq == nil {
		return nil, fmt.Errorf("%w: the SUBSCRIBE lacks CSeq", ErrIncomplete)
	}
	d.uac, d.confirmed, d.secure = true, true, subscribe.Recipient.IsEncrypted()
	d.localSeq = seq.SeqNo
	d.heard = false // CheckRequest takes the NOTIFY itself first
	d.local = headerValue(subscribe, "From", "f")
	return d, nil
}

// LocalTag is our tag, as it was chosen.
func (d *Dialog) LocalTag() string {
	_, params, err := sip.ParseAddress(d.local)
	if err != nil {
		return d.id.Local
	}
	t, _ := sip.ParamValue(params, "tag")
	return t
}
