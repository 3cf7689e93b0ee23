package dialog_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

func TestCallerRequests(t *testing.T) {
	d := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact))
	if !d.Confirmed() || !d.OwnsCallID() {
		t.Errorf("confirmed %v, owner %v", d.Confirmed(), d.OwnsCallID())
	}
	tests := []struct {
		method  sip.Method
		cseq    string
		contact string
	}{
		{sip.INFO, "11 INFO", ""},
		{sip.INVITE, "12 INVITE", aliceContact},
		{sip.BYE, "13 BYE", ""},
	}
	for _, tt := range tests {
		r := d.Request(tt.method)
		if got := uri(r.Recipient); got != "sip:bob@192.0.2.2:5060;line=1" {
			t.Errorf("%s: Request-URI %s", tt.method, got)
		}
		for name, want := range map[string]string{
			"From":    `"Alice" <sip:alice@example.com>;tag=a1`,
			"To":      "<sip:bob@example.com>;tag=B2",
			"Call-ID": "call-1",
			"CSeq":    tt.cseq,
			"Contact": tt.contact,
			"Route":   "",
		} {
			if got := values(r, name); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.method, name, got, want)
			}
		}
	}
	if uri(d.NextHop()) != uri(d.Target()) {
		t.Errorf("next hop %s", uri(d.NextHop()))
	}
}

