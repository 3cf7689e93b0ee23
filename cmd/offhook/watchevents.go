package main

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/event"
)

// The events of what is watched and published: subscriptions, notifications, presence.

type (
	subscriptionHead struct {
		head
		Subscription uint64 `json:"subscription"`
		Target       string `json:"target"`
		Package      string `json:"package"`
		State        string `json:"state"`
	}
	subscriptionEvent struct {
		subscriptionHead
		EndReason string     `json:"end_reason,omitempty"`
		Code      int        `json:"code,omitempty"`
		Reason    string     `json:"reason,omitempty"`
		Expires   float64    `json:"expires_s,omitempty"`
		Notifiers int        `json:"notifiers,omitempty"`
		RetryAt   *time.Time `json:"retry_at,omitempty"`
		Error     string     `json:"error,omitempty"`
	}
	notifyEvent struct {
		subscriptionHead
		Type       string             `json:"type,omitempty"`
		Error      string             `json:"error,omitempty"`
		Voicemail  *voicemailJSON     `json:"voicemail,omitempty"`
		Dialog     *dialogJSON        `json:"dialog,omitempty"`
		Presence   *presenceJSON      `json:"presence,omitempty"`
		Reg        []registrationJSON `json:"reg,omitempty"`
		Conference *conferenceJSON    `json:"conference,omitempty"`
	}
	voicemailJSON struct {
		Waiting   bool   `json:"waiting"`
		Mailbox   string `json:"mailbox,omitempty"`
		New       int    `json:"new"`
		Old       int    `json:"old"`
		UrgentNew int    `json:"urgent_new"`
		UrgentOld int    `json:"urgent_old"`
	}
	dialogJSON struct {
		Entity string            `json:"entity,omitempty"`
		Lamp   string            `json:"lamp"`
		Calls  []watchedCallJSON `json:"calls"`
	}
	watchedCallJSON struct {
		ID         string `json:"id"`
		State      string `json:"state"`
		Direction  string `json:"direction,omitempty"`
		Held       bool   `json:"held,omitempty"`
		Event      string `json:"end,omitempty"`
		Remote     string `json:"remote,omitempty"`
		RemoteName string `json:"remote_name,omitempty"`
		SIPCallID  string `json:"sip_call_id,omitempty"`
		LocalTag   string `json:"local_tag,omitempty"`
		RemoteTag  string `json:"remote_tag,omitempty"`
	}
	presenceJSON struct {
		Entity     string   `json:"entity,omitempty"`
		Status     string   `json:"status"`
		Note       string   `json:"note,omitempty"`
		Activities []string `json:"activities,omitempty"`
	}
	registrationJSON struct {
		AOR      string        `json:"aor"`
		State    string        `json:"state"`
		Contacts []contactJSON `json:"contacts"`
	}
	contactJSON struct {
		URI     string  `json:"uri"`
		State   string  `json:"state"`
		Event   string  `json:"why,omitempty"`
		Expires float64 `json:"expires_s,omitempty"`
	}
	conferenceJSON struct {
		Subject string     `json:"subject,omitempty"`
		Users   []userJSON `json:"users"`
	}
	userJSON struct {
		URI    string `json:"uri"`
		Name   string `json:"name,omitempty"`
		Status string `json:"status,omitempty"`
	}
	presenceEvent struct {
		head
		State      string     `json:"state"`
		Status     string     `json:"status"`
		Note       string     `json:"note,omitempty"`
		Activities []string   `json:"activities,omitempty"`
		Code       int        `json:"code,omitempty"`
		Reason     string     `json:"reason,omitempty"`
		Expires    float64    `json:"expires_s,omitempty"`
		RetryAt    *time.Time `json:"retry_at,omitempty"`
		Error      string     `json:"error,omitempty"`
	}
)

// moment is a time for JSON, absent when it is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func subscriptionHeadOf(e ua.SubscriptionChanged, name string) subscriptionHead {
	s := e.Subscription
	return subscriptionHead{headOf(e.Meta, name, s.Account), uint64(s.ID), s.Target, s.Event, s.Phase.String()}
}

func subscriptionOf(e ua.SubscriptionChanged) subscriptionEvent {
	s := e.Subscription
	return subscriptionEvent{
		subscriptionHeadOf(e, "subscription"), string(s.EndReason), s.Code, s.Reason, s.Expires.Seconds(), s.Notifiers, moment(s.RetryAt), message(s.Err),
	}
}

