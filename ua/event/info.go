package event

import (
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
)

// Info is a notification's body, parsed. Sealed: VoicemailInfo, DialogInfo,
// PresenceInfo, RegInfo, ConferenceInfo. Values are immutable once given out.
type Info interface{ info() }

func (VoicemailInfo) info()  {}
func (DialogInfo) info()     {}
func (PresenceInfo) info()   {}
func (RegInfo) info()        {}
func (ConferenceInfo) info() {}

// Names of event packages.
const (
	MessageSummary = "message-summary"
	Dialogs        = "dialog"
	Presence       = "presence"
	Reg            = "reg"
	Conference     = "conference"
)

// Media types of their bodies.
const (
	TypeSummary    = "application/simple-message-summary"
	TypeDialogInfo = "application/dialog-info+xml"
	TypePIDF       = "application/pidf+xml"
	TypeRegInfo    = "application/reginfo+xml"
	TypeConference = "application/conference-info+xml"
)

// Package is what is known of an event package.
type Package struct {
	Name    string
	Type    string        // of its bodies
	Expires time.Duration // to ask for when nobody says
	// Forks: one SUBSCRIBE may make a subscription at each of several notifiers; otherwise
	// only the first notifier's counts.
	Forks bool
}

// packages, each with what its RFC says of expiry and forking.
var packages = [...]Package{
	{MessageSummary, TypeSummary, time.Hour, true}, // RFC 3842, sections 3.4 and 3.8
	{Dialogs, TypeDialogInfo, time.Hour, true},     // RFC 4235, sections 3.4 and 3.9
	{Presence, TypePIDF, time.Hour, false},         // RFC 3856, sections 6.4 and 6.8
	{Reg, TypeRegInfo, 3761 * time.Second, false},  // RFC 3680, sections 4.4 and 4.9
	{Conference, TypeConference, time.Hour, false}, // RFC 4575, sections 3.4 and 3.9
}

// Lookup finds a package by its name in any case. "mwi" and "voicemail" are
// message-summary, as people call it.
func Lookup(name string) (Package, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "mwi", "voicemail":
		name = MessageSummary
	}
	for _, p := range packages {
		if p.Name == name {
			return p, nil
		}
	}
	return Package{}, fmt.Errorf("no event package %q is known here: there are %s", name, strings.Join(Packages(), ", "))
}

// Packages are the names of all that are known.
func Packages() []string {
	var names []string
	for _, p := range packages {
		names = append(names, p.Name)
	}
	return names
}

// ErrBody is wrapped by the error for a body that can't be understood.
var ErrBody = errors.New("the notification can't be read")

// ErrType is wrapped by the error for a body of another type than the package's.
var ErrType = errors.New("the notification is of an unknown type")

// Parse reads the body of a NOTIFY of this package.
func (p Package) Parse(contentType string, body []byte) (Info, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !strings.EqualFold(kind, p.Type) {
		return nil, fmt.Errorf("%w: %q in place of %s", ErrType, contentType, p.Type)
	}
	return p.parse(body)
}

func (p Package) parse(body []byte) (Info, error) {
	switch p.Name {
	case MessageSummary:
		return orNil(ParseVoicemail(body))
	case Dialogs:
		return orNil(ParseDialogInfo(body))
	case Presence:
		return orNil(ParsePresence(body))
	case Reg:
		return orNil(ParseRegInfo(body))
	case Conference:
		return orNil(ParseConference(body))
	}
	return nil, fmt.Errorf("%w: package %q", ErrType, p.Name)
}

// orNil gives no value beside an error.
func orNil[T Info](v T, err error) (Info, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Merge is what is known after now came and before was known: a partial document
// changes only what it names. ok says that now follows before; otherwise something
// is missing, and the state should be asked for again.
func Merge(before, now Info) (merged Info, ok bool) {
	switch now := now.(type) {
	case DialogInfo:
		old, had := before.(DialogInfo)
		return mergeDialogs(old, had, now)
	case RegInfo:
		old, had := before.(RegInfo)
		return mergeReg(old, had, now)
	case ConferenceInfo:
		old, had := before.(ConferenceInfo)
		return mergeConference(old, had, now)
	}
	return now, true
}

// Join puts together what two notifiers say of the same: the calls of a forked
// dialog subscription. Of other packages the second counts, when there is one.
func Join(a, b Info) Info {
	x, okA := a.(DialogInfo)
	y, okB := b.(DialogInfo)
	switch {
	case b == nil:
		return a
	case a == nil || !okA || !okB:
		return b
	}
	x.Dialogs = append(slices.Clip(slices.Clone(x.Dialogs)), y.Dialogs...)
	return x
}