func TestCalleeRequests(t *testing.T) {
	inv := invite(t, "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>")
	d, err := dialog.NewUAS(inv, "B2", "<sip:bob@192.0.2.2>", peer)
	if err != nil {
		t.Fatal(err)
	}
	if d.Confirmed() || d.OwnsCallID() {
		t.Errorf("confirmed %v, owner %v", d.Confirmed(), d.OwnsCallID())
	}
	d.Established()
	r := d.Request(sip.BYE)
	for name, want := range map[string]string{
		"From":  "<sip:bob@example.com>;tag=B2",
		"To":    `"Alice" <sip:alice@example.com>;tag=a1`,
		"CSeq":  "1 BYE",
		"Route": "<sip:p2.example.com;lr> <sip:p1.example.com;lr>",
	} {
		if got := values(r, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := uri(r.Recipient); got != "sip:alice@192.0.2.1:5060" {
		t.Errorf("Request-URI %s", got)
	}
	if !d.Confirmed() {
		t.Error("not confirmed")
	}
}

// RFC 3261, section 13.2.2.4: the route set is computed again from the 2xx, and
// kept from then on.
func TestConfirmTakesTheRouteOfThe2xx(t *testing.T) {
	d := newUAC(t, answered(t, "180 Ringing", "Contact: <sip:bob@192.0.2.9>", "Record-Route: <sip:p1.example.com;lr>"))
	if d.Confirmed() || strings.Join(d.Routes(), " ") != "sip:p1.example.com;lr" {
		t.Fatalf("early: %v, %v", d.Confirmed(), d.Routes())
	}
	d.Confirm(answered(t, "200 OK", "Contact: "+bobContact, "Record-Route: <sip:p3.example.com;lr>", "Record-Route: <sip:p2.example.com;lr>"), peer)
	if got := strings.Join(d.Routes(), " "); got != "sip:p2.example.com;lr sip:p3.example.com;lr" {
		t.Errorf("routes %s", got)
	}
	if !d.Confirmed() || uri(d.Target()) != "sip:bob@192.0.2.2:5060;line=1" {
		t.Errorf("target %s", uri(d.Target()))
	}
	// A refresh moves the target and leaves the routes.
	d.Refresh(answered(t, "200 OK", "Contact: <sip:bob@192.0.2.77>", "Record-Route: <sip:p9.example.com;lr>"))
	if got := strings.Join(d.Routes(), " "); got != "sip:p2.example.com;lr sip:p3.example.com;lr" {
		t.Errorf("routes after a refresh %s", got)
	}
	if got := uri(d.Target()); got != "sip:bob@192.0.2.77" {
		t.Errorf("target after a refresh %s", got)
	}
	if d.Refresh(answered(t, "200 OK")) || uri(d.Target()) != "sip:bob@192.0.2.77" {
		t.Error("a 2xx without Contact moved the target")
	}
}

// A 2xx without Contact: the peer's address serves, until a Contact comes.
func TestInterop19MissingContact(t *testing.T) {
	tests := []struct {
		transport sip.Transport
		addr      string
		want      string
	}{
		{sip.UDP, "192.0.2.2:5062", "sip:192.0.2.2:5062"},
		{sip.TCP, "192.0.2.2:5062", "sip:192.0.2.2:5062;transport=tcp"},
		{sip.TLS, "[2001:db8::2]:5061", "sip:[2001:db8::2]:5061;transport=tls"},
		{sip.UDP, "[::ffff:192.0.2.2]:5060", "sip:192.0.2.2:5060"},
	}
	for _, tt := range tests {
		d, err := dialog.NewUAC(invite(t), answered(t, "200 OK"), sip.Target{Transport: tt.transport, Addr: netip.MustParseAddrPort(tt.addr)})
		if err != nil {
			t.Fatal(err)
		}
		ack := d.Ack(invite(t))
		if got := uri(ack.Recipient); got != tt.want || !d.TargetGuessed() {
			t.Errorf("ACK to %s, want %s (guessed %v)", got, tt.want, d.TargetGuessed())
		}
		if !d.Refresh(fromBob(t, "INVITE", "1 INVITE", "Contact: "+bobContact)) || d.TargetGuessed() {
			t.Error("the Contact that came wasn't taken")
		}
	}
	if d, err := dialog.NewUAC(invite(t), answered(t, "200 OK"), sip.Target{}); d != nil || !errors.Is(err, dialog.ErrNoTarget) {
		t.Errorf("without any address: %v, %v", d, err)
	}
	// An early guess gives way to the 200's source, and to its Contact.
	d := newUAC(t, answered(t, "180 Ringing"))
	d.Confirm(answered(t, "200 OK"), sip.Target{Addr: netip.MustParseAddrPort("192.0.2.3:5063")})
	if got := uri(d.Target()); got != "sip:192.0.2.3:5063" {
		t.Errorf("target %s", got)
	}
	d.Confirm(answered(t, "200 OK", "Contact: "+bobContact), peer)
	if got := uri(d.Target()); got != "sip:bob@192.0.2.2:5060;line=1" {
		t.Errorf("target %s", got)
	}
}

// RFC 3261, sections 12.1.2, 13.2.2.4 and 16.12.1.2: the ACK to a 2xx.
func TestInterop20Ack(t *testing.T) {
	tests := []struct {
		name        string
		recordRoute []string
		uri         string
		routes      string
		nextHop     string
	}{
		{"no proxy", nil,
			"sip:bob@192.0.2.2:5060;line=1", "", "sip:bob@192.0.2.2:5060;line=1"},
		{"loose routers, reversed", []string{"Record-Route: <sip:p2.example.com;lr>", "Record-Route: <sip:p1.example.com;lr;x=y>"},
			"sip:bob@192.0.2.2:5060;line=1", "<sip:p1.example.com;lr;x=y> <sip:p2.example.com;lr>", "sip:p1.example.com;lr;x=y"},
		{"one header, a comma in quotes", []string{`Record-Route: "p2, the second" <sip:p2.example.com;lr>,<sip:p1.example.com;lr>`},
			"sip:bob@192.0.2.2:5060;line=1", "<sip:p1.example.com;lr> <sip:p2.example.com;lr>", "sip:p1.example.com;lr"},
		{"case of lr", []string{"Record-Route: <sip:p1.example.com;LR=on>"},
			"sip:bob@192.0.2.2:5060;line=1", "<sip:p1.example.com;lr=on>", "sip:p1.example.com;lr=on"},
		{"strict router first", []string{"Record-Route: <sip:p2.example.com;lr>", "Record-Route: <sip:p1.example.com;transport=tcp>"},
			"sip:p1.example.com;transport=tcp", "<sip:p2.example.com;lr> <sip:bob@192.0.2.2:5060;line=1>", "sip:p1.example.com;transport=tcp"},
		{"strict router behind a loose one", []string{"Record-Route: <sip:p2.example.com>", "Record-Route: <sip:p1.example.com;lr>"},
			"sip:bob@192.0.2.2:5060;line=1", "<sip:p1.example.com;lr> <sip:p2.example.com>", "sip:p1.example.com;lr"},
		{"strict router alone", []string{"Record-Route: <sip:p1.example.com?Subject=x>"},
			"sip:p1.example.com", "<sip:bob@192.0.2.2:5060;line=1>", "sip:p1.example.com?Subject=x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := invite(t, `Proxy-Authorization: Digest username="alice", realm="r"`)
			d, err := dialog.NewUAC(inv, answered(t, "200 OK", append(tt.recordRoute, "Contact: "+bobContact)...), peer)
			if err != nil {
				t.Fatal(err)
			}
			d.Request(sip.INFO) // other requests don't change the ACK's number
			ack := d.Ack(inv)
			if got := uri(ack.Recipient); got != tt.uri {
				t.Errorf("Request-URI %s, want %s", got, tt.uri)
			}
			if got := values(ack, "Route"); got != tt.routes {
				t.Errorf("Route %s, want %s", got, tt.routes)
			}
			if got := uri(d.NextHop()); got != tt.nextHop {
				t.Errorf("next hop %s, want %s", got, tt.nextHop)
			}
			if got := values(ack, "CSeq"); got != "10 ACK" {
				t.Errorf("CSeq %s", got)
			}
			if got := values(ack, "Proxy-Authorization"); got != `Digest username="alice", realm="r"` {
				t.Errorf("credentials %s", got)
			}
			// Building it again doesn't disturb the dialog.
			if got := values(d.Ack(inv), "Route"); got != tt.routes {
				t.Errorf("the second ACK has Route %s", got)
			}
			if got := values(d.Request(sip.BYE), "CSeq"); got != "12 BYE" {
				t.Errorf("then %s", got)
			}
		})
	}
}

// A Request-URI holds no headers and no method (RFC 3261, section 19.1.1).
func TestRequestURI(t *testing.T) {
	d := newUAC(t, answered(t, "200 OK", "Contact: <sip:bob@192.0.2.2;method=INVITE;ob?Replaces=x>"))
	if got := uri(d.Request(sip.BYE).Recipient); got != "sip:bob@192.0.2.2;ob" {
		t.Errorf("Request-URI %s", got)
	}
	if got := uri(d.Target()); got != "sip:bob@192.0.2.2;method=INVITE;ob?Replaces=x" {
		t.Errorf("building a request changed the target: %s", got)
	}
}

func TestRetry(t *testing.T) {
	d := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact))
	first := d.Request(sip.INVITE)
	first.AppendHeader(sip.NewHeader("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK7"))
	first.SetBody([]byte("v=0\r\n"))
	second := d.Retry(first)
	if got := values(second, "CSeq"); got != "12 INVITE" {
		t.Errorf("CSeq %s", got)
	}
	if got := values(second, "Via"); got != "" {
		t.Errorf("Via %s is left", got)
	}
	if string(second.Body()) != "v=0\r\n" || values(second, "To") != values(first, "To") {
		t.Error("not the same request")
	}
	if values(first, "CSeq") != "11 INVITE" {
		t.Error("the first attempt was changed")
	}
	if got := values(d.Request(sip.BYE), "CSeq"); got != "13 BYE" {
		t.Errorf("then %s", got)
	}
}

