package registration_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

const contact = "sip:alice@192.0.2.1:5060"

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// step is one line of a table: at a time, an input; what comes out, in words.
type step struct {
	at   int // seconds since the epoch
	in   registration.Input
	want string
}

// show puts effects into words: "send 1 300s", "timer 265s", "Registered 300s".
func show(effects []registration.Effect) string {
	var words []string
	for _, e := range effects {
		switch e := e.(type) {
		case registration.Send:
			w := fmt.Sprintf("send %d %v", e.CSeq, e.Expires)
			if e.Contact != contact {
				w += " as " + e.Contact
			}
			for _, former := range e.Drop {
				w += " not " + former
			}
			words = append(words, w)
		case registration.SetTimer:
			words = append(words, fmt.Sprintf("timer %v", e.At.Sub(epoch)))
		case registration.StopTimer:
			words = append(words, "no timer")
		case registration.Changed:
			words = append(words, showState(e.Snapshot))
		}
	}
	return strings.Join(words, "; ")
}

func showState(s registration.Snapshot) string {
	names := map[registration.State]string{
		registration.Unregistered: "Unregistered", registration.Registering: "Registering", registration.Registered: "Registered",
		registration.Unregistering: "Unregistering", registration.Failed: "Failed",
	}
	w := names[s.State]
	if s.State == registration.Registered {
		w += fmt.Sprintf(" %v", s.Expires)
	}
	if s.Code != 0 {
		w += fmt.Sprintf(" %d", s.Code)
	}
	if !s.RetryAt.IsZero() {
		w += fmt.Sprintf(" again at %v", s.RetryAt.Sub(epoch))
	}
	return w
}

func run(t *testing.T, cfg registration.Config, steps []step) *registration.Machine {
	t.Helper()
	if cfg.Contact == "" {
		cfg.Contact = contact
	}
	if cfg.Rand == nil {
		cfg.Rand = func() float64 { return 0 }
	}
	m := registration.New(cfg)
	for i, s := range steps {
		got := show(m.Step(epoch.Add(time.Duration(s.at)*time.Second), s.in, nil))
		if got != s.want {
			t.Fatalf("step %d (%T at %d s):\ngot  %s\nwant %s", i, s.in, s.at, got, s.want)
		}
	}
	return m
}

// ok is a 200 that lists contacts, each a Contact value.
func ok(cseq uint32, contacts ...string) registration.Response {
	r := registration.Response{CSeq: cseq, Code: 200, Reason: "OK"}
	for _, c := range contacts {
		u, params, err := sip.ParseAddress(c)
		if err != nil {
			panic(err)
		}
		b := registration.Binding{URI: u}
		if v, has := sip.ParamValue(params, "expires"); has {
			d, err := time.ParseDuration(v + "s")
			if err != nil {
				panic(err)
			}
			b.Expires, b.HasExpires = d, true
		}
		r.Bindings = append(r.Bindings, b)
	}
	return r
}

func refused(cseq uint32, code int) registration.Response {
	return registration.Response{CSeq: cseq, Code: code}
}

func TestRegisterRefreshRemove(t *testing.T) {
	own := "<" + contact + ">;expires=300"
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
		{264, registration.Tick{}, ""}, // early
		{265, registration.Tick{}, "send 2 5m0s"},
		{265, registration.Tick{}, ""},
		{265, ok(2, own), "timer 8m50s"}, // nothing to tell
		{300, registration.Start{}, "no timer; send 3 5m0s"},
		{301, ok(3, own), "timer 9m26s"},
		{400, registration.Stop{}, "no timer; send 4 0s; Unregistering 200"},
		{400, ok(4), "Unregistered 200"},
		{400, registration.Stop{}, ""},
	})
}

