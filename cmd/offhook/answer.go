package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/ua"
	"offhook/ua/call"
)

// answerCalls is how many calls an answering machine takes at once.
const answerCalls = 100

// answerFlags are the behaviour of `offhook answer`.
type answerFlags struct {
	conference bool
	after      time.Duration
	duration   time.Duration
	timeout    time.Duration
	code       int
	reason     string
	dtmf       string
	maxCalls   int
	transfer   transferFlags
	policy     policyFlags
	early      bool
}

func (a *app) answerCommand() *cobra.Command {
	var p phoneFlags
	var f answerFlags
	c := &cobra.Command{
		Use:   "answer",
		Short: "Answer or refuse incoming calls",
		Long: `Wait for calls and answer each one, or refuse it with --code. Every account of
the configuration registers, or the one that --account or --aor names; without
any, --listen says where calls may come in. Ends after --max-calls, or with Ctrl-C.
Exit code 8 says that a recording broke off.`,
		Example: `  offhook answer --account work --play greeting.wav --record 'in-{n}.wav'
  offhook answer --listen 127.0.0.1:5070 --echo --max-calls 10 --json
  offhook answer --code 486 --max-calls 1
  offhook answer --after 3s --duration 20s --audio-in tone:440 --audio-out null`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runAnswer(cmd, &p, &f) },
	}
	p.addScripted(c)
	p.history.addTo(c)
	s := c.Flags()
	s.DurationVar(&f.after, "after", 0, "ring for `TIME` before answering or refusing")
	s.DurationVar(&f.duration, "duration", 0, "hang up `TIME` after the answer")
	s.DurationVar(&f.timeout, "timeout", 0, "end with exit code 5 when the first call doesn't come within `TIME`")
	s.IntVar(&f.code, "code", 0, "refuse calls with the SIP code `N` (300 to 699)")
	s.StringVar(&f.reason, "reason", "", "reason phrase `TEXT` for --code")
	s.BoolVar(&f.conference, "conference", false, "join all callers in a conference: each hears the others")
	inGroup(s, "parties", "conference")
	s.StringVar(&f.dtmf, "dtmf", "", "send `DIGITS` (0-9 * # A-D) after the answer")
	s.BoolVar(&f.early, "early-media", false, "let the caller hear us while it rings: a 183 with SDP")
	f.policy.addTo(c)
	s.IntVar(&f.maxCalls, "max-calls", 0, "end after `N` calls")
	behaviour(c, "after", "duration", "timeout", "code", "reason", "dtmf", "max-calls", "early-media")
	f.transfer.addTo(c)
	return c
}

