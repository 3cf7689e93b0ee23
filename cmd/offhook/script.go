package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"offhook/ua"
)

// sameSignal is how close a signal has to follow another to be the same one: timeout(1) and
// some shells signal the process and then its group.
const sameSignal = 300 * time.Millisecond

// closeTime is how long a phone may take to hang up and de-register at the end.
const closeTime = 4 * time.Second

// script is the run of a phone that nobody operates: one goroutine handles the
// Agent's events, timers and signals in turn, so that a command's state needs no
// lock.
//
//	Agent --events--> pump --+
//	time.AfterFunc ----------+--> run: print, then the command's handler
//	SIGINT, SIGTERM, SIGHUP -+         until finish, then Close and the last events
type script struct {
	phone *phone
	out   *printer
	// start runs once the phone has started; nil for nothing.
	start func()
	// handle is the command's reaction to an event.
	handle func(ua.Event)

	timers   chan func()
	done     chan struct{} // closed when run returns: late timers give up
	finished bool
	result   error
	spoiled  error // the first recording that isn't what was asked for
}

func newScript(p *phone, out *printer) *script {
	return &script{phone: p, out: out, timers: make(chan func()), done: make(chan struct{})}
}

// after runs f in the script's goroutine once d has passed.
func (s *script) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		select {
		case s.timers <- f:
		case <-s.done:
		}
	})
}

// finish ends the run with a result; the first one counts.
func (s *script) finish(err error) {
	if !s.finished {
		s.finished, s.result = true, err
	}
}

// tell prints what happens, and keeps what became of the recordings: their end may be told
// when the run has its result.
func (s *script) tell(e ua.Event) {
	s.out.event(e)
	if s.spoiled == nil {
		s.spoiled = spoiledBy(e)
	}
}

// run starts the phone and handles what happens until finish, or a signal. The
// phone is closed when it returns.
func (s *script) run(ctx context.Context) error {
	defer close(s.done)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup means it
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)
	// Whoever read the output has gone: the write fails and the run ends as it should,
	// by hanging up. Unasked for, the signal would end the process there and then.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	events := s.phone.agent.Subscribe()
	if err := s.phone.agent.Start(ctx); err != nil {
		events.Close()
		return errors.Join(fail(causeOrTransport(err), err), s.phone.close(ctx))
	}
	queue := make(chan ua.Event)
	go func() {
		defer close(queue)
		for {
			e, err := events.Next(context.Background()) // ends when the Agent closes
			if err != nil {
				return
			}
			queue <- e
		}
	}()
	if s.start != nil {
		s.start()
	}
	var interrupted time.Time
	for !s.finished {
		select {
		case e := <-queue:
			s.tell(e)
			s.handle(e)
		case f := <-s.timers:
			f()
		case <-signals:
			interrupted = time.Now()
			s.finish(ended(exitInterrupted))
		case <-ctx.Done():
			s.finish(fail(exitInternal, context.Cause(ctx)))
		}
		if s.out.err != nil {
			s.finish(fail(exitInternal, s.out.err))
		}
	}
	// The phone hangs up and de-registers; what it tells meanwhile is printed too.
	closed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		closed <- s.phone.close(ctx)
	}()
	for {
		select {
		case e, ok := <-queue:
			if !ok {
				queue = nil
				break
			}
			s.tell(e)
		case <-signals:
			if time.Since(interrupted) > sameSignal {
				os.Exit(int(exitInterrupted)) // the second one: at once
			}
		case err := <-closed:
			for queue != nil {
				e, ok := <-queue
				if !ok {
					break
				}
				s.tell(e)
			}
			if s.result == nil && err != nil {
				return fail(exitInternal, err)
			}
			return cmp.Or(s.result, s.spoiled)
		}
	}
}

// registrations waits for accounts that register, and tells how it went.
type registrations struct {
	waiting map[string]bool
	ready   func()
	failed  func(ua.Registration)
}

// await is a registrations for accounts; ready is called when the last has
// registered (at the first event, when none does).
func await(accounts []ua.Account, ready func(), failed func(ua.Registration)) *registrations {
	r := &registrations{waiting: map[string]bool{}, ready: ready, failed: failed}
	for _, a := range accounts {
		if a.Register {
			r.waiting[a.Name] = true
		}
	}
	return r
}

// missing names the accounts that haven't registered yet.
func (r *registrations) missing() string {
	return strings.Join(slices.Sorted(maps.Keys(r.waiting)), ", ")
}

func (r *registrations) event(e ua.Event) {
	change, ok := e.(ua.RegistrationChanged)
	if !ok || !r.waiting[change.Account] {
		return
	}
	switch change.State {
	case ua.Registered:
		delete(r.waiting, change.Account)
		if len(r.waiting) == 0 {
			r.ready()
		}
	case ua.RegFailed:
		r.failed(change.Registration)
	case ua.Unregistered, ua.Registering, ua.Unregistering:
	}
}

// registrationError is the result of a run whose account couldn't register.
func registrationError(r ua.Registration) error {
	cause, _ := ua.CauseOf(r.Err)
	code := causeCode(cause)
	if code == exitOK {
		code = exitRejected
	}
	return failf(code, "account %q could not register: %s", r.Account, why(r.Err, r.Code, r.Reason))
}

// causeOrTransport gives the code of an error that has no better one: what can't
// be bound or found is the network's.
func causeOrTransport(err error) exitCode {
	cause, _ := ua.CauseOf(err)
	if code := causeCode(cause); code != exitOK && code != exitInternal {
		return code
	}
	return exitTransport
}