func TestStopAtOddTimes(t *testing.T) {
	own := "<" + contact + ">;expires=300"
	tests := map[string][]step{
		"before anything": {
			{0, registration.Stop{}, ""},
		},
		"while registering, then accepted": { // one request at a time (RFC 3261, section 10.2)
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{1, registration.Stop{}, "Unregistering"},
			{2, ok(1, own), "send 2 0s; Unregistering 200"},
			{3, ok(2), "Unregistered 200"},
		},
		"while registering, then refused": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{1, registration.Stop{}, "Unregistering"},
			{2, refused(1, 500), "Unregistered 500"},
		},
		"while registering, then lost": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{1, registration.Stop{}, "Unregistering"},
			{32, registration.Lost{Cause: registration.Timeout}, "Unregistered"},
		},
		"during a refresh that fails": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{265, registration.Tick{}, "send 2 5m0s"},
			{266, registration.Stop{}, "Unregistering 200"},
			{267, refused(2, 503), "send 3 0s; Unregistering 503"},
			{268, ok(3), "Unregistered 200"},
		},
		"with the registrar gone": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{10, registration.Stop{}, "no timer; send 2 0s; Unregistering 200"},
			{42, registration.Lost{Cause: registration.Timeout}, "Unregistered"},
		},
		"removal refused": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{10, registration.Stop{}, "no timer; send 2 0s; Unregistering 200"},
			{10, refused(2, 403), "Unregistered 403"},
		},
		"and start again before it is done": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{10, registration.Stop{}, "no timer; send 2 0s; Unregistering 200"},
			{11, registration.Start{}, ""},
			{12, ok(2), "send 3 5m0s; Registering 200"},
			{13, ok(3, own), "timer 4m38s; Registered 5m0s 200"},
		},
		"and start again while registering": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{1, registration.Stop{}, "Unregistering"},
			{2, registration.Start{}, "Registering"},
			{3, ok(1, own), "timer 4m28s; Registered 5m0s 200"},
		},
		"while waiting for a retry": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, refused(1, 503), "timer 15s; Failed 503 again at 15s"},
			{10, registration.Stop{}, "no timer; Unregistered 503"},
			{15, registration.Tick{}, ""},
		},
		"after failing, with a binding left": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{265, registration.Tick{}, "send 2 5m0s"},
			{265, refused(2, 500), "timer 4m40s; Failed 500 again at 4m40s"},
			{270, registration.Stop{}, "no timer; send 3 0s; Unregistering 500"},
			{270, ok(3), "Unregistered 200"},
		},
		"after failing, with the binding run out": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, ok(1, own), "timer 4m25s; Registered 5m0s 200"},
			{265, registration.Tick{}, "send 2 5m0s"},
			{265, refused(2, 403), "timer 19m25s; Failed 403 again at 19m25s"},
			{900, registration.Stop{}, "no timer; Unregistered 403"},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) { run(t, registration.Config{}, steps) })
	}
}

// RFC 3261, section 10.2.4: our own Contact among several says how long.
func TestInterop13OwnContactAmongSeveral(t *testing.T) {
	tests := []struct {
		name     string
		contact  string
		contacts []string
		want     time.Duration
	}{
		{"exact", contact, []string{"<sip:alice@198.51.100.9:5060>;expires=60", "<sip:alice@192.0.2.1:5060>;expires=120"}, 120 * time.Second},
		{"another user", contact, []string{"<sip:bob@192.0.2.1:5060>;expires=60"}, 300 * time.Second},
		{"another port", contact, []string{"<sip:alice@192.0.2.1:5070>;expires=60"}, 300 * time.Second},
		{"default port left out", contact, []string{"<sip:alice@192.0.2.1>;expires=120"}, 120 * time.Second},
		{"host in another case", "sip:alice@Phone.Example.COM", []string{"sip:alice@phone.example.com;expires=120"}, 120 * time.Second},
		{"parameters added", contact, []string{"<sip:alice@192.0.2.1:5060;ob;line=7>;expires=120;q=0.5"}, 120 * time.Second},
		{"by transport", contact + ";transport=tcp", []string{"<sip:alice@192.0.2.1:5060>;expires=60", "<sip:alice@192.0.2.1:5060;transport=TCP>;expires=120"}, 120 * time.Second},
		{"transport dropped", contact + ";transport=tcp", []string{"<sip:alice@192.0.2.1:5060>;expires=120"}, 120 * time.Second},
		{"name of a parameter", contact, []string{"<sip:alice@192.0.2.1:5060>;Expires=120"}, 120 * time.Second},
		{"IPv6", "sip:alice@[2001:db8::1]:5060", []string{"<sip:alice@[2001:db8::1]:5060>;expires=120"}, 120 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := registration.New(registration.Config{Contact: tt.contact})
			m.Step(epoch, registration.Start{}, nil)
			m.Step(epoch, ok(1, tt.contacts...), nil)
			if s := m.Snapshot(); s.State != registration.Registered || s.Expires != tt.want {
				t.Errorf("%s: granted %v, want %v", showState(s), s.Expires, tt.want)
			}
		})
	}
}

