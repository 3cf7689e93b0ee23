package event

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DialogInfo is which calls somebody has (RFC 4235).
type DialogInfo struct {
	Entity  string
	Version uint64
	// Partial says that only changes are in it: see Merge.
	Partial bool
	Dialogs []Dialog
}

// Dialog is one call of somebody who is watched.
type Dialog struct {
	ID string
	// CallID, LocalTag and RemoteTag name the dialog as its owner does, for Replaces; empty
	// when the notifier keeps them back.
	CallID, LocalTag, RemoteTag string
	Direction                   DialogDirection
	State                       DialogState
	// Event says why State is what it is: "cancelled", "rejected", "replaced",
	// "local-bye", "remote-bye", "error", "timeout"; Code with which response.
	Event    string
	Code     int
	Duration time.Duration
	// Held says that the owner renders nothing of the call.
	Held          bool
	Local, Remote Party
}

// Party is one end of a Dialog.
type Party struct {
	Identity, Display string
	// Target is the URI to reach exactly this end.
	Target string
}

// DialogState is a state of RFC 4235, section 3.7.1.
type DialogState uint8

const (
	DialogTrying     DialogState = iota
	DialogProceeding             // a 1xx without a tag
	DialogEarly                  // it rings
	DialogConfirmed
	DialogTerminated
)

var dialogStates = [...]string{
	DialogTrying: "trying", DialogProceeding: "proceeding", DialogEarly: "early",
	DialogConfirmed: "confirmed", DialogTerminated: "terminated",
}

// String is the state's name, as on the wire.
func (s DialogState) String() string {
	if int(s) < len(dialogStates) {
		return dialogStates[s]
	}
	return "unknown"
}

// DialogDirection says who called.
type DialogDirection uint8

const (
	DirectionUnknown DialogDirection = iota
	Initiator                        // the one who is watched
	Recipient                        // the one who is watched was called
)

// String is the direction's name, as on the wire; empty when it isn't known.
func (d DialogDirection) String() string {
	switch d {
	case Initiator:
		return "initiator"
	case Recipient:
		return "recipient"
	case DirectionUnknown:
	}
	return ""
}

// Lamp is what a busy lamp shows.
type Lamp uint8

const (
	LampIdle    Lamp = iota
	LampRinging      // a call comes in that could be picked up
	LampCalling      // a call goes out that isn't answered yet
	LampHeld
	LampBusy
)

// String is the lamp's name in events: "ringing".
func (l Lamp) String() string {
	switch l {
	case LampIdle:
		return "idle"
	case LampRinging:
		return "ringing"
	case LampCalling:
		return "calling"
	case LampHeld:
		return "held"
	case LampBusy:
		return "busy"
	}
	return "unknown"
}

// Lamp sums the calls up: ringing before busy, busy before held and calling.
func (d DialogInfo) Lamp() Lamp {
	seen := [LampBusy + 1]bool{}
	for _, c := range d.Dialogs {
		seen[c.lamp()] = true
	}
	for _, l := range [...]Lamp{LampRinging, LampBusy, LampHeld, LampCalling} {
		if seen[l] {
			return l
		}
	}
	return LampIdle
}

func (d Dialog) lamp() Lamp {
	switch d.State {
	case DialogConfirmed:
		if d.Held {
			return LampHeld
		}
		return LampBusy
	case DialogTrying, DialogProceeding, DialogEarly:
		if d.Direction == Recipient {
			return LampRinging
		}
		return LampCalling
	case DialogTerminated:
	}
	return LampIdle
}

// The document, as RFC 4235, section 4.4 gives its schema.
type (
	dialogInfoXML struct {
		XMLName xml.Name    `xml:"dialog-info"`
		NS      string      `xml:"xmlns,attr"`
		Version uint64      `xml:"version,attr"`
		State   string      `xml:"state,attr"`
		Entity  string      `xml:"entity,attr"`
		Dialogs []dialogXML `xml:"dialog"`
	}
	dialogXML struct {
		ID        string         `xml:"id,attr"`
		CallID    string         `xml:"call-id,attr,omitempty"`
		LocalTag  string         `xml:"local-tag,attr,omitempty"`
		RemoteTag string         `xml:"remote-tag,attr,omitempty"`
		Direction string         `xml:"direction,attr,omitempty"`
		State     dialogStateXML `xml:"state"`
		Duration  uint64         `xml:"duration,omitempty"`
		Local     *partyXML      `xml:"local"`
		Remote    *partyXML      `xml:"remote"`
	}
	dialogStateXML struct {
		Event string `xml:"event,attr,omitempty"`
		Code  string `xml:"code,attr,omitempty"`
		Name  string `xml:",chardata"`
	}
	partyXML struct {
		Identity *identityXML `xml:"identity"`
		Target   *targetXML   `xml:"target"`
	}
	identityXML struct {
		Display string `xml:"display,attr,omitempty"`
		URI     string `xml:",chardata"`
	}
	targetXML struct {
		URI    string     `xml:"uri,attr"`
		Params []paramXML `xml:"param"`
	}
	paramXML struct {
		Name  string `xml:"pname,attr"`
		Value string `xml:"pval,attr"`
	}
)

