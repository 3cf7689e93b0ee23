package words

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
)

// Registration is an account's state in words, with what comes next.
func Registration(r ua.Registration, now time.Time) string {
	switch r.State {
	case ua.Registered:
		return "registered"
	case ua.Registering:
		return "registering…"
	case ua.Unregistering:
		return "signing off…"
	case ua.Unregistered:
		return "not registered"
	case ua.RegFailed:
		return "failed" + retry(r.RetryAt, now) + ": " + why(r)
	}
	return ""
}

// Unreachable is the sentence about a registration that failed, without the time
// of the next try.
func Unreachable(r ua.Registration) string {
	return Address(r.AOR) + " isn’t registered: " + why(r)
}

// why is what the registrar said, in ua's words. The time of the next try stands
// before it, because it is long and the line may cut it.
func why(r ua.Registration) string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.Code != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Reason))
	}
	return "no reason given"
}

func retry(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	if d := at.Sub(now); d >= time.Second {
		return ", next try in " + Long(d)
	}
	return ", trying again…"
}
