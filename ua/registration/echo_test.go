package registration_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

// TestInterop11AlteredOnTheWay compares a REGISTER with its response: what a router
// rewrote (RFC 3261, section 16.6, lets no hop do it) and what left by the wrong interface
// is told; what a NAT is free to do isn't (RFC 3581).
func TestInterop11AlteredOnTheWay(t *testing.T) {
	const (
		via     = "Via: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1;rport"
		from    = "From: <sip:alice@example.com>;tag=t1"
		callID  = "Call-ID: id-1"
		cseq    = "CSeq: 7 REGISTER"
		contact = "Contact: <sip:alice@192.168.1.5:5060>;expires=300"
		urn     = "urn:uuid:00000000-0000-4000-8000-000000000001"
	)
	ours := []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("10.8.0.2")}
	tests := []struct {
		name    string
		change  map[string]string // echoed line for sent line; "" leaves it out
		want    []registration.Altered
		mention string
	}{
		{name: "nothing"},
		{name: "a NAT", change: map[string]string{via: via + "=40000;received=203.0.113.9"}},
		{name: "the port alone", change: map[string]string{via: via + "=40000;received=192.168.1.5"}},
		{name: "an ALG in the Via", change: map[string]string{via: "Via: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK1;rport"},
			want: []registration.Altered{registration.AlteredVia}, mention: "203.0.113.9"},
		{name: "an ALG in the Via's port", change: map[string]string{via: "Via: SIP/2.0/UDP 192.168.1.5:1024;branch=z9hG4bK1;rport"},
			want: []registration.Altered{registration.AlteredVia}, mention: "ALG"},
		{name: "the wrong interface", change: map[string]string{via: via + "=5060;received=10.8.0.2"},
			want: []registration.Altered{registration.AlteredSource}, mention: "10.8.0.2"},
		{name: "an ALG in the Call-ID", change: map[string]string{callID: "Call-ID: id-1@203.0.113.9"},
			want: []registration.Altered{registration.AlteredCallID}, mention: "id-1@203.0.113.9"},
		{name: "a tag in another case", change: map[string]string{from: "From: <sip:alice@example.com>;tag=T1"}},
		{name: "another tag", change: map[string]string{from: "From: <sip:alice@example.com>;tag=zz"},
			want: []registration.Altered{registration.AlteredTag}, mention: "zz"},
		{name: "another CSeq", change: map[string]string{cseq: "CSeq: 8 REGISTER"},
			want: []registration.Altered{registration.AlteredCSeq}},
		{name: "a rewritten Contact", change: map[string]string{contact: "Contact: <sip:alice@203.0.113.9:40000>;expires=300"},
			want: []registration.Altered{registration.AlteredContact}, mention: "203.0.113.9:40000"},
		{name: "a rewritten Contact of our instance beside another phone's", change: map[string]string{
			contact: `Contact: <sip:x@198.51.100.7>;expires=9;+sip.instance="<urn:uuid:1>", <sip:y@203.0.113.9>;expires=300;+sip.instance="<` + urn + `>"`},
			want: []registration.Altered{registration.AlteredContact}, mention: "203.0.113.9:5060"},
		{name: "our Contact beside another phone's", change: map[string]string{contact: contact + ", <sip:alice@198.51.100.7>;expires=9"}},
		{name: "another phone's alone", change: map[string]string{contact: `Contact: <sip:alice@198.51.100.7>;expires=9;+sip.instance="<urn:uuid:1>"`}},
		{name: "no Contact", change: map[string]string{contact: ""}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			sent := registration.NewRequest(registration.Identity{AOR: "sip:alice@example.com", CallID: "id-1", FromTag: "t1", Instance: urn, Registrar: sip.URI{Scheme: "sip", Host: "example.com"}},
				registration.Send{CSeq: 7, Expires: 5 * time.Minute, Contact: "sip:alice@192.168.1.5:5060"})
			sent.PrependHeader(parsed(t, "REGISTER sip:x@y SIP/2.0", via, from, "To: <sip:a@b>", callID, cseq).(*sip.Request).Via())
			lines := []string{"SIP/2.0 200 OK"}
			for _, l := range []string{via, from, "To: <sip:alice@example.com>;tag=r", callID, cseq, contact} {
				if other, ok := c.change[l]; ok {
					l = other
				}
				if l != "" {
					lines = append(lines, l)
				}
			}
			var got []registration.Altered
			said := ""
			for _, a := range registration.Compare(sent, parsed(t, lines...).(*sip.Response), ours) {
				got = append(got, a.What)
				said += a.String()
			}
			if !slices.Equal(got, c.want) || !strings.Contains(said, c.mention) {
				t.Errorf("got %v (%s), want %v that mentions %q", got, said, c.want, c.mention)
			}
		})
	}
}

func parsed(t testing.TB, lines ...string) sip.Message {
	t.Helper()
	m, err := sip.ParseMessage([]byte(strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(fmt.Errorf("%q: %w", lines, err))
	}
	return m
}
