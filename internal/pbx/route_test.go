package pbx

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/sip"
)

var testRouter = router{
	domain: domain{name: "offhook.local", addr: netip.MustParseAddrPort("127.0.0.1:5070")},
	secret: []byte("a secret for the tests"),
}

func request(t testing.TB, lines ...string) *sip.Request {
	t.Helper()
	msg, err := sip.ParseMessage([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatalf("the test's request: %v", err)
	}
	req, ok := msg.(*sip.Request)
	if !ok {
		t.Fatal("the test's message is no request")
	}
	return req
}

// basic makes a request with what every one has; more are further header lines.
func basic(t testing.TB, method, uri, toTag string, more ...string) *sip.Request {
	t.Helper()
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	return request(t, append([]string{
		method + " " + uri + " SIP/2.0",
		"Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bKclient",
		"From: <sip:al@127.0.0.1:5070>;tag=f",
		"To: <sip:bo@127.0.0.1:5070>" + toTag,
		"Call-ID: call-1",
		"CSeq: 7 " + method,
		"Content-Length: 0",
	}, more...)...)
}

func (r router) rr(callID string) string { return r.recordRoute(sip.UDP, callID) }

// TestRoute plays requests against the decisions of RFC 3261, sections 16.3 to 16.6.
func TestRoute(t *testing.T) {
	rr := testRouter.rr("call-1")
	rrTCP := testRouter.recordRoute(sip.TCP, "call-1")
	rrBare := strings.Trim(rr, "<>")
	forged := strings.Replace(rr, "ck=", "ck=0", 1)
	elsewhere := testRouter.rr("call-2")
	for _, c := range []struct {
		name                string
		method, uri, toTag  string
		more                []string
		want                string // the decision
		wantURI, wantRoutes string
	}{
		{"register", "REGISTER", "sip:127.0.0.1:5070", "", nil, "register", "", ""},
		{"register by the domain's name", "REGISTER", "sip:offhook.local", "", nil, "register", "", ""},
		{"register elsewhere", "REGISTER", "sip:example.com", "", nil, "403", "", ""},
		{"call a user", "INVITE", "sip:bo@127.0.0.1:5070", "", nil, "dial bo", "", ""},
		{"call a user without the port", "INVITE", "sip:bo@OFFHOOK.local", "", nil, "dial bo", "", ""},
		{"call by localhost", "INVITE", "sip:bo@localhost:5070", "", nil, "dial bo", "", ""},
		{"call an escaped number", "INVITE", "sip:%2A43@127.0.0.1:5070", "", nil, "dial *43", "", ""},
		{"a bad escape", "INVITE", "sip:%4@127.0.0.1:5070", "", nil, "400", "", ""},
		{"another port of ours", "INVITE", "sip:bo@127.0.0.1:5071", "", nil, "elsewhere", "", ""},
		{"another domain", "INVITE", "sip:bo@example.com", "", nil, "elsewhere", "", ""},
		{"preloaded route to us", "INVITE", "sip:bo@127.0.0.1:5070", "", []string{"Route: <sip:127.0.0.1:5070;lr>"}, "dial bo", "", ""},
		{"preloaded route through us to elsewhere", "INVITE", "sip:bo@127.0.0.1:5070", "",
			[]string{"Route: <sip:127.0.0.1:5070;lr>, <sip:192.0.2.1;lr>"}, "403", "", ""},
		{"OPTIONS to us", "OPTIONS", "sip:127.0.0.1:5070", "", nil, "self", "", ""},
		{"sips", "INVITE", "sips:bo@127.0.0.1:5070", "", nil, "416", "", ""},
		{"tel", "INVITE", "tel:+15551234", "", nil, "416", "", ""},
		{"Proxy-Require", "INVITE", "sip:bo@127.0.0.1:5070", "", []string{"Proxy-Require: foo, bar"}, "420 Unsupported: foo, bar", "", ""},
		{"out of hops", "INVITE", "sip:bo@127.0.0.1:5070", "", []string{"Max-Forwards: 0"}, "483", "", ""},
		{"hops that are no number", "INVITE", "sip:bo@127.0.0.1:5070", "", []string{"Max-Forwards: many"}, "400", "", ""},
		{"more hops than there can be", "INVITE", "sip:bo@127.0.0.1:5070", "", []string{"Max-Forwards: 256"}, "400", "", ""},
		{"ACK out of hops", "ACK", "sip:bo@127.0.0.1:5070", "t", []string{"Max-Forwards: 0"}, "drop", "", ""},

		{"in a dialog", "BYE", "sip:bo@127.0.0.1:6000", "t", []string{"Route: " + rr}, "follow sip:bo@127.0.0.1:6000", "sip:bo@127.0.0.1:6000", ""},
		{"in a dialog, both transports", "BYE", "sip:bo@127.0.0.1:6000", "t", []string{"Route: " + rr, "Route: " + rrTCP},
			"follow sip:bo@127.0.0.1:6000", "sip:bo@127.0.0.1:6000", ""},
		{"in a dialog, another hop after us", "BYE", "sip:bo@127.0.0.1:6000", "t", []string{"Route: " + rr + ", <sip:192.0.2.9;lr>"},
			"follow sip:192.0.2.9;lr", "sip:bo@127.0.0.1:6000", "<sip:192.0.2.9;lr>"},
		{"ACK in a dialog", "ACK", "sip:bo@127.0.0.1:6000", "t", []string{"Route: " + rr}, "follow sip:bo@127.0.0.1:6000", "sip:bo@127.0.0.1:6000", ""},
		{"a strict router before us", "BYE", rrBare, "t", []string{"Route: <sip:bo@127.0.0.1:6000>"}, "follow sip:bo@127.0.0.1:6000", "sip:bo@127.0.0.1:6000", ""},
		{"in a dialog without our route", "BYE", "sip:bo@127.0.0.1:6000", "t", nil, "481", "", ""},
		{"in a dialog, to the name that was dialled", "BYE", "sip:bo@127.0.0.1:5070", "t", nil, "dial bo", "", ""},
		{"ACK to the name that was dialled", "ACK", "sip:bo@127.0.0.1:5070", "t", nil, "dial bo", "", ""},
		{"a To tag opens no relay", "INVITE", "sip:victim@192.0.2.1", "t", []string{"Route: " + forged}, "481", "", ""},
		{"nor does the cookie of another call", "INVITE", "sip:victim@192.0.2.1", "t", []string{"Route: " + elsewhere}, "481", "", ""},
		{"ACK with a forged cookie", "ACK", "sip:victim@192.0.2.1", "t", []string{"Route: " + forged}, "drop", "", ""},
		{"ACK without a dialog", "ACK", "sip:bo@127.0.0.1:5070", "", nil, "drop", "", ""},
		{"a malformed route", "BYE", "sip:bo@127.0.0.1:6000", "t", []string{"Route: <<>"}, "400", "", ""},
		{"a malformed route after ours", "BYE", "sip:bo@127.0.0.1:6000", "t", []string{"Route: " + rr, "Route: <<>"}, "400", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, p := testRouter.route(basic(t, c.method, c.uri, c.toTag, c.more...))
			if got := decisionText(d); got != c.want {
				t.Fatalf("decided %q, want %q", got, c.want)
			}
			if _, ok := d.(follow); !ok {
				return
			}
			var routes []string
			for _, r := range p.routes {
				routes = append(routes, r.Value())
			}
			if p.uri.String() != c.wantURI || strings.Join(routes, ",") != c.wantRoutes {
				t.Errorf("goes to %s by %v, want %s by %s", p.uri.String(), routes, c.wantURI, c.wantRoutes)
			}
		})
	}
}