func notifyOf(e ua.SubscriptionChanged) notifyEvent {
	out := notifyEvent{subscriptionHead: subscriptionHeadOf(e, "notify"), Type: e.Type, Error: message(e.BodyErr)}
	info := e.Subscription.Info
	if e.Type == "" {
		info = nil // it said nothing
	}
	switch i := info.(type) {
	case event.VoicemailInfo:
		out.Voicemail = &voicemailJSON{i.Waiting, i.Account, i.New, i.Old, i.UrgentNew, i.UrgentOld}
	case event.DialogInfo:
		out.Dialog = &dialogJSON{Entity: i.Entity, Lamp: i.Lamp().String(), Calls: []watchedCallJSON{}}
		for _, d := range i.Dialogs {
			out.Dialog.Calls = append(out.Dialog.Calls, watchedCallJSON{
				d.ID, d.State.String(), d.Direction.String(), d.Held, d.Event, d.Remote.Identity, d.Remote.Display, d.CallID, d.LocalTag, d.RemoteTag,
			})
		}
	case event.PresenceInfo:
		out.Presence = &presenceJSON{i.Entity, i.Status.String(), i.Note, i.Activities}
	case event.RegInfo:
		for _, r := range i.Registrations {
			one := registrationJSON{AOR: r.AOR, State: r.State, Contacts: []contactJSON{}}
			for _, c := range r.Contacts {
				one.Contacts = append(one.Contacts, contactJSON{c.URI, c.State, c.Event, c.Expires.Seconds()})
			}
			out.Reg = append(out.Reg, one)
		}
	case event.ConferenceInfo:
		out.Conference = &conferenceJSON{Subject: i.Subject, Users: []userJSON{}}
		for _, u := range i.Users {
			out.Conference.Users = append(out.Conference.Users, userJSON{u.Entity, u.Display, u.Status})
		}
	}
	return out
}

func presenceOf(e ua.PresencePublished) presenceEvent {
	p := e.Publication
	return presenceEvent{
		headOf(e.Meta, "presence", p.Account), p.Phase.String(), p.Status.String(), p.Note, p.Activities, p.Code, p.Reason,
		p.Expires.Seconds(), moment(p.RetryAt), message(p.Err),
	}
}

// beyond prints what isn't about a call.
func (p *printer) beyond(e ua.Event) {
	switch e := e.(type) {
	case ua.MessageReceived:
		m := e.Message
		who := m.From
		if m.FromName != "" {
			who = fmt.Sprintf("%q %s", m.FromName, m.From)
		}
		p.emit(e.Time, messageOf(e), "message from %s: %s", who, indented(m.Text))
	case ua.MessageSent:
		p.emit(e.Time, messageSentOf(e), "%s", sentLine(e.Result, p.brief))
	case ua.SubscriptionChanged:
		if e.Notified {
			p.emit(e.Time, notifyOf(e), "%s", notifyLine(e))
			return
		}
		line := subscriptionLine(e.Subscription)
		if p.said[e.Subscription.ID] == line {
			line = "" // what changed is for programs
		}
		p.said[e.Subscription.ID] = subscriptionLine(e.Subscription)
		p.emit(e.Time, subscriptionOf(e), "%s", line)
	case ua.PresencePublished:
		p.emit(e.Time, presenceOf(e), "%s", presenceLine(e.Publication))
	}
}

// indented puts the further lines of a text below the first.
func indented(s string) string { return strings.ReplaceAll(s, "\n", "\n              ") }

func subscriptionLine(s ua.SubscriptionInfo) string {
	line := fmt.Sprintf("%s of %s: %s", s.Event, s.Target, s.Phase)
	if s.EndReason != "" && (s.Phase == event.Terminated || s.Phase == event.Waiting) {
		line += fmt.Sprintf(" (%s)", s.EndReason)
	}
	if s.Err != nil {
		line += ": " + s.Err.Error()
	}
	return line
}

func notifyLine(e ua.SubscriptionChanged) string {
	s := e.Subscription
	if e.BodyErr != nil {
		return fmt.Sprintf("%s of %s: %v", s.Event, s.Target, e.BodyErr)
	}
	if e.Type == "" {
		return fmt.Sprintf("%s of %s: nothing to tell", s.Event, s.Target)
	}
	switch i := s.Info.(type) {
	case event.VoicemailInfo:
		return fmt.Sprintf("mailbox of %s: %d new, %d old%s", s.Target, i.New, i.Old, map[bool]string{true: ", messages wait"}[i.Waiting])
	case event.DialogInfo:
		line := fmt.Sprintf("calls of %s: %s", s.Target, i.Lamp())
		for _, d := range i.Dialogs {
			line += fmt.Sprintf("\n              %s %s %s", d.State, d.Direction, d.Remote.Identity)
		}
		return line
	case event.PresenceInfo:
		line := fmt.Sprintf("presence of %s: %s", s.Target, strings.Join(append([]string{i.Status.String()}, i.Activities...), ", "))
		if i.Note != "" {
			line += fmt.Sprintf(" %q", i.Note)
		}
		return line
	case event.RegInfo:
		line := "registrations of " + s.Target
		for _, r := range i.Registrations {
			line += fmt.Sprintf("\n              %s %s", r.AOR, r.State)
			for _, c := range r.Contacts {
				line += fmt.Sprintf("\n                %s %s", c.URI, c.State)
			}
		}
		return line
	case event.ConferenceInfo:
		line := fmt.Sprintf("conference %s: %d people", s.Target, len(i.Users))
		for _, u := range i.Users {
			line += fmt.Sprintf("\n              %s %s", u.Entity, u.Status)
		}
		return line
	}
	return ""
}

func presenceLine(p ua.PublicationInfo) string {
	line := fmt.Sprintf("presence of %s: %s, %s", p.Account, p.Status, p.Phase)
	if p.Err != nil {
		line += ": " + p.Err.Error()
	}
	return line
}
