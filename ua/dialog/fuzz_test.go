package dialog_test

import (
	"strings"
	"testing"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// Whatever routes and contacts a peer sends: no panic, and a dialog whose
// requests have a Request-URI, all routes, and their own numbers.
func FuzzDialog(f *testing.F) {
	f.Add("<sip:p1.example.com;lr>, <sip:p2.example.com>", bobContact, "<sip:bob@example.com>;tag=b2", true)
	f.Add(`"a, b" <sip:p1;lr=on?x=y>`, "*", "sip:bob@example.com;TAG=x", false)
	f.Add("<>", "<sip:[2001:db8::1]:5060;method=BYE>", "tel:+1;tag=", true)
	f.Fuzz(func(t *testing.T, routes, contact, to string, confirmed bool) {
		if strings.ContainsAny(routes+contact+to, "\r\n\x00") {
			t.Skip()
		}
		code := 180
		if confirmed {
			code = 200
		}
		inv := invite(t)
		res := sip.NewResponse(inv, code, "")
		sip.SetHeader(res, sip.NewHeader("To", to))
		sip.SetHeader(res, sip.NewHeader("Record-Route", routes))
		sip.SetHeader(res, sip.NewHeader("Contact", contact))
		d, err := dialog.NewUAC(inv, res, peer)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v and %v", d, err)
		}
		if err != nil {
			return
		}
		if d.Confirmed() != confirmed || d.ID() != dialog.ResponseID(res) || !d.Matches(res) {
			t.Fatalf("%+v isn't of %+v", d.ID(), dialog.ResponseID(res))
		}
		ack, bye := d.Ack(inv), d.Request(sip.BYE)
		if ack.CSeq().SeqNo != 10 || bye.CSeq().SeqNo != 11 {
			t.Fatalf("numbers %d and %d", ack.CSeq().SeqNo, bye.CSeq().SeqNo)
		}
		for _, r := range []*sip.Request{ack, bye} {
			if r.Recipient.String() == "" || len(sip.HeaderValues(r, "Route")) != len(d.Routes()) {
				t.Fatalf("routes %q in\n%s", d.Routes(), r)
			}
		}
	})
}
