package ua

import (
	"context"
	"net/netip"
	"testing"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

// BenchmarkStartToRegistered is New, Start, REGISTER, 401, REGISTER with
// credentials, 200, over loopback, until the event.
func BenchmarkStartToRegistered(b *testing.B) {
	peer := uatest.UDP(b)
	for b.Loop() {
		a, err := New(Config{Accounts: []Account{{
			Name: "me", AOR: "sip:alice@" + peer.Addr().String(), Password: "x", Register: true,
		}}})
		if err != nil {
			b.Fatal(err)
		}
		sub := a.Subscribe()
		if err := a.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		peer.Reply(peer.Expect("REGISTER"), 401, `WWW-Authenticate: Digest realm="x", nonce="n", qop="auth"`)
		peer.Reply(peer.Expect("REGISTER"), 200, "Expires: 60")
		for {
			e, err := sub.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if e, ok := e.(RegistrationChanged); ok && e.State == Registered {
				break
			}
		}
		b.StopTimer()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = a.Close(ctx)
		peer.Drain()
		b.StartTimer()
	}
}

// BenchmarkInviteToMedia is from a peer's INVITE, answered at once, until the
// session has its parameters and the 200 is out.
func BenchmarkInviteToMedia(b *testing.B) {
	peer := uatest.UDP(b)
	var a *Agent
	var sub *Subscription
	stop := func() {
		if a != nil {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = a.Close(ctx)
			peer.Drain()
		}
	}
	for n := 0; b.Loop(); n++ {
		// An endpoint remembers 32 s of requests and turns a flood of them away.
		if n%1000 == 0 {
			b.StopTimer()
			stop()
			var err error
			a, err = New(Config{Media: &fakeMedia{}, Accounts: []Account{{
				Name: "me", AOR: "sip:alice@" + peer.Addr().String(), Listen: netip.AddrPortFrom(loopback, 0),
				Codecs: codec.Set{g711.PCMU{}, g711.PCMA{}},
			}}})
			if err != nil {
				b.Fatal(err)
			}
			sub = a.Subscribe()
			if err := a.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		leg := peer.Call("alice", a.lines[0].main().LocalAddr(0))
		leg.Send(leg.Request("INVITE", uatest.SDP(loopback, 4000)))
		var id CallID
		for id == 0 {
			e, err := sub.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if e, ok := e.(CallChanged); ok && e.Call.State == call.Incoming {
				id = e.Call.ID
			}
		}
		a.Answer(id)
		peer.Expect("180 INVITE")
		leg.Learn(peer.Expect("200 INVITE"))
		b.StopTimer()
		leg.Send(leg.Ack(leg.Seq, ""))
		leg.Send(leg.Request("BYE", ""))
		peer.Expect("200 BYE")
		b.StartTimer()
	}
	stop()
}