func TestIdentity(t *testing.T) {
	caller := newUAC(t, answered(t, "180 Ringing", "Contact: "+bobContact))
	want := dialog.ID{CallID: "call-1", Local: "a1", Remote: "b2"}
	if caller.ID() != want {
		t.Errorf("caller %+v", caller.ID())
	}
	if !caller.Matches(answered(t, "200 OK")) || !caller.Matches(fromBob(t, "BYE", "1 BYE")) {
		t.Error("messages of the dialog don't match")
	}
	callee, err := dialog.NewUAS(invite(t), "B2", bobContact, peer)
	if err != nil {
		t.Fatal(err)
	}
	if want := (dialog.ID{CallID: "call-1", Local: "b2", Remote: "a1"}); callee.ID() != want {
		t.Errorf("callee %+v", callee.ID())
	}
	bye := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact)).Request(sip.BYE)
	if dialog.RequestID(bye) != callee.ID() {
		t.Errorf("the caller's BYE is of %+v", dialog.RequestID(bye))
	}
	// Case of a tag doesn't count, that of a Call-ID does.
	shout := response(t, "SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
		"f: <sip:alice@example.com>;TAG=A1", "t: <sip:bob@example.com>;tag=b2", "i: call-1", "CSeq: 10 INVITE", "l: 0")
	if !caller.Matches(shout) {
		t.Errorf("compact names and another case: %+v", dialog.ResponseID(shout))
	}
	if other := fromBob(t, "BYE", "1 BYE"); true {
		sip.SetHeader(other, sip.NewHeader("Call-ID", "CALL-1"))
		if caller.Matches(other) {
			t.Error("another Call-ID matches")
		}
	}
}

