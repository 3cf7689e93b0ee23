package ui

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// callScenes are those of what one does with calls.
var callScenes = []scene{
	{"transfer-prompt", func(t testing.TB, o Options) *bench {
		b := twoCalls(t, o)
		b.press("t")
		return b
	}},
	{"transferring", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true, Local: true} })
		b.transfer(1, ua.TransferInfo{State: call.TransferHolding, Target: "sip:carol@example.com"})
		b.transfer(1, ua.TransferInfo{State: call.TransferAccepted, Target: "sip:carol@example.com", Code: 180})
		return b
	}},
	{"transfer-failed", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.transfer(1, ua.TransferInfo{
			State: call.TransferFailed, Target: "sip:carol@example.com", Code: 486, Reason: "Busy Here",
			Err: errors.New("the other side is busy (486 Busy Here)"),
		})
		return b
	}},
	{"ask-first", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.press("t", "carol", "tab")
		b.change(1, func(c *ua.CallInfo) { c.Focus, c.Hold = false, ua.Hold{Desired: true, Local: true} })
		b.set(talking(2, "Carol", "sip:carol@example.com"))
		b.tickNow()
		return b
	}},
	{"conference", func(t testing.TB, o Options) *bench {
		b := conference(t, o)
		b.tickNow()
		return b
	}},
	{"asked-redirect", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.press("bob", "enter")
		c := outgoing(1, call.Calling)
		c.RemoteURI = "sip:bob@example.com"
		c.Pending, c.RedirectTo = ua.PendingRedirect, []string{"sip:bob@mobile.example.net", "sip:reception@example.com"}
		b.set(c)
		b.after(time.Second)
		return b
	}},
	{"asked-change", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) { c.Pending, c.Proposed = ua.PendingChange, []string{"adds video"} })
		b.after(time.Second)
		return b
	}},
	{"asked-transfer", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) {
			c.Pending = ua.PendingTransfer
			c.Transfer = ua.TransferInfo{State: call.TransferAsked, Role: ua.Transferee, Target: "sip:carol@example.com"}
		})
		b.after(time.Second)
		return b
	}},
	{"ringing-headers", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.set(tellingCaller(1))
		b.after(3 * time.Second)
		b.tickNow()
		return b
	}},
	{"send-on", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.set(incoming(1, "Bob Builder", "sip:bob@example.net"))
		b.after(3 * time.Second)
		b.press("f", "carol@example.com")
		return b
	}},
	{"reject-with", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.set(incoming(1, "Bob Builder", "sip:bob@example.net"))
		b.after(3 * time.Second)
		b.press("c", "down")
		return b
	}},
	{"policy-form", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.press("f4", " ", "down", "down", "down", "voicemail@example.com", "down", "15x", "enter")
		return b
	}},
	{"policy-on", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.phone.SetPolicy(ua.Policy{DND: true, Forward: ua.Forward{Busy: "carol@example.com"}})
		b.phone.Post(ua.CallRefused{Meta: b.phone.Meta(), Account: "alice", Method: "INVITE", Name: "Bob", From: "sip:bob@example.net", Why: ua.RefusedDND, Code: 480, Count: 1})
		b.drain()
		return b
	}},
	{"call-details", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.change(1, func(c *ua.CallInfo) {
			c.Peer = tellingCaller(1).Peer
			c.Via = sip.Target{Transport: sip.TLS, Addr: netip.MustParseAddrPort("198.51.100.1:5061")}
			c.SessionTimer = ua.SessionTimer{Expires: 30 * time.Minute, Refresher: ua.RefresherLocal}
		})
		b.press("i")
		return b
	}},
	{"account-details", func(t testing.TB, o Options) *bench {
		r := alice(ua.Registered)
		r.Contact = "sip:alice@192.0.2.10:5060"
		r.PubGRUU = "sip:alice@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
		r.Flows = []ua.Flow{{RegID: 1, State: ua.Registered, Outbound: true, Proxy: "sip:edge1.example.com"}}
		r.Warnings = []string{"a router on the way rewrites SIP messages (an ALG); turn that off, or use TLS"}
		b := newBench(t, o, r)
		b.press("f5")
		return b
	}},
}

// transfer tells how a call's transfer stands.
func (b *bench) transfer(id ua.CallID, t ua.TransferInfo) {
	c := b.phone.Call(id)
	c.Transfer = t
	b.phone.Set(c)
	b.phone.Post(ua.TransferChanged{Meta: b.phone.Meta(), Call: c})
	b.drain()
}

// conference is three calls that hear one another, the second one selected.
func conference(t testing.TB, o Options) *bench {
	b := oneCall(t, o)
	b.set(talking(2, "Bob Builder", "sip:bob@example.net"))
	b.set(talking(3, "Carol", "sip:carol@example.com"))
	b.press("down", "c")
	for id := ua.CallID(1); id <= 3; id++ {
		b.change(id, func(c *ua.CallInfo) { c.Conference = true })
	}
	return b
}

// tellingCaller says all that a caller can say of a call.
func tellingCaller(id ua.CallID) ua.CallInfo {
	c := incoming(id, "Bob Builder", "sip:bob@example.net")
	c.DialedURI = "sip:+15550100@example.com"
	c.ReferredBy, c.Ring = "sip:dave@example.com", "bellcore-dr3"
	c.Peer = ua.PeerHeaders{
		Priority: "emergency", Subject: "Fire in building 7", Organization: "Fire department", UserAgent: "Desk phone 4.2",
		AssertedIdentity: ua.Identity{Name: "Bob", URI: "sip:+15550111@carrier.example"},
		Diversion:        []ua.Diversion{{Identity: ua.Identity{URI: "sip:reception@example.com"}, Reason: "no-answer"}},
	}
	return c
}
