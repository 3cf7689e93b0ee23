package ua

import (
	"reflect"
	"time"

	"offhook/ua/event"
	"offhook/ua/sip"
)

// PublishRequest says what watchers are to see of an account.
type PublishRequest struct {
	Account string // empty means the first account
	// Status is event.Open or event.Closed; event.BasicUnknown takes the publication back.
	Status event.Basic
	// Note is free text: "at lunch".
	Note string
}

// PublicationInfo is an immutable snapshot of what an account has published.
type PublicationInfo struct {
	Account string
	Phase   event.Phase
	Status  event.Basic
	Note    string
	// Activities are what the phone adds by itself: "on-the-phone".
	Activities []string
	Code       int
	Reason     string
	Expires    time.Duration
	RetryAt    time.Time
	Err        error
}

// PresencePublished tells the state of a publication.
type PresencePublished struct {
	Meta
	Publication PublicationInfo
}

// Publish publishes an account's presence at its domain (RFC 3903), keeps it there until the
// Agent closes, and shows it to watchers. PresencePublished follows.
func (a *Agent) Publish(r PublishRequest) {
	a.withLine("publish", r.Account, func(l *line) {
		if a.closing {
			return
		}
		if r.Status == event.BasicUnknown {
			l.publication().retract()
			return
		}
		l.publication().publish(event.PresenceInfo{Status: r.Status, Note: event.Clean(r.Note, 512)})
	})
}

// publication is an account's presence: what its machine's effects need. The loop owns it.
type publication struct {
	line  *line
	m     *event.Publisher
	x     *exchange
	clock stopwatch
	now   event.PresenceInfo
	busy  bool // a call is up, as it was last published
	told  PublicationInfo
}

// publication is the account's, made when it is first asked for.
func (l *line) publication() *publication {
	if l.pub == nil {
		l.pub = &publication{line: l, m: event.NewPublisher(0, random)}
	}
	return l.pub
}

func (p *publication) publish(now event.PresenceInfo) {
	p.now = now
	p.busy = p.line.talking()
	p.step(event.Publish{})
	p.tell()
	p.line.agent.stateChanged(p.line, event.Presence)
}

func (p *publication) retract() {
	p.now = event.PresenceInfo{}
	p.step(event.Stop{})
	p.tell()
	p.line.agent.stateChanged(p.line, event.Presence)
}

// callsChanged publishes that the person is on the phone, or no more.
func (p *publication) callsChanged() {
	if p.now.Status == event.BasicUnknown || p.busy == p.line.talking() {
		return
	}
	p.busy = !p.busy
	p.step(event.Publish{})
}

func (p *publication) step(in event.Input) {
	a := p.line.agent
	for _, e := range p.m.Step(time.Now(), in, nil) {
		switch e := e.(type) {
		case event.SendPublish:
			p.send(e)
		case event.SetTimer:
			p.clock.set(a, e.At, func() { p.step(event.Tick{}) })
		case event.StopTimer:
			p.clock.stop()
		case event.Changed:
			p.tell()
		case event.SendSubscribe, event.SendNotify, event.Answer: // other machines'
		}
	}
}

func (p *publication) tell() {
	s := p.m.Snapshot()
	info := PublicationInfo{
		Account: p.line.acc.Name, Phase: s.Phase, Status: p.now.Status, Note: p.now.Note, Activities: p.line.presence().Activities,
		Code: s.Code, Reason: s.Status, Expires: s.Expires, RetryAt: s.RetryAt, Err: s.Err,
	}
	if reflect.DeepEqual(info, p.told) {
		return
	}
	p.told = info
	p.line.agent.emit(func(m Meta) Event { return PresencePublished{Meta: m, Publication: info} })
}

// send sends a PUBLISH (RFC 3903, section 4). Each is a transaction of its own.
func (p *publication) send(e event.SendPublish) {
	l := p.line
	x := &exchange{agent: l.agent, line: l}
	p.x = x
	x.make = func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return nextAttempt(prev), nil
		}
		uri := l.aor
		uri.UriParams = transportParam(uri)
		req := l.newRequest(sip.PUBLISH, uri, sip.NewCallID(), sip.NewTag())
		set(req, "Event", event.Presence)
		set(req, "Expires", event.Seconds(e.Expires))
		if e.Match != "" {
			set(req, "SIP-If-Match", e.Match)
		}
		if e.Body {
			set(req, "Content-Type", event.TypePIDF)
			req.SetBody(l.presence().Format())
		}
		return req, nil
	}
	x.onResponse = func(res *sip.Response, err error) {
		switch {
		case x != p.x:
		case err != nil:
			p.step(eventLoss(err))
		case res.StatusCode >= 200:
			p.step(eventResponse(res))
		}
	}
	x.sendTo(l.firstHop(l.aor))
}

// talking says that a call of the account is up.
func (l *line) talking() bool {
	for _, c := range l.agent.calls {
		if c.line == l && !c.ended && up(c) {
			return true
		}
	}
	return false
}

// presence is the account's presence as watchers and the server see it. What the
// person didn't say is that calls are taken.
func (l *line) presence() event.PresenceInfo {
	now := event.PresenceInfo{Status: event.Open}
	if l.pub != nil && l.pub.now.Status != event.BasicUnknown {
		now = l.pub.now
	}
	now.Entity = l.aorURI()
	if l.talking() {
		now.Activities = []string{"on-the-phone"}
	}
	now.Tuples = []event.Tuple{{ID: "phone", Contact: now.Entity, Status: now.Status, Note: now.Note}}
	return now
}
