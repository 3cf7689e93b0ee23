package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ua/uatest"
)

// subscribed is a subscription of ours that the peer has accepted, and the peer's leg of it.
func (r *rig) subscribed(req SubscribeRequest) (SubscriptionID, *uatest.Message, *uatest.Leg) {
	r.t.Helper()
	id := r.agent.SubscribeTo(req)
	m := r.peer.Expect("SUBSCRIBE")
	leg := r.peer.Leg(m)
	leg.Reply(m, 200, "", "Expires: 600")
	return id, m, leg
}

// notify sends a NOTIFY of the leg.
func notify(leg *uatest.Leg, pkg, state, kind, body string) {
	headers := []string{"Event: " + pkg, "Subscription-State: " + state}
	if kind != "" {
		headers = append(headers, "Content-Type: "+kind)
	}
	leg.Send(leg.Request("NOTIFY", body, headers...))
}

func (r *rig) subscription(id SubscriptionID, pick func(SubscriptionChanged) bool) SubscriptionChanged {
	r.t.Helper()
	return next(r, func(e SubscriptionChanged) bool { return e.Subscription.ID == id && pick(e) })
}

func notified(e SubscriptionChanged) bool { return e.Notified }

func phase(p event.Phase) func(SubscriptionChanged) bool {
	return func(e SubscriptionChanged) bool { return !e.Notified && e.Subscription.Phase == p }
}

const summary = "Messages-Waiting: yes\nMessage-Account: sip:*97@pbx\nVoice-Message: 3/1 (1/0)\n"

// RFC 6665 and RFC 3842, from the SUBSCRIBE to its end.
func TestSubscribe(t *testing.T) {
	r := newRig(t)
	id, m, leg := r.subscribed(SubscribeRequest{Event: "mwi", Headers: []string{"X-A: b"}})
	if m.Get("Event") != "message-summary" || m.Get("Accept") != event.TypeSummary || m.Get("Expires") != "3600" || m.Get("X-A") != "b" ||
		m.Get("Contact") == "" || m.URI() != "sip:alice@"+r.peer.Addr().String() {
		t.Errorf("sent\n%s", m.Raw)
	}
	notify(leg, "message-summary", "active;expires=600", event.TypeSummary, summary)
	r.peer.Expect("200 NOTIFY")
	e := r.subscription(id, notified)
	if v, ok := e.Subscription.Info.(event.VoicemailInfo); !ok || v.New != 3 || v.Account != "sip:*97@pbx" || e.BodyErr != nil || !strings.Contains(e.Raw, "Voice-Message") {
		t.Errorf("told %+v", e)
	}
	if s := r.subscription(id, phase(event.Active)).Subscription; s.Notifiers != 1 || s.Code != 200 {
		t.Errorf("subscription %+v", s)
	}
	if all := r.agent.Subscriptions(); len(all) != 1 || all[0].ID != id || all[0].Info == nil {
		t.Errorf("snapshot %+v", all)
	}
	// What can't be read is answered and told, and changes nothing.
	notify(leg, "message-summary", "active", event.TypeSummary, "rubbish")
	r.peer.Expect("200 NOTIFY")
	if e := r.subscription(id, notified); e.BodyErr == nil || e.Subscription.Info == nil {
		t.Errorf("told %+v", e)
	}
	notify(leg, "message-summary", "active", "text/html", "x")
	if res := r.peer.Expect("415 NOTIFY"); res.Get("Accept") != event.TypeSummary {
		t.Errorf("Accept: %s", res.Get("Accept"))
	}
	notify(leg, "presence", "active", "", "")
	r.peer.Expect("489 NOTIFY")
	stale := *leg
	stale.Seq -= 3
	notify(&stale, "message-summary", "active", "", "")
	r.peer.Expect("500 NOTIFY")

	r.agent.Unsubscribe(id)
	end := r.peer.Expect("SUBSCRIBE")
	if end.Get("Expires") != "0" || uatest.Tag(end.Get("To")) == "" || end.Seq() != 2 || end.URI() != leg.Contact {
		t.Errorf("sent\n%s", end.Raw)
	}
	leg.Reply(end, 200, "", "Expires: 0")
	notify(leg, "message-summary", "terminated;reason=timeout", "", "")
	r.peer.Expect("200 NOTIFY")
	r.subscription(id, phase(event.Terminated))
	if all := r.agent.Subscriptions(); len(all) != 0 {
		t.Errorf("left %+v", all)
	}
	notify(leg, "message-summary", "active", "", "")
	r.peer.Expect("481 NOTIFY")
}

