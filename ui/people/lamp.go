package people

import (
	"slices"

	"offhook/ua"
	"offhook/ua/event"
)

// Lamp is how somebody who is watched is.
type Lamp uint8

const (
	LampUnknown Lamp = iota // nothing was told yet, or the subscription has failed
	LampOffline
	LampAway
	LampFree
	LampCalling
	LampHeld
	LampTalking
	LampRinging
)

// Watched is somebody with a lamp.
type Watched struct {
	Account string // that watches
	URI     string
	Lamp    Lamp
	Note    string // what the person says, by presence
}

// Board are the lamps, from the subscriptions to calls and presence. The zero value is dark.
//
//	subscription (dialog)   --\
//	                           >-- one lamp an address
//	subscription (presence) --/
type Board struct{ subs []ua.SubscriptionInfo }

// Set takes the newest of a subscription. A one-time question that has ended is forgotten.
func (b *Board) Set(s ua.SubscriptionInfo) {
	if s.ID == 0 || s.Event != event.Dialogs && s.Event != event.Presence {
		return
	}
	i := slices.IndexFunc(b.subs, func(o ua.SubscriptionInfo) bool { return o.ID == s.ID })
	switch {
	case s.Phase == event.Terminated && s.Err == nil:
		b.Drop(s.ID)
	case i < 0:
		b.subs = append(b.subs, s)
	default:
		b.subs[i] = s
	}
}

// Drop forgets a subscription that was ended here.
func (b *Board) Drop(id ua.SubscriptionID) {
	b.subs = slices.DeleteFunc(b.subs, func(o ua.SubscriptionInfo) bool { return o.ID == id })
}

// IDs are the subscriptions to an address.
func (b *Board) IDs(key string) []ua.SubscriptionID {
	var out []ua.SubscriptionID
	for _, s := range b.subs {
		if Key(s.Target, "") == key {
			out = append(out, s.ID)
		}
	}
	return out
}

// Watched are the lamps, in the order in which they were asked for.
func (b *Board) Watched() []Watched {
	var out []Watched
	for _, s := range b.subs {
		lamp, note := lampOf(s)
		i := slices.IndexFunc(out, func(w Watched) bool { return Key(w.URI, "") == Key(s.Target, "") })
		if i < 0 {
			out = append(out, Watched{Account: s.Account, URI: s.Target, Lamp: lamp, Note: note})
			continue
		}
		out[i].Lamp = join(out[i].Lamp, lamp)
		if out[i].Note == "" {
			out[i].Note = note
		}
	}
	return out
}

// Of is the lamp of an address.
func (b *Board) Of(key string) (Watched, bool) {
	for _, w := range b.Watched() {
		if Key(w.URI, "") == key {
			return w, true
		}
	}
	return Watched{}, false
}

// Ringing are those whose phones ring.
func (b *Board) Ringing() []Watched {
	return slices.DeleteFunc(b.Watched(), func(w Watched) bool { return w.Lamp != LampRinging })
}

// join is what two subscriptions say together: a call counts above all, then that
// somebody isn't there.
func join(a, b Lamp) Lamp {
	if a > LampFree || b > LampFree {
		return max(a, b)
	}
	if a == LampUnknown || b == LampUnknown {
		return max(a, b)
	}
	return min(a, b)
}

func lampOf(s ua.SubscriptionInfo) (Lamp, string) {
	switch s.Phase {
	case event.Terminated, event.Waiting:
		return LampUnknown, ""
	case event.Idle, event.Starting, event.Pending, event.Active, event.Ending:
	}
	switch i := s.Info.(type) {
	case event.DialogInfo:
		return dialogLamp(i.Lamp()), ""
	case event.PresenceInfo:
		return presenceLamp(i), i.Note
	}
	return LampUnknown, ""
}

func dialogLamp(l event.Lamp) Lamp {
	switch l {
	case event.LampIdle:
		return LampFree
	case event.LampRinging:
		return LampRinging
	case event.LampCalling:
		return LampCalling
	case event.LampHeld:
		return LampHeld
	case event.LampBusy:
		return LampTalking
	}
	return LampUnknown
}

// presenceLamp takes the activities (RFC 4480, section 3.2) before the status.
func presenceLamp(p event.PresenceInfo) Lamp {
	for _, a := range p.Activities {
		switch a {
		case "on-the-phone":
			return LampTalking
		case "away", "meal", "vacation", "holiday", "travel", "sleeping", "permanent-absence", "appointment", "meeting", "busy", "in-transit":
			return LampAway
		}
	}
	switch p.Status {
	case event.Open:
		return LampFree
	case event.Closed:
		return LampOffline
	case event.BasicUnknown:
	}
	return LampUnknown
}