func decisionText(d decision) string {
	switch d := d.(type) {
	case refuse:
		text := fmt.Sprint(d.code)
		for _, h := range d.headers {
			text += " " + h.String()
		}
		return text
	case drop:
		return "drop"
	case register:
		return "register"
	case self:
		return "self"
	case dial:
		return "dial " + d.user
	case elsewhere:
		return "elsewhere"
	case follow:
		return "follow " + d.next.String()
	}
	return "nothing"
}

func TestMaxForwards(t *testing.T) {
	for _, c := range []struct {
		line string
		want int
	}{{"Max-Forwards: 70", 69}, {"Max-Forwards: 1", 0}, {"Subject: none given", 70}} {
		_, p := testRouter.route(basic(t, "INVITE", "sip:bo@127.0.0.1:5070", "", c.line))
		if p.maxForwards != c.want {
			t.Errorf("%q leaves %d hops, want %d", c.line, p.maxForwards, c.want)
		}
	}
}

func TestLoop(t *testing.T) {
	req := basic(t, "INVITE", "sip:bo@127.0.0.1:5070", "")
	_, p := testRouter.route(req)
	if p.loop == "" {
		t.Fatal("no loop digest")
	}
	back := func(uri, sentBy string) decision {
		via := "Via: SIP/2.0/UDP " + sentBy + ";branch=" + newBranch(p.loop)
		d, _ := testRouter.route(basic(t, "INVITE", uri, "", via))
		return d
	}
	if got := decisionText(back("sip:bo@127.0.0.1:5070", "127.0.0.1:5070")); got != "482" {
		t.Errorf("the same request came back: %s, want 482", got)
	}
	if got := decisionText(back("sip:ca@127.0.0.1:5070", "127.0.0.1:5070")); got != "dial ca" {
		t.Errorf("a spiral to another target: %s, want it to go on", got)
	}
	if got := decisionText(back("sip:bo@127.0.0.1:5070", "127.0.0.1:5071")); got != "dial bo" {
		t.Errorf("another proxy's Via: %s, want it to go on", got)
	}
}