// The NOTIFY may come first (RFC 6665, section 4.1.2.4), and makes the dialog.
func TestNotifyBeforeResponse(t *testing.T) {
	r := newRig(t)
	id := r.agent.SubscribeTo(SubscribeRequest{Target: r.peer.URI("bob"), Event: "presence"})
	m := r.peer.Expect("SUBSCRIBE")
	leg := r.peer.Leg(m)
	leg.Contact = r.peer.URI("there")
	notify(leg, "presence", "active;expires=600", "", "")
	r.peer.Expect("200 NOTIFY")
	r.subscription(id, phase(event.Active))
	leg.Reply(m, 200, "", "Expires: 600")
	r.agent.Unsubscribe(id)
	if end := r.peer.Expect("SUBSCRIBE"); end.URI() != leg.Contact || end.Seq() != 2 {
		t.Errorf("sent\n%s", end.Raw)
	}
}

// A forked SUBSCRIBE makes a subscription at each notifier of a package that allows it
// (RFC 6665, section 4.1.4; RFC 4235, section 3.9), and at one of another.
func TestForkedSubscription(t *testing.T) {
	doc := func(id, state string) string {
		return string(event.DialogInfo{Dialogs: []event.Dialog{{ID: id, Direction: event.Recipient, State: map[string]event.DialogState{
			"early": event.DialogEarly, "confirmed": event.DialogConfirmed}[state]}}}.Format())
	}
	r := newRig(t)
	id, m, leg := r.subscribed(SubscribeRequest{Target: r.peer.URI("bob"), Event: "dialog"})
	fork := leg.Fork(m)
	notify(leg, "dialog", "active;expires=600", event.TypeDialogInfo, doc("a", "confirmed"))
	r.peer.Expect("200 NOTIFY")
	notify(fork, "dialog", "active;expires=600", event.TypeDialogInfo, doc("b", "early"))
	r.peer.Expect("200 NOTIFY")
	e := r.subscription(id, func(e SubscriptionChanged) bool { return e.Notified && e.Subscription.Notifiers == 2 })
	if d := e.Subscription.Info.(event.DialogInfo); len(d.Dialogs) != 2 || d.Lamp() != event.LampRinging {
		t.Errorf("put together: %+v", d)
	}
	r.agent.Unsubscribe(id)
	a, b := r.peer.Expect("SUBSCRIBE"), r.peer.Expect("SUBSCRIBE")
	if uatest.Tag(a.Get("To")) == uatest.Tag(b.Get("To")) || a.Get("Expires") != "0" || b.Get("Expires") != "0" {
		t.Errorf("sent\n%s\n%s", a.Raw, b.Raw)
	}
	_, m, leg = r.subscribed(SubscribeRequest{Target: r.peer.URI("bob"), Event: "presence"})
	notify(leg, "presence", "active", "", "")
	r.peer.Expect("200 NOTIFY")
	notify(leg.Fork(m), "presence", "active", "", "")
	r.peer.Expect("481 NOTIFY")
}

