package registration_test

import (
	"strings"
	"testing"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

// FuzzFlowResponse reads whatever a registrar may answer: no panic, routes that can be used as such,
// and a machine that always has a next step: registered with a timer, or failed.
func FuzzFlowResponse(f *testing.F) {
	for _, s := range []string{
		`Contact: <sip:alice@192.0.2.1:5060>;expires=60;+sip.instance="<` + urn + `>";reg-id=1;pub-gruu="sip:a@b;gr=1";temp-gruu="sip:t@b;gr"`,
		"Require: outbound\r\nFlow-Timer: 25\r\nPath: <sip:e;lr>, <sip:f;lr>\r\nService-Route: <sip:h;lr>",
		"Contact: *\r\nExpires: 99999999999\r\nService-Route: ,,<\r\nFlow-Timer: -1",
		"Min-Expires: 1\r\nRetry-After: 1 (why)",
		`Contact: "a, b" <sip:x>;reg-id=-1;reg-id=99999999999999;+sip.instance=<>`,
	} {
		f.Add(s, 200)
		f.Add(s, 423)
	}
	f.Fuzz(func(t *testing.T, lines string, code int) {
		head := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: i\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n"
		msg, err := sip.ParseMessage([]byte(head + strings.TrimSpace(lines) + "\r\n\r\n"))
		res, ok := msg.(*sip.Response)
		if err != nil || !ok {
			return
		}
		res.StatusCode = 200 + max(code, -code)%500
		r := registration.ParseResponse(res)
		for _, route := range append(r.ServiceRoute, r.Path...) {
			if u, _, err := sip.ParseAddress(route); err != nil || u.Host == "" {
				t.Errorf("a route that can't be used: %q", route)
			}
		}
		m := registration.New(registration.Config{Contact: contact, Instance: urn, RegID: 1})
		m.Step(epoch, registration.Start{}, nil)
		out := m.Step(epoch, r, nil)
		next := false
		for _, e := range out {
			switch e.(type) {
			case registration.Send, registration.SetTimer:
				next = true
			case registration.StopTimer, registration.Changed:
			}
		}
		s := m.Snapshot()
		if !next && s.State != registration.Failed {
			t.Errorf("%d leaves it %v without a next step", res.StatusCode, s.State)
		}
		if s.State == registration.Registered && (s.Expires <= 0 || !s.Until.After(epoch)) {
			t.Errorf("registered for %v", s.Expires)
		}
		sent := registration.NewRequest(registration.Identity{AOR: "sip:a@b", CallID: "i", FromTag: "1", Instance: urn}, registration.Send{CSeq: 1, Expires: time.Minute, Contact: contact})
		for _, a := range registration.Compare(sent, res, nil) {
			if a.String() == "" {
				t.Error("an alteration without words")
			}
		}
	})
}
