package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/trace"
	"offhook/ui"
	"offhook/ui/theme"
)

// ringSize is how many messages the log pane can show.
const ringSize = 2000

func (a *app) runScreen(cmd *cobra.Command, f *phoneFlags, policy *policyFlags) error {
	if a.global.json {
		return failf(exitUsage, "--json is for commands without a screen: offhook call, answer, register, options")
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	if !a.interactive() {
		return failf(exitUsage, "the phone's screen needs a terminal; without one use offhook call, answer, register or demo")
	}
	chosen, err := f.account.choose(s)
	if err != nil {
		return err
	}
	typed := f.account.passwordEnv != "" || f.account.passwordFile != ""
	accounts := make([]ua.Account, len(chosen))
	for i, c := range chosen {
		if accounts[i], err = a.account(s, c, f.media, nil, typed); err != nil {
			return f.account.blame(err)
		}
		askTransfers(&accounts[i], c)
	}
	policy.admit(accounts)
	return a.screen(cmd.Context(), s, accounts, f.media, f.trace, screenOptions{history: f.history.path(a, s, false), contacts: true, policy: policy}, func(p *phone) func(ui.AccountForm) error {
		return func(form ui.AccountForm) error { return a.saveForm(s, f.media, p, form) }
	})
}

// screenOptions are what the demo wants differently of the screen.
type screenOptions struct {
	notice  string // shown while no call is up
	history string // file for ended calls; empty for none
	// contacts shows the address book.
	contacts bool
	policy   *policyFlags
}

// screen opens the phone's screen, and closes the phone when the person quits.
// save makes what stores the account form; nil hides the form.
func (a *app) screen(ctx context.Context, s settings, accounts []ua.Account, m mediaFlags, t traceFlags, so screenOptions,
	save func(*phone) func(ui.AccountForm) error) error {
	log, logFile := a.screenLog()
	defer logFile.Close()
	ring := trace.NewRing(ringSize)
	p, err := a.openPhone(s, accounts, m, t, phoneOptions{maxCalls: s.Calls.Max, also: []trace.Sink{ring}, log: log, lazy: true, history: so.history, policy: so.policy})
	if err != nil {
		return err
	}
	memory, before, err := a.openDialled()
	if err != nil {
		log.Warn("what was dialled can't be remembered", "err", err)
	}
	var past *journal // a nil *journal is no ui.Journal
	if p.calls != nil {
		past = &journal{path: so.history, added: p.calls.added}
		// The history has what was dialled: one memory is enough.
		err := memory.close()
		memory = &dialled{}
		recalled, recallErr := past.dialled(keepDialled)
		if err := errors.Join(err, recallErr); err != nil {
			log.Warn("what was dialled can't be recalled", "err", err)
		}
		before = append(before, recalled...)
	}
	ctx, cancel := signalContext(ctx)
	defer cancel()
	remembered := memory.follow(p.agent.Subscribe())
	if err := p.agent.Start(ctx); err != nil {
		return errors.Join(fail(causeOrTransport(err), err), p.close(context.WithoutCancel(ctx)))
	}
	o := ui.Options{
		Phone: p.agent, Log: ring, FirstRun: len(accounts) == 0, Version: version, Theme: a.theme(s),
		Insecure: insecureAccounts(accounts), Notice: so.notice, Dialled: before, Voicemail: map[string]string{},
	}
	a.tellSound(s, m, &o)
	if past != nil {
		o.Journal = past
	}
	if so.contacts {
		o.Contacts = addressBook{a, s}
	}
	for _, acc := range accounts {
		o.Voicemail[acc.Name] = acc.Voicemail
	}
	if save != nil {
		o.SaveAccount = save(p)
	}
	shown := ui.Run(ctx, o)
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer stop()
	err = p.close(end)
	<-remembered
	err = errors.Join(err, memory.close(), past.close())
	switch {
	case errors.Is(shown, errSignal):
		return ended(exitInterrupted)
	case shown != nil:
		return fail(exitInternal, shown)
	case err != nil:
		return fail(exitInternal, err)
	}
	return nil
}

// theme is how to draw: as the environment says, on the configured background.
func (a *app) theme(s settings) theme.Options {
	o := theme.FromEnv(a.getenv)
	switch s.UI.Background {
	case "light":
		o.Background = theme.Light
	case "dark":
		o.Background = theme.Dark
	}
	return o
}

// errSignal is the cause of a context that a signal ended.
var errSignal = errors.New("interrupted by a signal")

// signalContext ends at the first SIGINT, SIGTERM or SIGHUP, with errSignal as
// its cause; the second ends the process.
func signalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case <-signals:
			cancel(errSignal)
			time.Sleep(sameSignal) // what comes now was meant as the same one
		case <-ctx.Done():
		}
		signal.Stop(signals)
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// follow appends each call of ours to the file, until the agent closes; the
// channel closes then.
func (d *dialled) follow(events *ua.Subscription) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := ua.CallID(0)
		for {
			e, err := events.Next(context.Background())
			if err != nil {
				return
			}
			if c, ok := e.(ua.CallChanged); ok && c.Call.Direction == ua.Outgoing && c.Call.ID > last {
				last = c.Call.ID
				_ = d.add(c.Call.RemoteURI) // a full disk must not end a call
			}
		}
	}()
	return done
}

// saveForm stores an account that was typed into the screen's form, its password
// in a file of its own, and gives it to the running phone.
func (a *app) saveForm(s settings, m mediaFlags, p *phone, form ui.AccountForm) error {
	c := config.NewAccount()
	c.Name, c.AOR, c.Registrar = form.Name, form.AOR, form.Registrar
	if form.Transport != "" {
		c.Transport = form.Transport
	}
	if err := c.Check(); err != nil {
		return err
	}
	err := config.Edit(a.configPath(), func(d *config.Document) error {
		now, err := d.Config()
		if err != nil {
			return err
		}
		if _, there := now.Account(c.Name); there {
			return fmt.Errorf("there is an account named %q already", c.Name)
		}
		if form.Password != "" {
			if err := a.storePassword(&c, config.Secret(form.Password), false); err != nil {
				return err
			}
		}
		return d.SetAccount(c)
	})
	if err != nil {
		return err
	}
	account, err := a.account(s, c, m, nil, false)
	if err != nil {
		return err
	}
	askTransfers(&account, c)
	p.agent.AddAccount(account)
	return nil
}
