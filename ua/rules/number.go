package rules

import (
	"fmt"
	"regexp"
	"strings"
)

// Rewrite changes the number (the user part) of an outgoing call, in the order
// of the fields.
type Rewrite struct {
	// Strip drops that many characters from the front.
	Strip int
	// StripPrefix drops this from the front when it is there.
	StripPrefix string
	// Replace is a regular expression, With what its matches become ($1 is a group).
	Replace, With string
	// AddPrefix goes in front.
	AddPrefix string
	// CountryCode makes numbers international (E.164): "49".
	CountryCode string
	// AreaCode is put before numbers without a trunk prefix; without it they stay.
	AreaCode string
	// TrunkPrefix is what national numbers begin with: empty means "0" (in country 1:
	// "1"), "none" that there is none. InternationalPrefix: empty means "00" (in
	// country 1: "011").
	TrunkPrefix, InternationalPrefix string
}

// rewriter is a Rewrite that was understood.
type rewriter struct {
	Rewrite
	replace *regexp.Regexp
}

func (w Rewrite) empty() bool { return w == Rewrite{} }

// apply gives the new number.
func (w rewriter) apply(s string) string {
	if n := Number(s); n != "" {
		s = n // people's separators are in the way of every step
	}
	if w.Strip > 0 {
		s = s[min(w.Strip, len(s)):]
	}
	s = strings.TrimPrefix(s, w.StripPrefix)
	if w.replace != nil {
		s = w.replace.ReplaceAllString(s, w.With)
	}
	s = w.AddPrefix + s
	if w.CountryCode != "" {
		s = w.international(s)
	}
	return s
}

// shortest is the least number of digits that a number without any prefix has to
// have to be taken for a subscriber's: extensions and emergency numbers are shorter.
const shortest = 6

// international makes a dialled number E.164, by the country's dialling plan:
//
//	+…                      as it is
//	international prefix …  + …
//	trunk prefix …          +CC …
//	ten digits in country 1 +1 …
//	six digits and more     +CC area … with an area code, +CC … in a country without trunk prefix
//	anything else           as it is: extensions, 112, *97
func (w Rewrite) international(s string) string {
	trunk, exit := w.TrunkPrefix, w.InternationalPrefix
	if trunk == "" {
		trunk = "0"
		if w.CountryCode == "1" {
			trunk = "1"
		}
	}
	if exit == "" {
		exit = "00"
		if w.CountryCode == "1" {
			exit = "011"
		}
	}
	if !digits(s) {
		return s
	}
	if rest, ok := strings.CutPrefix(s, exit); ok && rest != "" {
		return "+" + rest
	}
	if len(s) < shortest {
		return s
	}
	if trunk != "none" {
		if rest, ok := strings.CutPrefix(s, trunk); ok && rest != "" {
			return "+" + w.CountryCode + rest
		}
	}
	switch {
	case w.CountryCode == "1" && len(s) == 10, trunk == "none":
		return "+" + w.CountryCode + s
	case w.AreaCode != "":
		return "+" + w.CountryCode + w.AreaCode + s
	}
	return s
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// compile checks w; the first word of an error is the key.
func (w Rewrite) compile(fail func(key, format string, args ...any)) rewriter {
	out := rewriter{Rewrite: w}
	if w.Strip < 0 {
		fail("strip", "%d is less than nothing", w.Strip)
	}
	if w.Replace != "" {
		expr := strings.TrimSuffix(strings.TrimPrefix(w.Replace, "/"), "/")
		re, err := regexp.Compile(expr)
		if err != nil {
			fail("replace", "%q is no regular expression: %w", w.Replace, err)
		} else if len(w.Replace) > maxPattern {
			fail("replace", "is longer than %d characters", maxPattern)
		}
		out.replace = re
	} else if w.With != "" {
		fail("with", "needs replace: what shall it stand for?")
	}
	for _, p := range []struct{ key, value string }{
		{"country_code", w.CountryCode}, {"area_code", w.AreaCode}, {"international_prefix", w.InternationalPrefix},
	} {
		if p.value != "" && (!digits(p.value) || len(p.value) > 8) {
			fail(p.key, "%q isn't made of digits", p.value)
		}
	}
	if t := w.TrunkPrefix; t != "" && t != "none" && !digits(t) {
		fail("trunk_prefix", "%q isn't made of digits, nor \"none\"", t)
	}
	if w.CountryCode == "" {
		for _, p := range []struct{ key, value string }{
			{"area_code", w.AreaCode}, {"trunk_prefix", w.TrunkPrefix}, {"international_prefix", w.InternationalPrefix},
		} {
			if p.value != "" {
				fail(p.key, "needs country_code")
			}
		}
	}
	return out
}

// words says what w does to a number.
func (w Rewrite) words(from, to string) string {
	return fmt.Sprintf("dials %s instead of %s", to, from)
}