func (a *app) runAnswer(cmd *cobra.Command, p *phoneFlags, f *answerFlags) error {
	if err := errors.Join(checkDigits(f.dtmf), checkMedia(p.media), checkTimes(cmd)); err != nil {
		return err
	}
	switch {
	case f.code != 0 && (f.code < 300 || f.code > 699):
		return failf(exitUsage, "--code: %d doesn't refuse a call: take 300 to 699", f.code)
	case f.reason != "" && f.code == 0:
		return failf(exitUsage, "--reason needs --code")
	case f.transfer.after > 0 && f.transfer.to == "":
		return failf(exitUsage, "--transfer-after needs --transfer")
	case f.maxCalls < 0:
		return failf(exitUsage, "--max-calls: %d is less than nothing", f.maxCalls)
	}
	if f.transfer.to != "" {
		if err := checkTarget("--transfer", f.transfer.to); err != nil {
			return err
		}
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	accounts, err := a.accountsFor(s, p, "")
	if err != nil {
		return err
	}
	f.policy.admit(accounts)
	ph, err := a.openPhone(s, accounts, p.media, p.trace, phoneOptions{maxCalls: answerCalls, unattended: true, policy: &f.policy, history: p.history.path(a, s, adHoc(p, accounts))})
	if err != nil {
		return err
	}
	r := &answerRun{script: newScript(ph, a.printer()), flags: f, media: p.media, calls: map[ua.CallID]*answeredCall{}, leaving: map[ua.CallID]*seat{}}
	r.recorded.path = p.media.recordConference
	r.handle = r.event
	r.registered = await(accounts, func() {}, func(reg ua.Registration) { r.finish(registrationError(reg)) })
	if f.timeout > 0 {
		r.after(f.timeout, func() {
			if r.count == 0 {
				r.finish(failf(exitTimeout, "no call came within %s", f.timeout))
			}
		})
	}
	return r.run(cmd.Context())
}

// answerRun is one run of `offhook answer`; the script's goroutine owns it.
type answerRun struct {
	*script
	flags      *answerFlags
	media      mediaFlags
	registered *registrations
	calls      map[ua.CallID]*answeredCall
	count      int // of calls that came
	number     int // of calls, those included that took the place of one
	ended      int
	leaving    map[ua.CallID]*seat // transfers of ours under way
	result     error
	recorded   conferenceRecording
	playing    bool // something plays that a conference hears
}

// answeredCall is what has been done for a call.
type answeredCall struct {
	number       int
	prepared, up bool
	beyond       bool // one more than --max-calls: refused
	seat         *seat
}

// seat is one of --max-calls: held by the call that came, then by those that take
// its place, and by a transfer until its outcome is known.
type seat struct{ held int }

func (r *answerRun) event(e ua.Event) {
	r.registered.event(e)
	r.recorded.event(e)
	switch e := e.(type) {
	case ua.MediaChanged:
		r.playing = r.playing && e.What != ua.MediaPlayed
	case ua.CallChanged:
		if e.Call.Direction == ua.Incoming || r.calls[e.Call.ID] != nil || r.calls[e.Call.Replaces] != nil {
			r.changed(e.Call)
		}
	case ua.CallRefused:
		if e.Method == "INVITE" && e.Why != ua.RefusedUnknown && e.Why != ua.RefusedUnfit { // what is unfit may come again, better
			r.count++ // it came, and policy has dealt with it
			r.leave(&seat{held: 1})
		}
	case ua.TransferChanged:
		r.transferred(e.Call)
	case ua.CommandFailed:
		if e.Command == "transfer" {
			r.result = failf(commandCode(e.Err), "%s: %w", e.Command, e.Err)
		}
	}
}

// admit notes a new call. One in the place of another shares its seat.
func (r *answerRun) admit(info ua.CallInfo) *answeredCall {
	r.number++
	c := &answeredCall{number: r.number, seat: &seat{}}
	old := r.calls[info.Replaces]
	switch f := r.flags; {
	case old != nil:
		c.seat = old.seat
	case f.maxCalls > 0 && r.count >= f.maxCalls:
		c.beyond = true
		if busy := r.phone.agent.Policy().Forward.Busy; busy != "" {
			r.phone.agent.Redirect(info.ID, busy)
			break
		}
		r.phone.agent.Reject(info.ID, 486, "") // the last of --max-calls is being answered
	default:
		r.count++
		if f.early && f.code == 0 {
			r.phone.agent.Progress(info.ID)
		}
		r.after(f.after, func() { r.decide(info.ID) })
	}
	c.seat.held++
	r.calls[info.ID] = c
	return c
}

// leave frees a call's part of its seat.
func (r *answerRun) leave(s *seat) {
	if s.held--; s.held > 0 {
		return
	}
	r.ended++
	if f := r.flags; f.maxCalls > 0 && r.ended >= f.maxCalls {
		r.finish(r.result)
	}
}

// transferred hears how a transfer of ours goes: the run waits for its outcome.
func (r *answerRun) transferred(info ua.CallInfo) {
	t := info.Transfer
	if t.Role != ua.Transferor {
		return
	}
	s := r.leaving[info.ID]
	switch {
	case s == nil && t.State.Active() && r.calls[info.ID] != nil:
		s = r.calls[info.ID].seat
		s.held++
		r.leaving[info.ID] = s
	case s != nil && t.State.Over():
		delete(r.leaving, info.ID)
		if err := transferResult(info); err != nil {
			r.result = err
			r.phone.agent.Hangup(info.ID)
		}
		r.leave(s)
	}
}

func (r *answerRun) changed(info ua.CallInfo) {
	agent, f := r.phone.agent, r.flags
	c := r.calls[info.ID]
	if c == nil {
		c = r.admit(info)
	}
	if info.Codec != "" && !c.prepared && info.State != call.Ended {
		c.prepared = true
		if r.media.record != "" {
			agent.Record(info.ID, recording(r.media.record, c.number))
		}
		agent.Echo(info.ID, r.media.echo)
	}
	switch {
	case info.State == call.Confirmed && !c.up:
		c.up = true
		if f.conference && r.talking() > 1 {
			agent.Conference()
			r.recorded.start(agent)
		}
		// In a conference what plays for one is heard by all: a second time would be too much.
		if r.media.play != "" && !(f.conference && r.talking() > 1 && r.playing) {
			r.playing = true
			agent.Play(info.ID, r.media.play, r.media.playing())
		}
		if f.dtmf != "" {
			agent.SendDTMF(info.ID, strings.ToUpper(f.dtmf))
		}
		if f.duration > 0 {
			r.after(f.duration, func() { agent.Hangup(info.ID) })
		}
		if f.transfer.to != "" && info.Replaces == 0 {
			r.after(f.transfer.after, func() { agent.Transfer(info.ID, f.transfer.to) })
		}
	case info.State == call.Ended:
		delete(r.calls, info.ID)
		if c.beyond {
			break // never answered: its end is not one that is waited for
		}
		r.leave(c.seat)
	}
}

// talking counts the calls that are up.
func (r *answerRun) talking() (n int) {
	for _, c := range r.calls {
		if c.up {
			n++
		}
	}
	return n
}

// decide answers or refuses, unless the caller gave up meanwhile.
func (r *answerRun) decide(id ua.CallID) {
	switch {
	case r.calls[id] == nil:
	case r.flags.code != 0:
		r.phone.agent.Reject(id, r.flags.code, r.flags.reason)
	default:
		r.phone.agent.Answer(id)
	}
}
