package ua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/codes"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// Failure is why something that was asked for didn't happen: a call, a
// registration, a change of hold. Its Error is a sentence for a person; Cause
// and Code are for programs.
type Failure struct {
	Cause call.Cause
	// Code and Reason are the SIP status behind it, if any.
	Code   int
	Reason string
	// EndHeaders is what the response said beside its code.
	EndHeaders
	// Err is what is underneath, if anything.
	Err error
}

func (f *Failure) Unwrap() error { return f.Err }

// Error says what happened and, where there is something to do, what.
func (f *Failure) Error() string {
	var s string
	switch f.Cause {
	case call.AuthFailure:
		s = authWords(f.Err)
	case call.TransportFailure:
		return transportWords(f.Err)
	case call.Timeout:
		s = "the other side didn't answer in time; check that it is up and reachable"
	case call.NoAnswer:
		s = "nobody answered in time"
	case call.MediaFailure:
		s = "no audio could be set up"
	case call.ProtocolError:
		if f.Code == 0 && f.Err != nil {
			return f.Err.Error() // refused here, before anything was sent
		}
		s = "the other side lost track of the call"
	case call.Rejected, call.Declined:
		return f.refused()
	case call.AnsweredElsewhere:
		s = "another phone took the call"
	case call.RemoteHangup:
		s = "the other side hung up"
	case call.LocalHangup, call.Canceled:
		s = "the call was ended here"
	case call.RemoteCanceled:
		s = "the caller gave up"
	case call.Shutdown:
		s = "the phone is closing"
	case call.CauseNone:
		return f.refused()
	}
	if f.Err != nil && f.Cause != call.AuthFailure && !errors.Is(f.Err, sip.ErrTimeout) {
		s += ": " + f.Err.Error()
	}
	if f.Code != 0 {
		s += fmt.Sprintf(" (%s)", status(f.Code, f.Reason))
	}
	return s
}

// refused says what a status means, what came with it, and what to do.
//
//	the two sides don't fit together (488 Not Acceptable Here): PCMA only; offer other codecs, or …
func (f *Failure) refused() string {
	if f.Code == 0 && f.Err != nil {
		return f.Err.Error() // refused here: there is no answer to explain
	}
	w := codes.Of(f.Code)
	s := w.What
	if f.Code != 0 {
		s += fmt.Sprintf(" (%s)", status(f.Code, f.Reason))
	}
	for _, more := range []string{f.Details, f.Warning.Text, f.EndReason.Words()} {
		if more != "" && !strings.EqualFold(more, f.Reason) {
			s += ": " + more
		}
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	var redirect *RedirectError
	switch {
	case f.RetryAfter > 0:
		s += "; try again in " + span(f.RetryAfter)
	case errors.As(f.Err, &redirect): // says itself what to do, and may know no address to call
	case w.Todo != "":
		s += "; " + w.Todo
	}
	return s
}

// span is a time to wait, as people say it.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d < 2*time.Minute:
		return count(d/time.Second, "second")
	case d < 2*time.Hour:
		return count((d+30*time.Second)/time.Minute, "minute")
	case d < 48*time.Hour:
		return count((d+30*time.Minute)/time.Hour, "hour")
	}
	return count((d+12*time.Hour)/(24*time.Hour), "day")
}

func status(code int, reason string) string {
	reason = header.Clean(reason)
	if reason == "" {
		reason = sip.ReasonPhrase(code)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, reason))
}

func authWords(err error) string {
	switch {
	case errors.Is(err, sip.ErrNoCredentials):
		return "a password is asked for and none is known; set the account's password"
	case errors.Is(err, sip.ErrForeignRealm):
		return "a server that isn't the account's own asks for a password, and gets none: " + foreignRealm(err) +
			"; if it may have one, name the realm in [[account.credentials]]"
	case errors.Is(err, sip.ErrUnsupportedChallenge):
		return "the server asks for an authentication that isn't supported here"
	default:
		return "the user name or password was refused; check the account's auth user and password"
	}
}

// foreignRealm is who asks, out of the error's own words.
func foreignRealm(err error) string {
	return header.Clean(strings.TrimPrefix(err.Error(), sip.ErrForeignRealm.Error()+": "))
}

func transportWords(err error) string {
	if err == nil {
		return "the message couldn't be sent"
	}
	var dns *net.DNSError
	var locate *sip.LocateError
	var cert *sip.CertificateError
	switch {
	case errors.As(err, &cert):
		return cert.Error()
	case errors.As(err, &locate):
		return locate.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("no host named %q was found; check the spelling, or the DNS", dns.Name)
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %q couldn't be looked up: %v", dns.Name, dns.Err)
	case errors.Is(err, context.Canceled):
		return "it was given up before it was sent"
	default:
		return "the message couldn't be delivered: " + err.Error()
	}
}

// ordinary says that a call that ended so didn't fail.
func ordinary(c call.Cause) bool {
	switch c {
	case call.LocalHangup, call.RemoteHangup, call.Canceled, call.RemoteCanceled, call.Declined, call.Shutdown, call.AnsweredElsewhere:
		return true
	case call.CauseNone, call.Rejected, call.NoAnswer, call.Timeout, call.TransportFailure,
		call.AuthFailure, call.MediaFailure, call.ProtocolError:
		return false
	}
	return false
}

// causeOf sorts an error of the SIP layer.
func causeOf(err error) call.Cause {
	switch {
	case err == nil:
		return call.CauseNone
	case errors.Is(err, sip.ErrTimeout):
		return call.Timeout
	case errors.Is(err, sip.ErrNoCredentials), errors.Is(err, sip.ErrWrongPassword), errors.Is(err, sip.ErrUnsupportedChallenge), errors.Is(err, sip.ErrForeignRealm):
		return call.AuthFailure
	default:
		return call.TransportFailure
	}
}

// String is the state's name in events and logs: "registered".
func (s RegState) String() string {
	switch s {
	case Unregistered:
		return "unregistered"
	case Registering:
		return "registering"
	case Registered:
		return "registered"
	case Unregistering:
		return "unregistering"
	case RegFailed:
		return "failed"
	}
	return "unknown"
}

// String is "outgoing" or "incoming".
func (d Direction) String() string {
	if d == Incoming {
		return "incoming"
	}
	return "outgoing"
}

// String is the change's name in events and logs: "started".
func (m MediaChange) String() string {
	switch m {
	case MediaStarted:
		return "started"
	case MediaUpdated:
		return "updated"
	case MediaSilent:
		return "silent"
	case MediaPlayed:
		return "played"
	case MediaError:
		return "error"
	case MediaMeasured:
		return "measured"
	case MediaMutedSpeech:
		return "muted_speech"
	}
	return "unknown"
}
