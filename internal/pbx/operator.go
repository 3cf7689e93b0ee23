package pbx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"time"

	"offhook/audio"
	"offhook/codec"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// phone is what an operator needs of an Agent.
type phone interface {
	Answer(ua.CallID)
	Progress(ua.CallID)
	Reject(id ua.CallID, code int, reason string)
	Hold(ua.CallID)
	Resume(ua.CallID)
	Echo(id ua.CallID, on bool)
	Play(id ua.CallID, path string, o audio.PlayOptions)
	SendDTMF(id ua.CallID, digits string)
	Message(ua.MessageRequest) ua.MessageID
}

// operator works one service's phone: it plays the script of each call.
//
//	agent's events --> run --> one goroutine per call: step, wait, step ...
type operator struct {
	ext       extension
	catalogue []extension
	clip      string
	phone     phone
	log       *slog.Logger

	// calls and scripts: run's goroutine owns the map; Wait joins the scripts.
	calls   map[ua.CallID]*script
	scripts sync.WaitGroup
}

// script is one call at its steps.
type script struct {
	cancel context.CancelFunc
	// up is closed when the call is confirmed.
	up   chan struct{}
	isUp bool
}

// run serves the agent's events until they end.
func (o *operator) run(ctx context.Context, events *ua.Subscription) {
	o.calls = make(map[ua.CallID]*script)
	defer o.scripts.Wait()
	defer func() {
		for _, s := range o.calls {
			s.cancel()
		}
	}()
	for {
		e, err := events.Next(ctx)
		if err != nil {
			return // the agent has closed, or the PBX closes
		}
		switch e := e.(type) {
		case ua.CallChanged:
			o.changed(ctx, e.Call)
		case ua.DigitReceived:
			// In-band digits come back as tones anyway: twice would be twice as many.
			if o.ext.digits && e.Call.DTMF != audio.DTMFInband {
				o.phone.SendDTMF(e.Call.ID, string(rune(e.Digit)))
			}
		case ua.MediaChanged:
			if o.plays() && e.What == ua.MediaPlayed {
				o.phone.Play(e.Call.ID, o.clip, audio.PlayOptions{})
			}
		case ua.MessageReceived:
			o.reply(e.Message)
		case ua.MessageSent:
			if e.Result.Err != nil {
				o.log.Info("a service's reply wasn't delivered", "service", o.ext.name, "to", e.Result.Target, "err", e.Result.Err)
			}
		case ua.CommandFailed:
			o.log.Info("a service couldn't do its part", "service", o.ext.name, "command", e.Command, "err", e.Err)
		}
	}
}

// reply answers a message: the echo says it again, the others say what they are. One
// that a service sent is left, as two of them would never end.
func (o *operator) reply(m ua.MessageInfo) {
	if _, _, ok := find(o.catalogue, userOf(m.From)); ok {
		return
	}
	text := o.ext.name + " " + o.ext.summary
	if o.ext.name == "echo" {
		text = m.Text
	}
	o.phone.Message(ua.MessageRequest{Target: m.From, Text: text, Call: m.Call})
}

// plays says that the service plays a file.
func (o *operator) plays() bool { return o.ext.clip && o.clip != "" }

func (o *operator) changed(ctx context.Context, c ua.CallInfo) {
	s := o.calls[c.ID]
	switch {
	case c.State == call.Ended:
		if s != nil {
			s.cancel()
			delete(o.calls, c.ID)
		}
	case s == nil && c.Direction == ua.Incoming:
		s = &script{up: make(chan struct{})}
		var scriptCtx context.Context
		scriptCtx, s.cancel = context.WithCancel(ctx)
		o.calls[c.ID] = s
		steps := o.steps(c)
		o.scripts.Go(func() { o.play(scriptCtx, c.ID, s, steps) })
	}
	if s != nil && !s.isUp && c.State == call.Confirmed {
		s.isUp = true
		close(s.up)
		if o.plays() {
			o.phone.Play(c.ID, o.clip, audio.PlayOptions{})
		}
	}
}

// steps reads what was dialled: the argument of delay-N and its like is in the To.
func (o *operator) steps(c ua.CallInfo) []step {
	if e, steps, ok := find(o.catalogue, userOf(c.DialedURI)); ok && e.name == o.ext.name {
		return steps
	}
	steps, ok := o.ext.script("")
	if !ok {
		return []step{{do: reject, code: 404}}
	}
	return steps
}

func (o *operator) play(ctx context.Context, id ua.CallID, s *script, steps []step) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, step := range steps {
		timer.Reset(step.after)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		switch step.do {
		case answerIt:
			o.phone.Answer(id)
			select {
			case <-s.up:
			case <-ctx.Done():
				return
			}
		case progress:
			o.phone.Progress(id)
		case reject:
			o.phone.Reject(id, step.code, "")
		case hold:
			o.phone.Hold(id)
		case resume:
			o.phone.Resume(id)
		case echo:
			o.phone.Echo(id, true)
		}
	}
}

