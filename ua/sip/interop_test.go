package sip

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Rows of the interop catalogue that are the parser's.

func request(headers ...string) string {
	text := "OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa\r\nFrom: <sip:alice@h>;tag=1\r\nTo: <sip:bob@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
	for _, h := range headers {
		text += h + "\r\n"
	}
	return text + "\r\n"
}

// RFC 3261, section 7.3.1.
func TestInterop01Folding(t *testing.T) {
	req := parse(t, request("Subject: one\r\n two\r\n\t three", "Contact:\r\n <sip:a@b>\r\n ;expires=\r\n 5", "Supported:\r\n a,\r\n b")).(*Request)
	if got := HeaderValue(req, "Subject"); got != "one two three" {
		t.Errorf("Subject %q", got)
	}
	if v, _ := ParamValue(req.Contact().Params, "expires"); v != "5" {
		t.Errorf("Contact %v", req.Contact())
	}
	if got := HeaderValues(req, "Supported"); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("Supported %q", got)
	}
	if strings.Contains(req.String(), "\r\n ") || strings.Contains(req.String(), "\r\n\t") {
		t.Errorf("still folded:\n%s", req)
	}
}

// RFC 3261, section 7.3: as many Vias in a line as one likes; commas in quotes and brackets
// separate nothing.
func TestInterop02ViaList(t *testing.T) {
	text := strings.Replace(request(`Route: <sip:p1,x;lr>, "a, b" <sip:p2;lr>,<sip:p3>`), "branch=z9hG4bKa", `branch=z9hG4bKa;q="1,2" , SIP/2.0/TCP [::1]:5,SIP/2.0/TLS c;branch=z`, 1)
	req := parse(t, text).(*Request)
	if got := HeaderValues(req, "Via"); !reflect.DeepEqual(got, []string{`SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa;q="1,2"`, "SIP/2.0/TCP [::1]:5", "SIP/2.0/TLS c;branch=z"}) {
		t.Errorf("Vias %q", got)
	}
	if len(req.GetHeaders("route")) != 3 {
		t.Errorf("Routes %q", HeaderValues(req, "Route"))
	}
	res := NewResponse(req, 200, "") // each of them comes back (RFC 3261, section 8.2.6.2)
	if !reflect.DeepEqual(HeaderValues(res, "Via"), HeaderValues(req, "Via")) {
		t.Errorf("sent back: %q", HeaderValues(res, "Via"))
	}
}

// RFC 3261, section 7.3.3, and RFC 4475, section 3.1.1.1.
func TestInterop03Compact(t *testing.T) {
	long := map[string]string{
		"a": "Accept-Contact", "b": "Referred-By", "d": "Request-Disposition", "e": "Content-Encoding", "j": "Reject-Contact",
		"k": "Supported", "o": "Event", "r": "Refer-To", "s": "Subject", "u": "Allow-Events", "x": "Session-Expires", "y": "Identity",
	}
	for short, name := range long {
		for _, h := range []string{short, strings.ToUpper(short), short + " "} {
			req := parse(t, request(h+": value")).(*Request)
			if got := HeaderValue(req, name); got != "value" {
				t.Errorf("%q: %s is %q", h, name, got)
			}
		}
	}
	text := "OPTIONS sip:bob@h SIP / 2.0\r\nv: SIP / 2.0 / UDP h ; branch = z9hG4bKb\r\nf: <sip:a@h>; tag=1\r\nt: <sip:b@h>\r\ni: c\r\ncseq: 1 OPTIONS\r\nm: <sip:a@h>\r\nc: text/plain\r\nl: 2\r\n\r\nhi"
	req := parse(t, text).(*Request)
	if branch, _ := ParamValue(req.Via().Params, "branch"); branch != "z9hG4bKb" || Tag(req.From()) != "1" || req.Contact() == nil || string(req.Body()) != "hi" {
		t.Errorf("read as\n%s", req)
	}
}

// RFC 3261, section 18.3: a datagram bounds the body; a stream is cut by Content-Length alone.
func TestInterop04ContentLength(t *testing.T) {
	for _, c := range []struct{ name, length, body, want string }{
		{"as said", "Content-Length: 4\r\n", "body", "body"},
		{"more than said", "Content-Length: 2\r\n", "body", "bo"},
		{"not said", "", "body", "body"},
		{"less than said", "Content-Length: 9\r\n", "body", "refused"},
		{"negative", "Content-Length: -1\r\n", "body", "refused"},
		{"no number", "Content-Length: four\r\n", "body", "refused"},
		{"twice the same", "Content-Length: 4\r\nl: 4\r\n", "body", "body"},
		{"twice", "Content-Length: 4\r\nl: 2\r\n", "body", "refused"},
		{"far too large", "Content-Length: 99999999999999999999\r\n", "body", "refused"},
	} {
		text := strings.TrimSuffix(request("Content-Type: text/plain"), "\r\n") + c.length + "\r\n" + c.body
		got := "refused"
		if m, err := ParseMessage([]byte(text)); err == nil {
			got = string(m.Body())
		} else if codeOf(err) != 400 {
			t.Errorf("%s: %v", c.name, err)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	one := strings.TrimSuffix(request("Content-Type: text/plain", "Content-Length: 2"), "")
	var f framer
	f.write([]byte(one + "hi" + request() + one + "h"))
	var got []string
	for {
		kind, frame, err := f.next()
		if err != nil {
			t.Fatal(err)
		}
		if kind == frameNone {
			break
		}
		m := parse(t, string(frame))
		got = append(got, fmt.Sprintf("%q", m.Body()))
	}
	if s := strings.Join(got, " "); s != `"hi" ""` {
		t.Errorf("frames %s", s)
	}
	f = framer{}
	f.write([]byte(request("Content-Type: text/plain")))
	if _, _, err := f.next(); err == nil {
		t.Error("a stream goes on after a body of unknown length")
	}
}

// RFC 3261, section 7.3.1: names, tags' and branches' names, schemes and hosts in any case.
func TestInterop05Case(t *testing.T) {
	text := strings.NewReplacer("Via: SIP/2.0/UDP", "VIA: sip/2.0/udp", ";branch=", ";BRANCH=", "From:", "fROM:", ";tag=", ";TAG=",
		"Call-ID:", "CALL-id:", "CSeq:", "cseq:", "<sip:bob@h>", "<SIP:bob@H>").Replace(request("max-FORWARDS: 7", "sUPPORTED: x"))
	req := parse(t, text).(*Request)
	if Tag(req.From()) != "1" || req.MaxForwards().Val() != 7 || HeaderValue(req, "Supported") != "x" || req.To().Address.Scheme != "sip" {
		t.Errorf("read as\n%s", req)
	}
	a := parse(t, request()).(*Request)
	b := parse(t, strings.Replace(request(), "z9hG4bKa", "Z9HG4BKA", 1)).(*Request)
	if serverKey(a) != serverKey(b) {
		t.Error("branches compare with case")
	}
	if ReasonPhrase(200) != "OK" || parse(t, "sip/2.0 200 fine\r\n"+request()[len("OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\n"):]).(*Response).StatusCode != 200 {
		t.Error("a status line in small letters isn't read")
	}
}
