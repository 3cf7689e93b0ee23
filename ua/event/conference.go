package event

import (
	"encoding/xml"
	"slices"
	"strings"
)

// ConferenceInfo is who is in a conference (RFC 4575): what its people want to see,
// not its media.
type ConferenceInfo struct {
	Entity, Subject string
	Version         uint64
	Partial         bool
	Users           []ConferenceUser
}

// ConferenceUser is one participant.
type ConferenceUser struct {
	Entity, Display string
	// Status is of the first endpoint: "connected", "on-hold", "dialing-in", …
	Status string
	gone   bool // a partial document says that the user has left
}

type (
	conferenceXML struct {
		XMLName     xml.Name            `xml:"conference-info"`
		Entity      string              `xml:"entity,attr"`
		State       string              `xml:"state,attr"`
		Version     uint64              `xml:"version,attr"`
		Subject     string              `xml:"conference-description>subject"`
		DisplayText string              `xml:"conference-description>display-text"`
		Users       []conferenceUserXML `xml:"users>user"`
	}
	conferenceUserXML struct {
		Entity    string `xml:"entity,attr"`
		State     string `xml:"state,attr"`
		Display   string `xml:"display-text"`
		Endpoints []struct {
			Status string `xml:"status"`
		} `xml:"endpoint"`
	}
)

const maxUsers = 256

// ParseConference reads application/conference-info+xml.
func ParseConference(body []byte) (ConferenceInfo, error) {
	var x conferenceXML
	if err := unmarshal(body, "conference-info", &x); err != nil {
		return ConferenceInfo{}, err
	}
	c := ConferenceInfo{Entity: uri(x.Entity), Subject: name(x.Subject), Version: x.Version, Partial: strings.EqualFold(x.State, "partial")}
	if c.Subject == "" {
		c.Subject = name(x.DisplayText)
	}
	for _, u := range x.Users {
		if len(c.Users) == maxUsers {
			break
		}
		one := ConferenceUser{Entity: uri(u.Entity), Display: name(u.Display), gone: strings.EqualFold(u.State, "deleted")}
		if len(u.Endpoints) > 0 {
			one.Status = token(u.Endpoints[0].Status)
		}
		if !one.gone || c.Partial {
			c.Users = append(c.Users, one)
		}
	}
	return c, nil
}

// mergeConference follows RFC 4575, section 4.6, for whole users.
func mergeConference(old ConferenceInfo, had bool, now ConferenceInfo) (ConferenceInfo, bool) {
	switch {
	case !now.Partial:
		return now, true
	case had && now.Version <= old.Version:
		return old, true
	}
	merged := now
	merged.Partial, merged.Users = false, slices.Clone(old.Users)
	if merged.Subject == "" {
		merged.Subject = old.Subject
	}
	for _, u := range now.Users {
		i := slices.IndexFunc(merged.Users, func(o ConferenceUser) bool { return o.Entity == u.Entity })
		switch {
		case i >= 0 && u.gone:
			merged.Users = slices.Delete(merged.Users, i, i+1)
		case i >= 0:
			if u.Status == "" {
				u.Status = merged.Users[i].Status
			}
			if u.Display == "" {
				u.Display = merged.Users[i].Display
			}
			merged.Users[i] = u
		case !u.gone && len(merged.Users) < maxUsers:
			merged.Users = append(merged.Users, u)
		}
	}
	return merged, had && now.Version == old.Version+1
}
