package uitest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
)

// Phone records commands and sends the events that a test tells it to. It is
// safe for concurrent use, as ua.Phone is.
type Phone struct {
	mu            sync.Mutex
	commands      []string                        // guarded by mu
	calls         []ua.CallInfo                   // guarded by mu
	registrations []ua.Registration               // guarded by mu
	meters        map[ua.CallID]ua.Meters         // guarded by mu
	subs          []*ua.Subscription              // guarded by mu
	next          ua.CallID                       // guarded by mu
	seq           uint64                          // guarded by mu
	policy        ua.Policy                       // guarded by mu
	messages      ua.MessageID                    // guarded by mu
	subscribed    ua.SubscriptionID               // guarded by mu
	watched       []ua.SubscriptionInfo           // guarded by mu
	now           func() time.Time                // set by New
	on            func(*Phone, string, ua.CallID) // set by New
}

var _ ua.Phone = (*Phone)(nil)

// New makes a phone with accounts. on, when not nil, is told each command after it
// was recorded, and may answer with events; it is called without the lock.
func New(now func() time.Time, on func(p *Phone, command string, id ua.CallID), registrations ...ua.Registration) *Phone {
	return &Phone{
		now: now, on: on, registrations: registrations,
		meters: map[ua.CallID]ua.Meters{}, next: 1,
	}
}

func (p *Phone) record(id ua.CallID, format string, args ...any) {
	command := fmt.Sprintf(format, args...)
	p.mu.Lock()
	p.commands = append(p.commands, command)
	on := p.on
	p.mu.Unlock()
	if on != nil {
		verb, _, _ := strings.Cut(command, " ")
		on(p, verb, id)
	}
}

// Commands returns what was asked since the last time, and forgets it.
func (p *Phone) Commands() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.commands
	p.commands = nil
	return out
}

// Set makes c the state of its call, and tells it.
func (p *Phone) Set(c ua.CallInfo) ua.CallChanged {
	p.mu.Lock()
	was := call.Idle
	found := false
	for i := range p.calls {
		if p.calls[i].ID == c.ID {
			was, found = p.calls[i].State, true
			p.calls[i] = c
		}
	}
	if !found {
		p.calls = append(p.calls, c)
	}
	p.next = max(p.next, c.ID+1)
	e := ua.CallChanged{Meta: p.meta(), Call: c, Was: was}
	p.mu.Unlock()
	p.Post(e)
	return e
}

// Change edits a call's state and tells it.
func (p *Phone) Change(id ua.CallID, edit func(*ua.CallInfo)) {
	c := p.Call(id)
	edit(&c)
	p.Set(c)
}

// Call is the snapshot of a call.
func (p *Phone) Call(id ua.CallID) ua.CallInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.ID == id {
			return c
		}
	}
	return ua.CallInfo{ID: id}
}

// SetMeters is what Meters will say.
func (p *Phone) SetMeters(id ua.CallID, m ua.Meters) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meters[id] = m
}

// Post sends an event to all subscriptions.
func (p *Phone) Post(e ua.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := e.(ua.SubscriptionChanged); ok {
		i := slices.IndexFunc(p.watched, func(w ua.SubscriptionInfo) bool { return w.ID == e.Subscription.ID })
		if i < 0 {
			p.watched = append(p.watched, e.Subscription)
		} else {
			p.watched[i] = e.Subscription
		}
	}
	for _, s := range p.subs {
		s.Post(e)
	}
}

// Meta is the common part of the next event.
func (p *Phone) Meta() ua.Meta {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meta()
}

func (p *Phone) meta() ua.Meta {
	p.seq++
	return ua.Meta{Seq: p.seq, Time: p.now()}
}

// The methods of ua.Phone.

func (p *Phone) Register(account string)   { p.record(0, "register %s", account) }
func (p *Phone) Unregister(account string) { p.record(0, "unregister %s", account) }
func (p *Phone) AddAccount(a ua.Account)   { p.record(0, "add %s", a.Name) }

func (p *Phone) Dial(r ua.DialRequest) ua.CallID {
	p.mu.Lock()
	id := p.next
	p.next++
	p.mu.Unlock()
	p.record(id, "dial %d %s from %s", id, r.Target, r.Account)
	return id
}

func (p *Phone) Pickup(r ua.PickupRequest) ua.CallID {
	p.mu.Lock()
	id := p.next
	p.next++
	p.mu.Unlock()
	p.record(id, "pickup %d %s from %s", id, r.Target, r.Account)
	return id
}

