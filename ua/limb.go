package ua

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"offhook/ua/dialog"
	"offhook/ua/event"
	"offhook/ua/sip"
)

func random() float64 { return rand.Float64() }

// limb is a subscription at one notifier: what its machine's effects need.
type limb struct {
	sub   *subscription
	m     *event.Subscriber
	u     *usage // nil before the dialog
	x     *exchange
	clock stopwatch
	info  event.Info
	// answer is told what the machine answers to the NOTIFY that it is given, before
	// anything else follows from it.
	answer func(code int)
}

// step runs the machine and does what it says.
func (b *limb) step(in event.Input) {
	s := b.sub
	for _, e := range b.m.Step(time.Now(), in, nil) {
		switch e := e.(type) {
		case event.SendSubscribe:
			b.send(e)
		case event.Answer:
			b.answer(e.Code)
		case event.SetTimer:
			b.clock.set(s.agent, e.At, func() { b.step(event.Tick{}) })
		case event.StopTimer:
			b.clock.stop()
		case event.Changed:
			if e.Phase == event.Terminated || e.Phase == event.Waiting {
				b.u = nil
			}
			if b == s.limbs[0] {
				s.tell(nil)
			}
		case event.SendPublish, event.SendNotify: // other machines'
		}
	}
	b.prune()
}

// prune forgets a fork that has ended, and the subscription when all have.
func (b *limb) prune() {
	s := b.sub
	if b.m.Snapshot().Phase != event.Terminated {
		return
	}
	b.clock.stop()
	if b != s.limbs[0] {
		s.limbs = slices.DeleteFunc(s.limbs, func(o *limb) bool { return o == b })
	}
	if s.over() && !s.standby {
		s.drop()
	}
}

// send sends a SUBSCRIBE (RFC 6665, section 4.1.2).
func (b *limb) send(e event.SendSubscribe) {
	s := b.sub
	l := s.line
	if b.x != nil {
		b.x.abandon()
	}
	fill := func(req *sip.Request, end bound, t sip.Target) {
		set(req, "Contact", l.contact(end, t.Transport))
		set(req, "Event", s.pkg.Name)
		set(req, "Accept", s.pkg.Type)
		set(req, "Expires", event.Seconds(e.Expires))
		l.addCapabilities(req)
		_ = addHeaders(req, s.req.Headers) // checked before
	}
	var x *exchange
	if b.u != nil && !e.Fresh {
		x = b.u.inUsage(l, sip.SUBSCRIBE, fill)
	} else {
		seq := uint32(1)
		if e.Again && s.first != nil && s.first.CSeq() != nil {
			seq = s.first.CSeq().SeqNo + 1
		} else {
			b.begin()
		}
		x = &exchange{agent: s.agent, line: l}
		x.make = func(end bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
			if prev != nil {
				s.first = nextAttempt(prev)
				return s.first, nil
			}
			s.first = l.newRequest(sip.SUBSCRIBE, s.target, s.callID, s.tag)
			sip.SetHeader(s.first, &sip.CSeqHeader{SeqNo: seq, MethodName: sip.SUBSCRIBE})
			fill(s.first, end, t)
			_ = addHeaders(s.first, l.acc.Headers)
			return s.first, nil
		}
	}
	b.x = x
	x.onResponse = func(res *sip.Response, err error) { b.onResponse(x, res, err) }
	if b.u != nil && !e.Fresh {
		b.u.sendInUsage(x)
		return
	}
	x.sendTo(l.firstHop(s.target))
}

// begin names a new dialog. Forks of the former one get 481 from now on.
func (b *limb) begin() {
	s := b.sub
	for _, fork := range s.limbs[1:] {
		fork.clock.stop()
		if fork.x != nil {
			fork.x.abandon()
		}
	}
	s.limbs = s.limbs[:1]
	b.u, b.info = nil, nil
	s.callID, s.tag = sip.NewCallID(), sip.NewTag()
}

func (b *limb) onResponse(x *exchange, res *sip.Response, err error) {
	if x != b.x {
		return
	}
	switch {
	case err != nil:
		b.step(eventLoss(err))
	case res.StatusCode < 200:
	default:
		if res.StatusCode < 300 {
			b.learn(x, res)
		}
		b.step(eventResponse(res))
	}
}