// Contact parameter, then Expires header, then what was asked; and a short grant
// isn't what is asked for next time.
func TestInterop14GrantedExpiry(t *testing.T) {
	both := ok(1, "<"+contact+">;expires=120")
	both.Expires, both.HasExpires = 60*time.Second, true
	header := ok(1, "<"+contact+">")
	header.Expires, header.HasExpires = 60*time.Second, true
	tests := []struct {
		name string
		res  registration.Response
		want time.Duration
	}{
		{"parameter", both, 120 * time.Second},
		{"header", header, 60 * time.Second},
		{"neither", ok(1), 300 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := run(t, registration.Config{}, []step{{0, registration.Start{}, "send 1 5m0s; Registering"}})
			m.Step(epoch, tt.res, nil)
			if got := m.Snapshot().Expires; got != tt.want {
				t.Errorf("granted %v, want %v", got, tt.want)
			}
		})
	}
	run(t, registration.Config{Expires: time.Hour}, []step{
		{0, registration.Start{}, "send 1 1h0m0s; Registering"},
		{0, ok(1, "<"+contact+">;expires=60"), "timer 30s; Registered 1m0s 200"},
		{30, registration.Tick{}, "send 2 1h0m0s"},
		{30, ok(2, "<"+contact+">;expires=40"), "timer 50s; Registered 40s 200"},
		{50, registration.Tick{}, "send 3 1h0m0s"},
	})
	run(t, registration.Config{}, []step{ // a grant of no time is no success
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, ok(1, "<"+contact+">;expires=0"), "timer 15s; Failed 200 again at 15s"},
	})
}

// RFC 3261, section 10.2.8.
func TestInterop15IntervalTooBrief(t *testing.T) {
	brief := func(cseq uint32, least int) registration.Response {
		r := refused(cseq, 423)
		r.MinExpires = time.Duration(least) * time.Second
		return r
	}
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, brief(1, 600), "send 2 10m0s; Registering 423"},
		{0, ok(2), "timer 9m0s; Registered 10m0s 200"},
		{540, registration.Tick{}, "send 3 10m0s"}, // the lesson is kept
	})
	for name, steps := range map[string][]step{
		"once": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, brief(1, 600), "send 2 10m0s; Registering 423"},
			{0, brief(2, 900), "timer 15m0s; Failed 423 again at 15m0s"},
		},
		"not larger": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, brief(1, 300), "timer 15m0s; Failed 423 again at 15m0s"},
		},
		"without a number": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, brief(1, 0), "timer 15m0s; Failed 423 again at 15m0s"},
		},
		"after a stop": {
			{0, registration.Start{}, "send 1 5m0s; Registering"},
			{0, registration.Stop{}, "Unregistering"},
			{0, brief(1, 600), "Unregistered 423"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := run(t, registration.Config{}, steps)
			if s := m.Snapshot(); s.State == registration.Failed && !errors.Is(s.Err, registration.ErrTooBrief) {
				t.Errorf("error %v", s.Err)
			}
		})
	}
}

