package ua

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// MessageID names a message of ours within one Agent; it is never reused.
type MessageID uint64

// MessageRequest is a text to send (RFC 3428). Target and Text are required; Call
// stands in for Target.
type MessageRequest struct {
	Account string // empty means the first account
	// Target is dialled as DialRequest.Target is.
	Target string
	Text   string
	// Call sends within a call, to whom it is with; 0 for none.
	Call CallID
	// Headers are added to the MESSAGE, "Name: value".
	Headers []string
	// Timeout. Zero means 32 s, the transaction's own.
	Timeout time.Duration
}

// MessageResult is what became of a message of ours.
type MessageResult struct {
	ID              MessageID
	Account, Target string
	Text            string
	Call            CallID
	// Code and Reason are of the final response; 0 when there was none. 202 says that
	// it was taken to be delivered later.
	Code   int
	Reason string
	// RTT is how long the answer took.
	RTT time.Duration
	// Err says why it wasn't delivered, as a sentence for a person; nil when it was.
	Err error
}

// Stored says that the message is delivered only later (RFC 3428, section 7).
func (r MessageResult) Stored() bool { return r.Code == 202 }

// MessageInfo is a message that came.
type MessageInfo struct {
	Account string
	// From is the sender's URI, FromName the display name; To is whom they wrote to.
	From, FromName, To string
	// Text is fit to be shown: no control characters but newlines and tabs.
	Text string
	Type string // as it came: "text/plain"
	// Call is the call in whose dialog it came; 0 for none.
	Call CallID
	Sent time.Time // by the sender's clock; zero if not told
}

type (
	// MessageSent tells the delivery of a message, or why there was none.
	MessageSent struct {
		Meta
		Result MessageResult
	}
	// MessageReceived tells a message.
	MessageReceived struct {
		Meta
		Message MessageInfo
	}
)

// ErrLongMessage is wrapped by the error of a message that couldn't be sent for its size.
var ErrLongMessage = errors.New("the message is too long")

// maxMessage bounds what is sent, like what is taken.
const maxMessage = event.MaxText

// overhead is what a MESSAGE needs besides its own headers and text: a Via with the
// longest address, lengths, credentials.
const overhead = 400

// longDatagram is the size from which a request may not go by UDP: it could fill a
// network that nothing holds it back on (RFC 3428, section 8; RFC 3261, section 18.1.1).
const longDatagram = 1300

// Message sends a text; MessageSent follows.
func (a *Agent) Message(r MessageRequest) MessageID {
	id := MessageID(a.lastMessage.Add(1))
	a.box.post(func() { a.message(id, r) })
	return id
}

// outbound is one message of ours on its way. The loop owns it.
type outbound struct {
	agent  *Agent
	line   *line
	req    MessageRequest
	result MessageResult
	x      *exchange
	sent   time.Time
	long   bool // it went by TCP for its size
	done   bool
}

// finish tells the outcome, once.
func (o *outbound) finish(err error) {
	if o.done {
		return
	}
	o.done, o.result.Err = true, err
	o.agent.emit(func(m Meta) Event { return MessageSent{Meta: m, Result: o.result} })
}

func (a *Agent) message(id MessageID, r MessageRequest) {
	o := &outbound{agent: a, req: r, result: MessageResult{ID: id, Account: r.Account, Target: r.Target, Text: r.Text, Call: r.Call}}
	c := a.calls[r.Call]
	switch {
	case r.Call != 0 && (c == nil || c.ended || c.main() == nil || !up(c)):
		o.finish(ErrNotUp)
		return
	case c != nil:
		o.line, o.result.Target = c.line, c.info.RemoteURI
	default:
		if o.line = a.line(r.Account); o.line == nil {
			o.finish(fmt.Errorf("%w: %q", ErrNoAccount, r.Account))
			return
		}
	}
	o.result.Account = o.line.acc.Name
	if err := o.check(); err != nil {
		o.finish(err)
		return
	}
	if c != nil {
		o.sendInCall(c.main())
		return
	}
	uri, err := targetURI(r.Target, o.line.domain())
	if err != nil {
		o.finish(err)
		return
	}
	o.result.Target = display(uri)
	o.sendTo(uri)
}

