package ua

import (
	"errors"

	"offhook/ua/call"
	"offhook/ua/codes"
	"offhook/ua/event"
	"offhook/ua/registration"
)

var regStates = [...]RegState{
	registration.Unregistered:  Unregistered,
	registration.Registering:   Registering,
	registration.Registered:    Registered,
	registration.Unregistering: Unregistering,
	registration.Failed:        RegFailed,
}

// registrationFailure gives the machine's error a Cause, for exit codes.
func registrationFailure(s registration.Snapshot) error {
	if s.Err == nil {
		return nil
	}
	f := registrationError{err: s.Err, code: s.Code}
	switch {
	case errors.Is(s.Err, registration.ErrCredentials):
		f.cause = call.AuthFailure
	case errors.Is(s.Err, registration.ErrTimeout):
		f.cause = call.Timeout
	case errors.Is(s.Err, registration.ErrTransport):
		f.cause = call.TransportFailure
	default:
		f.cause = call.Rejected
	}
	return f
}

// registrationError keeps the machine's words.
type registrationError struct {
	err   error
	cause call.Cause
	code  int
}

// Error is the machine's own words, and what the code means where these don't say it.
func (e registrationError) Error() string {
	s := e.err.Error()
	switch e.code {
	case 0, 401, 403, 404, 407, 408, 423, 439:
		return s
	}
	if e.cause != call.Rejected {
		return s
	}
	return s + ": " + codes.Of(e.code).String()
}

func (e registrationError) Unwrap() error { return e.err }

// CauseOf says why something failed, from any error that an event carries, and
// with which SIP status (0 for none).
func CauseOf(err error) (call.Cause, int) {
	var f *Failure
	var r registrationError
	switch {
	case errors.As(err, &f):
		return f.Cause, f.Code
	case errors.As(err, &r):
		return r.cause, r.code
	case errors.Is(err, event.ErrRefused), errors.Is(err, event.ErrBadEvent), errors.Is(err, event.ErrTooBrief), errors.Is(err, event.ErrEnded):
		return call.Rejected, 0
	case errors.Is(err, event.ErrTimeout), errors.Is(err, event.ErrNoNotify):
		return call.Timeout, 0
	case errors.Is(err, event.ErrCredentials):
		return call.AuthFailure, 0
	default:
		return causeOf(err), 0
	}
}
