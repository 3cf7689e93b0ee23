package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// field is the part of a Party that a pattern looks at.
type field uint8

const (
	anyUser field = iota // the user part, as it is or as a number
	number
	user
	domain
	uri
	name
)

var fieldPrefixes = []struct {
	prefix string
	field  field
}{{"number:", number}, {"user:", user}, {"domain:", domain}, {"uri:", uri}, {"name:", name}}

// pattern is one condition on a text:
//
//	1001  10??  +49*  [12]00      the user part or number, by wildcards
//	*@example.com                 user and domain
//	sip:bob@example.com*          the whole URI
//	/^\+49(30|40)/                a regular expression (RE2), on the user part or number
//	=Bob                          exactly this
//	number: user: domain: uri: name:   in front: on which part
//	!                             in front: must not match
//
// Letters match in either case, but for "=" and regular expressions.
type pattern struct {
	negate bool
	field  field
	match  func(string) bool
}

// compileParty reads a pattern on a caller or callee.
func compileParty(text string) (pattern, error) {
	var p pattern
	rest := strings.TrimSpace(text)
	rest, p.negate = strings.CutPrefix(rest, "!")
	found := false
	for _, f := range fieldPrefixes {
		if after, ok := cutPrefixFold(rest, f.prefix); ok {
			p.field, rest, found = f.field, strings.TrimSpace(after), true
			break
		}
	}
	if !found && !strings.HasPrefix(rest, "/") {
		lower := strings.ToLower(rest)
		switch {
		case strings.HasPrefix(lower, "sip:"), strings.HasPrefix(lower, "sips:"), strings.HasPrefix(lower, "tel:"):
			p.field = uri
		case strings.Contains(rest, "@"):
			p.field, rest = uri, "sip*:"+rest
		}
	}
	var err error
	p.match, err = compileText(rest)
	return p, err
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// maxPattern bounds what a rule costs to compile and to ask.
const maxPattern = 1000

// compileText reads "=text", "/expression/" or a glob.
func compileText(s string) (func(string) bool, error) {
	switch {
	case s == "":
		return nil, errors.New("is empty")
	case len(s) > maxPattern:
		return nil, fmt.Errorf("is longer than %d characters", maxPattern)
	case s[0] == '=':
		want := s[1:]
		return func(got string) bool { return got == want }, nil
	case s[0] == '/':
		end := strings.LastIndexByte(s, '/')
		if end == 0 {
			return nil, fmt.Errorf("%q is no regular expression: end it with /", s)
		}
		expr := s[1:end]
		switch flags := s[end+1:]; flags {
		case "":
		case "i":
			expr = "(?i)" + expr
		default:
			return nil, fmt.Errorf("%q has the flag %q after the last /; there is only i", s, flags)
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			return nil, fmt.Errorf("%q is no regular expression: %w", s, err)
		}
		return re.MatchString, nil
	}
	expr, err := globExpression(s)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("%q is no pattern: %w", s, err)
	}
	return re.MatchString, nil
}

// globExpression turns wildcards into a regular expression: * any text, ? one
// character, [a-z] or [!a-z] one of some.
func globExpression(s string) (string, error) {
	var b strings.Builder
	b.WriteString("(?is)^")
	for i := 0; i < len(s); {
		switch s[i] {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := strings.IndexByte(s[i:], ']')
			if end <= 1 {
				return "", fmt.Errorf("%q opens a [ that no ] closes", s)
			}
			set := s[i+1 : i+end]
			set, not := strings.CutPrefix(set, "!")
			if set == "" {
				return "", fmt.Errorf("%q has an empty set of characters", s)
			}
			b.WriteByte('[')
			if not {
				b.WriteByte('^')
			}
			for _, r := range set {
				if strings.ContainsRune(`\[]^&~`, r) {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
			b.WriteByte(']')
			i += end + 1
			continue
		default:
			j := i
			for j < len(s) && !strings.ContainsRune("*?[", rune(s[j])) {
				j++
			}
			b.WriteString(regexp.QuoteMeta(s[i:j]))
			i = j
			continue
		}
		i++
	}
	b.WriteByte('$')
	return b.String(), nil
}

// on says whether p's part of who is as it says, negation left aside.
func (p pattern) on(who Party) bool {
	switch p.field {
	case number:
		n := Number(who.User)
		return n != "" && p.match(n)
	case user:
		return p.match(who.User)
	case domain:
		return p.match(who.Domain)
	case uri:
		return p.match(who.URI)
	case name:
		return p.match(who.Name)
	case anyUser:
		n := Number(who.User)
		return p.match(who.User) || n != "" && p.match(n)
	}
	return false
}

// Number gives the digits of a user part that is a telephone number, a leading +
// included, without the separators that people write (RFC 3966, section 5.1.1).
// Empty when it is none.
func Number(userPart string) string {
	userPart, _, _ = strings.Cut(userPart, ";") // parameters of a tel URI in a SIP URI
	var b strings.Builder
	digits := false
	for i, r := range userPart {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			digits = true
			b.WriteRune(r)
		case r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune("-.() ", r):
		default:
			return ""
		}
	}
	if !digits {
		return ""
	}
	return b.String()
}

// passes says whether a text passes a list: one of the patterns matches, if there is
// one that isn't negated, and none of the negated ones does.
func passes(list []pattern, match func(pattern) bool) bool {
	wanted, found := false, false
	for _, p := range list {
		switch {
		case p.negate && match(p):
			return false
		case !p.negate:
			wanted = true
			found = found || match(p)
		}
	}
	return found || !wanted
}

// Matcher is a list of patterns on a caller, for policies outside of rules.
type Matcher struct{ list []pattern }

// NewMatcher reads patterns on a caller or callee.
func NewMatcher(patterns []string) (Matcher, error) {
	var m Matcher
	for _, text := range patterns {
		p, err := compileParty(text)
		if err != nil {
			return Matcher{}, err
		}
		m.list = append(m.list, p)
	}
	return m, nil
}

// Match says whether who passes. An empty Matcher lets nobody pass.
func (m Matcher) Match(who Party) bool {
	return len(m.list) > 0 && passes(m.list, func(p pattern) bool { return p.on(who) })
}