// check refuses what can't be sent.
func (o *outbound) check() error {
	text := o.req.Text
	switch {
	case o.agent.closing:
		return ErrClosed
	case strings.TrimSpace(text) == "":
		return errors.New("there is no text to send")
	case !utf8.ValidString(text):
		return errors.New("the text isn't UTF-8")
	case len(text) > maxMessage:
		return fmt.Errorf("%w: %d bytes; at most %d go into one", ErrLongMessage, len(text), maxMessage)
	}
	probe := sip.NewRequest(sip.MESSAGE, o.line.aor)
	return errors.Join(addHeaders(probe, o.line.acc.Headers), addHeaders(probe, o.req.Headers))
}

// fill puts in what a message is made of (RFC 3428, section 5).
func (o *outbound) fill(req *sip.Request) {
	set(req, "Content-Type", "text/plain;charset=UTF-8")
	set(req, "Date", time.Now().UTC().Format(sipDate))
	_ = addHeaders(req, o.req.Headers) // checked before
	req.SetBody([]byte(o.req.Text))
}

// sipDate is the one form that a Date has (RFC 3261, section 25.1).
const sipDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// sendInCall sends within a call's dialog.
func (o *outbound) sendInCall(leg *leg) {
	u := &usage{Dialog: leg.Dialog, end: leg.end, via: leg.via}
	o.watch(u.inUsage(o.line, sip.MESSAGE, func(req *sip.Request, _ bound, _ sip.Target) { o.fill(req) }))
	u.sendInUsage(o.x)
}

// sendTo sends outside of calls.
func (o *outbound) sendTo(uri sip.URI) {
	l := o.line
	callID, tag := sip.NewCallID(), sip.NewTag()
	o.watch(&exchange{agent: o.agent, line: l, make: func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return nextAttempt(prev), nil
		}
		req := l.newRequest(sip.MESSAGE, uri, callID, tag)
		_ = addHeaders(req, l.acc.Headers) // checked before
		o.fill(req)
		return req, nil
	}})
	o.x.sendTo(l.firstHop(uri))
}

// watch waits for an exchange's outcome, and chooses TCP for what is too long for UDP.
func (o *outbound) watch(x *exchange) {
	o.x = x
	build := x.make
	x.make = func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		req, err := build(b, t, prev)
		if err == nil && !t.Transport.Reliable() && len(req.String())+overhead > longDatagram {
			o.long = true
			x.targets[0].Transport = sip.TCP
		}
		o.sent = time.Now()
		return req, err
	}
	x.onResponse = o.onResponse
	if d := o.req.Timeout; d > 0 {
		o.agent.after(d, func() {
			if !o.done {
				x.abandon()
				o.finish(&Failure{Cause: call.Timeout, Err: sip.ErrTimeout})
			}
		})
	}
}

func (o *outbound) onResponse(res *sip.Response, err error) {
	if res != nil {
		if res.StatusCode < 200 {
			return
		}
		o.result.Code, o.result.Reason = res.StatusCode, res.Reason
		o.result.RTT = time.Since(o.sent)
	}
	switch {
	case err != nil:
		err = messageFailure(res, err, o.long)
	case res.StatusCode >= 300:
		err = &Failure{Cause: call.Rejected, Code: res.StatusCode, Reason: res.Reason}
	}
	o.finish(err)
}

// messageFailure is why a message has no answer that counts.
func messageFailure(res *sip.Response, err error, long bool) error {
	f := &Failure{Cause: causeOf(err), Err: err}
	if res != nil {
		f.Code, f.Reason = res.StatusCode, res.Reason
	}
	if long && f.Cause == call.TransportFailure {
		return fmt.Errorf("%w for a datagram of %d bytes, and over TCP %w; send less at once", ErrLongMessage, longDatagram, f)
	}
	return f
}
