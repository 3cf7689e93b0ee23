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

func (a *Agent) message(id MessageID, r MessageRequest) {
	result := MessageResult{ID: id, Account: r.Account, Target: r.Target, Text: r.Text, Call: r.Call}
	done := false
	finish := func(err error) {
		if !done {
			done = true
			result.Err = err
			a.emit(func(m Meta) Event { return MessageSent{Meta: m, Result: result} })
		}
	}
	l := a.line(r.Account)
	c := a.calls[r.Call]
	switch {
	case r.Call != 0 && (c == nil || c.ended || c.main() == nil || !up(c)):
		finish(ErrNotUp)
		return
	case c != nil:
		l = c.line
		result.Target = c.info.RemoteURI
	case l == nil:
		finish(fmt.Errorf("%w: %q", ErrNoAccount, r.Account))
		return
	}
	result.Account = l.acc.Name
	switch {
	case a.closing:
		finish(ErrClosed)
		return
	case strings.TrimSpace(r.Text) == "":
		finish(errors.New("there is no text to send"))
		return
	case !utf8.ValidString(r.Text):
		finish(errors.New("the text isn't UTF-8"))
		return
	case len(r.Text) > maxMessage:
		finish(fmt.Errorf("%w: %d bytes; at most %d go into one", ErrLongMessage, len(r.Text), maxMessage))
		return
	}
	fill := func(req *sip.Request) {
		set(req, "Content-Type", "text/plain;charset=UTF-8")
		set(req, "Date", time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")) // RFC 3428, section 5
		_ = addHeaders(req, r.Headers)                                             // checked below
		req.SetBody([]byte(r.Text))
	}
	var x *exchange
	var uri sip.URI
	var err error
	if c == nil {
		if uri, err = targetURI(r.Target, l.domain()); err == nil {
			result.Target = display(uri)
		}
	}
	probe := sip.NewRequest(sip.MESSAGE, uri)
	if err = errors.Join(err, addHeaders(probe, l.acc.Headers), addHeaders(probe, r.Headers)); err != nil {
		finish(err)
		return
	}
	var sent time.Time
	var u *usage
	long := false
	if c != nil {
		leg := c.main()
		u = &usage{Dialog: leg.Dialog, end: leg.end, via: leg.via}
		x = u.inUsage(l, sip.MESSAGE, func(req *sip.Request, _ bound, _ sip.Target) { fill(req) })
	} else {
		callID, tag := sip.NewCallID(), sip.NewTag()
		x = &exchange{agent: a, line: l, make: func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
			if prev != nil {
				return nextAttempt(prev), nil
			}
			req := l.newRequest(sip.MESSAGE, uri, callID, tag)
			_ = addHeaders(req, l.acc.Headers)
			fill(req)
			return req, nil
		}}
	}
	build := x.make
	x.make = func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		req, err := build(b, t, prev)
		if err == nil && !t.Transport.Reliable() && len(req.String())+overhead > longDatagram {
			long = true
			x.targets[0].Transport = sip.TCP
		}
		sent = time.Now()
		return req, err
	}
	x.onResponse = func(res *sip.Response, err error) {
		if res != nil {
			if res.StatusCode < 200 {
				return
			}
			result.Code, result.Reason = res.StatusCode, res.Reason
			result.RTT = time.Since(sent)
		}
		switch {
		case err != nil:
			err = messageFailure(res, err, long)
		case res.StatusCode >= 300:
			err = &Failure{Cause: call.Rejected, Code: res.StatusCode, Reason: res.Reason}
		}
		finish(err)
	}
	if r.Timeout > 0 {
		a.after(r.Timeout, func() {
			if !done {
				x.abandon()
				finish(&Failure{Cause: call.Timeout, Err: sip.ErrTimeout})
			}
		})
	}
	if u != nil {
		u.sendInUsage(x)
		return
	}
	x.sendTo(l.firstHop(uri))
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
