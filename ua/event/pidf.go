package event

import (
	"encoding/xml"
	"strings"
	"time"
)

// Basic is whether somebody takes calls (RFC 3863, section 4.1.4).
type Basic uint8

const (
	BasicUnknown Basic = iota
	Open
	Closed
)

// String is the status, as on the wire; "unknown" when nothing was said.
func (b Basic) String() string {
	switch b {
	case Open:
		return "open"
	case Closed:
		return "closed"
	case BasicUnknown:
	}
	return "unknown"
}

// PresenceInfo is somebody's presence (RFC 3863, with the activities of RFC 4480).
type PresenceInfo struct {
	Entity string
	// Status is open when any of the tuples is.
	Status Basic
	// Note is what the person says; the first one found.
	Note string
	// Activities are such as "on-the-phone", "away", "busy".
	Activities []string
	Tuples     []Tuple
}

// Tuple is one means of reaching somebody.
type Tuple struct {
	ID, Contact, Note string
	Status            Basic
	Timestamp         time.Time
}

const (
	maxTuples     = 64
	maxActivities = 16
)

// The document, with what RPID puts into its person.
type (
	presenceXML struct {
		XMLName xml.Name    `xml:"presence"`
		NS      string      `xml:"xmlns,attr"`
		Entity  string      `xml:"entity,attr"`
		Tuples  []tupleXML  `xml:"tuple"`
		Notes   []string    `xml:"note"`
		Persons []personXML `xml:"person"`
	}
	tupleXML struct {
		ID        string    `xml:"id,attr"`
		Status    statusXML `xml:"status"`
		Contact   string    `xml:"contact,omitempty"`
		Notes     []string  `xml:"note"`
		Timestamp string    `xml:"timestamp,omitempty"`
	}
	statusXML struct {
		Basic string `xml:"basic,omitempty"`
		// Activities stood here before RFC 4480.
		Activities activitiesXML `xml:"activities"`
	}
	personXML struct {
		Notes      []string      `xml:"note"`
		Activities activitiesXML `xml:"activities"`
	}
	activitiesXML struct {
		Notes []string `xml:"note"`
		All   []anyXML `xml:",any"`
	}
	anyXML struct {
		XMLName xml.Name
	}
)

// ParsePresence reads application/pidf+xml.
func ParsePresence(body []byte) (PresenceInfo, error) {
	var x presenceXML
	if err := unmarshal(body, "presence", &x); err != nil {
		return PresenceInfo{}, err
	}
	p := PresenceInfo{Entity: uri(x.Entity)}
	var notes []string
	for _, t := range x.Tuples {
		if len(p.Tuples) == maxTuples {
			break
		}
		one := Tuple{ID: token(t.ID), Contact: uri(t.Contact), Note: firstNote(t.Notes), Status: parseBasic(t.Status.Basic)}
		if at, err := time.Parse(time.RFC3339, strings.TrimSpace(t.Timestamp)); err == nil {
			one.Timestamp = at
		}
		if p.Status != Open && one.Status != BasicUnknown {
			p.Status = one.Status
		}
		notes = append(notes, one.Note)
		p.activities(t.Status.Activities)
		p.Tuples = append(p.Tuples, one)
	}
	for _, person := range x.Persons {
		notes = append(notes, firstNote(person.Notes), firstNote(person.Activities.Notes))
		p.activities(person.Activities)
	}
	p.Note = firstNote(append([]string{firstNote(x.Notes)}, notes...))
	return p, nil
}

func (p *PresenceInfo) activities(x activitiesXML) {
	for _, a := range x.All {
		if n := token(a.XMLName.Local); n != "" && n != "note" && len(p.Activities) < maxActivities {
			p.Activities = append(p.Activities, n)
		}
	}
}

func firstNote(notes []string) string {
	for _, n := range notes {
		if n = Clean(n, 512); n != "" {
			return n
		}
	}
	return ""
}

func parseBasic(s string) Basic {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "open":
		return Open
	case "closed":
		return Closed
	}
	return BasicUnknown
}

const nsPIDF = "urn:ietf:params:xml:ns:pidf"

// What we write: prefixes as RFC 4480's examples have them, since some peers read text.
type (
	presenceOutXML struct {
		XMLName xml.Name      `xml:"presence"`
		NS      string        `xml:"xmlns,attr"`
		DM      string        `xml:"xmlns:dm,attr,omitempty"`
		RPID    string        `xml:"xmlns:rpid,attr,omitempty"`
		Entity  string        `xml:"entity,attr"`
		Tuples  []tupleOutXML `xml:"tuple"`
		Person  *personOutXML
		Note    string `xml:"note,omitempty"`
	}
	tupleOutXML struct {
		ID        string `xml:"id,attr"`
		Basic     string `xml:"status>basic,omitempty"`
		Contact   string `xml:"contact,omitempty"`
		Note      string `xml:"note,omitempty"`
		Timestamp string `xml:"timestamp,omitempty"`
	}
	personOutXML struct {
		XMLName    xml.Name `xml:"dm:person"`
		ID         string   `xml:"id,attr"`
		Activities struct {
			All []activityXML
		} `xml:"rpid:activities"`
	}
	activityXML struct{ XMLName xml.Name }
)

// Format writes the document. Activities that aren't names are left out.
func (p PresenceInfo) Format() []byte {
	x := presenceOutXML{NS: nsPIDF, Entity: p.Entity, Note: p.Note}
	for _, t := range p.Tuples {
		out := tupleOutXML{ID: t.ID, Contact: t.Contact, Note: t.Note}
		if t.Status != BasicUnknown {
			out.Basic = t.Status.String()
		}
		if !t.Timestamp.IsZero() {
			out.Timestamp = t.Timestamp.UTC().Format(time.RFC3339)
		}
		x.Tuples = append(x.Tuples, out)
	}
	for _, a := range p.Activities {
		if !isName(a) {
			continue
		}
		if x.Person == nil {
			x.Person = &personOutXML{ID: "p"}
			x.DM, x.RPID = "urn:ietf:params:xml:ns:pidf:data-model", "urn:ietf:params:xml:ns:pidf:rpid"
		}
		x.Person.Activities.All = append(x.Person.Activities.All, activityXML{xml.Name{Local: "rpid:" + a}})
	}
	return document(x)
}

// isName says that s can be the name of an element.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || i > 0 && (s[i] == '-' || s[i] >= '0' && s[i] <= '9')) {
			return false
		}
	}
	return s != ""
}
