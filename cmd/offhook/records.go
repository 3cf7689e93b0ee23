package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/internal/history"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// historyFlag says where a phone's calls are recorded.
type historyFlag struct{ file string }

func (f *historyFlag) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "history", "", "record ended calls in the SQLite `FILE`; off records none (default: the history, unless --aor makes the account)")
	inGroup(cmd.Flags(), "output", "history")
}

// historyPath is where calls of configured accounts are kept.
func (a *app) historyPath() string { return filepath.Join(a.stateDir(), "calls.db") }

// path is the file for a run; empty for none. Calls from an address made up on the command
// line are a script's, and not a person's to look back on.
func (f *historyFlag) path(a *app, s settings, adHoc bool) string {
	switch {
	case strings.EqualFold(f.file, "off"):
		return ""
	case f.file != "":
		return f.file
	case adHoc || !s.History.Keep:
		return ""
	}
	return a.historyPath()
}

// adHoc says that the accounts are made up on the command line.
func adHoc(p *phoneFlags, accounts []ua.Account) bool {
	return p.account.aor != "" || len(accounts) == 1 && accounts[0].Name == directName
}

// records writes ended calls into the history. Its goroutine ends with the Agent.
type records struct {
	path string
	days int
	warn func(error)
	now  func() time.Time
	done chan struct{}
	// added has room for one sign: there are calls that weren't there before. Closed at the end.
	added chan struct{}
}

// follow starts it. The file is opened with the first call that ends, so that a phone that
// isn't used pays nothing; what fails is told once and costs no call.
func (r *records) follow(events *ua.Subscription) {
	r.done, r.added = make(chan struct{}), make(chan struct{}, 1)
	go func() {
		defer close(r.done)
		defer close(r.added)
		var store *history.Store
		broken := false
		for {
			e, err := events.Next(context.Background())
			if err != nil {
				break
			}
			record, ok := recordFor(e)
			if !ok || broken {
				continue
			}
			if store == nil {
				store, err = r.open()
			}
			if err == nil {
				_, err = store.Add(context.Background(), record)
			}
			if err != nil {
				broken = true
				r.warn(fmt.Errorf("calls aren't recorded: %w", err))
				continue
			}
			select {
			case r.added <- struct{}{}:
			default: // a sign waits already
			}
		}
		if store != nil {
			if err := store.Close(); err != nil && !broken {
				r.warn(err)
			}
		}
	}()
}

// open opens the file and drops what is older than it may be.
func (r *records) open() (*history.Store, error) {
	store, err := history.Open(r.path)
	if err != nil || r.days == 0 {
		return store, err
	}
	_, err = store.Delete(context.Background(), history.Query{Until: r.now().AddDate(0, 0, -r.days)})
	return store, err
}

// wait returns when the last call is written.
func (r *records) wait() {
	if r != nil {
		<-r.done
	}
}

// recordFor is the record of what an event tells the end of.
func recordFor(e ua.Event) (history.Call, bool) {
	switch e := e.(type) {
	case ua.CallChanged:
		return recordOf(e.Call), e.Call.State == call.Ended
	case ua.CallRefused:
		return refusedRecord(e), e.Method == "INVITE" && e.Why != ua.RefusedUnknown
	}
	return history.Call{}, false
}

// refusedRecord is of a call that never rang: whom policy kept away was missed, whom a
// rule rejected was declined.
func refusedRecord(e ua.CallRefused) history.Call {
	out := history.Call{
		Account: e.Account, Direction: ua.Incoming.String(), Outcome: history.Missed,
		Remote: e.From, RemoteName: e.Name, Dialed: e.Dialed, Started: e.Time, Ended: e.Time,
		Cause: call.Declined.String(), Code: e.Code, Reason: sip.ReasonPhrase(e.Code), SIPCallID: e.SIPCallID,
	}
	if e.Why == ua.RefusedRule {
		out.Outcome = history.Declined
	}
	return out
}

// recordOf is the call detail record of an ended call.
func recordOf(c ua.CallInfo) history.Call {
	out := history.Call{
		Account: c.Account, Direction: c.Direction.String(), Outcome: outcomeOf(c),
		Remote: c.RemoteURI, RemoteName: c.RemoteName, Local: c.LocalURI, Dialed: c.DialedURI,
		Started: c.Created, Answered: c.Answered, Ended: c.Ended,
		Cause: c.Cause.String(), Code: c.Code, Reason: c.Reason, Codec: c.Codec, SIPCallID: c.SIPCallID, Recording: c.Recording,
	}
	if out.Ended.IsZero() {
		out.Ended = out.Started
	}
	return out
}

// outcomeOf is how a call ended in one word, for people who look back.
func outcomeOf(c ua.CallInfo) history.Outcome {
	if !c.Answered.IsZero() {
		return history.Answered
	}
	incoming := c.Direction == ua.Incoming
	switch c.Cause {
	case call.AnsweredElsewhere:
		return history.Elsewhere
	case call.RemoteCanceled, call.NoAnswer, call.Shutdown, call.RemoteHangup:
		if incoming {
			return history.Missed
		}
		return history.NoAnswer
	case call.Canceled:
		return history.NoAnswer
	case call.Declined:
		return history.Declined
	case call.Rejected:
		return history.Refused
	case call.LocalHangup:
		if incoming {
			return history.Declined
		}
		return history.NoAnswer
	case call.CauseNone, call.Timeout, call.TransportFailure, call.AuthFailure, call.MediaFailure, call.ProtocolError:
	}
	return history.Failed
}
