package pbx

import (
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/sip"
)

// Where we listen on TLS and WebSockets, their addresses are ours too, and each side of a
// dialog is told its own.
func TestPortsOfOtherTransports(t *testing.T) {
	d := domain{name: "offhook.local", addr: netip.MustParseAddrPort("192.0.2.1:5060"), ports: map[sip.Transport]uint16{sip.TLS: 5061, sip.WSS: 8443}}
	for text, want := range map[string]bool{
		"sip:alice@192.0.2.1":                        true,
		"sip:alice@192.0.2.1:5061;transport=tls":     true,
		"sip:alice@192.0.2.1:8443;transport=ws":      true,
		"sip:alice@offhook.local:8443;transport=wss": true,
		"sip:alice@192.0.2.1:5062":                   false,
		"sip:alice@192.0.2.2:5061":                   false,
	} {
		u, err := sip.ParseURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if d.owns(u) != want {
			t.Errorf("%s is ours: %v", text, !want)
		}
	}
	r := router{domain: d, secret: []byte("x")}
	for transport, want := range map[sip.Transport]string{
		sip.UDP: "<sip:192.0.2.1:5060;lr;", sip.TCP: "<sip:192.0.2.1:5060;transport=tcp;lr;", sip.TLS: "<sip:192.0.2.1:5061;transport=tls;lr;",
		sip.WSS: "<sip:192.0.2.1:8443;transport=ws;lr;",
	} {
		hop := r.recordRoute(transport, "call")
		u, _, err := sip.ParseAddress(hop)
		if err != nil || !strings.HasPrefix(hop, want) || !d.isHop(u) || !r.genuine(u, "call") {
			t.Errorf("%s: %s, %v", transport, hop, err)
		}
	}
}