// ParseDialogInfo reads application/dialog-info+xml.
func ParseDialogInfo(body []byte) (DialogInfo, error) {
	var x dialogInfoXML
	if err := unmarshal(body, "dialog-info", &x); err != nil {
		return DialogInfo{}, err
	}
	d := DialogInfo{Entity: uri(x.Entity), Version: x.Version}
	switch strings.ToLower(x.State) {
	case "full", "":
	case "partial":
		d.Partial = true
	default:
		return DialogInfo{}, fmt.Errorf("%w: its state is %q, neither full nor partial", ErrBody, clip(x.State))
	}
	for _, c := range x.Dialogs {
		if len(d.Dialogs) == maxDialogs {
			break
		}
		one, err := c.dialog()
		if err != nil {
			return DialogInfo{}, err
		}
		d.Dialogs = append(d.Dialogs, one)
	}
	return d, nil
}

func (x dialogXML) dialog() (Dialog, error) {
	state := slices.Index(dialogStates[:], strings.ToLower(strings.TrimSpace(x.State.Name)))
	if state < 0 {
		return Dialog{}, fmt.Errorf("%w: a dialog's state is %q", ErrBody, clip(x.State.Name))
	}
	d := Dialog{
		ID: token(x.ID), CallID: token(x.CallID), LocalTag: token(x.LocalTag), RemoteTag: token(x.RemoteTag),
		State: DialogState(state), Event: token(x.State.Event), Duration: time.Duration(min(x.Duration, 1<<31)) * time.Second,
	}
	switch strings.ToLower(x.Direction) {
	case "initiator":
		d.Direction = Initiator
	case "recipient":
		d.Direction = Recipient
	}
	if n, err := fmt.Sscanf(x.State.Code, "%3d", &d.Code); n != 1 || err != nil || d.Code < 100 || d.Code > 699 {
		d.Code = 0
	}
	d.Local, d.Held = x.Local.party()
	d.Remote, _ = x.Remote.party()
	return d, nil
}

// party reads one end; held is its +sip.rendering=no (RFC 4235, section 5.2).
func (x *partyXML) party() (p Party, held bool) {
	if x == nil {
		return p, false
	}
	if x.Identity != nil {
		p.Identity, p.Display = uri(x.Identity.URI), name(x.Identity.Display)
	}
	if x.Target != nil {
		p.Target = uri(x.Target.URI)
		for _, param := range x.Target.Params {
			if strings.EqualFold(param.Name, "+sip.rendering") && strings.EqualFold(param.Value, "no") {
				held = true
			}
		}
	}
	return p, held
}

// Format writes the document.
func (d DialogInfo) Format() []byte {
	x := dialogInfoXML{NS: "urn:ietf:params:xml:ns:dialog-info", Version: d.Version, State: "full", Entity: d.Entity}
	if d.Partial {
		x.State = "partial"
	}
	for _, c := range d.Dialogs {
		one := dialogXML{
			ID: c.ID, CallID: c.CallID, LocalTag: c.LocalTag, RemoteTag: c.RemoteTag, Direction: c.Direction.String(),
			State: dialogStateXML{Event: c.Event, Name: c.State.String()}, Duration: uint64(c.Duration / time.Second),
			Local: formatParty(c.Local, c.Held), Remote: formatParty(c.Remote, false),
		}
		if c.Code != 0 {
			one.State.Code = fmt.Sprint(c.Code)
		}
		x.Dialogs = append(x.Dialogs, one)
	}
	return document(x)
}

func formatParty(p Party, held bool) *partyXML {
	if p == (Party{}) && !held {
		return nil
	}
	x := &partyXML{}
	if p.Identity != "" || p.Display != "" {
		x.Identity = &identityXML{Display: p.Display, URI: p.Identity}
	}
	if p.Target != "" || held {
		x.Target = &targetXML{URI: p.Target}
		if held {
			x.Target.Params = []paramXML{{"+sip.rendering", "no"}}
		}
	}
	return x
}

// maxDialogs bounds what is remembered of one who is watched.
const maxDialogs = 128

// mergeDialogs follows RFC 4235, section 4.3. A full document counts whatever its
// version is: many exchanges always say 0.
func mergeDialogs(old DialogInfo, had bool, now DialogInfo) (DialogInfo, bool) {
	switch {
	case !now.Partial:
		return now, true
	case had && now.Version <= old.Version:
		return old, true // overtaken
	}
	merged := now
	merged.Dialogs = nil
	for _, d := range old.Dialogs {
		if d.State != DialogTerminated { // told once
			merged.Dialogs = append(merged.Dialogs, d)
		}
	}
	for _, d := range now.Dialogs {
		i := slices.IndexFunc(merged.Dialogs, func(e Dialog) bool { return e.ID == d.ID })
		switch {
		case i >= 0:
			merged.Dialogs[i] = d
		case len(merged.Dialogs) < maxDialogs:
			merged.Dialogs = append(merged.Dialogs, d)
		}
	}
	merged.Partial = false
	return merged, had && now.Version == old.Version+1
}

// Changes are the dialogs of now that differ from before, and those of before that
// have ended: what a partial document names.
func Changes(before, now []Dialog) []Dialog {
	var changed []Dialog
	for _, d := range before {
		if !slices.ContainsFunc(now, func(e Dialog) bool { return e.ID == d.ID }) {
			d.State, d.Held = DialogTerminated, false
			changed = append(changed, d)
		}
	}
	for _, d := range now {
		i := slices.IndexFunc(before, func(e Dialog) bool { return e.ID == d.ID })
		if i >= 0 {
			old := before[i]
			old.Duration = d.Duration // time passing is no change
			if old == d {
				continue
			}
		}
		changed = append(changed, d)
	}
	return changed
}
