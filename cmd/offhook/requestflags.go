package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"offhook/ua"
)

// requestFlags are those of a command that sends one kind of request outside of calls:
// such a phone has an account and traces, and no sound.
type requestFlags struct {
	phone   phoneFlags
	timeout time.Duration
	headers []string
}

// addTo adds them; until says what the time-out is about.
func (f *requestFlags) addTo(cmd *cobra.Command, until string) {
	f.phone.account.addTo(cmd)
	f.phone.trace.addTo(cmd)
	s := cmd.Flags()
	s.DurationVar(&f.timeout, "timeout", 0, until)
	s.StringArrayVar(&f.headers, "header", nil, "add `'Name: value'` to the request; may be repeated")
	behaviour(cmd, "timeout", "header")
}

func (f *requestFlags) check(cmd *cobra.Command) error {
	return errors.Join(checkTimes(cmd), typedHeaders(ua.CheckHeaders(f.headers)))
}
