package registration_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

const urn = "urn:uuid:00000000-0000-4000-8000-000000000001"

func flowConfig() registration.Config {
	return registration.Config{Instance: urn, RegID: 1}
}

// flowOK is a 200 of a registrar that speaks outbound.
func flowOK(cseq uint32) registration.Response {
	r := ok(cseq, "<"+contact+">;expires=300")
	r.Outbound, r.FlowTimer = true, 30*time.Second
	r.Bindings[0].Instance, r.Bindings[0].RegID = urn, 1
	return r
}

// What a REGISTER of a flow says (RFC 5626, section 4.2.1; RFC 5627, section 4.1; RFC 3327, section 5.1).
func TestFlowRequest(t *testing.T) {
	registrar, _ := sip.ParseURI("sip:example.com")
	id := registration.Identity{Registrar: registrar, AOR: "sip:alice@example.com", CallID: "c", FromTag: "t", Instance: urn, GRUU: true}
	for _, c := range []struct {
		regID              int
		contact, supported string
	}{
		{1, `<sip:alice@192.0.2.1:5060>;expires=300;+sip.instance="<` + urn + `>";reg-id=1`, "path, gruu, outbound"},
		{0, `<sip:alice@192.0.2.1:5060>;expires=300;+sip.instance="<` + urn + `>"`, "path, gruu"},
	} {
		r := registration.NewRequest(id, registration.Send{CSeq: 1, Expires: 5 * time.Minute, Contact: contact, RegID: c.regID})
		if got := sip.HeaderValue(r, "Contact"); got != c.contact {
			t.Errorf("Contact %s, want %s", got, c.contact)
		}
		if got := strings.Join(sip.HeaderValues(r, "Supported"), ", "); got != c.supported {
			t.Errorf("Supported %s, want %s", got, c.supported)
		}
	}
}

func TestParseOutboundResponse(t *testing.T) {
	r := parseResponse(t,
		"Require: path, OUTBOUND",
		"Flow-Timer: 25",
		"Path: <sip:edge.example.com;lr;ob>, <sip:inner.example.com;lr>",
		"Service-Route: <sip:home.example.com;lr>",
		"Service-Route: not a route at all <",
		`Contact: <sip:a@192.0.2.1>;expires=60;+sip.instance="<`+urn+`>";reg-id=2;pub-gruu="sip:a@example.com;gr=urn:uuid:1";temp-gruu="sip:tgruu.x@example.com;gr"`,
	)
	want := registration.Response{
		CSeq: 7, Code: 200, Reason: "OK", Outbound: true, FlowTimer: 25 * time.Second,
		Path:         []string{"<sip:edge.example.com;lr;ob>", "<sip:inner.example.com;lr>"},
		ServiceRoute: []string{"<sip:home.example.com;lr>"},
		Bindings:     r.Bindings,
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got\n%+v\nwant\n%+v", r, want)
	}
	b := r.Bindings[0]
	if b.Instance != urn || b.RegID != 2 || b.PubGRUU != "sip:a@example.com;gr=urn:uuid:1" || b.TempGRUU != "sip:tgruu.x@example.com;gr" {
		t.Errorf("binding %+v", b)
	}
}

// Service-Route, Path and GRUUs hold until the next 2xx (RFC 3608, section 6.1), and
// not beyond the binding. A new temporary GRUU alone is no news.
func TestLearned(t *testing.T) {
	m := registration.New(registration.Config{Contact: contact, Instance: urn, RegID: 1})
	step := func(at int, in registration.Input) string {
		return show(m.Step(epoch.Add(time.Duration(at)*time.Second), in, nil))
	}
	step(0, registration.Start{})
	first := flowOK(1)
	first.ServiceRoute = []string{"<sip:a;lr>"}
	first.Bindings[0].PubGRUU, first.Bindings[0].TempGRUU = "sip:p", "sip:t1"
	step(0, first)
	if l := m.Snapshot().Learned; !l.Outbound || l.PubGRUU != "sip:p" || l.TempGRUU != "sip:t1" || !slices.Equal(l.ServiceRoute, first.ServiceRoute) {
		t.Fatalf("learned %+v", l)
	}
	step(260, registration.Start{})
	second := first
	second.CSeq = 2
	second.Bindings = slices.Clone(first.Bindings)
	second.Bindings[0].TempGRUU = "sip:t2"
	if got := step(260, second); got != "timer 8m37.5s" {
		t.Errorf("another temporary GRUU: %s", got)
	}
	if got := m.Snapshot().Learned.TempGRUU; got != "sip:t2" {
		t.Errorf("the newest temporary GRUU is %s", got)
	}
	step(300, registration.Start{})
	third := flowOK(3)
	if step(300, third); m.Snapshot().Learned.ServiceRoute != nil {
		t.Error("a Service-Route outlived a 2xx without one")
	}
	step(310, registration.Stop{})
	step(310, ok(4))
	if l := m.Snapshot().Learned; !reflect.DeepEqual(l, registration.Learned{}) {
		t.Errorf("after the end: %+v", l)
	}
}

