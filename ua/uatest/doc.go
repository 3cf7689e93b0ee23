// Package uatest is a scripted peer for tests: it sends and expects SIP as text
// over real loopback sockets. It shares no code with package sip, so that our own
// stack isn't tested with itself, and it can be as wrong as the field is.
//
//	p := uatest.UDP(t)
//	inv := p.Expect("INVITE")
//	leg := p.Leg(inv)                   // our side of the dialog
//	leg.Reply(inv, 180, "")
//	leg.Reply(inv, 200, uatest.SDP(p.Addr(), 4000))
//	p.Expect("ACK")
//	leg.Send(leg.Request("BYE", ""))
//	p.Expect("200 BYE")
//
// A message that is the byte-for-byte copy of an earlier one is a retransmission
// and is skipped, unless Repeats asks for them. 100 Trying is skipped too. A test
// ends at once when something else comes than it expects.
//
// Only tests import this package.
package uatest
