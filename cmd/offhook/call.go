package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/ua"
	"offhook/ua/call"
)

// callFlags are the behaviour of `offhook call`.
type callFlags struct {
	duration    time.Duration
	ringTimeout time.Duration
	timeout     time.Duration
	dtmf        string
	says        headerFlags
	holdAfter   time.Duration
	resumeAfter time.Duration
	rekeyAfter  time.Duration
	transfer    callTransferFlags
	conference  conferenceFlags
	lateOffer   bool
}

func (a *app) callCommand() *cobra.Command {
	var p phoneFlags
	var f callFlags
	c := &cobra.Command{
		Use:   "call TARGET",
		Short: "Make a call",
		Long: `Call TARGET: a SIP URI, user@host, or a user or number at the account's own
domain. The call ends when the peer hangs up, after --duration, or with Ctrl-C.
Exit code 8 says that it ended before what --dtmf, --hold-after, --resume-after,
--rekey-after, --transfer or --conference ask for, or that a recording broke off.

An account of the configuration registers first; --no-register skips that.
Without any account a SIP URI can be called directly.`,
		Example: `  offhook call sip:bob@example.org
  offhook call 1001 --account work --duration 30s --record call.wav
  offhook call sip:ivr@10.0.0.5 --dtmf 123# --dtmf-mode info --audio-in silence --audio-out null
  offhook call sip:echo@10.0.0.5:5080 --play hello.wav --duration 10s --json --pcap call.pcap
  offhook call bob --conference carol --duration 1m
  offhook call bob@lab --aor sip:alice@lab --password-env PW --transport tcp --codecs pcma`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runCall(cmd, args[0], &p, &f) },
	}
	p.addScripted(c)
	p.history.addTo(c)
	s := c.Flags()
	s.DurationVar(&f.duration, "duration", 0, "hang up `TIME` after the answer")
	s.DurationVar(&f.ringTimeout, "ring-timeout", 0, "give up when nobody answers within `TIME` (default 2m)")
	s.DurationVar(&f.timeout, "timeout", 0, "end the whole run after `TIME`, with exit code 5")
	s.StringVar(&f.dtmf, "dtmf", "", "send `DIGITS` (0-9 * # A-D) after the answer")
	s.DurationVar(&f.holdAfter, "hold-after", 0, "put the peer on hold `TIME` after the answer")
	s.DurationVar(&f.rekeyAfter, "rekey-after", 0, "exchange the keys of SRTP for new ones `TIME` after the answer")
	s.BoolVar(&f.lateOffer, "late-offer", false, "send the INVITE without SDP: the callee offers, and the ACK or PRACK answers")
	s.DurationVar(&f.resumeAfter, "resume-after", 0, "resume `TIME` after the hold")
	f.transfer.addTo(c)
	f.conference.addTo(c)
	c.MarkFlagsMutuallyExclusive("conference", "transfer", "transfer-attended", "park")
	behaviour(c, "duration", "ring-timeout", "timeout", "dtmf", "hold-after", "resume-after", "rekey-after", "late-offer")
	f.says.addTo(c)
	return c
}

// checkDigits refuses what isn't on a keypad.
func checkDigits(s string) error {
	if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789*#ABCDabcd", r) }); i >= 0 {
		return failf(exitUsage, "--dtmf: %q isn't a digit: there are 0-9, *, #, A-D", s[i:i+1])
	}
	return nil
}

