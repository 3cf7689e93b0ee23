package ua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"offhook/ua/call"
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
		s = statusWords(f.Code)
	case call.RemoteHangup:
		s = "the other side hung up"
	case call.LocalHangup, call.Canceled:
		s = "the call was ended here"
	case call.RemoteCanceled:
		s = "the caller gave up"
	case call.Shutdown:
		s = "the phone is closing"
	case call.CauseNone:
		s = statusWords(f.Code)
	}
	if f.Err != nil && f.Cause != call.AuthFailure && !errors.Is(f.Err, sip.ErrTimeout) {
		s += ": " + f.Err.Error()
	}
	if f.Code != 0 {
		s += fmt.Sprintf(" (%s)", status(f.Code, f.Reason))
	}
	return s
}

func status(code int, reason string) string {
	if reason == "" {
		reason = sip.ReasonPhrase(code)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, reason))
}

func authWords(err error) string {
	switch {
	case errors.Is(err, sip.ErrNoCredentials):
		return "a password is asked for and none is known; set the account's password"
	case errors.Is(err, sip.ErrUnsupportedChallenge):
		return "the server asks for an authentication that isn't supported here"
	default:
		return "the user name or password was refused; check the account's auth user and password"
	}
}

func transportWords(err error) string {
	if err == nil {
		return "the message couldn't be sent"
	}
	var dns *net.DNSError
	var locate *sip.LocateError
	switch {
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

// statusSentences are the final responses that people meet.
var statusSentences = map[int]string{
	300: "the other side is at another address",
	301: "the other side has moved to another address",
	302: "the other side is at another address for now",
	305: "the call has to go through another proxy",
	400: "the other side didn't understand the message",
	401: "a password is asked for",
	403: "the server forbids it",
	404: "there is no such user",
	405: "the other side doesn't know how to do that",
	406: "the other side can't answer in a form that is accepted here",
	407: "the proxy asks for a password",
	408: "the other side couldn't be reached in time",
	410: "the user is no longer there",
	413: "the message was too large for the other side",
	415: "the other side doesn't take this kind of message body",
	416: "the other side doesn't take this kind of address",
	420: "the other side lacks an extension that was required",
	421: "the other side requires an extension that isn't supported here",
	423: "the registrar wants a longer registration interval",
	480: "the other side isn't available now",
	481: "the other side knows of no such call",
	482: "the message went round in a loop",
	483: "the message passed too many proxies",
	484: "the number is incomplete",
	485: "the address is ambiguous",
	486: "the other side is busy",
	487: "the call was given up",
	488: "the two sides have no audio format in common",
	491: "both sides changed the call at once",
	493: "the other side couldn't decrypt the message",
	500: "the server failed",
	501: "the server doesn't know how to do that",
	502: "a gateway got a bad answer",
	503: "the server is overloaded or down",
	504: "a server further on didn't answer in time",
	505: "the other side speaks another version of SIP",
	513: "the message was too large for the other side",
	600: "the other side is busy everywhere",
	603: "the other side declined the call",
	604: "there is no such user anywhere",
	606: "the two sides have no audio format in common",
	607: "the other side doesn't want the call",
	608: "the call was rejected as unwanted on the way",
}

func statusWords(code int) string {
	if s, ok := statusSentences[code]; ok {
		return s
	}
	switch {
	case code == 0:
		return "it failed"
	case code < 400:
		return "the other side is elsewhere"
	case code < 500:
		return "the request was refused"
	case code < 600:
		return "the server failed"
	default:
		return "the call was refused everywhere"
	}
}

// ordinary says that a call that ended so didn't fail.
func ordinary(c call.Cause) bool {
	switch c {
	case call.LocalHangup, call.RemoteHangup, call.Canceled, call.RemoteCanceled, call.Declined, call.Shutdown:
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
	case errors.Is(err, sip.ErrNoCredentials), errors.Is(err, sip.ErrWrongPassword), errors.Is(err, sip.ErrUnsupportedChallenge):
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
	}
	return "unknown"
}