// The first failure, and how long until the next attempt.
func TestFailures(t *testing.T) {
	wrong := errors.New("wrong password")
	after := func(code, seconds int) registration.Response {
		r := refused(1, code)
		r.RetryAfter = time.Duration(seconds) * time.Second
		return r
	}
	tests := []struct {
		name string
		in   registration.Input
		want string
		err  error
	}{
		{"wrong password", registration.Lost{CSeq: 2, Cause: registration.Credentials, Err: wrong}, "Failed", registration.ErrCredentials},
		{"401 unanswered", refused(1, 401), "Failed 401", registration.ErrCredentials},
		{"407 unanswered", refused(1, 407), "Failed 407", registration.ErrCredentials},
		{"forbidden", refused(1, 403), "timer 15m0s; Failed 403 again at 15m0s", registration.ErrRefused},
		{"unknown user", refused(1, 404), "timer 15m0s; Failed 404 again at 15m0s", registration.ErrRefused},
		{"redirected", refused(1, 302), "timer 15m0s; Failed 302 again at 15m0s", registration.ErrRefused},
		{"declined everywhere", refused(1, 603), "timer 15m0s; Failed 603 again at 15m0s", registration.ErrRefused},
		{"408", refused(1, 408), "timer 15s; Failed 408 again at 15s", registration.ErrTimeout},
		{"server error", refused(1, 500), "timer 15s; Failed 500 again at 15s", registration.ErrRefused},
		{"unavailable", refused(1, 503), "timer 15s; Failed 503 again at 15s", registration.ErrRefused},
		{"unavailable for a while", after(503, 120), "timer 2m0s; Failed 503 again at 2m0s", registration.ErrRefused},
		{"480 for a while", after(480, 7), "timer 7s; Failed 480 again at 7s", registration.ErrRefused},
		{"500 for a while", after(500, 7), "timer 7s; Failed 500 again at 7s", registration.ErrRefused},
		{"for years", after(503, 1<<31), "timer 1h0m0s; Failed 503 again at 1h0m0s", registration.ErrRefused},
		{"time-out", registration.Lost{Cause: registration.Timeout}, "timer 15s; Failed again at 15s", registration.ErrTimeout},
		{"no way there", registration.Lost{Cause: registration.Transport, Err: wrong}, "timer 15s; Failed again at 15s", registration.ErrTransport},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := run(t, registration.Config{}, []step{
				{0, registration.Start{}, "send 1 5m0s; Registering"},
				{0, tt.in, tt.want},
			})
			s := m.Snapshot()
			if !errors.Is(s.Err, tt.err) || s.Err.Error() == "" {
				t.Errorf("error %v, want %v", s.Err, tt.err)
			}
			if l, lost := tt.in.(registration.Lost); lost && l.Err != nil && !errors.Is(s.Err, l.Err) {
				t.Errorf("the reason is lost: %v", s.Err)
			}
		})
	}
}

// RFC 5626, section 4.5: doubling, half of it random, with a ceiling.
func TestBackOff(t *testing.T) {
	for _, random := range []float64{0, 0.5, 1} {
		m := registration.New(registration.Config{Contact: contact, Rand: func() float64 { return random }})
		now := epoch
		m.Step(now, registration.Start{}, nil)
		want := 30 * time.Second
		for i := range 12 {
			m.Step(now, registration.Lost{Cause: registration.Timeout}, nil)
			wait := m.Snapshot().RetryAt.Sub(now)
			if exact := want/2 + time.Duration(random*float64(want/2)); wait != exact {
				t.Fatalf("failure %d, random %v: %v, want %v", i+1, random, wait, exact)
			}
			want = min(2*want, 30*time.Minute)
			now = m.Snapshot().RetryAt
			if got := show(m.Step(now, registration.Tick{}, nil)); !strings.HasPrefix(got, "send ") {
				t.Fatalf("retry %d: %s", i+1, got)
			}
		}
		// Success, and the person's own wish, begin again with short delays.
		m.Step(now, ok(0), nil)
		m.Step(now, registration.Start{}, nil)
		m.Step(now, registration.Lost{Cause: registration.Timeout}, nil)
		if wait := m.Snapshot().RetryAt.Sub(now); wait > 30*time.Second {
			t.Errorf("after a success %v", wait)
		}
	}
}

func TestStartAfterFailure(t *testing.T) {
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, refused(1, 401), "Failed 401"},
		{100, registration.Tick{}, ""},
		{100, registration.Start{}, "send 2 5m0s; Registering 401"},
		{100, ok(2), "timer 6m5s; Registered 5m0s 200"},
	})
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, refused(1, 403), "timer 15m0s; Failed 403 again at 15m0s"},
		{9, registration.Start{}, "no timer; send 2 5m0s; Registering 403"},
	})
}

// The challenge's answer used up a number: ours go on from there.
func TestCSeqGoesOn(t *testing.T) {
	run(t, registration.Config{FirstCSeq: 40}, []step{
		{0, registration.Start{}, "send 41 5m0s; Registering"},
		{0, ok(42), "timer 4m25s; Registered 5m0s 200"},
		{265, registration.Tick{}, "send 43 5m0s"},
		{297, registration.Lost{CSeq: 44, Cause: registration.Timeout}, "timer 5m12s; Failed again at 5m12s"},
		{312, registration.Tick{}, "send 45 5m0s; Registering"},
		{312, ok(43), ""}, // a late answer to an older request
		{312, registration.Response{CSeq: 45, Code: 100}, ""},
		{312, ok(45), "timer 9m37s; Registered 5m0s 200"},
		{313, ok(45), ""}, // nothing is under way
	})
}

