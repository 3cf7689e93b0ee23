package ua

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/registration"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// answerOptions says what we can do, as an INVITE would be answered now (RFC
// 3261, section 11.2).
func (a *Agent) answerOptions(l *line, b bound, st sip.ServerTransaction) {
	code := 200
	_, known := a.findLeg(st.Request())
	if known == nil && a.cfg.Media != nil && a.open() >= a.cfg.MaxCalls {
		code = 486
	}
	a.reply(st, code, "", func(res *sip.Response) {
		l.addCapabilities(res)
		set(res, "Accept", strings.Join(bodies(), ", "))
		set(res, "Accept-Encoding", "identity")
		set(res, "Accept-Language", "en")
		set(res, "Contact", l.contact(b, transportOf(st.Request())))
		if a.cfg.Media != nil && accepts(st.Request(), typeSDP) {
			// Port 0: these are capabilities, nothing listens yet (RFC 3264, section 9).
			setSDP(res, sdp.NewSession(randomID()).Offer(sdp.Local{
				Addr: netip.AddrPortFrom(b.addr, 0), Codecs: l.acc.Codecs, TelephoneEvent: true, Ptime: l.acc.Ptime,
			}))
		}
	})
}

// Options asks a peer what it can do; OptionsAnswered follows.
func (a *Agent) Options(r OptionsRequest) {
	a.box.post(func() { a.options(r) })
}

func (a *Agent) options(r OptionsRequest) {
	result := OptionsResult{Account: r.Account, Target: r.Target}
	tell := func() {
		a.emit(func(m Meta) Event { return OptionsAnswered{Meta: m, Result: result} })
	}
	l := a.line(r.Account)
	if l == nil {
		result.Err = ErrNoAccount
		tell()
		return
	}
	result.Account = l.acc.Name
	uri, err := targetURI(r.Target, l.domain())
	probe := sip.NewRequest(sip.OPTIONS, uri)
	if err = errors.Join(err, addHeaders(probe, l.acc.Headers), addHeaders(probe, r.Headers)); err != nil {
		result.Err = err
		tell()
		return
	}
	result.Target = display(uri)
	done := false
	finish := func() {
		if !done {
			done = true
			tell()
		}
	}
	x := &exchange{agent: a, line: l}
	var sent time.Time
	x.make = func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		sent = time.Now()
		if prev != nil {
			return nextAttempt(prev), nil
		}
		return l.optionsRequest(uri, b, t, r.Headers), nil
	}
	x.onResponse = func(res *sip.Response, err error) {
		if res != nil && res.StatusCode >= 200 {
			result.Way = x.way(res)
		}
		switch {
		case err != nil:
			f := &Failure{Cause: causeOf(err), Err: err}
			if res != nil {
				f.Code, f.Reason = res.StatusCode, res.Reason
				result.Code, result.Reason = res.StatusCode, res.Reason
			}
			result.Err = f
		case res.StatusCode < 200:
			return
		default:
			result.RTT = time.Since(sent)
			readCapabilities(&result, res)
			if f, ok := result.Err.(*Failure); ok && res.StatusCode/100 == 3 {
				f.Err = x.redirect.why
			}
		}
		finish()
	}
	if r.Timeout > 0 {
		a.after(r.Timeout, func() {
			if done {
				return
			}
			if x.tx != nil {
				x.tx.Abandon()
			}
			x.attempt++ // whatever comes is stale
			result.Err = &Failure{Cause: call.Timeout, Err: sip.ErrTimeout}
			finish()
		})
	}
	hop := l.firstHop(uri)
	a.inWorker(func(ctx context.Context) {
		targets, err := l.reach(ctx, hop)
		a.box.post(func() {
			switch {
			case done:
			case err != nil:
				result.Err = &Failure{Cause: causeOf(err), Err: err}
				finish()
			default:
				x.targets = targets
				x.send()
			}
		})
	})
}

// way is what a final response tells of the current attempt's way.
func (x *exchange) way(res *sip.Response) Way {
	w := Way{Target: x.target(), Seen: sip.Observed(res)}
	w.Local = x.end.LocalAddr(w.Target.Transport)
	if x.tx != nil {
		for _, a := range registration.Compare(x.tx.Request(), res, x.agent.addrs) {
			w.Altered = append(w.Altered, a.String())
		}
	}
	return w
}

func (l *line) optionsRequest(uri sip.URI, b bound, t sip.Target, headers []string) *sip.Request {
	uri.Headers = nil
	req := sip.NewRequest(sip.OPTIONS, uri)
	l.addRoute(req)
	set(req, "From", nameAddr(l.acc.DisplayName, l.aorURI())+";tag="+sip.NewTag())
	set(req, "To", nameAddr("", (&sip.URI{Scheme: uri.Scheme, User: uri.User, Host: uri.Host, Port: uri.Port}).String()))
	set(req, "Call-ID", sip.NewCallID())
	sip.SetHeader(req, &sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS})
	set(req, "Contact", l.contact(b, t.Transport))
	set(req, "Accept", acceptInvites)
	_ = addHeaders(req, l.acc.Headers) // checked before
	_ = addHeaders(req, headers)
	return req
}

// readCapabilities copies what the peer says of itself.
func readCapabilities(r *OptionsResult, res *sip.Response) {
	r.Code, r.Reason = res.StatusCode, res.Reason
	r.Allow = sip.HeaderValues(res, "Allow")
	r.Accept = sip.HeaderValues(res, "Accept")
	r.Supported = sip.HeaderValues(res, "Supported")
	r.UserAgent = sip.HeaderValue(res, "User-Agent")
	if r.UserAgent == "" {
		r.UserAgent = sip.HeaderValue(res, "Server")
	}
	if body, kind := findSDP(res); kind == sdpBody {
		if d, err := sdp.Parse(body); err == nil {
			r.Codecs = d.Codecs()
		}
	}
	if res.StatusCode >= 300 {
		r.Err = &Failure{Cause: call.Rejected, Code: res.StatusCode, Reason: res.Reason}
	}
}
