package main

import (
	"context"
	"errors"
	"fmt"

	"offhook/ua/call"
)

// exitCode is what the process ends with: the contract with scripts.
type exitCode int

const (
	exitOK          exitCode = 0
	exitInternal    exitCode = 1
	exitUsage       exitCode = 2
	exitConfig      exitCode = 3
	exitRejected    exitCode = 4
	exitTimeout     exitCode = 5
	exitTransport   exitCode = 6
	exitAuth        exitCode = 7
	exitExpectation exitCode = 8
	exitInterrupted exitCode = 130
)

// exitMeanings documents the codes, in their order.
var exitMeanings = []struct {
	code    exitCode
	meaning string
}{
	{exitOK, "It worked."},
	{exitInternal, "It failed for a reason that no other code covers; the message says which."},
	{exitUsage, "What was typed is wrong: a flag, an argument, or a file or device that one names."},
	{exitConfig, "What the configuration says is wrong or missing: a key, an account, a password."},
	{exitRejected, "The peer refused; its SIP code is in the output."},
	{exitTimeout, "No answer, or something took longer than it may."},
	{exitTransport, "A name didn't resolve, or the network refused."},
	{exitAuth, "The password is wrong, or one was asked for and there is none."},
	{exitExpectation, "It ran, and what was expected of it didn't come true."},
	{exitInterrupted, "Interrupted by SIGINT, SIGTERM or SIGHUP, after hanging up."},
}

// exitError is an error that knows its exit code. Err may be nil: then all has
// been said already.
type exitError struct {
	code exitCode
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", int(e.code))
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func fail(code exitCode, err error) error { return &exitError{code, err} }

func failf(code exitCode, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

// ended is the result of a run whose outcome is printed already.
func ended(code exitCode) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

func codeOf(err error) exitCode {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitInternal
}

// causeCode gives the exit code of an ended call of ours.
func causeCode(c call.Cause) exitCode {
	switch c {
	case call.CauseNone, call.LocalHangup, call.RemoteHangup, call.Declined, call.Shutdown, call.AnsweredElsewhere:
		return exitOK
	case call.Rejected:
		return exitRejected
	case call.Canceled, call.RemoteCanceled, call.NoAnswer, call.Timeout:
		return exitTimeout
	case call.TransportFailure:
		return exitTransport
	case call.AuthFailure:
		return exitAuth
	case call.MediaFailure, call.ProtocolError:
		return exitInternal
	}
	return exitInternal
}
