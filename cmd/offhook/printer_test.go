package main

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"offhook/ua"
	"offhook/ua/call"
)

// printed is what a person is told of events, without the times.
func printed(brief bool, events ...ua.Event) []string {
	var b strings.Builder
	p := newPrinter(&b, false)
	p.brief = brief
	for _, e := range events {
		p.event(e)
	}
	text := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d\d\d  `).ReplaceAllString(b.String(), "")
	return strings.Split(strings.TrimSpace(text), "\n")
}

// What is no news isn't told again.
func TestPrinterTellsNews(t *testing.T) {
	media := func(what ua.MediaChange, codec string) ua.Event {
		return ua.MediaChanged{What: what, Call: ua.CallInfo{ID: 1, Codec: codec, RemoteMedia: netip.MustParseAddrPort("127.0.0.1:4000")}}
	}
	held := func(h ua.Hold) ua.Event {
		return ua.CallChanged{Was: call.Confirmed, Call: ua.CallInfo{ID: 1, State: call.Confirmed, RemoteURI: "sip:bob@h", Hold: h}}
	}
	registration := func(s ua.RegState, code int, err error) ua.Event {
		return ua.RegistrationChanged{Registration: ua.Registration{Account: "me", State: s, Code: code, Err: err}}
	}
	refused := errors.New("no")
	for _, test := range []struct {
		name   string
		events []ua.Event
		want   string
	}{
		{"a hold's changes of audio", []ua.Event{
			media(ua.MediaStarted, "PCMU/8000"), media(ua.MediaUpdated, "PCMU/8000"), media(ua.MediaUpdated, "PCMU/8000"),
			media(ua.MediaUpdated, "PCMA/8000"), media(ua.MediaUpdated, "PCMA/8000"),
		}, "call 1: audio from 127.0.0.1:4000 (PCMU/8000)|call 1: PCMA/8000 to 127.0.0.1:4000"},
		{"silence", []ua.Event{
			media(ua.MediaStarted, "PCMU/8000"), media(ua.MediaSilent, "PCMU/8000"), media(ua.MediaUpdated, "PCMU/8000"), media(ua.MediaSilent, "PCMU/8000"),
			media(ua.MediaStarted, "PCMU/8000"), media(ua.MediaSilent, "PCMU/8000"),
		}, "call 1: audio from 127.0.0.1:4000 (PCMU/8000)|call 1: no audio comes|call 1: audio from 127.0.0.1:4000 (PCMU/8000)|call 1: no audio comes"},
		{"measured while nothing is known", []ua.Event{media(ua.MediaMeasured, "PCMU/8000")}, ""},
		{"hold", []ua.Event{
			held(ua.Hold{}), held(ua.Hold{Desired: true}), held(ua.Hold{Desired: true, Local: true}), held(ua.Hold{Local: true}), held(ua.Hold{}),
		}, "call 1: connected to sip:bob@h|call 1: putting on hold|call 1: on hold|call 1: resuming|call 1: off hold"},
		{"a hold that fails", []ua.Event{
			held(ua.Hold{}), held(ua.Hold{Desired: true}), held(ua.Hold{}),
		}, "call 1: connected to sip:bob@h|call 1: putting on hold"},
		{"never registered", []ua.Event{
			registration(ua.RegFailed, 403, refused), registration(ua.Unregistered, 403, refused),
		}, "me could not register: no (403 )"},
		{"registered, lost, closed", []ua.Event{
			registration(ua.Registered, 200, nil), registration(ua.RegFailed, 0, refused), registration(ua.Unregistered, 0, refused),
		}, "me registered for 0s|me could not register: no"},
		{"registered and closed", []ua.Event{
			registration(ua.Registered, 200, nil), registration(ua.Unregistered, 200, nil),
		}, "me registered for 0s|me unregistered"},
		{"not registered yet", []ua.Event{registration(ua.Unregistered, 0, nil)}, ""},
	} {
		if got := strings.Join(printed(false, test.events...), "|"); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
	sent := ua.MessageSent{Result: ua.MessageResult{Target: "sip:bob@h", Err: refused}}
	if got := printed(true, sent); got[0] != "message to sip:bob@h not delivered" {
		t.Errorf("brief: %q", got)
	}
}
