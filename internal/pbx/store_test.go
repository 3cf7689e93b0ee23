package pbx

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/ua/sip"
)

func mustURI(t *testing.T, s string) sip.URI {
	t.Helper()
	u, err := sip.ParseURI(s)
	if err != nil {
		t.Fatalf("ParseURI(%q): %v", s, err)
	}
	return u
}

var testLimits = limits{minExpires: time.Minute, maxExpires: time.Hour, defaultExpires: time.Hour, contacts: 3}

// TestStore plays REGISTERs against the store (RFC 3261, section 10.3).
func TestStore(t *testing.T) {
	type contactText struct {
		uri     string
		seconds int
		q       int
		id      string // +sip.instance with reg-id 1
	}
	type request struct {
		at       int // seconds since the start
		callID   string
		cseq     uint32
		contacts []contactText
		all      bool
		err      error
		// want is "user@host:port=seconds" of each binding after it, in order.
		want string
	}
	one := func(uri string, seconds int) []contactText {
		return []contactText{{uri: uri, seconds: seconds, q: 1000}}
	}
	for _, c := range []struct {
		name string
		seq  []request
	}{
		{"register, refresh, de-register", []request{
			{0, "a", 1, one("sip:al@h:1", 300), false, nil, "al@h:1=300"},
			{100, "a", 2, one("sip:al@h:1", 300), false, nil, "al@h:1=300"},
			{200, "a", 3, one("sip:al@h:1", 0), false, nil, ""},
		}},
		{"a query changes nothing and needs no CSeq", []request{
			{0, "a", 5, one("sip:al@h:1", 300), false, nil, "al@h:1=300"},
			{10, "b", 1, nil, false, nil, "al@h:1=290"},
		}},
		{"time ends a binding", []request{
			{0, "a", 1, one("sip:al@h:1", 60), false, nil, "al@h:1=60"},
			{60, "b", 1, nil, false, nil, ""},
		}},
		{"several contacts, the most wanted first", []request{
			{0, "a", 1, []contactText{{"sip:al@h:1", 300, 500, ""}, {"sip:al@h:2", 200, 1000, ""}}, false, nil, "al@h:2=200 al@h:1=300"},
			{0, "b", 1, []contactText{{"sip:al@h:3", 100, 700, ""}}, false, nil, "al@h:2=200 al@h:3=100 al@h:1=300"},
			{1, "a", 2, one("sip:al@h:2", 0), false, nil, "al@h:3=99 al@h:1=299"},
		}},
		{"star removes all", []request{
			{0, "a", 1, []contactText{{"sip:al@h:1", 300, 1000, ""}, {"sip:al@h:2", 300, 1000, ""}}, false, nil, "al@h:1=300 al@h:2=300"},
			{1, "b", 1, nil, true, nil, ""},
		}},
		{"an older REGISTER changes nothing", []request{
			{0, "a", 7, one("sip:al@h:1", 300), false, nil, "al@h:1=300"},
			{1, "a", 7, one("sip:al@h:1", 0), false, outOfOrder{}, "al@h:1=299"},
			{1, "a", 6, one("sip:al@h:1", 600), false, outOfOrder{}, "al@h:1=299"},
			{1, "a", 6, nil, true, outOfOrder{}, "al@h:1=299"},
			{1, "b", 1, one("sip:al@h:1", 400), false, nil, "al@h:1=400"},
		}},
		{"all or nothing", []request{
			{0, "a", 1, one("sip:al@h:1", 300), false, nil, "al@h:1=300"},
			{0, "a", 2, []contactText{{"sip:al@h:2", 300, 1000, ""}, {"sip:al@h:3", 5, 1000, ""}}, false, tooBrief{time.Minute}, "al@h:1=300"},
		}},
		{"too brief, and long enough", []request{
			{0, "a", 1, one("sip:al@h:1", 59), false, tooBrief{time.Minute}, ""},
			{0, "a", 2, one("sip:al@h:1", 60), false, nil, "al@h:1=60"},
		}},
		{"too long is shortened", []request{
			{0, "a", 1, one("sip:al@h:1", 100000), false, nil, "al@h:1=3600"},
		}},
		{"no more than the limit", []request{
			{0, "a", 1, []contactText{{"sip:al@h:1", 300, 1000, ""}, {"sip:al@h:2", 300, 1000, ""}, {"sip:al@h:3", 300, 1000, ""}}, false, nil, "al@h:1=300 al@h:2=300 al@h:3=300"},
			{0, "a", 2, one("sip:al@h:4", 300), false, tooMany{3}, "al@h:1=300 al@h:2=300 al@h:3=300"},
			{0, "a", 3, []contactText{{"sip:al@h:1", 0, 1000, ""}, {"sip:al@h:4", 300, 1000, ""}}, false, nil, "al@h:2=300 al@h:3=300 al@h:4=300"},
		}},
		{"removing what isn't there", []request{
			{0, "a", 1, one("sip:al@h:1", 0), false, nil, ""},
		}},
		{"a phone that moved replaces itself", []request{
			{0, "a", 1, []contactText{{"sip:al@h:1", 300, 1000, "<urn:uuid:1>"}}, false, nil, "al@h:1=300"},
			{1, "b", 1, []contactText{{"sip:al@h:9", 300, 1000, "<urn:uuid:1>"}}, false, nil, "al@h:9=300"},
		}},
		{"hosts compare without case, users with", []request{
			{0, "a", 1, one("sip:al@HOST.example:1", 300), false, nil, "al@HOST.example:1=300"},
			{0, "a", 2, one("sip:al@host.example:1", 200), false, nil, "al@host.example:1=200"},
			{0, "a", 3, one("sip:AL@host.example:1", 100), false, nil, "al@host.example:1=200 AL@host.example:1=100"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, start := newStore(testLimits), time.Unix(1e9, 0)
			for i, r := range c.seq {
				now := start.Add(time.Duration(r.at) * time.Second)
				reg := registration{aor: "al", callID: r.callID, cseq: r.cseq, all: r.all}
				for _, x := range r.contacts {
					regID := ""
					if x.id != "" {
						regID = "1"
					}
					reg.contacts = append(reg.contacts, contact{uri: mustURI(t, x.uri), q: x.q,
						expires: time.Duration(x.seconds) * time.Second, instance: x.id, regID: regID})
				}
				got, err := s.apply(now, reg)
				if !errors.Is(err, r.err) {
					t.Fatalf("step %d: error %v, want %v", i, err, r.err)
				}
				if err == nil && describe(got, now) != r.want {
					t.Errorf("step %d gave %q, want %q", i, describe(got, now), r.want)
				}
				if left := describe(s.lookup(now, "al"), now); left != r.want {
					t.Errorf("step %d left %q, want %q", i, left, r.want)
				}
			}
			if s.lookup(start.Add(48*time.Hour), "al") != nil || len(s.aors) != 0 {
				t.Error("expired bindings are still kept")
			}
		})
	}
}

func describe(bs []binding, now time.Time) string {
	var out []string
	for _, b := range bs {
		out = append(out, fmt.Sprintf("%s=%d", strings.TrimPrefix(b.uri.String(), "sip:"), int(b.expires.Sub(now).Seconds())))
	}
	return strings.Join(out, " ")
}

func TestStoreSharesNoBindings(t *testing.T) {
	s, now := newStore(testLimits), time.Unix(1e9, 0)
	reg := func(cseq uint32, uri string) []binding {
		b, err := s.apply(now, registration{aor: "al", callID: "a", cseq: cseq,
			contacts: []contact{{uri: mustURI(t, uri), q: 1000, expires: time.Hour}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := reg(1, "sip:al@h:1")
	reg(2, "sip:al@h:2")
	if got := describe(first, now); got != "al@h:1=3600" {
		t.Errorf("a later REGISTER changed an earlier result to %q", got)
	}
}

func TestByContact(t *testing.T) {
	s, now := newStore(testLimits), time.Unix(1e9, 0)
	from := netip.MustParseAddrPort("192.0.2.7:4000")
	_, err := s.apply(now, registration{aor: "al", callID: "a", cseq: 1, source: sip.Target{Addr: from},
		contacts: []contact{{uri: mustURI(t, "sip:al@10.0.0.1:5062;ob"), q: 1000, expires: time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	b, ok := s.byContact(now, mustURI(t, "sip:al@10.0.0.1:5062"))
	if !ok || b.source.Addr != from {
		t.Errorf("byContact = %v, %t; want the binding from %s", b.source.Addr, ok, from)
	}
	if _, ok := s.byContact(now.Add(time.Minute), mustURI(t, "sip:al@10.0.0.1:5062")); ok {
		t.Error("byContact found an expired binding")
	}
	if _, ok := s.byContact(now, mustURI(t, "sip:al@10.0.0.1:5063")); ok {
		t.Error("byContact found a binding of another port")
	}
}