func TestNoDialog(t *testing.T) {
	noTag := strings.NewReplacer(";tag=B2", "")
	plain := func(status string) *sip.Response {
		res := answered(t, status, "Contact: "+bobContact)
		return response(t, strings.Split(strings.TrimRight(noTag.Replace(res.String()), "\r\n"), "\r\n")...)
	}
	if d, err := dialog.NewUAC(invite(t), plain("180 Ringing"), peer); d != nil || !errors.Is(err, dialog.ErrNoTag) {
		t.Errorf("1xx without a tag: %v, %v", d, err)
	}
	// RFC 2543 peers (RFC 3261, section 12.1.2).
	d, err := dialog.NewUAC(invite(t), plain("200 OK"), peer)
	if err != nil {
		t.Fatalf("2xx without a tag: %v", err)
	}
	if got := values(d.Request(sip.BYE), "To"); got != "<sip:bob@example.com>" {
		t.Errorf("To %s", got)
	}
	if d, err := dialog.NewUAS(invite(t), "", bobContact, peer); d != nil || !errors.Is(err, dialog.ErrNoTag) {
		t.Errorf("no tag of ours: %v, %v", d, err)
	}
	empty := sip.NewRequest(sip.INVITE, sip.URI{Scheme: "sip", Host: "example.com"})
	if d, err := dialog.NewUAC(empty, answered(t, "200 OK"), peer); d != nil || !errors.Is(err, dialog.ErrIncomplete) {
		t.Errorf("an empty INVITE: %v, %v", d, err)
	}
	if d, err := dialog.NewUAS(empty, "x", bobContact, peer); d != nil || !errors.Is(err, dialog.ErrIncomplete) {
		t.Errorf("an empty INVITE: %v, %v", d, err)
	}
}

