package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is one mistake in a rule, and where it stands.
type Error struct {
	Direction Direction
	// Index counts the rules of the direction from 0.
	Index int
	Name  string
	// Key is the condition or action, as the configuration spells it.
	Key string
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("the %s rule %s: %s %v", e.Direction, ruleName(e.Name, e.Index), e.Key, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func ruleName(name string, index int) string {
	if name != "" {
		return fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("number %d", index+1)
}

// test is one condition: it holds, or says why not.
type test func(Facts) (bool, string)

// Compile reads the rules of one direction. The error joins an *Error for each
// mistake.
func Compile(d Direction, specs []Spec) ([]Rule, error) {
	var out []Rule
	var errs []error
	for i, s := range specs {
		c := compiler{rule: Rule{spec: s, direction: d}}
		c.fail = func(key, format string, args ...any) {
			errs = append(errs, &Error{Direction: d, Index: i, Name: s.Name, Key: key, Err: fmt.Errorf(format, args...)})
		}
		c.conditions()
		c.actions()
		if c.rule.spec.Name == "" {
			c.rule.spec.Name = ruleName("", i)
		}
		out = append(out, c.rule)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// compiler reads one Spec.
type compiler struct {
	rule Rule
	fail func(key, format string, args ...any)
}

func (c *compiler) test(t test) { c.rule.tests = append(c.rule.tests, t) }

func (c *compiler) conditions() {
	s := c.rule.spec
	c.party("caller", s.Caller, func(f Facts) Party { return f.Caller })
	c.party("callee", s.Callee, func(f Facts) Party { return f.Callee })
	if len(s.Account) > 0 {
		list := c.texts("account", s.Account)
		c.test(func(f Facts) (bool, string) {
			return passes(list, func(p pattern) bool { return p.match(f.Account) }),
				fmt.Sprintf("the account is %s, not %s", f.Account, or(s.Account))
		})
	}
	c.time()
	if s.Calls != "" {
		low, high, err := parseCount(s.Calls)
		if err != nil {
			c.fail("calls", "%w", err)
		}
		c.test(func(f Facts) (bool, string) {
			return low <= f.Calls && f.Calls <= high, fmt.Sprintf("%s, not %s", otherCalls(f.Calls), s.Calls)
		})
	}
	for _, h := range s.Header {
		c.header(h)
	}
	switch s.Source {
	case "":
	case "known", "unknown":
		c.test(func(f Facts) (bool, string) {
			return f.Known == (s.Source == "known"), fmt.Sprintf("the source isn't %s", s.Source)
		})
	default:
		c.fail("source", "must be known or unknown, not %q", s.Source)
	}
	switch s.Identity {
	case "":
	case "anonymous", "shown":
		c.test(func(f Facts) (bool, string) {
			return f.Anonymous == (s.Identity == "anonymous"), fmt.Sprintf("the caller isn't %s", s.Identity)
		})
	default:
		c.fail("identity", "must be anonymous or shown, not %q", s.Identity)
	}
}

func otherCalls(n int) string {
	switch n {
	case 0:
		return "there is no other call"
	case 1:
		return "there is 1 other call"
	}
	return fmt.Sprintf("there are %d other calls", n)
}

func (c *compiler) party(key string, patterns []string, who func(Facts) Party) {
	if len(patterns) == 0 {
		return
	}
	var list []pattern
	for _, text := range patterns {
		p, err := compileParty(text)
		if err != nil {
			c.fail(key, "%w", err)
			continue
		}
		list = append(list, p)
	}
	c.test(func(f Facts) (bool, string) {
		w := who(f)
		return passes(list, func(p pattern) bool { return p.on(w) }),
			fmt.Sprintf("the %s %s isn't %s", key, w.words(), or(patterns))
	})
}

// words is who for an explanation.
func (p Party) words() string {
	s := p.URI
	if s == "" {
		s = p.User
	}
	if p.Name != "" {
		s = fmt.Sprintf("%q %s", p.Name, s)
	}
	return s
}

func or(list []string) string { return strings.Join(list, " or ") }

func (c *compiler) texts(key string, patterns []string) []pattern {
	var list []pattern
	for _, text := range patterns {
		var p pattern
		rest := strings.TrimSpace(text)
		rest, p.negate = strings.CutPrefix(rest, "!")
		var err error
		if p.match, err = compileText(rest); err != nil {
			c.fail(key, "%w", err)
			continue
		}
		list = append(list, p)
	}
	return list
}

func (c *compiler) time() {
	s := c.rule.spec
	w := &c.rule.when
	if s.Zone != "" {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil || s.Zone == "Local" {
			c.fail("zone", "%q is no time zone: write \"Europe/Berlin\"", s.Zone)
		}
		w.zone = zone
	}
	for _, text := range s.Time {
		sp, err := parseSpan(text)
		if err != nil {
			c.fail("time", "%w", err)
			continue
		}
		w.spans = append(w.spans, sp)
	}
	for _, text := range s.Days {
		w.anyDay = true
		if err := parseDays(text, &w.days); err != nil {
			c.fail("days", "%w", err)
		}
	}
	for _, text := range s.Dates {
		w.anyDate = true
		d, err := parseDates(text)
		if err != nil {
			c.fail("dates", "%w", err)
			continue
		}
		w.dates = append(w.dates, d)
	}
	given := append(append(append([]string(nil), s.Time...), s.Days...), s.Dates...)
	if len(given) == 0 {
		if s.Zone != "" {
			c.fail("zone", "needs time, days or dates")
		}
		return
	}
	when := *w
	c.test(func(f Facts) (bool, string) {
		at := f.At
		if when.zone != nil {
			at = at.In(when.zone)
		}
		return when.at(f.At), fmt.Sprintf("it is %s, not %s", at.Format("Mon 2006-01-02 15:04 MST"), strings.Join(given, ", "))
	})
}

// header reads "Name", "!Name", "Name: pattern" and "!Name: pattern".
func (c *compiler) header(text string) {
	rest, negate := strings.CutPrefix(strings.TrimSpace(text), "!")
	name, value, valued := strings.Cut(rest, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if name == "" || strings.ContainsAny(name, " \t\r\n\"<>@") {
		c.fail("header", "%q names no header: write \"Name\" or \"Name: pattern\"", text)
		return
	}
	match := func(string) bool { return true }
	if valued {
		var err error
		if match, err = compileText(value); err != nil {
			c.fail("header", "%w", err)
			return
		}
	}
	name = longName(name)
	c.test(func(f Facts) (bool, string) {
		found, holds := false, false
		for _, h := range f.Headers {
			if strings.EqualFold(longName(h.Name), name) {
				found = true
				holds = holds || match(h.Value)
			}
		}
		switch {
		case negate && holds:
			return false, fmt.Sprintf("there is a header %s", rest)
		case negate || holds:
			return true, ""
		case found:
			return false, fmt.Sprintf("the header %s isn't %s", name, value)
		}
		return false, fmt.Sprintf("there is no header %s", name)
	})
}

// longName undoes a compact header name (RFC 3261, section 7.3.3, and RFCs since).
func longName(name string) string {
	if len(name) != 1 {
		return name
	}
	if long, ok := map[byte]string{
		'i': "Call-ID", 'm': "Contact", 'e': "Content-Encoding", 'l': "Content-Length", 'c': "Content-Type",
		'f': "From", 's': "Subject", 'k': "Supported", 't': "To", 'v': "Via", 'r': "Refer-To", 'b': "Referred-By",
		'x': "Session-Expires", 'o': "Event", 'u': "Allow-Events", 'a': "Accept-Contact", 'j': "Reject-Contact",
		'd': "Request-Disposition", 'y': "Identity",
	}[name[0]|0x20]; ok {
		return long
	}
	return name
}
