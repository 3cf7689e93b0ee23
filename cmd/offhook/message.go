package main

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"offhook/ua"
)

// silentPhone are the audio devices of a phone that takes no call.
var silentPhone = mediaFlags{audioIn: "silence", audioOut: "null"}

// maxStdin bounds a text from standard input: more than any message may have.
const maxStdin = 1 << 20

func (a *app) messageCommand() *cobra.Command {
	var f requestFlags
	c := &cobra.Command{
		Use:   "message TARGET TEXT",
		Short: "Send a text message",
		Long: `Send TEXT to TARGET (SIP MESSAGE) and print what became of it. The words of TEXT
are joined by blanks; - reads it from standard input. No account is needed for a
SIP URI, and none registers. A text too long for a datagram goes by TCP.

Exit code 0 says that the other side, or a server that keeps it for later (202), took it.`,
		Example: `  offhook message sip:bob@10.0.0.5 "lunch?"
  offhook message bob on my way --account work
  uptime | offhook message ops@example.org - --timeout 5s --json`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			text := strings.Join(args[1:], " ")
			if text == "-" {
				b, err := io.ReadAll(io.LimitReader(a.stdin, maxStdin))
				if err != nil {
					return failf(exitUsage, "standard input: %w", err)
				}
				text = strings.TrimRight(string(b), "\n")
			}
			return a.runMessage(cmd, args[0], &f.phone, ua.MessageRequest{Text: text, Headers: f.headers, Timeout: f.timeout})
		},
	}
	f.addTo(c, "give up after `TIME` (default 32s)")
	return c
}

func (a *app) runMessage(cmd *cobra.Command, target string, p *phoneFlags, req ua.MessageRequest) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if req.Target, err = a.dialled(s, target); err != nil {
		return err
	}
	if err := checkTarget("", req.Target); err != nil {
		return err
	}
	accounts, err := a.accountsFor(s, p, req.Target)
	if err != nil {
		return err
	}
	accounts[0].Register = false
	alone(&accounts[0])
	req.Account = accounts[0].Name
	ph, err := a.openPhone(s, accounts, silentPhone, p.trace, phoneOptions{})
	if err != nil {
		return err
	}
	r := newScript(ph, a.printer())
	r.out.brief = true
	r.handle = func(e ua.Event) {
		if e, ok := e.(ua.MessageSent); ok {
			r.finish(messageResult(e.Result))
		}
	}
	r.start = func() { ph.agent.Message(req) }
	return r.run(cmd.Context())
}

// alone keeps an account from what its configuration watches and publishes: this run
// is about one thing.
func alone(acc *ua.Account) { acc.SubscribeMWI, acc.Watch, acc.Publish = false, nil, false }

// messageResult is the exit code of a message.
func messageResult(r ua.MessageResult) error {
	if r.Err == nil {
		return nil
	}
	cause, _ := ua.CauseOf(r.Err)
	code := causeCode(cause)
	var f *ua.Failure
	switch {
	case !errors.As(r.Err, &f) && errors.Is(r.Err, ua.ErrClosed), code == exitOK:
		code = exitInternal
	case !errors.As(r.Err, &f):
		code = exitUsage // refused here: no text, too long, no such target
	}
	return failf(code, "%s: %w", r.Target, r.Err)
}
