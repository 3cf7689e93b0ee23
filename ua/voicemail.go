package ua

import (
	"offhook/ua/event"
	"offhook/ua/sip"
)

// onUnsolicited takes a NOTIFY of a mailbox that nobody subscribed to, as many
// exchanges send it to every phone that registers. Who may disturb was asked before.
// Any other package gets 481 (RFC 6665, section 4.1.3).
func (a *Agent) onUnsolicited(l *line, st sip.ServerTransaction) {
	req := st.Request()
	if event.ParseType(sip.HeaderValue(req, "Event")).Package != event.MessageSummary {
		a.reply(st, 481, "", nil)
		return
	}
	pkg, err := event.Lookup(event.MessageSummary)
	if err != nil {
		a.reply(st, 500, "", nil)
		return
	}
	info, kind, raw, err := readBody(pkg, req)
	if err != nil {
		a.log.Info("a message summary can't be read", "from", st.Source(), "err", err)
		a.reply(st, 400, "", nil)
		return
	}
	a.reply(st, 200, "", nil)
	if info == nil {
		return
	}
	l = a.lineFor(l, req)
	a.emit(func(m Meta) Event {
		return SubscriptionChanged{
			Meta: m, Notified: true, Type: kind, Raw: raw,
			Subscription: SubscriptionInfo{
				Account: l.acc.Name, Target: l.aorURI(), Event: pkg.Name, Phase: event.Active, Info: info, Notifiers: 1,
			},
		}
	})
}

// attend begins what the account's configuration subscribes to and publishes, or takes
// it up again: at the start, and each time that the registrar has us anew.
func (l *line) attend() {
	a := l.agent
	if a.closing {
		return
	}
	if !l.attending {
		l.attending = true
		var wanted []SubscribeRequest
		if l.acc.SubscribeMWI {
			wanted = append(wanted, SubscribeRequest{Account: l.acc.Name, Event: event.MessageSummary})
		}
		for _, target := range l.acc.Watch {
			wanted = append(wanted, SubscribeRequest{Account: l.acc.Name, Target: target, Event: event.Dialogs})
		}
		for _, r := range wanted {
			if err := a.subscribeTo(SubscriptionID(a.lastSubscription.Add(1)), r, true); err != nil {
				a.emit(func(m Meta) Event {
					return CommandFailed{Meta: m, Command: "subscribe", Account: l.acc.Name, Err: err}
				})
			}
		}
		if l.acc.Publish {
			l.publication().publish(event.PresenceInfo{Status: event.Open})
		}
		return
	}
	for _, s := range a.subscriptions {
		if s.line != l {
			continue
		}
		for _, b := range s.limbs {
			if s.standby && b.m.Snapshot().Phase == event.Terminated {
				b.step(event.Start{})
				continue
			}
			b.step(event.Refresh{})
		}
	}
	if l.pub != nil {
		l.pub.step(event.Refresh{})
	}
}