func (a *app) runCall(cmd *cobra.Command, target string, p *phoneFlags, f *callFlags) error {
	if err := errors.Join(checkDigits(f.dtmf), checkMedia(p.media), checkTimes(cmd), f.transfer.check()); err != nil {
		return err
	}
	if f.resumeAfter > 0 && f.holdAfter == 0 {
		return failf(exitUsage, "--resume-after needs --hold-after")
	}
	request := ua.DialRequest{LateOffer: f.lateOffer}
	if err := f.says.put(&request); err != nil {
		return err
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	if target, err = a.dialled(s, target); err != nil {
		return err
	}
	if err := f.checkTargets(target); err != nil {
		return err
	}
	if err := a.byRule(s, p, target, f.says.headers); err != nil {
		return err
	}
	accounts, err := a.accountsFor(s, p, target)
	if err != nil {
		return err
	}
	if err := f.checkFeatures(accounts[0]); err != nil {
		return err
	}
	ph, err := a.openPhone(s, accounts, p.media, p.trace, phoneOptions{maxCalls: max(2, 1+len(f.conference.with)), history: p.history.path(a, s, adHoc(p, accounts))})
	if err != nil {
		return err
	}
	if f.ringTimeout == 0 {
		f.ringTimeout = s.Calls.RingTimeout
	}
	request.Account, request.Target, request.RingTimeout = accounts[0].Name, target, f.ringTimeout
	r := &callRun{script: newScript(ph, a.printer()), flags: f, media: p.media, request: request}
	r.recorded.path = p.media.recordConference
	r.out.brief = true
	r.handle = r.event
	r.registered = await(accounts, r.dial, func(reg ua.Registration) { r.finish(registrationError(reg)) })
	if f.timeout > 0 {
		r.after(f.timeout, func() { r.finish(failf(exitTimeout, "the run took longer than %s", f.timeout)) })
	}
	if !accounts[0].Register {
		r.start = r.dial
	}
	return r.run(cmd.Context())
}

// callRun is one run of `offhook call`; the script's goroutine owns it.
type callRun struct {
	*script
	flags      *callFlags
	media      mediaFlags
	request    ua.DialRequest
	registered *registrations
	id         ua.CallID
	prepared   bool // recording and echo are on
	up         bool
	transfer   transferRun
	conference conferenceRun
	promises   promises
	recorded   conferenceRecording
}

func (r *callRun) dial() {
	switch agent := r.phone.agent; {
	case r.id != 0:
	case r.flags.transfer.retrieve:
		r.id = agent.Retrieve(r.request.Account, r.request.Target)
	case r.flags.transfer.pickup:
		r.id = agent.Pickup(ua.PickupRequest{Account: r.request.Account, Target: r.request.Target, Timeout: r.request.RingTimeout})
	default:
		r.id = agent.Dial(r.request)
	}
}

func (r *callRun) event(e ua.Event) {
	r.registered.event(e)
	r.recorded.event(e)
	r.promised(e)
	switch e := e.(type) {
	case ua.CallChanged:
		switch {
		case e.Call.ID == r.id:
			r.changed(e.Call)
		case !r.memberChanged(e.Call):
			r.follow(e.Call)
		}
	case ua.TransferChanged:
		r.transferChanged(e.Call)
	case ua.CommandFailed:
		if e.Call == r.id && r.id != 0 && e.Command != "update" { // nobody asked for that one
			r.finish(failf(commandCode(e.Err), "%s: %w", e.Command, e.Err))
		}
	}
}

func (r *callRun) changed(c ua.CallInfo) {
	agent := r.phone.agent
	if c.Codec != "" && !r.prepared && c.State != call.Ended {
		r.prepared = true
		if r.media.record != "" {
			agent.Record(r.id, recording(r.media.record, r.transfer.number+1))
		}
		if r.media.echo {
			agent.Echo(r.id, true)
		}
	}
	switch {
	case c.State == call.Confirmed && !r.up:
		r.up = true
		r.answered()
	case c.State == call.Ended:
		r.callEnded(c)
	}
}

// answered starts what --play, --dtmf and the durations ask for.
func (r *callRun) answered() {
	agent, f := r.phone.agent, r.flags
	if r.media.play != "" {
		agent.Play(r.id, r.media.play, r.media.playing())
	}
	if f.dtmf != "" {
		agent.SendDTMF(r.id, strings.ToUpper(f.dtmf))
	}
	if f.holdAfter > 0 {
		r.after(f.holdAfter, func() {
			agent.Hold(r.id)
			if f.resumeAfter > 0 {
				r.after(f.resumeAfter, func() { agent.Resume(r.id) })
			}
		})
	}
	if f.rekeyAfter > 0 {
		r.after(f.rekeyAfter, func() {
			r.promises.asked = true
			agent.Rekey(r.id)
		})
	}
	if f.duration > 0 {
		r.after(f.duration, func() { agent.Hangup(r.id) })
	}
	r.startTransfer()
	r.conference.left = f.conference.with
	r.invite()
}

// callResult is the exit code of an ended call of ours; the reason is printed
// with its call_ended event, and on stderr for those who only look there.
func callResult(c ua.CallInfo) error {
	code := causeCode(c.Cause)
	if code == exitOK {
		return nil
	}
	if c.Err == nil {
		return failf(code, "the call to %s ended: %s", c.RemoteURI, strings.ReplaceAll(c.Cause.String(), "_", " "))
	}
	return failf(code, "the call to %s failed: %w", c.RemoteURI, c.Err)
}

// checkTimes refuses durations below zero, which would mean nothing.
func checkTimes(cmd *cobra.Command) error {
	for _, name := range []string{"duration", "ring-timeout", "timeout", "hold-after", "resume-after", "rekey-after", "after", "expires", "transfer-after"} {
		if f := cmd.Flags().Lookup(name); f != nil && strings.HasPrefix(f.Value.String(), "-") {
			return failf(exitUsage, "--%s: %s is less than nothing", name, f.Value)
		}
	}
	return nil
}