// learn makes or refreshes the dialog by a 2xx.
func (b *limb) learn(x *exchange, res *sip.Response) {
	if b.u != nil {
		b.u.Refresh(res)
		return
	}
	via := x.target()
	d, err := dialog.NewUAC(x.req, res, via)
	if err != nil {
		b.sub.agent.log.Info("the answer to a SUBSCRIBE makes no dialog", "err", err)
		return
	}
	b.u = &usage{Dialog: d, end: x.end, via: via}
}

// onNotify answers a NOTIFY within a dialog that we subscribed in, and says whether it
// was for a subscription (RFC 6665, section 4.1.3).
func (a *Agent) onNotify(st sip.ServerTransaction, b bound) bool {
	req := st.Request()
	id := dialog.RequestID(req)
	t := event.ParseType(sip.HeaderValue(req, "Event"))
	for _, s := range a.subscriptions {
		if s.callID != id.CallID || s.first == nil || !strings.EqualFold(s.tag, id.Local) {
			continue
		}
		if t.Package != s.pkg.Name {
			a.reply(st, 489, "", func(res *sip.Response) { set(res, "Allow-Events", s.pkg.Name) })
			return true
		}
		to := s.limbFor(id, st, b)
		if to == nil {
			return false // 481
		}
		if code := to.u.CheckRequest(req).StatusCode(); code != 0 {
			a.reply(st, code, "", nil)
			return true
		}
		to.notified(st)
		return true
	}
	return false
}

// maxNotifiers bounds the forks of one SUBSCRIBE.
const maxNotifiers = 16

// limbFor finds or makes the limb that a NOTIFY belongs to; nil when there can be none.
func (s *subscription) limbFor(id dialog.ID, st sip.ServerTransaction, end bound) *limb {
	for _, b := range s.limbs {
		if b.u != nil && b.u.ID() == id {
			return b
		}
	}
	main := s.limbs[0]
	var b *limb
	switch {
	case !main.m.Awaits() || id.Remote == "":
		return nil
	case main.u == nil:
		b = main
	case !s.pkg.Forks || len(s.limbs) >= maxNotifiers:
		return nil
	default:
		b = &limb{sub: s, m: main.m.Fork()}
	}
	via := sip.PeerOf(st)
	d, err := dialog.NewSubscriber(s.first, st.Request(), via)
	if err != nil {
		s.agent.log.Info("a NOTIFY makes no dialog", "err", err)
		return nil
	}
	b.u = &usage{Dialog: d, end: end, via: via}
	if b != main {
		s.limbs = append(s.limbs, b)
	}
	return b
}

// maxRaw is how much of a notification's text an event carries.
const maxRaw = 64 << 10

// notified gives a NOTIFY to the machine and tells what it says.
func (b *limb) notified(st sip.ServerTransaction) {
	req, s := st.Request(), b.sub
	b.u.Refresh(req)
	info, kind, raw, err := readBody(s.pkg, req)
	if errors.Is(err, event.ErrType) {
		s.agent.reply(st, 415, "", func(res *sip.Response) { set(res, "Accept", s.pkg.Type) })
		return
	}
	whole := true
	b.answer = func(code int) {
		s.agent.reply(st, code, "", nil)
		if code != 200 {
			return
		}
		if info != nil {
			b.info, whole = event.Merge(b.info, info)
		}
		s.tell(func(e *SubscriptionChanged) { e.Notified, e.BodyErr, e.Type, e.Raw = true, err, kind, raw })
	}
	b.step(event.Notify{State: event.ParseState(sip.HeaderValue(req, "Subscription-State"))})
	if !whole {
		b.step(event.Refresh{}) // something was missed: ask for all of it
	}
}

// readBody parses a notification; one without a body says nothing.
func readBody(pkg event.Package, req *sip.Request) (info event.Info, kind, raw string, err error) {
	body := req.Body()
	if len(body) == 0 {
		return nil, "", "", nil
	}
	kind = event.Clean(sip.HeaderValue(req, "Content-Type"), 256)
	info, err = pkg.Parse(kind, body)
	return info, kind, event.CleanText(string(body), maxRaw), err
}
