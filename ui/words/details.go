package words

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/sip"
)

// Way is how a call's signalling travels; empty before anything came back.
func Way(t sip.Target) string {
	if !t.Addr.IsValid() {
		return ""
	}
	name := strings.ToUpper(t.Transport.String())
	if t.Transport == sip.TLS || t.Transport == sip.WSS {
		return "encrypted, " + name
	}
	return "open, " + name
}

// SessionTimer tells who shows that the call is alive, and how often.
func SessionTimer(t ua.SessionTimer) string {
	who := ""
	switch t.Refresher {
	case ua.RefresherNone:
		return ""
	case ua.RefresherLocal:
		who = "refreshed here"
	case ua.RefresherRemote:
		who = "refreshed there"
	}
	return fmt.Sprintf("%s, %s", Long(t.Expires), who)
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Account is all that is known of an account's registration. Refused counts the calls
// that were turned away.
func Account(r ua.Registration, refused uint64, now time.Time) []Fact {
	var out []Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, Fact{name, value})
		}
	}
	add("account", r.Account)
	add("address", Address(r.AOR))
	add("state", Registration(r, now))
	if r.State == ua.Registered && r.Expires > 0 {
		add("lasts", Long(r.Expires))
	}
	for _, w := range r.Warnings {
		add("mind", w)
	}
	add("contact", r.Contact)
	for _, f := range r.Flows {
		add(fmt.Sprintf("flow %d", f.RegID), flow(f, now))
	}
	add("public", r.PubGRUU)
	add("temporary", r.TempGRUU)
	add("way out", strings.Join(r.ServiceRoute, ", "))
	add("way in", strings.Join(r.Path, ", "))
	add("instance", r.Instance)
	if refused > 0 {
		add("refused", fmt.Sprintf("%d calls didn’t ring", refused))
	}
	return out
}

func flow(f ua.Flow, now time.Time) string {
	s := Registration(ua.Registration{State: f.State, Err: f.Err, RetryAt: f.RetryAt}, now)
	if w := Way(f.Target); w != "" {
		s += ", " + w + " " + f.Target.Addr.String()
	}
	if f.Proxy != "" {
		s += ", by " + Address(f.Proxy)
	}
	return s
}
