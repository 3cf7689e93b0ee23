package ua

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// What requests beyond calls have in common: MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH.

// newRequest is a request that is in no dialog yet, with the account's way and headers.
func (l *line) newRequest(method sip.Method, uri sip.URI, callID, tag string) *sip.Request {
	uri.Headers = nil
	req := sip.NewRequest(method, uri)
	l.addRoute(req)
	set(req, "From", nameAddr(l.acc.DisplayName, l.aorURI())+";tag="+tag)
	to := sip.URI{Scheme: uri.Scheme, User: uri.User, Host: uri.Host, Port: uri.Port}
	set(req, "To", nameAddr("", to.String()))
	set(req, "Call-ID", callID)
	sip.SetHeader(req, &sip.CSeqHeader{SeqNo: 1, MethodName: method})
	return req
}

// sendTo finds where hop is in a worker, and sends. A way that isn't found comes through
// onResponse, as every failure.
func (x *exchange) sendTo(hop sip.URI) {
	a, l := x.agent, x.line
	attempt := x.attempt
	a.inWorker(func(ctx context.Context) {
		targets, err := l.reach(ctx, hop)
		a.box.post(func() {
			switch {
			case attempt != x.attempt: // given up meanwhile
			case err != nil:
				x.handle(attempt, nil, err)
			default:
				x.targets = targets
				x.send()
			}
		})
	})
}

// abandon makes whatever comes of an exchange stale.
func (x *exchange) abandon() {
	x.attempt++
	if x.tx != nil {
		x.tx.Abandon()
	}
}

// usage is a dialog that isn't a call's, and the way that its requests take.
type usage struct {
	*dialog.Dialog
	end bound
	via sip.Target // where the message came from that made it
}

// inUsage prepares a request in a dialog; fill adds what it carries.
func (u *usage) inUsage(l *line, method sip.Method, fill func(*sip.Request, bound, sip.Target)) *exchange {
	return &exchange{agent: l.agent, line: l, make: func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return u.Retry(prev), nil
		}
		req := u.Request(method)
		fill(req, b, t)
		return req, nil
	}}
}

// sendInUsage sends to the next hop of a dialog.
func (u *usage) sendInUsage(x *exchange) {
	hop := u.NextHop()
	if t, ok := numericTarget(hop, u.via.Transport); ok {
		x.targets = []sip.Target{provedBy(u.via, t)}
		x.send()
		return
	}
	a := x.agent
	a.inWorker(func(ctx context.Context) {
		targets, err := a.net.Locate(ctx, hop, u.via.Transport)
		if err == nil && len(targets) == 0 {
			err = fmt.Errorf("%w: no address for %s", sip.ErrTransport, hop.Host)
		}
		a.box.post(func() {
			if err != nil {
				x.handle(x.attempt, nil, err)
				return
			}
			for i, t := range targets {
				targets[i] = provedBy(u.via, t)
			}
			x.targets = targets
			x.send()
		})
	})
}

// eventResponse is what the machines of package event need of a response.
func eventResponse(res *sip.Response) event.Response {
	r := event.Response{Code: res.StatusCode, Reason: res.Reason, ETag: sip.HeaderValue(res, "SIP-ETag")}
	r.Expires, r.HasExpires = secondsOf(res, "Expires")
	r.MinExpires, _ = secondsOf(res, "Min-Expires")
	r.RetryAfter, _ = secondsOf(res, "Retry-After")
	return r
}

// eventLoss is an exchange that has no response that counts.
func eventLoss(err error) event.Lost {
	switch causeOf(err) {
	case call.AuthFailure:
		return event.Lost{Cause: event.Credentials, Err: err}
	case call.Timeout:
		return event.Lost{Cause: event.Timeout}
	default:
		return event.Lost{Cause: event.Transport, Err: errors.New(transportWords(err))}
	}
}

// secondsOf reads a header of seconds; what follows the number is left.
func secondsOf(m sip.Message, name string) (time.Duration, bool) {
	s := event.ParseState("active;expires=" + sip.HeaderValue(m, name))
	return s.Expires, s.HasExpires
}

// stopwatch is the one timer of a machine's shell. The loop owns it.
type stopwatch struct {
	timer *time.Timer
	gen   int
}

func (s *stopwatch) set(a *Agent, at time.Time, f func()) {
	s.stop()
	gen := s.gen
	s.timer = a.after(time.Until(at), func() {
		if gen == s.gen {
			f()
		}
	})
}

func (s *stopwatch) stop() {
	s.gen++
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
