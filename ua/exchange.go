package ua

import (
	"errors"
	"time"

	"offhook/ua/sip"
)

// maxChallenges bounds how often one request answers 401 and 407: a proxy's and
// the callee's, each perhaps stale once.
const maxChallenges = 4

// exchange is one request and all that it takes to get a final response: the
// targets tried in turn (RFC 3263, section 4.3), the challenges answered. The
// loop owns it.
//
//	send ---> 1xx ------------------------> onResponse
//	  ^   \-> 401/407, credentials at hand -> restart
//	  |   \-> 503, time-out, broken transport, silence, targets left -> restart
//	  |   \-> broken transport, silence, another transport open -> restart (detour.go)
//	  |   \-> 3xx, policy and person willing -> restart (redirect.go)
//	  |   \-> 413, 420, 421 that another form would suit -> restart (adapt.go)
//	  |   \-> final response, error --------> onResponse
//	  \------ send again <--- (restart may ask the call machine first)
type exchange struct {
	agent *Agent
	line  *line
	// make builds the request for a target. prev is the attempt before, nil at first.
	make func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error)
	// targets left, the current one first.
	targets []sip.Target
	// onResponse is told 1xx and final responses, further 2xx of an INVITE, and errors.
	onResponse func(*sip.Response, error)
	// restart is asked before another attempt; nil sends at once.
	restart func()

	end        bound
	tx         sip.ClientTransaction
	req        *sip.Request
	next       *sip.Request // the next attempt's, when it answers a challenge
	challenges int
	adapted    int         // how often it was sent otherwise (adapt.go)
	shrink     func() bool // makes the body that make puts in smaller; nil where it can't be
	attempt    int
	heard      bool // this attempt's target has answered with something
	done       bool
	searched   bool         // for a detour to the current target
	failed     []sip.Target // left for others
	redirect   redirection
}

// target is where the current attempt goes.
func (x *exchange) target() sip.Target { return x.targets[0] }

// send makes an attempt. Its failures come through onResponse, never at once.
func (x *exchange) send() {
	if x.attempt++; x.attempt == 1 {
		x.targets = x.agent.avoid.Order(x.targets, time.Now())
	}
	x.heard = false
	attempt := x.attempt
	fail := func(err error) {
		x.agent.box.post(func() { x.handle(attempt, nil, err) })
	}
	end, err := x.line.endpointTo(x.targets[0])
	if err != nil {
		fail(err)
		return
	}
	req := x.next
	x.next = nil
	if req == nil {
		if req, err = x.make(end, x.targets[0], x.req); err != nil {
			fail(err)
			return
		}
		if x.req != nil { // another server's turn: what the one before asked for isn't its business
			sip.RemoveHeaders(req, "Authorization")
			sip.RemoveHeaders(req, "Proxy-Authorization")
		}
		x.readdress(req)
		x.line.reroute(req, x.targets[0])
		req.SetDestination(x.targets[0].Addr.String()) // whose nonces fit
		x.line.auth.Preauthorize(req)
	}
	x.end, x.req = end, req
	tx, err := end.Request(req, x.targets[0], func(res *sip.Response, err error) {
		x.agent.box.post(func() { x.handle(attempt, res, err) })
	})
	if err != nil {
		fail(err)
		return
	}
	x.tx = tx
	x.watchAttempt()
}

// handle sorts what came for an attempt.
func (x *exchange) handle(attempt int, res *sip.Response, err error) {
	if attempt != x.attempt {
		return
	}
	if x.done { // a further 2xx
		if res != nil && res.StatusCode/100 == 2 {
			x.onResponse(res, nil)
		}
		return
	}
	x.heard = true
	x.rate(res, err)
	switch {
	case err != nil:
		if retryElsewhere(err) && (x.elsewhere() || x.detour(err)) {
			return
		}
		x.nextPlace(nil, err)
	case res.StatusCode < 200:
		x.onResponse(res, nil)
	case res.StatusCode/100 == 3:
		x.redirected(res)
	case res.StatusCode == 401, res.StatusCode == 407:
		x.challenged(res)
	case res.StatusCode == 503 && x.elsewhere():
	case x.placeFailed(res.StatusCode):
		x.nextPlace(res, nil)
	case x.adapt(res):
	default:
		x.finish(res, nil)
	}
}

// challenged finds out whether the challenge can be answered before it asks for
// another attempt.
func (x *exchange) challenged(res *sip.Response) {
	x.challenges++
	if x.challenges > maxChallenges {
		x.finish(res, sip.ErrWrongPassword)
		return
	}
	next, err := x.make(x.end, x.targets[0], x.req)
	if err == nil {
		next.SetDestination(x.targets[0].Addr.String())
		err = x.line.auth.Authorize(next, res)
	}
	if err != nil {
		x.finish(res, err)
		return
	}
	x.next = next
	x.again()
}

func (x *exchange) again() {
	if x.restart != nil {
		x.restart()
		return
	}
	x.send()
}

// finish tells the outcome; res comes with an err when authentication failed.
func (x *exchange) finish(res *sip.Response, err error) {
	x.done = true
	if err == nil {
		x.line.auth.Learn(x.req, res)
	}
	x.onResponse(res, err)
}

// retryElsewhere says that another server may do better (RFC 3263, section 4.3).
func retryElsewhere(err error) bool {
	return errors.Is(err, sip.ErrTransport) || errors.Is(err, sip.ErrTimeout)
}