// A provisional response is no outcome: the real one is still awaited.
func TestProvisionalIsNoOutcome(t *testing.T) {
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, registration.Response{CSeq: 1, Code: 100}, ""},
		{1, ok(1), "timer 4m26s; Registered 5m0s 200"},
	})
}

func TestRefreshSpread(t *testing.T) {
	tests := []struct {
		granted     time.Duration
		least, most time.Duration
	}{
		{10 * time.Second, 4 * time.Second, 5 * time.Second},
		{60 * time.Second, 27 * time.Second, 30 * time.Second},
		{300 * time.Second, 250 * time.Second, 265 * time.Second},
		{3600 * time.Second, 3060 * time.Second, 3240 * time.Second},
		{(1<<32 - 1) * time.Second, 24 * time.Hour, 24 * time.Hour},
	}
	for _, tt := range tests {
		for _, random := range []float64{0, 0.3, 1, -1, 2} {
			m := registration.New(registration.Config{Contact: contact, Rand: func() float64 { return random }})
			m.Step(epoch, registration.Start{}, nil)
			r := ok(1)
			r.Expires, r.HasExpires = tt.granted, true
			for _, e := range m.Step(epoch, r, nil) {
				if timer, is := e.(registration.SetTimer); is {
					if after := timer.At.Sub(epoch); after < tt.least || after > tt.most {
						t.Errorf("%v, random %v: refresh after %v", tt.granted, random, after)
					}
				}
			}
			if !m.Snapshot().Until.Equal(epoch.Add(tt.granted)) {
				t.Errorf("until %v", m.Snapshot().Until)
			}
		}
	}
}

// RFC 3581: the registrar sees another address; it is registered once, and the
// old one removed in the same request.
func TestInterop12Rebind(t *testing.T) {
	const seen, third = "sip:alice@203.0.113.7:1024", "sip:alice@203.0.113.7:1025"
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, ok(1), "timer 4m25s; Registered 5m0s 200"},
		{0, registration.Rebind{Contact: contact}, ""},
		{0, registration.Rebind{Contact: "<" + seen + ">"}, "no timer; send 2 5m0s as " + seen + " not " + contact + "; Registered 5m0s 200"},
		{0, ok(2, "<"+seen+">;expires=300"), "timer 4m25s"},
		{0, registration.Rebind{Contact: contact}, ""}, // no way back: that would be a loop
		{265, registration.Tick{}, "send 3 5m0s as " + seen},
		{265, registration.Rebind{Contact: third}, "Registered 5m0s 200"}, // waits for its turn
		{266, ok(3), "send 4 5m0s as " + third + " not " + seen},
		{267, ok(4), "timer 8m52s"},
		{300, registration.Stop{}, "no timer; send 5 0s as " + third + "; Unregistering 200"},
	})
	// Twice while one request is under way: both former ones go.
	run(t, registration.Config{}, []step{
		{0, registration.Start{}, "send 1 5m0s; Registering"},
		{0, registration.Rebind{Contact: seen}, "Registering"},
		{0, registration.Rebind{Contact: third}, "Registering"},
		{0, ok(1), "send 2 5m0s as " + third + " not " + contact + " not " + seen + "; Registered 5m0s 200"},
		{0, registration.Lost{Cause: registration.Timeout}, "timer 15s; Failed again at 15s"},
		{15, registration.Tick{}, "send 3 5m0s as " + third + " not " + contact + " not " + seen + "; Registering"},
		{15, ok(3), "timer 4m40s; Registered 5m0s 200"},
		{280, registration.Tick{}, "send 4 5m0s as " + third},
	})
	// Before the start it is just the Contact.
	m := registration.New(registration.Config{})
	if got := show(m.Step(epoch, registration.Rebind{Contact: contact}, nil)); got != "Unregistered" {
		t.Errorf("got %s", got)
	}
	if got := show(m.Step(epoch, registration.Start{}, nil)); got != "send 1 5m0s; Registering" {
		t.Errorf("got %s", got)
	}
}