func TestCheckRequest(t *testing.T) {
	type step struct {
		method, cseq string
		want         dialog.Check
		code         int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"in order", []step{{"INVITE", "5 INVITE", dialog.Fresh, 0}, {"ACK", "5 ACK", dialog.Fresh, 0}, {"BYE", "6 BYE", dialog.Fresh, 0}}},
		{"a gap is fine", []step{{"INFO", "5 INFO", dialog.Fresh, 0}, {"INFO", "50 INFO", dialog.Fresh, 0}}},
		{"zero counts", []step{{"INFO", "0 INFO", dialog.Fresh, 0}, {"INFO", "0 INFO", dialog.Repeated, 482}}},
		{"out of order", []step{{"INFO", "5 INFO", dialog.Fresh, 0}, {"INFO", "4 INFO", dialog.Stale, 500}, {"INFO", "6 INFO", dialog.Fresh, 0}}},
		{"the same again", []step{{"INFO", "5 INFO", dialog.Fresh, 0}, {"INFO", "5 INFO", dialog.Repeated, 482}}},
		{"CANCEL shares the number", []step{{"INVITE", "5 INVITE", dialog.Fresh, 0}, {"CANCEL", "5 CANCEL", dialog.Fresh, 0}}},
		{"late ACK", []step{{"INVITE", "5 INVITE", dialog.Fresh, 0}, {"INFO", "6 INFO", dialog.Fresh, 0}, {"ACK", "5 ACK", dialog.Fresh, 0}, {"INFO", "7 INFO", dialog.Fresh, 0}}},
		{"ACK to nothing", []step{{"INVITE", "5 INVITE", dialog.Fresh, 0}, {"ACK", "6 ACK", dialog.Broken, 400}}},
		{"method mismatch", []step{{"BYE", "5 INFO", dialog.Broken, 400}, {"BYE", "5 BYE", dialog.Fresh, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact))
			for i, s := range tt.steps {
				r := fromBob(t, "INFO", "1 INFO")
				r.Method = sip.Method(s.method)
				sip.SetHeader(r, sip.NewHeader("CSeq", s.cseq))
				if got := d.CheckRequest(r); got != s.want || got.StatusCode() != s.code {
					t.Fatalf("step %d, %s %s: %d (%d), want %d (%d)", i, s.method, s.cseq, got, got.StatusCode(), s.want, s.code)
				}
			}
		})
	}
	d := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact))
	foreign := fromBob(t, "BYE", "1 BYE")
	sip.SetHeader(foreign, sip.NewHeader("From", "<sip:bob@example.com>;tag=other"))
	if got := d.CheckRequest(foreign); got != dialog.Foreign || got.StatusCode() != 481 {
		t.Errorf("another tag: %d", got)
	}
	if got := d.CheckRequest(fromBob(t, "BYE", "1 BYE")); got != dialog.Fresh {
		t.Errorf("a foreign request used up a number: %d", got)
	}
	// As the callee, the INVITE's own number is the first.
	callee, err := dialog.NewUAS(invite(t), "B2", bobContact, peer)
	if err != nil {
		t.Fatal(err)
	}
	bye := newUAC(t, answered(t, "200 OK", "Contact: "+bobContact)).Request(sip.BYE)
	if got := callee.CheckRequest(bye); got != dialog.Fresh {
		t.Errorf("BYE after the INVITE: %d", got)
	}
	sip.SetHeader(bye, sip.NewHeader("CSeq", "9 BYE"))
	if got := callee.CheckRequest(bye); got != dialog.Stale {
		t.Errorf("a BYE older than the INVITE: %d", got)
	}
}

// RFC 3261, sections 12.1 and 26.2.2: what a sips URI began doesn't go on in the clear because a
// Contact or a Record-Route names another transport.
func TestSecureDialogStaysSecure(t *testing.T) {
	for _, c := range []struct{ asked, contact, route, want string }{
		{"sips:bob@example.com", "<sip:bob@192.0.2.2:5060;transport=udp>", "", "sips:bob@192.0.2.2:5060;transport=udp"},
		{"sips:bob@example.com", "<sips:bob@192.0.2.2>", "<sip:192.0.2.9;lr>", "sips:192.0.2.9;lr"},
		{"sip:bob@example.com", "<sip:bob@192.0.2.2;transport=udp>", "", "sip:bob@192.0.2.2;transport=udp"},
	} {
		out := invite(t)
		u, err := sip.ParseURI(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		out.Recipient = u
		lines := []string{"Contact: " + c.contact}
		if c.route != "" {
			lines = append(lines, "Record-Route: "+c.route)
		}
		d, err := dialog.NewUAC(out, answered(t, "200 OK", lines...), peer)
		if err != nil {
			t.Fatal(err)
		}
		if got := uri(d.NextHop()); got != c.want {
			t.Errorf("%s answered by %s%s: the next hop is %s", c.asked, c.contact, c.route, got)
		}
		in := invite(t, lines[1:]...)
		in.Recipient = u
		sip.SetHeader(in, sip.NewHeader("Contact", c.contact))
		if d, err = dialog.NewUAS(in, "b2", bobContact, sip.Target{Transport: sip.TLS, Addr: peer.Addr}); err != nil {
			t.Fatal(err)
		}
		if got := uri(d.NextHop()); got != c.want {
			t.Errorf("as the callee: the next hop is %s, want %s", got, c.want)
		}
	}
}
