package ua

import (
	"fmt"
	"slices"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/event"
	"offhook/ua/rules"
	"offhook/ua/sip"
)

// watcher is somebody who subscribed to us: what the machine's effects need. The loop
// owns it.
type watcher struct {
	agent   *Agent
	line    *line
	typ     event.Type
	m       *event.Notifier
	u       *usage
	x       *exchange
	clock   stopwatch
	version uint64
	sent    []event.Dialog // what the newest NOTIFY showed
}

const (
	// maxWatchers bounds who may watch at once.
	maxWatchers = 64
	// notifyEvery is the least time between two NOTIFYs (RFC 4235, section 3.10).
	notifyEvery = time.Second
)

// onSubscribe takes a SUBSCRIBE that begins a subscription to our calls or our presence
// (RFC 6665, section 4.2.1):
//
//	package         489 unless dialog or presence
//	Accept          406 when it names types, and not the package's
//	who watches     403 unless the account's Watchers let them
func (a *Agent) onSubscribe(l *line, b bound, st sip.ServerTransaction) {
	req := st.Request()
	l = a.lineFor(l, req)
	t := event.ParseType(sip.HeaderValue(req, "Event"))
	pkg, err := event.Lookup(t.Package)
	switch {
	case err != nil || !slices.Contains(eventPackages(), pkg.Name):
		a.reply(st, 489, "", addAllowEvents)
		return
	case a.closing:
		a.reply(st, 480, "", nil)
		return
	case !l.watchable(req):
		a.log.Info("somebody may not watch this phone; allow_watchers says who may", "account", l.acc.Name, "package", pkg.Name, "from", senderOf(req))
		a.reply(st, 403, "", nil)
		return
	case !acceptsType(req, pkg.Type):
		a.reply(st, 406, "", func(res *sip.Response) { set(res, "Accept", pkg.Type) })
		return
	case len(a.watchers) >= maxWatchers:
		a.reply(st, 503, "", func(res *sip.Response) { set(res, "Retry-After", "60") })
		return
	}
	via := sip.PeerOf(st)
	d, err := dialog.NewUAS(req, sip.NewTag(), l.contact(b, via.Transport), via)
	if err != nil {
		a.reply(st, 400, "", nil)
		return
	}
	d.Established()
	w := &watcher{agent: a, line: l, typ: t, u: &usage{Dialog: d, end: b, via: via}}
	w.m = event.NewNotifier(event.NotifierConfig{Interval: notifyEvery})
	a.watchers = append(a.watchers, w)
	w.subscribe(st)
}

func addAllowEvents(res *sip.Response) {
	for _, name := range eventPackages() {
		res.AppendHeader(sip.NewHeader("Allow-Events", name))
	}
}

// senderOf is who sent a request, for the log.
func senderOf(req *sip.Request) string {
	if f := req.From(); f != nil {
		return display(f.Address)
	}
	return ""
}

// watchable asks the account's policy about the sender of a SUBSCRIBE.
func (l *line) watchable(req *sip.Request) bool {
	f := req.From()
	if f == nil {
		return false
	}
	return l.watchers.Match(rules.Party{
		Name: remoteName(f.DisplayName), User: f.Address.User, Domain: f.Address.Host, URI: display(f.Address),
	})
}

// acceptsType says that Accept allows a type; without the header it is the package's own.
func acceptsType(m sip.Message, kind string) bool {
	accept := sip.HeaderValues(m, "Accept")
	return len(accept) == 0 || slices.ContainsFunc(accept, func(v string) bool {
		t := event.ParseType(v).Package
		return t == kind || t == "*/*" || t == "application/*"
	})
}

// onSubscribeAgain takes a refresh or the end of a subscription, and says whether it is one.
func (a *Agent) onSubscribeAgain(st sip.ServerTransaction) bool {
	req := st.Request()
	id := dialog.RequestID(req)
	for _, w := range a.watchers {
		if w.u.ID() != id || w.typ != event.ParseType(sip.HeaderValue(req, "Event")) {
			continue
		}
		if code := w.u.CheckRequest(req).StatusCode(); code != 0 {
			a.reply(st, code, "", nil)
			return true
		}
		w.u.Refresh(req)
		w.subscribe(st)
		return true
	}
	return false
}

func (w *watcher) subscribe(st sip.ServerTransaction) {
	var in event.Subscribe
	in.Expires, in.HasExpires = secondsOf(st.Request(), "Expires")
	w.step(in, func(e event.Answer) {
		res := sip.NewResponse(st.Request(), e.Code, "")
		if sip.Tag(st.Request().To()) == "" {
			sip.SetToTag(res, w.u.LocalTag())
		}
		switch e.Code {
		case 200:
			set(res, "Expires", event.Seconds(e.Expires))
			set(res, "Contact", w.line.contact(w.u.end, w.u.via.Transport))
			addAllowEvents(res)
		case 423:
			set(res, "Min-Expires", event.Seconds(e.MinExpires))
		}
		if err := st.Respond(res); err != nil {
			w.agent.log.Info("answer to a SUBSCRIBE", "to", st.Source(), "err", err)
		}
	})
}

