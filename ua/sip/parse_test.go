package sip

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// parse reads a message that is meant to be good.
func parse(t *testing.T, text string) Message {
	t.Helper()
	m, err := ParseMessage([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

func TestTortureWsinv(t *testing.T) {
	req := parse(t, seeds[2]).(*Request) // RFC 4475, section 3.1.1.1
	if req.Method != INVITE || req.Recipient.Host != "chair-dnrc.example.com" || !req.Recipient.UriParams.Has("unknownparam") {
		t.Errorf("request line: %s", req.StartLine())
	}
	if got := Tag(req.To()); got != "1918181833n" {
		t.Errorf("To tag %q", got)
	}
	if got := Tag(req.From()); got != "98asjd8" {
		t.Errorf("From tag %q", got)
	}
	if got := req.From().DisplayName; got != `J Rosenberg \\\"` {
		t.Errorf("display name %q", got)
	}
	if c := req.CSeq(); c.SeqNo != 9 || c.MethodName != INVITE {
		t.Errorf("CSeq %v", c)
	}
	vias := HeaderValues(req, "v")
	want := []string{
		"SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
		"SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
		"SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
	}
	if !reflect.DeepEqual(vias, want) {
		t.Errorf("Vias %q", vias)
	}
	if v, _ := ParamValue(req.Contact().Params, "newparam"); v != "newvalue" {
		t.Errorf("Contact %v", req.Contact().Params)
	}
	if got := req.MaxForwards().Val(); got != 68 {
		t.Errorf("Max-Forwards %d", got)
	}
	if string(req.Body()) != "body" {
		t.Errorf("body %q", req.Body())
	}
}

func TestParseCaseAndQuotes(t *testing.T) {
	res := parse(t, seeds[1]).(*Response)
	if Tag(res.From()) != "x" { // ;Tag=
		t.Errorf("From %v", res.From())
	}
	if v := res.Via(); v.Host != "::1" || v.Port != 5060 || v.Transport != "TCP" {
		t.Errorf("Via %v", v)
	}
	if res.Reason != "" || res.StatusCode != 200 {
		t.Errorf("status %q", res.StartLine())
	}
	// A Via with quotes has to come back as it was sent.
	text := strings.Replace(seeds[0], ";rport", `;ext="a;b,c \"d\"";x="e"`, 1)
	req := parse(t, text).(*Request)
	back := NewResponse(req, 200, "").String()
	for _, part := range []string{`;ext="a;b,c \"d\""`, `;x="e"`, `"A, \"B\"" <sip:alice@h>;tag=1`} {
		if !strings.Contains(back, part) {
			t.Errorf("%q is lost in\n%s", part, back)
		}
	}
	if v := req.Contact().Params; len(v) != 1 || v[0].V != `"<urn:uuid:1;2>"` {
		t.Errorf("instance %v", v)
	}
}

func TestParseRefuses(t *testing.T) {
	ok := seeds[0]
	for _, c := range []struct{ name, from, to string }{
		{"no Via", "Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa;rport\r\n", ""},
		{"no From", "From: \"A, \\\"B\\\"\" <sip:alice@h>;tag=1\r\n", ""},
		{"no Call-ID", "Call-ID: c\r\n", ""},
		{"empty Call-ID", "Call-ID: c\r\n", "Call-ID:\r\n"},
		{"no CSeq", "CSeq: 1 INVITE\r\n", ""},
		{"CSeq of another method", "CSeq: 1 INVITE", "CSeq: 1 BYE"},
		{"CSeq too large (RFC 4475 3.1.2.4)", "CSeq: 1 ", "CSeq: 36893488147419103232 "},
		{"two To", "To: <sip:bob@h>", "To: <sip:bob@h>\r\nTo: <sip:eve@h>"},
		{"unclosed quote (RFC 4475 3.1.2.6)", "To: <sip:bob@h>", "To: \"Mr. J. User <sip:j@example.com>"},
		{"Via of another protocol", "Via: SIP/2.0/UDP", "Via: SOAP/2.0/UDP"},
		{"Via without a host", "127.0.0.1:5062", ""},
		{"port out of range", "127.0.0.1:5062", "127.0.0.1:506200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(ok, c.from, c.to, 1)
			if text == ok {
				t.Fatal("the case changes nothing")
			}
			msg, err := ParseMessage([]byte(text))
			var pe *ParseError
			if msg != nil || !errors.As(err, &pe) || pe.Code != 400 {
				t.Fatalf("got %v, %v", msg, err)
			}
		})
	}
	if _, err := ParseMessage(make([]byte, 70000)); codeOf(err) != 513 {
		t.Errorf("too large: %v", err)
	}
}

// A header that isn't needed doesn't cost the message (RFC 3261, section 8.2).
func TestParseTolerates(t *testing.T) {
	text := strings.NewReplacer("INVITE sip", "OPTIONS sip", "1 INVITE", "1 OPTIONS").Replace(seeds[0])
	text = strings.Replace(text, "Contact: <", "Contact: \"x\" <<", 1)
	text = strings.Replace(text, "Max-Forwards: 70", "Max-Forwards: lots", 1)
	req := parse(t, text).(*Request)
	if req.Contact() != nil || req.MaxForwards() != nil {
		t.Errorf("read %v and %v out of rubbish", req.Contact(), req.MaxForwards())
	}
}

func TestHeaderValues(t *testing.T) {
	res := NewResponse(parse(t, seeds[0]).(*Request), 401, "")
	res.AppendHeader(NewHeader("k", "timer, 100rel,,"))
	res.AppendHeader(NewHeader("SUPPORTED", `"a,b", <c,d>, replaces`))
	res.AppendHeader(NewHeader("WWW-Authenticate", `Digest realm="a", nonce="b"`))
	if got, want := HeaderValues(res, "supported"), []string{"timer", "100rel", `"a,b"`, "<c,d>", "replaces"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Supported %q, want %q", got, want)
	}
	if got := HeaderValues(res, "www-authenticate"); len(got) != 1 {
		t.Errorf("the challenge was split: %q", got)
	}
	SetHeader(res, NewHeader("Supported", "none"))
	if got := HeaderValues(res, "k"); !reflect.DeepEqual(got, []string{"none"}) {
		t.Errorf("after SetHeader %q", got)
	}
	if HeaderValue(res, "Nothing") != "" {
		t.Error("a value out of nothing")
	}
}

func TestNewResponse(t *testing.T) {
	req := parse(t, strings.Replace(seeds[0], "Contact:", "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContact:", 1)).(*Request)
	for code, routes := range map[int]int{100: 0, 180: 2, 200: 2, 302: 0, 486: 0} {
		res := NewResponse(req, code, "")
		if got := len(res.GetHeaders("record-route")); got != routes {
			t.Errorf("%d has %d Record-Routes, want %d", code, got, routes)
		}
		if res.Reason != ReasonPhrase(code) || Tag(res.To()) != "" {
			t.Errorf("%d: %s", code, res)
		}
	}
	res := NewResponse(req, 200, "Fine")
	SetToTag(res, "one")
	SetToTag(res, "two")
	if res.Reason != "Fine" || Tag(res.To()) != "two" || Tag(req.To()) != "" {
		t.Errorf("tags: response %q, request %q", Tag(res.To()), Tag(req.To()))
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ in, want, user, host string }{
		{"sip:alice@example.com", "sip:alice@example.com", "alice", "example.com"},
		{"alice@example.com:5070", "sip:alice@example.com:5070", "alice", "example.com"},
		{"example.com:5070", "sip:example.com:5070", "", "example.com"},
		{" SIPS:bob@[2001:db8::1]:5061;transport=tcp ", "sips:bob@[2001:db8::1]:5061;transport=tcp", "bob", "[2001:db8::1]"},
		{"sip:*98#@pbx", "sip:*98%23@pbx", "*98%23", "pbx"}, // catalogue 9
		{"sip:a;b=c:pw@h;lr?Replaces=1%3Bx&Subject=@", "sip:a;b=c:pw@h;lr?Replaces=1%3Bx&Subject=@", "a;b=c", "h"},
		{"tel:+4930123", "tel:+4930123", "", ""},
	} {
		u, err := ParseURI(c.in)
		if err != nil || u.String() != c.want || u.User != c.user || u.Host != c.host {
			t.Errorf("%q: %q user %q host %q, %v", c.in, u.String(), u.User, u.Host, err)
		}
	}
	for _, bad := range []string{"", "sip:", "sip:@h", "sip:a@h:", "sip:a@h:99999", "sip:a@[::1", "sip:a b@h", "sip:a@h\r\nVia: x"} {
		if u, err := ParseURI(bad); err == nil {
			t.Errorf("%q was taken as %q", bad, u.String())
		}
	}
}

func TestObserved(t *testing.T) {
	for via, want := range map[string]string{
		"SIP/2.0/UDP 10.0.0.1:5060;rport=4711;received=203.0.113.9": "203.0.113.9:4711",
		"SIP/2.0/UDP 10.0.0.1:5060;rport=4711":                      "10.0.0.1:4711",
		"SIP/2.0/UDP 10.0.0.1:5060;received=203.0.113.9":            "203.0.113.9:5060",
		"SIP/2.0/UDP [::1]:5060;rport=9;received=[2001:db8::1]":     "[2001:db8::1]:9",
		"SIP/2.0/UDP host.example;rport":                            "invalid AddrPort",
	} {
		res := parse(t, "SIP/2.0 200 OK\r\nVia: "+via+"\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n").(*Response)
		if got := Observed(res).String(); got != want {
			t.Errorf("%s: %s, want %s", via, got, want)
		}
	}
}

func TestStampVia(t *testing.T) {
	for _, c := range []struct{ via, from, want, target string }{
		{"10.0.0.1:5062", "10.0.0.1:9999", "10.0.0.1:5062", "10.0.0.1:5062"},
		{"10.0.0.1", "10.0.0.1:9999", "10.0.0.1", "10.0.0.1:5060"},
		{"10.0.0.1;rport", "10.0.0.1:9999", "10.0.0.1;rport=9999;received=10.0.0.1", "10.0.0.1:9999"},
		{"host.example:5062", "192.0.2.7:9999", "host.example:5062;received=192.0.2.7", "192.0.2.7:5062"},
		{"[2001:db8::1]:5062", "[2001:db8::2]:7", "[2001:db8::1]:5062;received=2001:db8::2", "[2001:db8::2]:5062"},
	} {
		h, err := parseViaHeader("SIP/2.0/UDP " + c.via)
		if err != nil {
			t.Fatal(err)
		}
		from := netip.MustParseAddrPort(c.from)
		stampVia(h.(*ViaHeader), from)
		if got := h.Value(); got != "SIP/2.0/UDP "+c.want {
			t.Errorf("%s: %s", c.via, got)
		}
		if got := responseTarget(h.(*ViaHeader), source{transport: UDP, remote: from}).Addr.String(); got != c.target {
			t.Errorf("%s: responses go to %s, want %s", c.via, got, c.target)
		}
	}
}

func TestServerKey(t *testing.T) {
	invite := parse(t, seeds[0]).(*Request)
	with := func(pairs ...string) *Request {
		return parse(t, strings.NewReplacer(pairs...).Replace(seeds[0])).(*Request)
	}
	if serverKey(invite) != serverKey(with("INVITE sip", "ACK sip", "1 INVITE", "1 ACK")) {
		t.Error("an ACK has another key than its INVITE")
	}
	if serverKey(invite) != serverKey(with("z9hG4bKa", "Z9HG4BKA")) { // catalogue 5
		t.Error("branches compare with case")
	}
	for _, other := range []*Request{
		with("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL"),
		with("z9hG4bKa", "z9hG4bKb"), with("5062;branch", "5063;branch"),
	} {
		if serverKey(invite) == serverKey(other) {
			t.Errorf("same key as\n%s", other)
		}
	}
	// Without the cookie: RFC 2543.
	old := []string{"z9hG4bKa", "1"}
	if serverKey(with(old...)) == serverKey(with(append(old, "Call-ID: c", "Call-ID: d")...)) {
		t.Error("RFC 2543 requests of two calls have one key")
	}
	if serverKey(with(old...)) != serverKey(with(append(old, "INVITE sip", "ACK sip", "1 INVITE", "1 ACK")...)) {
		t.Error("an RFC 2543 ACK has another key than its INVITE")
	}
}

func BenchmarkParse(b *testing.B) {
	p, data := NewParser(), []byte(seeds[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