func TestSubscribeRefused(t *testing.T) {
	r := newRig(t)
	for name, req := range map[string]SubscribeRequest{
		"no such package": {Event: "weather"},
		"no account":      {Account: "x", Event: "presence"},
		"bad header":      {Event: "presence", Headers: []string{"Event: x", "To: x"}},
		"bad target":      {Event: "presence", Target: "sip:"},
	} {
		r.agent.SubscribeTo(req)
		if e := r.failed("subscribe"); e.Err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
	id := r.agent.SubscribeTo(SubscribeRequest{Event: "presence"})
	r.peer.Reply(r.peer.Expect("SUBSCRIBE"), 489)
	s := r.subscription(id, phase(event.Terminated)).Subscription
	if s.Code != 489 || s.Err == nil || !strings.Contains(s.Err.Error(), "event package") {
		t.Errorf("subscription %+v", s)
	}
	r.agent.Unsubscribe(id)
	r.failed("unsubscribe")
}

// 423 is asked again with the longer time, a challenge answered, over one dialog's names
// (RFC 6665, section 4.1.2.1).
func TestSubscribeChallenged(t *testing.T) {
	r := newRig(t)
	r.agent.SubscribeTo(SubscribeRequest{Event: "message-summary"})
	m := r.peer.Expect("SUBSCRIBE")
	r.peer.Reply(m, 401, `WWW-Authenticate: Digest realm="x", nonce="n", algorithm=MD5`)
	again := r.peer.Expect("SUBSCRIBE")
	if again.Get("Authorization") == "" || again.Get("Call-ID") != m.Get("Call-ID") || again.Seq() != 2 || uatest.Tag(again.Get("From")) != uatest.Tag(m.Get("From")) {
		t.Errorf("sent\n%s", again.Raw)
	}
	leg := r.peer.Leg(again)
	leg.Reply(again, 423, "", "Min-Expires: 7200")
	if longer := r.peer.Expect("SUBSCRIBE"); longer.Get("Expires") != "7200" || longer.Get("Call-ID") != m.Get("Call-ID") || longer.Seq() != 3 {
		t.Errorf("sent\n%s", longer.Raw)
	}
}

// Many exchanges tell of the mailbox without being asked (Interop: Asterisk, FreeSWITCH).
func TestUnsolicitedVoicemail(t *testing.T) {
	r := newRig(t)
	leg := r.peer.Call("alice", r.addr())
	notify(leg, "message-summary", "active", event.TypeSummary, summary)
	r.peer.Expect("200 NOTIFY")
	e := r.subscription(0, notified)
	if v, ok := e.Subscription.Info.(event.VoicemailInfo); !ok || !v.Waiting || v.New != 3 || e.Subscription.Account != "me" {
		t.Errorf("told %+v", e)
	}
	leg = r.peer.Call("alice", r.addr())
	notify(leg, "message-summary", "active", event.TypeSummary, "x")
	r.peer.Expect("400 NOTIFY")
	leg = r.peer.Call("alice", r.addr())
	notify(leg, "presence", "active", "", "")
	r.peer.Expect("481 NOTIFY")
}

// What the configuration watches begins with the registration and is refreshed when it
// recovers.
func TestSubscriptionsOfTheConfiguration(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) {
		a.Register, a.SubscribeMWI, a.Watch, a.Publish = true, true, []string{"bob"}, true
	}))
	reg := r.peer.Expect("REGISTER")
	r.peer.Reply(reg, 200, "Contact: "+reg.Get("Contact")+";expires=300")
	seen := map[string]*uatest.Message{}
	for range 3 {
		m := r.peer.Next()
		seen[m.Method()+" "+m.Get("Event")] = m
	}
	mwi, lamp, pub := seen["SUBSCRIBE message-summary"], seen["SUBSCRIBE dialog"], seen["PUBLISH presence"]
	if mwi == nil || lamp == nil || pub == nil {
		t.Fatalf("came %v", seen)
	}
	if !strings.HasPrefix(lamp.URI(), "sip:bob@") || !strings.HasPrefix(mwi.URI(), "sip:alice@") || !strings.Contains(pub.Body, "<basic>open</basic>") {
		t.Errorf("sent\n%s\n%s\n%s", mwi.Raw, lamp.Raw, pub.Raw)
	}
	r.peer.Reply(pub, 200, "SIP-ETag: e1", "Expires: 3600")
	if p := next(r, func(e PresencePublished) bool { return e.Publication.Phase == event.Active }).Publication; p.Status != event.Open || p.Account != "me" {
		t.Errorf("published %+v", p)
	}
	// The phone says so when the person is on the phone.
	_, leg := r.ringing(r.sdp())
	r.agent.Answer(r.agent.Calls()[0].ID)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	busy := r.peer.Next()
	for busy.Method() != "PUBLISH" {
		busy = r.peer.Next()
	}
	if busy.Get("SIP-If-Match") != "e1" || !strings.Contains(busy.Body, "on-the-phone") {
		t.Errorf("sent\n%s", busy.Raw)
	}
}

