package ua

import (
	"context"
	"net/url"
	"strings"

	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// RedirectPolicy is what becomes of a 3xx to a request that starts something.
type RedirectPolicy uint8

const (
	// RedirectFollow tries the places that the 3xx names, by q. A 305 is the exception:
	// a proxy of the callee's choice would see the rest of the call.
	RedirectFollow RedirectPolicy = iota
	// RedirectAsk asks the person (CallInfo.Pending), for a 305 too. Where there is no
	// call to ask about, it is RedirectRefuse.
	RedirectAsk
	// RedirectRefuse takes the 3xx for the end.
	RedirectRefuse
)

// String is the policy's name in configuration and events: "follow".
func (p RedirectPolicy) String() string {
	switch p {
	case RedirectFollow:
		return "follow"
	case RedirectAsk:
		return "ask"
	case RedirectRefuse:
		return "refuse"
	}
	return "unknown"
}

// pause is why an exchange that isn't done has no attempt under way.
type pause uint8

const (
	running  pause = iota
	asking         // the person is asked about a redirection
	locating       // the next place is being looked up
)

// redirection is an exchange's part in being sent elsewhere. The loop owns it.
//
//	3xx --policy--> asking --follow--> locating --> send
//	         \---------------------------^   \-> next place, or the end
//	          \-> refused: the 3xx is the answer, why says why
type redirection struct {
	set   targetSet
	pause pause
	last  *sip.Response // the newest 3xx
	to    *place        // where the next attempt goes; nil when it goes where the one before went
	why   error         // why the last 3xx wasn't followed
	// ask tells the person; nil where there is nobody to ask.
	ask func(targets []string)
	// call is the call that the request is of; 0 for none.
	call CallID
}

// redirected follows a 3xx, or says that it is the end.
func (x *exchange) redirected(res *sip.Response) {
	r := &x.redirect
	if sip.Tag(x.req.To()) != "" { // within a dialog: the dialog's target is for the peer to change
		x.finish(res, nil)
		return
	}
	r.last = res
	if res.StatusCode == 380 {
		if text := bodyText(res); text != "" {
			r.why = &AlternativeService{Text: text}
		}
		x.finish(res, nil)
		return
	}
	places, err := r.set.add(x.req.Recipient, res, x.line.domain())
	named := make([]string, 0, len(places))
	for _, p := range places {
		named = append(named, p.String())
	}
	policy := x.redirectPolicy(res.StatusCode)
	if err == nil && policy == RedirectRefuse {
		err = ErrRedirectRefused
		if res.StatusCode == 305 {
			err = ErrUseProxy
		}
	}
	if err != nil {
		policy = RedirectRefuse
		r.why = &RedirectError{Targets: named, Err: err}
	}
	x.agent.emit(func(m Meta) Event {
		return Redirected{
			Meta: m, Account: x.line.acc.Name, Method: string(x.req.Method), Call: r.call,
			Code: res.StatusCode, Reason: res.Reason, Targets: named, Policy: policy, Err: r.why,
		}
	})
	switch policy {
	case RedirectFollow:
		x.nextPlace(res, nil)
	case RedirectAsk:
		r.pause = asking
		r.ask(named)
	case RedirectRefuse:
		r.set.left = nil
		x.finish(res, nil)
	}
}

// redirectPolicy is the account's, as far as it can be had for this request.
func (x *exchange) redirectPolicy(code int) RedirectPolicy {
	p := x.line.acc.Redirects
	switch {
	case p == RedirectAsk && x.redirect.ask == nil, p == RedirectFollow && code == 305:
		return RedirectRefuse
	}
	return p
}

// consent is the person's answer.
func (x *exchange) consent(accept bool) {
	if x.redirect.pause != asking {
		return
	}
	if accept {
		x.nextPlace(x.redirect.last, nil)
		return
	}
	x.redirect.why = nil
	x.drop()
}

// drop ends an exchange that has no attempt under way: nobody wants it any more.
func (x *exchange) drop() {
	if x.redirect.pause == running || x.done {
		return
	}
	x.redirect.pause = running
	x.finish(x.redirect.last, nil)
}

// nextPlace goes on to the next place of the target set; without one, the outcome of the
// one before stands.
func (x *exchange) nextPlace(res *sip.Response, err error) {
	r := &x.redirect
	p, ok := r.set.next()
	if !ok {
		r.pause = running
		x.finish(res, err)
		return
	}
	r.pause = locating
	hop := x.line.firstHop(p.uri)
	if p.through != nil {
		hop = *p.through
	}
	x.agent.inWorker(func(ctx context.Context) {
		targets, lerr := x.line.reach(ctx, hop)
		x.agent.box.post(func() {
			switch {
			case x.done || r.pause != locating:
			case lerr != nil:
				x.agent.log.Info("a redirection leads nowhere", "to", p.String(), "err", lerr)
				x.nextPlace(nil, lerr)
			default:
				r.pause, r.to = running, &p
				x.targets, x.next, x.challenges = targets, nil, 0
				x.again()
			}
		})
	})
}

// placeFailed says whether another place of the target set may do better: all failures
// but the ones that are everybody's (RFC 3261, sections 8.1.3.4 and 21.6), and the
// caller's own giving up.
func (x *exchange) placeFailed(code int) bool {
	return len(x.redirect.set.left) > 0 && code >= 400 && code < 600 && code != 487
}

// readdress turns a request into one for the place that a redirection named: the same
// To, From and Call-ID, another Request-URI (RFC 3261, section 8.1.3.4).
func (x *exchange) readdress(req *sip.Request) {
	p := x.redirect.to
	if p == nil {
		return
	}
	x.redirect.to = nil
	if p.through != nil {
		rest := sip.HeaderValues(req, "Route")
		sip.RemoveHeaders(req, "Route")
		for _, route := range append([]string{looseRoute(*p.through)}, rest...) {
			req.AppendHeader(sip.NewHeader("Route", route))
		}
		return
	}
	uri := *p.uri.Clone()
	uri.Headers = nil
	req.Recipient = uri
	for _, h := range p.uri.Headers { // RFC 3261, section 19.1.5
		name, err1 := url.PathUnescape(h.K)
		value, err2 := url.PathUnescape(h.V)
		if err1 != nil || err2 != nil || strings.EqualFold(name, "body") {
			continue
		}
		if err := addHeaders(req, []string{name + ": " + value}); err != nil {
			x.agent.log.Info("a redirection's header is left out", "err", err)
		}
	}
}

// askRedirect shows the person where a call is sent, unless they have hung up: then the
// 3xx is the end that the CANCEL waits for.
func (c *phoneCall) askRedirect(targets []string) {
	if s := c.m.State(); s == call.Closing || s == call.Ended {
		c.invites[0].drop()
		return
	}
	c.info.RedirectTo = targets
	c.agent.emitCall(c, c.m.State())
}

// consentRedirect lets a redirected call go on, or ends it.
func (c *phoneCall) consentRedirect(accept bool) {
	x := c.invites[0]
	if x == nil {
		return
	}
	x.consent(accept)
	if !c.ended {
		c.agent.emitCall(c, c.m.State())
	}
}

// asksRedirect says that the person is asked about a redirection.
func (c *phoneCall) asksRedirect() bool {
	x := c.invites[0]
	return x != nil && x.redirect.pause == asking
}

// dropRedirect ends a call that was to be dialled elsewhere when it is hung up: there is
// no INVITE out that a CANCEL could be about.
func (c *phoneCall) dropRedirect() {
	if x := c.invites[0]; x != nil && c.m.State() == call.Closing {
		x.drop()
	}
}

// bodyText is what a body says to a person: text, or the text in a document.
func bodyText(m sip.Message) string {
	kind := strings.ToLower(sip.HeaderValue(m, "Content-Type"))
	if !strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "xml") {
		return ""
	}
	text := string(m.Body())
	if strings.Contains(kind, "xml") || strings.HasPrefix(kind, "text/html") {
		text = withoutTags(text)
	}
	return header.Clean(text)
}

func withoutTags(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '<':
			depth++
			b.WriteByte(' ')
		case r == '>' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}
