package event

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RegInfo is who is registered where (RFC 3680).
type RegInfo struct {
	Version       uint64
	Partial       bool
	Registrations []RegInfoEntry
}

// RegInfoEntry is one address of record.
type RegInfoEntry struct {
	ID, AOR  string
	State    string // "init", "active" or "terminated"
	Contacts []RegContact
}

// RegContact is one binding.
type RegContact struct {
	ID, URI, DisplayName string
	State                string // "active" or "terminated"
	// Event says why: "registered", "refreshed", "expired", "unregistered", …
	Event   string
	Expires time.Duration
	Q       string
}

const maxRegistrations = 256

type (
	regInfoXML struct {
		XMLName       xml.Name          `xml:"reginfo"`
		Version       uint64            `xml:"version,attr"`
		State         string            `xml:"state,attr"`
		Registrations []registrationXML `xml:"registration"`
	}
	registrationXML struct {
		AOR      string       `xml:"aor,attr"`
		ID       string       `xml:"id,attr"`
		State    string       `xml:"state,attr"`
		Contacts []contactXML `xml:"contact"`
	}
	contactXML struct {
		ID      string `xml:"id,attr"`
		State   string `xml:"state,attr"`
		Event   string `xml:"event,attr"`
		Expires string `xml:"expires,attr"`
		Q       string `xml:"q,attr"`
		URI     string `xml:"uri"`
		Name    string `xml:"display-name"`
	}
)

// ParseRegInfo reads application/reginfo+xml.
func ParseRegInfo(body []byte) (RegInfo, error) {
	var x regInfoXML
	if err := unmarshal(body, "reginfo", &x); err != nil {
		return RegInfo{}, err
	}
	r := RegInfo{Version: x.Version, Partial: strings.EqualFold(x.State, "partial")}
	total := 0
	for _, e := range x.Registrations {
		if len(r.Registrations) == maxRegistrations {
			break
		}
		one := RegInfoEntry{ID: token(e.ID), AOR: uri(e.AOR), State: token(e.State)}
		for _, c := range e.Contacts {
			if total++; total > maxRegistrations {
				break
			}
			contact := RegContact{ID: token(c.ID), URI: uri(c.URI), DisplayName: name(c.Name), State: token(c.State), Event: token(c.Event), Q: token(c.Q)}
			if n, err := strconv.ParseUint(c.Expires, 10, 32); err == nil {
				contact.Expires = time.Duration(n) * time.Second
			}
			one.Contacts = append(one.Contacts, contact)
		}
		r.Registrations = append(r.Registrations, one)
	}
	return r, nil
}

// mergeReg follows RFC 3680, section 5.2: what a partial document names is replaced.
func mergeReg(old RegInfo, had bool, now RegInfo) (RegInfo, bool) {
	switch {
	case !now.Partial:
		return now, true
	case had && now.Version <= old.Version:
		return old, true
	}
	merged := now
	merged.Partial = false
	merged.Registrations = slices.Clone(old.Registrations)
	for _, e := range now.Registrations {
		i := slices.IndexFunc(merged.Registrations, func(o RegInfoEntry) bool { return o.ID == e.ID })
		switch {
		case i >= 0:
			e.Contacts = mergeContacts(merged.Registrations[i].Contacts, e.Contacts)
			merged.Registrations[i] = e
		case len(merged.Registrations) < maxRegistrations:
			merged.Registrations = append(merged.Registrations, e)
		}
	}
	return merged, had && now.Version == old.Version+1
}

func mergeContacts(old, now []RegContact) []RegContact {
	merged := slices.DeleteFunc(slices.Clone(old), func(c RegContact) bool { return c.State == "terminated" })
	for _, c := range now {
		if i := slices.IndexFunc(merged, func(o RegContact) bool { return o.ID == c.ID }); i >= 0 {
			merged[i] = c
		} else if len(merged) < maxRegistrations {
			merged = append(merged, c)
		}
	}
	return merged
}
