package uatest

import (
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A call between two peers, over each transport: the tool that judges the Agent
// must itself number, tag and route as RFC 3261, section 12 says.
func TestCallBetweenPeers(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *Peer{
		"UDP": UDP, "TCP": TCP,
		"UDP over IPv6": func(t testing.TB) *Peer { return UDPAt(t, "::1") },
	} {
		t.Run(name, func(t *testing.T) {
			caller, callee := open(t), open(t)
			body := SDP(netip.MustParseAddr("192.0.2.1"), 4000)
			out := caller.Call("bob", callee.Addr())
			text := out.Request("INVITE", body)
			out.Send(text)
			out.Send(text) // a retransmission doesn't count
			inv := callee.Expect("INVITE")
			if strings.ReplaceAll(inv.Body, "\r\n", "\n") != strings.ReplaceAll(body, "\r\n", "\n") || inv.Seq() != 1 {
				t.Errorf("INVITE with CSeq %d came as\n%s", inv.Seq(), inv.Raw)
			}
			in := callee.Leg(inv)
			in.Reply(inv, 180, "")
			in.Reply(inv, 200, body)
			ringing, ok := caller.Expect("180 INVITE"), caller.Expect("200 INVITE")
			if a, b := Tag(ringing.Get("To")), Tag(ok.Get("To")); a == "" || a != b {
				t.Errorf("To tags %q and %q in one dialog", a, b)
			}
			out.Learn(ok)
			out.Send(out.Ack(out.Seq, ""))
			if ack := callee.Expect("ACK"); ack.Seq() != 1 || Tag(ack.Get("To")) != Tag(ok.Get("To")) {
				t.Errorf("ACK:\n%s", ack.Raw)
			}
			out.Send(out.Request("BYE", ""))
			bye := callee.Expect("BYE")
			if bye.Seq() != 2 || bye.URI() != in.Contact {
				t.Errorf("BYE:\n%s", bye.Raw)
			}
			in.Reply(bye, 200, "")
			caller.Expect("200 BYE")
		})
	}
}

func TestMatchesAndParse(t *testing.T) {
	m := Parse("SIP/2.0 200 OK\r\nTo: <sip:a@b>;x=\"y;tag=no\";tag=yes\r\nCSeq: 7 BYE\r\nVia: one\r\nvia: two\r\n\r\nbody")
	if !m.IsResponse() || m.Code() != 200 || m.Method() != "BYE" || m.Seq() != 7 || m.Body != "body" || len(m.All("Via")) != 2 {
		t.Errorf("read %+v", m)
	}
	for what, want := range map[string]bool{"200": true, "200 BYE": true, "200 INVITE": false, "BYE": false} {
		if m.Matches(what) != want {
			t.Errorf("Matches(%q) is %t", what, !want)
		}
	}
	if got := Address("\"A, B\" <sip:c@d;lr>;tag=1"); got != "sip:c@d;lr" {
		t.Errorf("Address gave %q", got)
	}
}
