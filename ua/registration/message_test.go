package registration_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

func TestNewRequest(t *testing.T) {
	registrar, err := sip.ParseURI("sip:example.com;transport=tcp")
	if err != nil {
		t.Fatal(err)
	}
	id := registration.Identity{
		Registrar: registrar, AOR: "sip:alice@example.com", DisplayName: `Alice "A" O\`, CallID: "id-1", FromTag: "t1",
	}
	first := registration.NewRequest(id, registration.Send{CSeq: 7, Expires: 300 * time.Second, Contact: contact, Drop: []string{"sip:alice@192.0.2.9"}})
	want := strings.Join([]string{
		"REGISTER sip:example.com;transport=tcp SIP/2.0",
		`From: "Alice \"A\" O\\" <sip:alice@example.com>;tag=t1`,
		`To: "Alice \"A\" O\\" <sip:alice@example.com>`,
		"Call-ID: id-1",
		"CSeq: 7 REGISTER",
		"Contact: <sip:alice@192.0.2.1:5060>;expires=300",
		"Contact: <sip:alice@192.0.2.9>;expires=0",
		"Expires: 300",
		"Supported: path",
		"", "",
	}, "\r\n")
	if got := first.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Call-ID and tag stay the same, the number doesn't.
	again := registration.NewRequest(id, registration.Send{CSeq: 8, Contact: contact})
	if again.CSeq().SeqNo != 8 || sip.Tag(again.From()) != "t1" || sip.HeaderValue(again, "Call-ID") != "id-1" {
		t.Errorf("again\n%s", again)
	}
	if got := sip.HeaderValue(again, "Expires"); got != "0" {
		t.Errorf("Expires %s", got)
	}
}

func parseResponse(t testing.TB, lines ...string) registration.Response {
	t.Helper()
	head := []string{"SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "From: <sip:a@example.com>;tag=1", "To: <sip:a@example.com>;tag=2", "Call-ID: id-1", "CSeq: 7 REGISTER", "Content-Length: 0"}
	m, err := sip.ParseMessage([]byte(strings.Join(append(head, lines...), "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return registration.ParseResponse(m.(*sip.Response))
}

func TestParseResponse(t *testing.T) {
	r := parseResponse(t,
		`Contact: "A, with a comma" <sip:a@192.0.2.1:5060>;expires=120, <sip:a@192.0.2.2;ob>;q=0.5;EXPIRES="60"`,
		"m: sip:a@192.0.2.3;expires=30",
		"Expires: 90",
		"Min-Expires: 600",
		"Retry-After: 120 (maintenance);duration=3600")
	if r.CSeq != 7 || r.Code != 200 || r.Reason != "OK" {
		t.Errorf("%+v", r)
	}
	var got []string
	for _, b := range r.Bindings {
		if !b.HasExpires {
			t.Errorf("no expires in %s", b.URI.String())
		}
		got = append(got, b.URI.Host+" "+b.Expires.String())
	}
	if want := []string{"192.0.2.1 2m0s", "192.0.2.2 1m0s", "192.0.2.3 30s"}; !slices.Equal(got, want) {
		t.Errorf("bindings %q, want %q", got, want)
	}
	if r.Expires != 90*time.Second || !r.HasExpires || r.MinExpires != 600*time.Second || r.RetryAfter != 120*time.Second {
		t.Errorf("%+v", r)
	}
}

func TestParseResponseTolerates(t *testing.T) {
	tests := []struct {
		name    string
		lines   []string
		expires time.Duration
		has     bool
		count   int
	}{
		{"nothing", nil, 0, false, 0},
		{"rubbish", []string{"Contact: <>", "Expires: soon"}, 0, false, 0},
		{"wildcard", []string{"Contact: *"}, 0, false, 0},
		{"a good one behind a bad one", []string{"Contact: <>, <sip:a@192.0.2.1>"}, 0, false, 1},
		{"negative", []string{"Expires: -1"}, 0, false, 0},
		{"more than 32 bits", []string{"Expires: 99999999999999999999"}, (1<<32 - 1) * time.Second, true, 0},
		{"zero", []string{"Expires: 0"}, 0, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := parseResponse(t, tt.lines...)
			if r.Expires != tt.expires || r.HasExpires != tt.has || len(r.Bindings) != tt.count {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Whatever a registrar sends: no panic, no negative time, and a machine that
// either waits for something or has nothing to do.
func FuzzResponse(f *testing.F) {
	f.Add(200, "<sip:alice@192.0.2.1:5060>;expires=60", "300", "", "")
	f.Add(423, "", "", "600", "")
	f.Add(503, "*", "-1", "x", "120 (soon)")
	f.Fuzz(func(t *testing.T, code int, contacts, expires, least, after string) {
		if code < 100 || code > 699 || strings.ContainsAny(contacts+expires+least+after, "\r\n") {
			t.Skip()
		}
		res := sip.NewResponse(sip.NewRequest(sip.REGISTER, sip.URI{Host: "example.com"}), code, "")
		for name, value := range map[string]string{"Contact": contacts, "Expires": expires, "Min-Expires": least, "Retry-After": after} {
			res.AppendHeader(sip.NewHeader(name, value))
		}
		r := registration.ParseResponse(res)
		if r.Expires < 0 || r.MinExpires < 0 || r.RetryAfter < 0 {
			t.Fatalf("%+v", r)
		}
		m := registration.New(registration.Config{Contact: contact})
		m.Step(epoch, registration.Start{}, nil)
		effects := m.Step(epoch, r, nil)
		waits := false
		for _, e := range effects {
			switch e := e.(type) {
			case registration.Send:
				waits = true
			case registration.SetTimer:
				waits = true
				if e.At.Before(epoch) {
					t.Fatalf("a timer in the past: %v", e.At)
				}
			case registration.StopTimer, registration.Changed:
			}
		}
		s := m.Snapshot()
		if !waits && code >= 200 && !(s.State == registration.Failed && s.Err != nil) {
			t.Fatalf("stuck in %d after %+v", s.State, r)
		}
	})
}