// step runs the machine and does what it says.
func (w *watcher) step(in event.Input, answer func(event.Answer)) {
	for _, e := range w.m.Step(time.Now(), in, nil) {
		switch e := e.(type) {
		case event.Answer:
			answer(e)
		case event.SendNotify:
			w.notify(e)
		case event.SetTimer:
			w.clock.set(w.agent, e.At, func() { w.step(event.Tick{}, nil) })
		case event.StopTimer:
			w.clock.stop()
		case event.Changed, event.SendSubscribe, event.SendPublish:
		}
	}
	if p := w.m.Snapshot().Phase; p == event.Terminated || p == event.Idle {
		w.clock.stop()
		w.agent.watchers = slices.DeleteFunc(w.agent.watchers, func(o *watcher) bool { return o == w })
	}
}

// notify sends a NOTIFY with what is true now (RFC 6665, section 4.2.2).
func (w *watcher) notify(e event.SendNotify) {
	l := w.line
	body, kind := w.body(e.Full || e.State.Phase == event.Terminated, e.State.Phase == event.Pending)
	x := w.u.inUsage(l, sip.NOTIFY, func(req *sip.Request, end bound, t sip.Target) {
		set(req, "Contact", l.contact(end, t.Transport))
		set(req, "Event", w.typ.String())
		set(req, "Subscription-State", e.State.String())
		set(req, "Allow", allow())
		if body != nil {
			set(req, "Content-Type", kind)
			req.SetBody(body)
		}
	})
	w.x = x
	x.onResponse = func(res *sip.Response, err error) {
		switch {
		case x != w.x:
		case err != nil:
			w.step(eventLoss(err), nil)
		case res.StatusCode >= 200:
			w.step(eventResponse(res), nil)
		}
	}
	w.u.sendInUsage(x)
}

// body is the state of the package. Who isn't approved yet sees nothing.
func (w *watcher) body(full, pending bool) ([]byte, string) {
	switch {
	case pending:
		return nil, ""
	case w.typ.Package == event.Presence:
		return w.line.presence().Format(), event.TypePIDF
	}
	now := w.line.dialogs()
	info := event.DialogInfo{Entity: w.line.aorURI(), Version: w.version, Dialogs: now}
	if !full {
		info.Partial, info.Dialogs = true, event.Changes(w.sent, now)
	}
	w.sent = now
	w.version++
	return info.Format(), event.TypeDialogInfo
}

// dialogs are the account's calls as watchers see them.
func (l *line) dialogs() []event.Dialog {
	var all []event.Dialog
	for _, id := range l.agent.order {
		c := l.agent.calls[id]
		if c.line != l || c.m == nil {
			continue
		}
		if d, ok := c.dialogInfo(); ok {
			all = append(all, d)
		}
	}
	return all
}

var dialogStates = map[call.State]event.DialogState{
	call.Idle: event.DialogTrying, call.Calling: event.DialogTrying, call.Early: event.DialogEarly,
	call.Incoming: event.DialogEarly, call.Answering: event.DialogConfirmed, call.Confirmed: event.DialogConfirmed,
	call.Closing: event.DialogTerminated, call.Ended: event.DialogTerminated,
}

// dialogInfo is a call as a watcher sees it; false once it is over.
func (c *phoneCall) dialogInfo() (event.Dialog, bool) {
	state := dialogStates[c.m.State()]
	if c.ended || state == event.DialogTerminated {
		return event.Dialog{}, false
	}
	d := event.Dialog{
		ID: fmt.Sprint(uint64(c.id)), CallID: c.callID, LocalTag: c.localTag, Direction: event.Initiator, State: state,
		Held:   c.m.Hold().Local,
		Local:  event.Party{Identity: c.info.LocalURI},
		Remote: event.Party{Identity: c.info.RemoteURI, Display: c.info.RemoteName},
	}
	if c.info.Direction == Incoming {
		d.Direction = event.Recipient
	}
	if leg := c.main(); leg != nil {
		d.RemoteTag = leg.Replaces().ToTag // with its case, for those who compare it
		target := leg.Target()
		d.Remote.Target = target.String()
		d.Local.Target = c.line.contactURI(leg.end.LocalAddr(leg.via.Transport), leg.via.Transport)
	}
	if !c.info.Answered.IsZero() {
		d.Duration = time.Since(c.info.Answered).Truncate(time.Second)
	}
	return d, true
}

// stateChanged tells watchers of a package that there is something new.
func (a *Agent) stateChanged(l *line, pkg string) {
	for _, w := range slices.Clone(a.watchers) {
		if w.line == l && w.typ.Package == pkg {
			w.step(event.Update{}, nil)
		}
	}
}

// callChanged tells watchers of a call's account. In the loop.
func (a *Agent) callChanged(l *line) {
	if len(a.watchers) > 0 {
		a.stateChanged(l, event.Dialogs)
		if l.busy != l.talking() {
			a.stateChanged(l, event.Presence)
		}
	}
	l.busy = l.talking()
	if l.pub != nil && !a.closing {
		l.pub.callsChanged()
	}
}
