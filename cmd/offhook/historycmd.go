package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/internal/history"
	"offhook/ua"
)

// historyFlags choose calls.
type historyFlags struct {
	file, account, direction, outcome, with, since, until, format string
	limit                                                         int
	missed                                                        bool
}

var outcomes = []history.Outcome{
	history.Answered, history.Missed, history.Elsewhere, history.Declined, history.NoAnswer, history.Refused, history.Failed,
}

func (a *app) historyCommand() *cobra.Command {
	var f historyFlags
	c := &cobra.Command{
		Use:   "history",
		Short: "List, export or clear the calls that were made and taken",
		Long: `List the calls that were made and taken, the newest first. The phone's screen and the
commands record the calls of configured accounts; --history FILE records those of
any run into a file of its own, and history.keep = false records none.`,
		Example: `  offhook history
  offhook history --missed --since 7d
  offhook history --with bob --limit 0 --format csv > calls.csv
  offhook history clear --until 2026-01-01`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listHistory(cmd.Context(), f) },
	}
	s := c.PersistentFlags()
	s.StringVar(&f.file, "file", "", "the history `FILE`, when it isn't the usual one")
	s.StringVar(&f.account, "account", "", "only calls of the account `NAME`")
	s.StringVar(&f.direction, "direction", "", "only calls that came or went: `WAY` is in or out")
	s.StringVar(&f.outcome, "outcome", "", "only calls that ended so: `WORD` is answered, missed, elsewhere, declined, no_answer, refused or failed")
	s.BoolVar(&f.missed, "missed", false, "only missed calls")
	s.StringVar(&f.with, "with", "", "only calls whose peer's address or name contains `TEXT`")
	s.StringVar(&f.since, "since", "", "only calls from `WHEN` on: 2026-03-01, 2026-03-01T14:00, or ago: 90m, 12h, 7d")
	s.StringVar(&f.until, "until", "", "only calls before `WHEN`")
	c.MarkFlagsMutuallyExclusive("missed", "outcome")
	l := c.Flags()
	l.IntVar(&f.limit, "limit", 30, "at most `N` calls; 0 lists all")
	l.StringVar(&f.format, "format", "table", "table, csv or jsonl: `FORMAT` of the output")
	inGroup(s, "behaviour", "file", "account", "direction", "outcome", "missed", "with", "since", "until")
	behaviour(c, "limit", "format")
	c.AddCommand(a.historyClear(&f), &cobra.Command{
		Use: "path", Short: "Print where the history is", Example: "  sqlite3 \"$(offhook history path)\" .schema", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, first(f.file, a.historyPath()))
			return err
		},
	})
	return c
}

func (a *app) historyClear(f *historyFlags) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "clear", Short: "Delete calls from the history",
		Long:    "Delete the calls that the flags choose; --all deletes every one.",
		Example: "  offhook history clear --until 30d\n  offhook history clear --with bob\n  offhook history clear --all",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := f.query(a.now())
			if err != nil {
				return err
			}
			if q == (history.Query{}) && !all {
				return failf(exitUsage, "say which calls: --until, --since, --with, --account, --direction, --outcome, --missed or --all")
			}
			store, err := a.openHistory(f.file)
			if err != nil || store == nil {
				return err
			}
			n, err := store.Delete(cmd.Context(), q)
			if err = errors.Join(err, store.Close()); err != nil {
				return fail(exitInternal, err)
			}
			_, err = fmt.Fprintf(a.stdout, "deleted %s\n", count(int(n), "call"))
			return err
		},
	}
	c.Flags().BoolVar(&all, "all", false, "delete every call")
	behaviour(c, "all")
	return c
}

// openHistory opens the file to read; nil says that there is none yet.
func (a *app) openHistory(file string) (*history.Store, error) {
	store, err := history.OpenExisting(first(file, a.historyPath()))
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist) && file != "":
		return nil, failf(exitUsage, "--file: %w", err)
	case errors.Is(err, fs.ErrNotExist) && file != "":
		return nil, failf(exitUsage, "--file: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(a.stderr, "no calls yet")
		return nil, nil
	case err != nil:
		return nil, fail(exitInternal, err)
	}
	return store, nil
}

// query checks the flags.
func (f historyFlags) query(now time.Time) (history.Query, error) {
	q := history.Query{Account: f.account, With: f.with, Outcome: history.Outcome(f.outcome)}
	if f.missed {
		q.Outcome = history.Missed
	}
	switch f.direction {
	case "":
	case "in":
		q.Direction = ua.Incoming.String()
	case "out":
		q.Direction = ua.Outgoing.String()
	default:
		return q, failf(exitUsage, "--direction: take in or out, not %q", f.direction)
	}
	known := q.Outcome == ""
	for _, o := range outcomes {
		known = known || o == q.Outcome
	}
	if !known {
		return q, failf(exitUsage, "--outcome: no call ends %q; take answered, missed, elsewhere, declined, no_answer, refused or failed", f.outcome)
	}
	var err error
	if q.Since, err = when("--since", f.since, now); err != nil {
		return q, err
	}
	q.Until, err = when("--until", f.until, now)
	return q, err
}

// when reads a time of day, a date, or how long ago.
func when(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, failf(exitUsage, "%s: %q is no time: take 2026-03-01, 2026-03-01T14:00, or how long ago: 90m, 12h, 7d", flag, s)
}

func (a *app) listHistory(ctx context.Context, f historyFlags) error {
	q, err := f.query(a.now())
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return failf(exitUsage, "--limit: %d is less than nothing", f.limit)
	}
	q.Limit = f.limit
	format := f.format
	if a.global.json {
		format = "jsonl"
	}
	if format != "table" && format != "csv" && format != "jsonl" {
		return failf(exitUsage, "--format: take table, csv or jsonl, not %q", f.format)
	}
	store, err := a.openHistory(f.file)
	if err != nil || store == nil {
		return err
	}
	calls, err := store.List(ctx, q)
	if err = errors.Join(err, store.Close()); err != nil {
		return fail(exitInternal, err)
	}
	switch format {
	case "csv":
		return history.WriteCSV(a.stdout, calls)
	case "jsonl":
		return history.WriteJSONL(a.stdout, calls)
	}
	if len(calls) == 0 {
		fmt.Fprintln(a.stderr, "no such calls")
		return nil
	}
	people := a.people()
	for _, c := range calls {
		arrow := "to  "
		if c.Direction == ua.Incoming.String() {
			arrow = "from"
		}
		who := c.Remote
		if name := first(people.name(c.Remote), c.RemoteName); name != "" {
			who = name + " <" + c.Remote + ">"
		}
		outcome := strings.ReplaceAll(string(c.Outcome), "_", " ")
		if c.Outcome == history.Answered {
			outcome = clock(c.Talked())
		} else if c.Code != 0 {
			outcome += " " + strconv.Itoa(c.Code)
		}
		if _, err := fmt.Fprintf(a.stdout, "%s  %-10s %s %-40s  %s\n", c.Started.In(a.now().Location()).Format("2006-01-02 15:04"), c.Account, arrow, who, outcome); err != nil {
			return err
		}
	}
	return nil
}

// clock writes a length of time as a telephone's display does.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
