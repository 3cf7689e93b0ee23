package header

import (
	"fmt"
	"strings"

	"offhook/ua/sip"
)

// Privacy is what a caller wants kept from the callee (RFC 3323, section 4.2), as a
// set. The zero value asks for nothing.
type Privacy uint8

const (
	// PrivacyNone asks that nobody adds any privacy.
	PrivacyNone Privacy = 1 << iota
	// PrivacyID keeps the network-asserted identity back (RFC 3325, section 9.3).
	PrivacyID
	// PrivacyHeader hides headers that lead to the caller, such as Via and Contact.
	PrivacyHeader
	// PrivacySession hides the addresses of the media.
	PrivacySession
	// PrivacyUser hides what the user agent itself says of the caller.
	PrivacyUser
	// PrivacyHistory hides History-Info (RFC 7044, section 10.1).
	PrivacyHistory
	// PrivacyCritical refuses the call rather than placing it without the rest.
	PrivacyCritical
)

var privacyNames = [...]string{"none", "id", "header", "session", "user", "history", "critical"}

// String is the header's value: "id;critical".
func (p Privacy) String() string {
	var names []string
	for i, name := range privacyNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ";")
}

// Names are its values one by one.
func (p Privacy) Names() []string {
	if p == 0 {
		return nil
	}
	return strings.Split(p.String(), ";")
}

// Anonymous says that a From with the caller's name would give away what is to be
// hidden (RFC 3323, section 4.1.1.3).
func (p Privacy) Anonymous() bool { return p&^(PrivacyNone|PrivacyHistory) != 0 }

// ParsePrivacy reads values between commas or semicolons, as a person types them.
func ParsePrivacy(s string) (Privacy, error) {
	p, rest := privacy(s)
	if rest != "" {
		return 0, fmt.Errorf("%q is no kind of privacy: there are %s", rest, strings.Join(privacyNames[:], ", "))
	}
	if p&PrivacyNone != 0 && p != PrivacyNone {
		return 0, fmt.Errorf("%q contradicts itself: none stands alone", s) // RFC 3323, section 4.2
	}
	return p, nil
}

// privacy reads what it knows, and gives the first value that it doesn't.
func privacy(s string) (p Privacy, unknown string) {
next:
	for _, v := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' }) {
		v = strings.TrimSpace(v)
		for i, name := range privacyNames {
			if strings.EqualFold(v, name) {
				p |= 1 << i
				continue next
			}
		}
		if v != "" && unknown == "" {
			unknown = v
		}
	}
	return p, unknown
}

// PrivacyOf is what a message asks for; what isn't known here is left out.
func PrivacyOf(m sip.Message) Privacy {
	var p Privacy
	for i, v := range sip.HeaderValues(m, "Privacy") {
		if i >= maxItems {
			break
		}
		q, _ := privacy(v)
		p |= q
	}
	return p
}
