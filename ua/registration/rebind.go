package registration

import (
	"slices"
	"time"
)

// rebind registers another Contact, learnt from what the registrar saw, and
// removes the former one. A contact that was tried since Start is left alone, so
// that two views of us can't chase each other (interop 12), unless we have moved:
// then also the same Contact is another binding's.
func (m *Machine) rebind(in Rebind, out []Effect) []Effect {
	contact := bare(in.Contact)
	same := contact == m.contact
	switch {
	case contact == "", !in.Moved && (same || slices.Contains(m.contacts, contact)):
		return out
	case in.Moved:
		m.contacts = append(m.contacts[:0], m.contact)
		m.failures, m.losses, m.since = 0, 0, time.Time{}
	}
	if !same {
		m.exchange(contact)
	}
	if in.Moved && m.desired && m.flight != unbinding {
		m.snap.State = Registering // the registrar's binding leads nowhere
	}
	switch {
	case !m.desired:
		return out
	case m.flight == binding && in.Moved: // it left from an address that is gone
		return m.register(out)
	case m.flight != nothing:
		m.again = true
		return out
	default:
		return m.register(out)
	}
}

// exchange makes contact ours and marks the former one for removal.
func (m *Machine) exchange(contact string) {
	if i := slices.Index(m.drops, contact); i >= 0 { // wanted again
		m.drops = slices.Delete(m.drops, i, i+1)
		if i < m.dropping {
			m.dropping--
		}
	}
	if m.contact != "" && (m.flight == binding || !m.snap.Until.IsZero()) {
		m.drops = append(m.drops, m.contact)
	}
	m.contact = contact
	m.contacts = append(m.contacts, contact)
	m.snap.Contact = contact
}
