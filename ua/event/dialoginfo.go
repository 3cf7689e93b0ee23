package event

import (
	"slices"
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
