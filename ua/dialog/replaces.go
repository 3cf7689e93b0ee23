package dialog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offhook/ua/sip"
)

// Replaces names a dialog to another user agent: the one that a new INVITE takes
// the place of (RFC 3891), or joins (RFC 3911). The tags are from the point of
// view of who reads it:
//
//	ToTag    its own, local tag
//	FromTag  the tag of its peer
type Replaces struct {
	CallID, ToTag, FromTag string
	// EarlyOnly: only while the dialog is early. Join doesn't have it.
	EarlyOnly bool
}

// ErrReplaces is wrapped by the errors of ParseReplaces.
var ErrReplaces = errors.New("no dialog that could be replaced is named")

// ParseReplaces reads the value of a Replaces or Join header (RFC 3891, section 6.1).
func ParseReplaces(value string) (Replaces, error) {
	var r Replaces
	id, params, more := sip.CutUnquoted(value, ';')
	r.CallID = strings.TrimSpace(id)
	if r.CallID == "" || strings.ContainsAny(r.CallID, " \t\r\n,;") {
		return Replaces{}, fmt.Errorf("%w: %q has no Call-ID", ErrReplaces, value)
	}
	seen := make(map[string]bool)
	for more {
		var p string
		p, params, more = sip.CutUnquoted(params, ';')
		name, v, given := strings.Cut(p, "=")
		name, v = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(v)
		if seen[name] {
			return Replaces{}, fmt.Errorf("%w: %q says %s twice", ErrReplaces, value, name)
		}
		seen[name] = true
		switch name {
		case "to-tag":
			r.ToTag = v
		case "from-tag":
			r.FromTag = v
		case "early-only":
			if given {
				return Replaces{}, fmt.Errorf("%w: early-only has no value, in %q", ErrReplaces, value)
			}
			r.EarlyOnly = true
		case "":
			return Replaces{}, fmt.Errorf("%w: an empty parameter in %q", ErrReplaces, value)
		}
	}
	for _, tag := range [...]string{r.ToTag, r.FromTag} {
		if tag == "" || strings.ContainsAny(tag, " \t\r\n,;\"") {
			return Replaces{}, fmt.Errorf("%w: %q needs one to-tag and one from-tag", ErrReplaces, value)
		}
	}
	return r, nil
}

// String writes the header's value.
func (r Replaces) String() string {
	s := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		s += ";early-only"
	}
	return s
}

// Names says whether r, received from somewhere, means the dialog id: the
// Call-ID with case, both tags without (RFC 3891, section 3; interop 34). A
// from-tag of 0 stands for a peer that has none, as in RFC 2543; ours is never missing.
func (r Replaces) Names(id ID) bool {
	return r.CallID == id.CallID && strings.EqualFold(r.ToTag, id.Local) &&
		(strings.EqualFold(r.FromTag, id.Remote) || r.FromTag == "0" && id.Remote == "")
}

// Replaces names the dialog to its peer, whose own tag is our remote one.
func (d *Dialog) Replaces() Replaces {
	r := Replaces{CallID: d.callID, ToTag: rawTag(d.remote), FromTag: rawTag(d.local)}
	if r.ToTag == "" {
		r.ToTag = "0"
	}
	return r
}

// rawTag is a tag with the case that it has on the wire.
func rawTag(value string) string {
	_, params, err := sip.ParseAddress(value)
	if err != nil {
		return ""
	}
	t, _ := sip.ParamValue(params, "tag")
	return t
}

// ReplacesOf reads the named header of a request, Replaces or Join. found says that
// there is one; more than one is an error (RFC 3891, section 3).
func ReplacesOf(req *sip.Request, header string) (r Replaces, found bool, err error) {
	values := slices.DeleteFunc(sip.HeaderValues(req, header), func(v string) bool { return v == "" })
	switch len(values) {
	case 0:
		return r, false, nil
	case 1:
		r, err = ParseReplaces(values[0])
		return r, true, err
	default:
		return r, true, fmt.Errorf("%w: %d %s headers", ErrReplaces, len(values), header)
	}
}