// RFC 5626, section 4.5: a flow that lived is made anew at once; one that breaks again and again waits.
func TestFlowLost(t *testing.T) {
	run(t, flowConfig(), []step{
		{0, registration.FlowLost{}, ""},
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{1, registration.FlowLost{}, ""}, // the request's own failure tells
		{1, flowOK(1), "timer 4m26s; Registered 5m0s 200"},
		{200, registration.FlowLost{}, "no timer; send 2 5m0s; Registering 200"},
		{201, flowOK(2), "timer 7m46s; Registered 5m0s 200"},
		{210, registration.FlowLost{Err: errors.New("reset")}, "timer 4m0s; Failed again at 4m0s"},
		{210, registration.FlowLost{}, ""},
		{240, registration.Tick{}, "send 3 5m0s; Registering"},
		{241, flowOK(3), "timer 8m26s; Registered 5m0s 200"},
		{250, registration.FlowLost{}, "timer 5m10s; Failed again at 5m10s"},
		{310, registration.Tick{}, "send 4 5m0s; Registering"},
		{311, flowOK(4), "timer 9m36s; Registered 5m0s 200"},
		{431, registration.FlowLost{}, "no timer; send 5 5m0s; Registering 200"}, // it lived for two minutes
	})
}

// RFC 5626, section 4.5: 30 to 60 s after the first failure, and three times that while another flow works.
func TestFlowBackOff(t *testing.T) {
	lost := registration.Lost{Cause: registration.Transport}
	run(t, flowConfig(), []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, flowOK(1), "timer 4m25s; Registered 5m0s 200"},
		{265, registration.Tick{}, "send 2 5m0s"},
		{265, lost, "timer 4m55s; Failed again at 4m55s"},
		{295, registration.Tick{}, "send 3 5m0s; Registering"},
		{295, lost, "timer 5m55s; Failed again at 5m55s"},
		{355, registration.Company{Others: true}, ""},
		{355, registration.Tick{}, "send 4 5m0s; Registering"},
		{355, lost, "timer 11m55s; Failed again at 11m55s"},
	})
}

// RFC 5626, section 11.6: 439 sends us to the registration without outbound, or fails by the account's wish.
func TestFirstHopLacksOutbound(t *testing.T) {
	m := registration.New(registration.Config{Contact: contact, Instance: urn, RegID: 1})
	regID := func(out []registration.Effect) int {
		for _, e := range out {
			if s, ok := e.(registration.Send); ok {
				return s.RegID
			}
		}
		return -1
	}
	if id := regID(m.Step(epoch, registration.Start{}, nil)); id != 1 {
		t.Errorf("first as flow %d", id)
	}
	if id := regID(m.Step(epoch, refused(1, 439), nil)); id != 0 {
		t.Errorf("after 439 as flow %d", id)
	}
	out := m.Step(epoch, refused(2, 439), nil)
	if id := regID(out); id != -1 || m.Snapshot().State != registration.Failed {
		t.Errorf("a second 439: flow %d, %+v", id, m.Snapshot())
	}
	m = registration.New(registration.Config{Contact: contact, Instance: urn, RegID: 1, Insist: true})
	m.Step(epoch, registration.Start{}, nil)
	m.Step(epoch, refused(1, 439), nil)
	if s := m.Snapshot(); s.State != registration.Failed || !errors.Is(s.Err, registration.ErrNoOutbound) {
		t.Errorf("insisting: %+v", s)
	}
}

// Moved to another network: what is under way left from an address that is gone, and
// the same Contact is another flow all the same.
func TestMovedAtOnce(t *testing.T) {
	const there = "sip:alice@198.51.100.1:5060"
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{1, registration.Rebind{Contact: there, Moved: true}, "send 2 5m0s as " + there + " not " + contact + "; Registering"},
		{1, ok(1, "<"+contact+">;expires=300"), ""}, // too late
		{2, ok(2, "<"+there+">;expires=300"), "timer 4m27s; Registered 5m0s 200"},
		{3, registration.Rebind{Contact: there, Moved: true}, "no timer; send 3 5m0s as " + there + "; Registering 200"},
	})
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, registration.Lost{Cause: registration.Transport}, "timer 15s; Failed again at 15s"},
		{1, registration.Rebind{Contact: there, Moved: true}, "no timer; send 2 5m0s as " + there + "; Registering"},
	})
}

// Our binding is the one of our instance and flow, wherever it stands (interop 13; RFC 5626, section 4.2).
func TestInterop13OwnFlowAmongSeveral(t *testing.T) {
	for name, c := range map[string]struct {
		contacts []string
		want     time.Duration
	}{
		"by flow": {[]string{
			`<sip:alice@192.0.2.1:5060>;expires=11;+sip.instance="<` + urn + `>";reg-id=2`,
			`<sip:x@203.0.113.9>;expires=22;+sip.instance="<` + urn + `>";reg-id=1`,
		}, 22 * time.Second},
		"by instance, rewritten, without reg-id": {[]string{
			`<sip:alice@192.0.2.1:5061>;expires=11`,
			`<sip:x@203.0.113.9>;expires=33;+sip.instance="<URN:UUID:00000000-0000-4000-8000-000000000001>"`,
		}, 33 * time.Second},
		"by URI, where the registrar drops what it doesn't know": {[]string{
			`<sip:alice@192.0.2.9:5060>;expires=11`, `<sip:alice@192.0.2.1:5060>;expires=44`,
		}, 44 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			lines := make([]string, len(c.contacts))
			for i, v := range c.contacts {
				lines[i] = "Contact: " + v
			}
			m := registration.New(registration.Config{Contact: contact, Instance: urn, RegID: 1})
			m.Step(epoch, registration.Start{}, nil)
			res := parseResponse(t, lines...)
			m.Step(epoch, res, nil)
			if got := m.Snapshot().Expires; got != c.want {
				t.Errorf("granted %v, want %v", got, c.want)
			}
		})
	}
}