func TestPublishAndRetract(t *testing.T) {
	r := newRig(t)
	r.agent.Publish(PublishRequest{Status: event.Closed, Note: "at <lunch>"})
	m := r.peer.Expect("PUBLISH")
	if m.Get("Event") != "presence" || m.Get("Content-Type") != event.TypePIDF || m.Get("SIP-If-Match") != "" ||
		!strings.Contains(m.Body, "at &lt;lunch&gt;") || !strings.Contains(m.Body, "<basic>closed</basic>") {
		t.Errorf("sent\n%s", m.Raw)
	}
	r.peer.Reply(m, 200, "SIP-ETag: x1", "Expires: 60")
	next(r, func(e PresencePublished) bool { return e.Publication.Phase == event.Active })
	r.agent.Publish(PublishRequest{})
	if m = r.peer.Expect("PUBLISH"); m.Get("SIP-If-Match") != "x1" || m.Get("Expires") != "0" || m.Body != "" {
		t.Errorf("sent\n%s", m.Raw)
	}
	r.peer.Reply(m, 200)
	next(r, func(e PresencePublished) bool { return e.Publication.Phase == event.Idle })
}

// Who may watch sees our calls, and no more than the account allows.
func TestWatchers(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Watchers = []string{"peer@*"} }))
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: dialog", "Expires: 600", "Accept: application/dialog-info+xml"))
	ok := r.peer.Expect("200 SUBSCRIBE")
	leg.Learn(ok)
	if ok.Get("Expires") != "600" || ok.Get("Contact") == "" {
		t.Errorf("answered\n%s", ok.Raw)
	}
	read := func() event.DialogInfo {
		t.Helper()
		m := r.peer.Next()
		for m.Method() != "NOTIFY" || m.IsResponse() {
			m = r.peer.Next()
		}
		r.peer.Reply(m, 200)
		d, err := event.ParseDialogInfo([]byte(m.Body))
		if err != nil || m.Get("Event") != "dialog" || !strings.HasPrefix(m.Get("Subscription-State"), "active;expires=") {
			t.Fatalf("%v\n%s", err, m.Raw)
		}
		return d
	}
	if d := read(); d.Partial || d.Version != 0 || len(d.Dialogs) != 0 {
		t.Errorf("first %+v", d)
	}
	in := r.peer.Call("alice", r.addr())
	in.Send(in.Request("INVITE", r.sdp()))
	d := read()
	if !d.Partial || d.Version != 1 || len(d.Dialogs) != 1 || d.Dialogs[0].State != event.DialogEarly || d.Dialogs[0].Direction != event.Recipient ||
		d.Dialogs[0].CallID != in.CallID || d.Dialogs[0].LocalTag == "" || d.Dialogs[0].RemoteTag != strings.ToLower(uatest.Tag(in.Local)) {
		t.Errorf("ringing %+v", d)
	}
	r.agent.Reject(r.state(0, call.Incoming).ID, 0, "")
	if d := read(); len(d.Dialogs) != 1 || d.Dialogs[0].State != event.DialogTerminated {
		t.Errorf("refused %+v", d)
	}
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: dialog", "Expires: 0"))
	r.peer.Expect("200 SUBSCRIBE")
	if m := r.peer.Expect("NOTIFY"); m.Get("Subscription-State") != "terminated;reason=timeout" {
		t.Errorf("last\n%s", m.Raw)
	}
}

func TestWatchersRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		watchers []string
		headers  []string
		want     string
	}{
		"nobody may":    {nil, []string{"Event: dialog"}, "403"},
		"somebody else": {[]string{"carol@*"}, []string{"Event: presence"}, "403"},
		"package":       {[]string{"*"}, []string{"Event: message-summary"}, "489"},
		"no package":    {[]string{"*"}, nil, "489"},
		"type":          {[]string{"*"}, []string{"Event: dialog", "Accept: text/html"}, "406"},
		"brief":         {[]string{"*"}, []string{"Event: dialog", "Expires: 2"}, "423"},
	} {
		r := newRig(t, withAccount(func(a *Account) { a.Watchers = tt.watchers }))
		leg := r.peer.Call("alice", r.addr())
		leg.Send(leg.Request("SUBSCRIBE", "", tt.headers...))
		res := r.peer.Expect(tt.want + " SUBSCRIBE")
		if tt.want == "489" && res.Get("Allow-Events") == "" || tt.want == "423" && res.Get("Min-Expires") == "" {
			t.Errorf("%s:\n%s", name, res.Raw)
		}
	}
}

