package ua

import (
	"errors"
	"fmt"
	"strings"

	"offhook/ua/sip"
)

// anonymousFrom is a From that names nobody (RFC 3323, section 4.1.1.3).
const anonymousFrom = `"Anonymous" <sip:anonymous@anonymous.invalid>`

// Check tells what is wrong with a request to call, before anything is done for it. The
// target isn't looked at: how it is understood depends on the account.
func (r DialRequest) Check() error {
	return errors.Join(
		checkHeaders(r.Headers),
		oneLine("subject", r.Subject), oneLine("priority", r.Priority), oneLine("organization", r.Organization),
		checkPriority(r.Priority), checkIdentity(r.Identity), r.checkOnce(),
	)
}

// checkOnce finds a header that may be there once (RFC 3261, section 20.36 and others) but
// would be twice: by a field and as a header, or as two headers.
func (r DialRequest) checkOnce() error {
	for _, single := range []struct {
		name, short string
		given       bool
	}{
		{"Subject", "s", r.Subject != ""}, {"Priority", "", r.Priority != ""}, {"Organization", "", r.Organization != ""},
		{"Privacy", "", r.Privacy != 0}, {"P-Preferred-Identity", "", r.Identity != ""},
	} {
		for _, h := range r.Headers {
			name, _, _ := strings.Cut(h, ":")
			name = strings.TrimSpace(name)
			if !strings.EqualFold(name, single.name) && (single.short == "" || !strings.EqualFold(name, single.short)) {
				continue
			}
			if single.given {
				return fmt.Errorf("the header %s is given twice, and a call has one: keep one", single.name)
			}
			single.given = true
		}
	}
	return nil
}

// CheckHeaders tells which of a person's "Name: value" headers can't be sent.
func CheckHeaders(headers []string) error { return checkHeaders(headers) }

func checkHeaders(headers []string) error {
	return addHeaders(sip.NewRequest(sip.INVITE, sip.URI{}), headers)
}

func oneLine(what, s string) error {
	if strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("the %s has to be one line", what)
	}
	return nil
}

// checkPriority takes the grammar's tokens: any may be defined (RFC 3261, section 20.26).
func checkPriority(s string) error {
	if s != "" && !sip.IsToken(s) {
		return fmt.Errorf("the priority %q isn't a word such as emergency, urgent, normal or non-urgent", s)
	}
	return nil
}

func checkIdentity(s string) error {
	if s == "" {
		return nil
	}
	if _, u, _, err := sip.ParseNameAddr(s); err != nil || strings.ContainsAny(s, "\r\n") || u.Scheme != "sip" && u.Scheme != "sips" && u.Scheme != "tel" {
		return fmt.Errorf("the identity %q isn't an address such as sip:sales@example.org or \"Sales <sip:sales@example.org>\"", s)
	}
	return nil
}

// introduction is how a call presents its caller.
type introduction struct {
	from     string // without the tag
	identity string // for P-Preferred-Identity, which is for the account's own servers alone
	headers  []string
	// anonymous hides our name in Contact, too.
	anonymous bool
}

// introduce puts together what an outgoing call says of itself and of its caller.
func (l *line) introduce(r DialRequest) introduction {
	in := introduction{from: nameAddr(l.acc.DisplayName, l.aorURI()), identity: r.Identity}
	if in.identity == "" {
		in.identity = l.acc.Identity
	}
	privacy := r.Privacy
	if privacy == 0 {
		privacy = l.acc.Privacy
	}
	organization := r.Organization
	if in.anonymous = privacy.Anonymous(); in.anonymous {
		if in.identity == "" {
			// The account's proxy has to know who calls, and keeps it to itself.
			in.identity = in.from
		}
		in.from = anonymousFrom
	} else if organization == "" {
		organization = l.acc.Organization
	}
	for _, h := range []struct{ name, value string }{
		{"Privacy", privacy.String()}, {"Subject", r.Subject}, {"Priority", r.Priority}, {"Organization", organization},
	} {
		if h.value != "" {
			in.headers = append(in.headers, h.name+": "+h.value)
		}
	}
	return in
}

// present adds what only the account's own server may read: outside its trust domain nobody
// would honour the wish to keep it back (RFC 3325, section 9.2).
func (c *phoneCall) present(req *sip.Request, to sip.Target) {
	if id := c.intro.identity; id != "" && c.line.ownServer(to.Addr.Addr()) {
		if !strings.Contains(id, "<") {
			id = "<" + id + ">"
		}
		set(req, "P-Preferred-Identity", id)
	}
}

// contactFor is our Contact in this call.
func (c *phoneCall) contactFor(value string) string {
	if !c.intro.anonymous || c.line.aor.User == "" || strings.Contains(value, ";gr>") {
		return value // a temporary GRUU names nobody, and has to stay whole
	}
	return strings.Replace(value, ":"+c.line.aor.User+"@", ":anonymous@", 1)
}
