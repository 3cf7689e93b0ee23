package dialog_test

import (
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

var peer = sip.Target{Transport: sip.UDP, Addr: netip.MustParseAddrPort("192.0.2.2:5062")}

const (
	aliceContact = "<sip:alice@192.0.2.1:5060>"
	bobContact   = "<sip:bob@192.0.2.2:5060;line=1>"
)

// message parses a message of lines as the wire would have it.
func message(t testing.TB, lines ...string) sip.Message {
	t.Helper()
	m, err := sip.ParseMessage([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatalf("%v in\n%s", err, strings.Join(lines, "\n"))
	}
	return m
}

func request(t testing.TB, lines ...string) *sip.Request {
	t.Helper()
	r, ok := message(t, lines...).(*sip.Request)
	if !ok {
		t.Fatal("not a request")
	}
	return r
}

func response(t testing.TB, lines ...string) *sip.Response {
	t.Helper()
	r, ok := message(t, lines...).(*sip.Response)
	if !ok {
		t.Fatal("not a response")
	}
	return r
}

// invite is alice's INVITE to bob.
func invite(t testing.TB, extra ...string) *sip.Request {
	t.Helper()
	return request(t, append([]string{
		"INVITE sip:bob@example.com SIP/2.0",
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
		`From: "Alice" <sip:alice@example.com>;tag=a1`,
		"To: <sip:bob@example.com>",
		"Call-ID: call-1",
		"CSeq: 10 INVITE",
		"Contact: " + aliceContact,
		"Max-Forwards: 70",
		"Content-Length: 0",
	}, extra...)...)
}

// answered is bob's response to invite.
func answered(t testing.TB, status string, extra ...string) *sip.Response {
	t.Helper()
	return response(t, append([]string{
		"SIP/2.0 " + status,
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
		`From: "Alice" <sip:alice@example.com>;tag=a1`,
		"To: <sip:bob@example.com>;tag=B2",
		"Call-ID: call-1",
		"CSeq: 10 INVITE",
		"Content-Length: 0",
	}, extra...)...)
}

// fromBob is a request of bob's in the dialog that alice called him in.
func fromBob(t testing.TB, method, cseq string, extra ...string) *sip.Request {
	t.Helper()
	return request(t, append([]string{
		method + " sip:alice@192.0.2.1:5060 SIP/2.0",
		"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK9",
		"From: <sip:bob@example.com>;tag=B2",
		`To: "Alice" <sip:alice@example.com>;tag=a1`,
		"Call-ID: call-1",
		"CSeq: " + cseq,
		"Content-Length: 0",
	}, extra...)...)
}

func newUAC(t testing.TB, res *sip.Response) *dialog.Dialog {
	t.Helper()
	d, err := dialog.NewUAC(invite(t), res, peer)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// values lists the values of a header of a message.
func values(m sip.Message, name string) string {
	return strings.Join(sip.HeaderValues(m, name), " ")
}

func uri(u sip.URI) string { return u.String() }