// services makes the agents of the services when they are first called.
type services struct {
	catalogue []extension
	host      netip.Addr
	domain    string
	clip      string
	codecs    codec.Set
	maxCalls  int
	log       *slog.Logger

	// running are the desks that are open, by name; mu is held while one opens.
	running sync.Map
	mu      sync.Mutex
	closed  bool // guarded by mu
}

// desk is a service that was called: its agent, its operator, its address.
type desk struct {
	agent  *ua.Agent
	cancel context.CancelFunc
	done   sync.WaitGroup
	uri    sip.URI
	target sip.Target
}

var errClosed = errors.New("the PBX is closing")

// find reads what was dialled.
func (s *services) find(dialled string) (extension, bool) {
	if len(s.codecs) == 0 {
		return extension{}, false
	}
	e, _, ok := find(s.catalogue, dialled)
	return e, ok
}

// at is the static binding of a service that was called before.
func (s *services) at(e extension) (*desk, bool) {
	v, ok := s.running.Load(e.name)
	if !ok {
		return nil, false
	}
	d, ok := v.(*desk)
	return d, ok
}

// living finds the service whose agent has a contact.
func (s *services) living(contact sip.URI) (extension, bool) {
	for _, e := range s.catalogue {
		if d, ok := s.at(e); ok && sameURI(d.uri, contact) {
			return e, true
		}
	}
	return extension{}, false
}

// sent says that a request comes from a service's own agent.
func (s *services) sent(from netip.AddrPort) bool {
	for _, v := range s.running.Range {
		if d, ok := v.(*desk); ok && d.target.Addr == from {
			return true
		}
	}
	return false
}

// open gives a service's desk, and makes its agent if need be. It may block a
// little: workers call it.
func (s *services) open(ctx context.Context, e extension) (*desk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if d, ok := s.at(e); ok {
		return d, nil
	}
	d, err := s.start(ctx, e)
	if err != nil {
		return nil, err
	}
	s.running.Store(e.name, d)
	return d, nil
}

func (s *services) start(ctx context.Context, e extension) (*desk, error) {
	agent, err := ua.New(ua.Config{
		Accounts: []ua.Account{{
			Name: e.name, AOR: "sip:" + e.name + "@" + s.domain, DisplayName: e.name,
			Listen: netip.AddrPortFrom(s.host, 0), Codecs: s.codecs, ICE: ua.ICEAuto,
			OutboundProxy: "sip:" + s.domain, // for replies to messages
		}},
		Media:       &studio{voicing: e.voicing, config: audio.EngineConfig{Log: s.log}},
		Log:         s.log.With("service", e.name),
		UserAgent:   "offhook pbx (" + e.name + ")",
		MaxCalls:    s.maxCalls,
		Parallel:    true,
		Quiet:       !e.rings,
		RingTimeout: math.MaxInt64, // the proxy's callers give up, not the phone
	})
	if err != nil {
		return nil, err
	}
	events := agent.Subscribe()
	if err := agent.Start(ctx); err != nil {
		return nil, errors.Join(err, agent.Close(ctx))
	}
	d := &desk{agent: agent}
	if d.uri, err = contactOf(ctx, events); err != nil {
		return nil, errors.Join(err, agent.Close(ctx))
	}
	var ok bool
	if d.target, ok = numericTarget(d.uri); !ok {
		return nil, errors.Join(fmt.Errorf("the contact %s has no address", d.uri.String()), agent.Close(ctx))
	}
	runCtx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	o := &operator{ext: e, catalogue: s.catalogue, clip: s.clip, phone: agent, log: s.log}
	d.done.Go(func() { o.run(runCtx, events) })
	return d, nil
}

// close hangs up all calls and ends the agents.
func (s *services) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, v := range s.running.Range {
		d, ok := v.(*desk)
		if !ok {
			continue
		}
		wg.Go(func() {
			err := d.agent.Close(ctx)
			d.cancel()
			d.done.Wait()
			mu.Lock()
			errs = append(errs, err)
			mu.Unlock()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// contactOf waits until an agent that doesn't register tells where it listens.
func contactOf(ctx context.Context, events *ua.Subscription) (sip.URI, error) {
	for {
		e, err := events.Next(ctx)
		if err != nil {
			return sip.URI{}, err
		}
		if r, ok := e.(ua.RegistrationChanged); ok && r.Contact != "" {
			return sip.ParseURI(r.Contact)
		}
	}
}