// FuzzRoute decides about anything that the parser takes: no panic, and never a
// relay without our cookie.
func FuzzRoute(f *testing.F) {
	f.Add("INVITE", "sip:bo@127.0.0.1:5070", "t", "Route: "+testRouter.rr("call-2"))
	f.Add("BYE", "sip:127.0.0.1:5070;lr;ck=1", "t", "Route: <sip:x@192.0.2.1>")
	f.Add("ACK", "sip:x@y", "", "Max-Forwards: -1")
	f.Add("OPTIONS", "*", "", "Route: a, b, c")
	f.Fuzz(func(t *testing.T, method, uri, tag, line string) {
		msg, err := sip.ParseMessage([]byte(strings.Join([]string{
			method + " " + uri + " SIP/2.0", "Via: SIP/2.0/UDP h;branch=z9hG4bK1", "From: <sip:a@b>;tag=f",
			"To: <sip:c@d>;tag=" + tag, "Call-ID: call-1", "CSeq: 1 " + method, line, "", "",
		}, "\r\n")))
		if err != nil {
			return
		}
		req, ok := msg.(*sip.Request)
		if !ok {
			return
		}
		d, p := testRouter.route(req)
		if d == nil {
			t.Fatal("no decision")
		}
		if _, relayed := d.(follow); relayed && !strings.Contains(req.String(), testRouter.cookie("call-1")) {
			t.Fatalf("relayed without the cookie: %s", req)
		}
		if p.maxForwards < 0 || p.maxForwards > 255 {
			t.Fatalf("%d hops", p.maxForwards)
		}
	})
}

// FuzzRegistration reads any REGISTER: no panic, nothing negative.
func FuzzRegistration(f *testing.F) {
	f.Add("<sip:al@h>;q=0.5;expires=60", "300")
	f.Add("*", "0")
	f.Add(`"x" <sip:al@h;lr>;+sip.instance="<urn:uuid:1>";reg-id=1, sip:b@c;expires=99999999999`, "x")
	f.Fuzz(func(t *testing.T, contact, expires string) {
		msg, err := sip.ParseMessage([]byte(strings.Join([]string{
			"REGISTER sip:127.0.0.1:5070 SIP/2.0", "Via: SIP/2.0/UDP h;branch=z9hG4bK1", "From: <sip:al@127.0.0.1:5070>;tag=f",
			"To: <sip:al@127.0.0.1:5070>", "Call-ID: 1", "CSeq: 1 REGISTER", "Contact: " + contact, "Expires: " + expires, "", "",
		}, "\r\n")))
		if err != nil {
			return
		}
		req, ok := msg.(*sip.Request)
		if !ok {
			return
		}
		r, d := readRegistration(req, testRouter.domain, testLimits, sip.Target{})
		if d != nil {
			return
		}
		for _, c := range r.contacts {
			if c.expires < 0 || c.q < 0 || c.q > 1000 || c.uri.Host == "" {
				t.Fatalf("contact %+v", c)
			}
		}
	})
}