// When the registrar has us anew, what is watched is refreshed, in its dialog (RFC 6665,
// section 4.1.2.2), and what was refused for good is tried again.
func TestSubscriptionsRecover(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Register, a.SubscribeMWI, a.Watch = true, true, []string{"bob"} }))
	register := func() {
		t.Helper()
		reg := r.peer.Expect("REGISTER")
		r.peer.Reply(reg, 200, "Contact: "+reg.Get("Contact")+";expires=300")
	}
	register()
	a, b := r.peer.Expect("SUBSCRIBE"), r.peer.Expect("SUBSCRIBE")
	leg := r.peer.Leg(a)
	leg.Reply(a, 200, "", "Expires: 600")
	r.peer.Reply(b, 489)
	notify(leg, a.Get("Event"), "active;expires=600", "", "")
	r.peer.Expect("200 NOTIFY")
	next(r, func(e SubscriptionChanged) bool { return e.Subscription.Phase == event.Active && !e.Notified })
	r.agent.Unregister("")
	r.peer.Reply(r.peer.Expect("REGISTER"), 200)
	r.agent.Register("")
	register()
	again := map[string]*uatest.Message{}
	for range 2 {
		m := r.peer.Expect("SUBSCRIBE")
		again[m.Get("Event")] = m
	}
	if m := again[a.Get("Event")]; m == nil || m.Get("Call-ID") != a.Get("Call-ID") || m.Seq() != 2 {
		t.Errorf("the live one: %v", m)
	}
	if m := again[b.Get("Event")]; m == nil || m.Get("Call-ID") == b.Get("Call-ID") {
		t.Errorf("the refused one: %v", m)
	}
}

// Close unsubscribes, tells watchers, and takes back what was published.
func TestCloseTakesLeave(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Watchers = []string{"*"} }))
	_, _, leg := r.subscribed(SubscribeRequest{Event: "presence"})
	notify(leg, "presence", "active", "", "")
	r.peer.Expect("200 NOTIFY")
	r.agent.Publish(PublishRequest{Status: event.Open})
	r.peer.Reply(r.peer.Expect("PUBLISH"), 200, "SIP-ETag: e", "Expires: 60")
	watcher := r.peer.Call("alice", r.addr())
	watcher.Send(watcher.Request("SUBSCRIBE", "", "Event: presence"))
	r.peer.Expect("200 SUBSCRIBE")
	r.peer.Reply(r.peer.Expect("NOTIFY"), 200)
	next(r, func(e PresencePublished) bool { return e.Publication.Phase == event.Active })
	closed := make(chan error)
	go func() { closed <- r.agent.Close(t.Context()) }()
	for range 3 {
		switch m := r.peer.Next(); m.Method() {
		case "SUBSCRIBE":
			leg.Reply(m, 200, "", "Expires: 0")
			notify(leg, "presence", "terminated;reason=timeout", "", "")
			if m.Get("Expires") != "0" {
				t.Errorf("sent\n%s", m.Raw)
			}
		case "PUBLISH":
			r.peer.Reply(m, 200)
			if m.Get("Expires") != "0" || m.Get("SIP-If-Match") != "e" {
				t.Errorf("sent\n%s", m.Raw)
			}
		case "NOTIFY":
			if m.IsResponse() {
				continue
			}
			r.peer.Reply(m, 200)
			if m.Get("Subscription-State") != "terminated;reason=deactivated" {
				t.Errorf("sent\n%s", m.Raw)
			}
		default:
			t.Fatalf("sent\n%s", m.Raw)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// Each state of a publication is told once.
func TestPublicationIsToldOnce(t *testing.T) {
	r := newRig(t)
	r.agent.Publish(PublishRequest{Status: event.Closed})
	r.peer.Reply(r.peer.Expect("PUBLISH"), 489)
	var phases []string
	next(r, func(e PresencePublished) bool {
		phases = append(phases, e.Publication.Phase.String())
		return e.Publication.Phase == event.Terminated
	})
	if got := strings.Join(phases, " "); got != "starting terminated" {
		t.Errorf("told %s", got)
	}
}
