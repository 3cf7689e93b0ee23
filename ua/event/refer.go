package event

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"offhook/ua/sip"
)

// PackageRefer is the event package that a REFER subscribes to (RFC 3515, section 3).
const PackageRefer = "refer"

// ReferTime is how long a referral is reported on: longer than any phone rings.
const ReferTime = 3 * time.Minute

// Referral is what a REFER asks for.
type Referral struct {
	To ReferTo
	// By is the Referred-By value as it stands, for the new INVITE (RFC 3892); empty for none.
	By string
	// ID is the REFER's CSeq: its subscription's name among others of the dialog.
	ID uint32
	// Silent: no NOTIFYs are wanted (RFC 4488).
	Silent bool
}

// ReadRefer reads a REFER. The code refuses it: 400 for what is malformed or said
// twice, 405-like wishes and foreign headers by 403; 0 with a nil error.
//
//	Refer-To: none, several, unreadable   400   (RFC 3515, section 2.4.1)
//	method other than INVITE              403
//	header that isn't ours to copy        403
//	Referred-By several times             400   (RFC 3892, section 3)
func ReadRefer(req *sip.Request) (Referral, int, error) {
	var r Referral
	to := sip.HeaderValues(req, "Refer-To")
	if len(to) != 1 {
		return r, 400, fmt.Errorf("%w: there are %d of them", ErrReferTo, len(to))
	}
	var err error
	if r.To, err = ParseReferTo(to[0]); err != nil {
		if errors.Is(err, ErrReferMethod) || errors.Is(err, ErrReferHeader) {
			return r, 403, err
		}
		return r, 400, err
	}
	by := sip.HeaderValues(req, "Referred-By")
	if len(by) > 1 {
		return r, 400, fmt.Errorf("%w: %d Referred-By headers", ErrReferTo, len(by))
	}
	if len(by) == 1 && !strings.ContainsAny(by[0], "\r\n") {
		if _, _, err := sip.ParseAddress(by[0]); err == nil {
			r.By = by[0]
		}
	}
	if c := req.CSeq(); c != nil {
		r.ID = c.SeqNo
	}
	sub, _, _ := strings.Cut(sip.HeaderValue(req, "Refer-Sub"), ";")
	r.Silent = strings.EqualFold(strings.TrimSpace(sub), "false")
	return r, 0, nil
}

// Notice is a NOTIFY to send.
type Notice struct {
	Fragment
	// Over ends the subscription with it.
	Over bool
	// Left is for how much longer the subscription lives.
	Left time.Duration
}

// SubscriptionState writes the header of that name (RFC 6665, section 4.1.3).
func (n Notice) SubscriptionState() string {
	if n.Over {
		return "terminated;reason=noresource"
	}
	return fmt.Sprintf("active;expires=%d", int((n.Left+time.Second-1)/time.Second))
}

// ReferNotifier decides which NOTIFY of a referral goes when: the first at once, one
// at a time so that they arrive in order, and nothing after the last.
//
//	Report ---> idle: send it ---> Answered ---> what was reported meanwhile, newest only
//	            busy: keep it
type ReferNotifier struct {
	until   time.Time
	busy    bool
	over    bool // the last one has been sent, or the peer wants no more
	told    Fragment
	waiting *Fragment
	// unsubscribed: the next one is the last.
	unsubscribed bool
}

// NewReferNotifier begins a subscription; the first NOTIFY is Report's, of a 100.
func NewReferNotifier(now time.Time) *ReferNotifier {
	return &ReferNotifier{until: now.Add(ReferTime)}
}

// Report tells how the referred call stands. ok says that the notice is to go now.
func (n *ReferNotifier) Report(now time.Time, f Fragment) (notice Notice, ok bool) {
	switch {
	case n.over, n.told == f && n.waiting == nil:
		return Notice{}, false
	case n.busy:
		if n.waiting == nil || !n.waiting.Final() {
			n.waiting = &f
		}
		return Notice{}, false
	}
	return n.send(now, f), true
}

func (n *ReferNotifier) send(now time.Time, f Fragment) Notice {
	n.busy, n.told, n.over = true, f, f.Final() || n.unsubscribed
	return Notice{Fragment: f, Over: n.over, Left: n.Left(now)}
}

// Answered tells the response to the NOTIFY that was sent; 0 for none. A refusal
// ends the subscription (RFC 6665, section 4.2.2), but the last of all, which has
// nothing after it.
func (n *ReferNotifier) Answered(now time.Time, code int) (notice Notice, ok bool) {
	n.busy = false
	if code == 0 || code >= 300 {
		n.over, n.waiting = true, nil
	}
	if n.over || n.waiting == nil {
		return Notice{}, false
	}
	f := *n.waiting
	n.waiting = nil
	return n.send(now, f), true
}

// Again takes a SUBSCRIBE within the subscription: it is told the state as it is, for the last
// time when expires is 0 (RFC 6665, section 4.2.1.2).
func (n *ReferNotifier) Again(now time.Time, expires time.Duration) (notice Notice, ok bool) {
	if n.over {
		return Notice{}, false
	}
	n.until, n.unsubscribed = now.Add(min(expires, ReferTime)), expires == 0
	if n.busy {
		if n.waiting == nil {
			told := n.told
			n.waiting = &told
		}
		return Notice{}, false
	}
	return n.send(now, n.told), true
}

// Left is for how much longer the subscription lives.
func (n *ReferNotifier) Left(now time.Time) time.Duration { return max(n.until.Sub(now), 0) }

// Over says that nothing is to be sent any more.
func (n *ReferNotifier) Over() bool { return n.over && !n.busy }

// Report is what a NOTIFY of the refer package says.
type Report struct {
	Fragment // Code 0: it says nothing
	// Over: it is the subscription's last.
	Over bool
	// ID is the REFER's CSeq that it names; 0 for none.
	ID uint32
}

// ReadReport reads a NOTIFY. The code refuses it: 489 for another package, 415 for
// a body that is no sipfrag, 400 for one that is unreadable.
func ReadReport(req *sip.Request) (Report, int) {
	var r Report
	name, params := EventOf(req)
	if name != PackageRefer {
		return r, 489
	}
	if id, ok := params["id"]; ok {
		if _, err := fmt.Sscanf(id, "%d", &r.ID); err != nil {
			return r, 400
		}
	}
	state, _, _ := strings.Cut(sip.HeaderValue(req, "Subscription-State"), ";")
	r.Over = strings.EqualFold(strings.TrimSpace(state), "terminated")
	if len(strings.TrimSpace(string(req.Body()))) == 0 {
		return r, 0
	}
	if !IsFragment(sip.HeaderValue(req, "Content-Type")) {
		return r, 415
	}
	f, err := ParseFragment(req.Body())
	if err != nil {
		return r, 400
	}
	r.Fragment = f
	return r, 0
}

// EventOf reads the Event header: the package in lower case, and its parameters.
func EventOf(m sip.Message) (name string, params map[string]string) {
	parts := strings.Split(sip.HeaderValue(m, "Event"), ";")
	params = make(map[string]string)
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		params[strings.ToLower(strings.TrimSpace(k))] = sip.Unquote(strings.TrimSpace(v))
	}
	return strings.ToLower(strings.TrimSpace(parts[0])), params
}
