package ua

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"offhook/ua/event"
	"offhook/ua/sip"
)

// SubscriptionID names a subscription within one Agent; it is never reused. 0 is of
// notifications that nobody subscribed to.
type SubscriptionID uint64

// SubscribeRequest asks to be told of changes. Target and Event are required.
type SubscribeRequest struct {
	Account string // empty means the first account
	// Target is dialled as DialRequest.Target is; empty stands for the account itself.
	Target string
	// Event is an event package: message-summary, dialog, presence, reg or conference.
	Event string
	// Expires to ask for. Zero means the package's own.
	Expires time.Duration
	// Fetch asks for the state once, without a subscription.
	Fetch bool
	// Headers are added to the SUBSCRIBE, "Name: value".
	Headers []string
}

// SubscriptionInfo is an immutable snapshot of a subscription.
type SubscriptionInfo struct {
	ID      SubscriptionID
	Account string
	// Target is the URI that is watched, Event the package.
	Target, Event string
	Phase         event.Phase
	// EndReason is the notifier's, of the newest end.
	EndReason event.Reason
	// Code and Reason are of the newest final response; 0 for none.
	Code   int
	Reason string
	// Expires is the granted lifetime; RetryAt when the next attempt comes.
	Expires time.Duration
	RetryAt time.Time
	// Err is what failed, as a sentence for a person.
	Err error
	// Info is what is known now: event.VoicemailInfo, event.DialogInfo, …; nil before
	// the first notification. That of several notifiers (a forked SUBSCRIBE) is put together.
	Info event.Info
	// Notifiers is how many tell us: more than one when the SUBSCRIBE forked.
	Notifiers int
}

// SubscriptionChanged tells a subscription's state, and each notification.
type SubscriptionChanged struct {
	Meta
	Subscription SubscriptionInfo
	// Notified says that a notification came: Subscription.Info is new, unless Type is
	// empty: then it said nothing. BodyErr says why one couldn't be read, Raw is its text
	// as it came, bounded.
	Notified bool
	BodyErr  error
	Type     string
	Raw      string
}

// maxSubscriptions bounds what front ends and configuration may ask for.
const maxSubscriptions = 256

// SubscribeTo starts a subscription, which is kept up until Unsubscribe: refreshed, and
// begun again when it breaks off. SubscriptionChanged follows.
func (a *Agent) SubscribeTo(r SubscribeRequest) SubscriptionID {
	id := SubscriptionID(a.lastSubscription.Add(1))
	a.box.post(func() {
		if err := a.subscribeTo(id, r, false); err != nil {
			a.emit(func(m Meta) Event {
				return CommandFailed{Meta: m, Command: "subscribe", Account: r.Account, Err: err}
			})
		}
	})
	return id
}

// Unsubscribe ends a subscription.
func (a *Agent) Unsubscribe(id SubscriptionID) {
	a.box.post(func() {
		s := a.subscription(id)
		if s == nil {
			a.emit(func(m Meta) Event {
				return CommandFailed{Meta: m, Command: "unsubscribe", Err: errors.New("there is no such subscription any more")}
			})
			return
		}
		s.stop()
	})
}

// Subscriptions are those that haven't ended, oldest first.
func (a *Agent) Subscriptions() []SubscriptionInfo {
	return slices.Clone(a.shown.Load().subscriptions)
}

func (a *Agent) subscription(id SubscriptionID) *subscription {
	for _, s := range a.subscriptions {
		if s.id == id {
			return s
		}
	}
	return nil
}

// subscription is one SUBSCRIBE and all who answer it. The loop owns it.
//
//	subscription --- limb (the one that began; it subscribes again)
//	             \-- limb (a fork's)
type subscription struct {
	agent   *Agent
	line    *line
	id      SubscriptionID
	req     SubscribeRequest
	pkg     event.Package
	target  sip.URI
	standby bool // by configuration: it lives with the account
	limbs   []*limb

	callID, tag string       // of the newest SUBSCRIBE that began a dialog
	first       *sip.Request // that SUBSCRIBE
}

// subscribeTo begins a subscription; standby is of the account's configuration.
func (a *Agent) subscribeTo(id SubscriptionID, r SubscribeRequest, standby bool) error {
	l := a.line(r.Account)
	switch {
	case l == nil:
		return fmt.Errorf("%w: %q", ErrNoAccount, r.Account)
	case a.closing:
		return ErrClosed
	case len(a.subscriptions) >= maxSubscriptions:
		return fmt.Errorf("there are %d subscriptions already; end one first", maxSubscriptions)
	}
	pkg, err := event.Lookup(r.Event)
	if err != nil {
		return err
	}
	target := l.aor
	if r.Target != "" {
		if target, err = targetURI(r.Target, l.domain()); err != nil {
			return err
		}
	} else {
		target.UriParams = transportParam(target)
	}
	target.Headers = nil
	if err := addHeaders(sip.NewRequest(sip.SUBSCRIBE, target), r.Headers); err != nil {
		return err
	}
	if r.Expires <= 0 {
		r.Expires = pkg.Expires
	}
	s := &subscription{agent: a, line: l, id: id, req: r, pkg: pkg, target: target, standby: standby}
	main := &limb{sub: s, m: event.NewSubscriber(event.SubscriberConfig{Expires: r.Expires, Fetch: r.Fetch, Rand: random})}
	s.limbs = []*limb{main}
	a.subscriptions = append(a.subscriptions, s)
	main.step(event.Start{})
	return nil
}

// stop unsubscribes from all notifiers.
func (s *subscription) stop() {
	for _, b := range slices.Clone(s.limbs) {
		b.step(event.Stop{})
	}
}

// drop takes the subscription off the Agent's list when it is over for good.
func (s *subscription) drop() {
	a := s.agent
	for _, b := range s.limbs {
		b.clock.stop()
	}
	a.subscriptions = slices.DeleteFunc(a.subscriptions, func(o *subscription) bool { return o == s })
}

// over says that nothing more will come.
func (s *subscription) over() bool {
	return !slices.ContainsFunc(s.limbs, func(b *limb) bool { return b.m.Snapshot().Phase != event.Terminated })
}

// info is the subscription as events tell it.
func (s *subscription) info() SubscriptionInfo {
	snap := s.limbs[0].m.Snapshot()
	return SubscriptionInfo{
		ID: s.id, Account: s.line.acc.Name, Target: display(s.target), Event: s.pkg.Name,
		Phase: snap.Phase, EndReason: snap.Reason, Code: snap.Code, Reason: snap.Status,
		Expires: snap.Expires, RetryAt: snap.RetryAt, Err: snap.Err, Info: s.known(), Notifiers: s.notifiers(),
	}
}

// known is what all notifiers told, put together.
func (s *subscription) known() event.Info {
	info := s.limbs[0].info
	for _, b := range s.limbs[1:] {
		info = event.Join(info, b.info)
	}
	return info
}

func (s *subscription) notifiers() int {
	n := 0
	for _, b := range s.limbs {
		if p := b.m.Snapshot().Phase; p == event.Active || p == event.Pending {
			n++
		}
	}
	return n
}

func (s *subscription) tell(fill func(*SubscriptionChanged)) {
	s.agent.emit(func(m Meta) Event {
		e := SubscriptionChanged{Meta: m, Subscription: s.info()}
		if fill != nil {
			fill(&e)
		}
		return e
	})
	s.agent.hearPickup(s.info())
}