func (p *Phone) Retrieve(account, slot string) ua.CallID {
	p.mu.Lock()
	id := p.next
	p.next++
	p.mu.Unlock()
	p.record(id, "retrieve %d %s from %s", id, slot, account)
	return id
}

func (p *Phone) Answer(id ua.CallID) { p.record(id, "answer %d", id) }
func (p *Phone) Reject(id ua.CallID, code int, reason string) {
	p.record(id, "reject %d %d %s", id, code, reason)
}
func (p *Phone) Redirect(id ua.CallID, target string) { p.record(id, "redirect %d %s", id, target) }
func (p *Phone) Hangup(id ua.CallID)                  { p.record(id, "hangup %d", id) }
func (p *Phone) Transfer(id ua.CallID, target string) { p.record(id, "transfer %d %s", id, target) }
func (p *Phone) TransferTo(id, other ua.CallID)       { p.record(id, "transfer-to %d %d", id, other) }
func (p *Phone) Park(id ua.CallID)                    { p.record(id, "park %d", id) }
func (p *Phone) Hold(id ua.CallID)                    { p.record(id, "hold %d", id) }
func (p *Phone) Resume(id ua.CallID)                  { p.record(id, "resume %d", id) }
func (p *Phone) Rekey(id ua.CallID)                   { p.record(id, "rekey %d", id) }
func (p *Phone) Conference(ids ...ua.CallID)          { p.record(0, "conference %v", ids) }
func (p *Phone) Split(id ua.CallID)                   { p.record(id, "split %d", id) }
func (p *Phone) Consent(id ua.CallID, accept bool)    { p.record(id, "consent %d %t", id, accept) }
func (p *Phone) Focus(id ua.CallID)                   { p.record(id, "focus %d", id) }
func (p *Phone) Mute(id ua.CallID, on bool)           { p.record(id, "mute %d %t", id, on) }
func (p *Phone) SendDTMF(id ua.CallID, digits string) { p.record(id, "dtmf %d %s", id, digits) }
func (p *Phone) Play(id ua.CallID, path string, o audio.PlayOptions) {
	p.record(id, "play %d %s %t", id, path, o.Loop)
}
func (p *Phone) StopPlay(id ua.CallID)            { p.record(id, "stop-play %d", id) }
func (p *Phone) RecordConference(path string)     { p.record(0, "record-conference %s", path) }
func (p *Phone) StopRecordConference()            { p.record(0, "stop-record-conference") }
func (p *Phone) Record(id ua.CallID, path string) { p.record(id, "record %d %s", id, path) }
func (p *Phone) StopRecord(id ua.CallID)          { p.record(id, "stop-record %d", id) }
func (p *Phone) SetAudioDevices(in, out, ring string) {
	p.record(0, "devices %s %s %s", in, out, ring)
}
func (p *Phone) Echo(id ua.CallID, on bool)  { p.record(id, "echo %d %t", id, on) }
func (p *Phone) Options(r ua.OptionsRequest) { p.record(0, "options %s", r.Target) }

// Message, SubscribeTo and Publish note what was asked for; a test posts what follows.
func (p *Phone) Message(r ua.MessageRequest) ua.MessageID {
	p.record(r.Call, "message %s: %s", r.Target, r.Text)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages++
	return p.messages
}

func (p *Phone) SubscribeTo(r ua.SubscribeRequest) ua.SubscriptionID {
	p.record(0, "subscribe %s %s", r.Event, r.Target)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subscribed++
	return p.subscribed
}

func (p *Phone) Unsubscribe(id ua.SubscriptionID) { p.record(0, "unsubscribe %d", id) }
func (p *Phone) Publish(r ua.PublishRequest)      { p.record(0, "publish %s %s", r.Status, r.Note) }

// Subscriptions are the newest of each that a SubscriptionChanged told.
func (p *Phone) Subscriptions() []ua.SubscriptionInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.watched)
}

// SetPolicy keeps the policy, and tells it.
func (p *Phone) SetPolicy(policy ua.Policy) {
	p.mu.Lock()
	p.policy = policy
	e := ua.PolicyChanged{Meta: p.meta(), Policy: policy}
	p.mu.Unlock()
	p.record(0, "policy")
	p.Post(e)
}

func (p *Phone) Policy() ua.Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.policy
}

func (p *Phone) Calls() []ua.CallInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]ua.CallInfo(nil), p.calls...)
}

func (p *Phone) Registrations() []ua.Registration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]ua.Registration(nil), p.registrations...)
}

func (p *Phone) Meters(id ua.CallID) ua.Meters {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meters[id]
}

func (p *Phone) Subscribe() *ua.Subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := ua.NewSubscription()
	p.subs = append(p.subs, s)
	return s
}
