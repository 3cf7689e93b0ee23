package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// A proxy's 407 and then the callee's 401 in one call: each realm its own credentials, both
// in the third INVITE (RFC 3261, section 22.3).
func TestTwoRealmsInOneCall(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) {
		a.Credentials = []Credential{{Realm: "callee", User: "guest", Password: "sesame"}}
	}))
	id, inv, leg := r.dialled()
	leg.Reply(inv, 407, "", `Proxy-Authenticate: Digest realm="proxy", nonce="n1", qop="auth"`)
	r.peer.Expect("ACK")
	second := r.peer.Expect("INVITE")
	if got := second.Get("Proxy-Authorization"); !strings.Contains(got, `username="alice"`) || !strings.Contains(got, `nc=00000001`) {
		t.Errorf("to the proxy: %s", got)
	}
	r.peer.Leg(second).Reply(second, 401, "", `WWW-Authenticate: Digest realm="callee", nonce="n2", qop="auth"`)
	r.peer.Expect("ACK")
	third := r.peer.Expect("INVITE")
	if p, u := third.Get("Proxy-Authorization"), third.Get("Authorization"); !strings.Contains(p, `nc=00000002`) || !strings.Contains(u, `username="guest", realm="callee"`) {
		t.Errorf("third INVITE:\n%s", third.Raw)
	}
	if third.Seq() != inv.Seq()+2 {
		t.Errorf("CSeq %d", third.Seq())
	}
	last := r.peer.Leg(third)
	last.Reply(third, 200, r.sdp())
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
}

// Who isn't the account's own server gets no answer that the password could be guessed from.
func TestStrangersGetNoPassword(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Register = true }))
	reg := r.peer.Expect("REGISTER")
	r.peer.Reply(reg, 401, `WWW-Authenticate: Digest realm="home", nonce="n"`)
	reg = r.peer.Expect("REGISTER")
	r.peer.Reply(reg, 200, "Contact: "+reg.Get("Contact")+";expires=300")
	next(r, func(e RegistrationChanged) bool { return e.State == Registered })

	stranger := uatest.UDPAt(t, "127.0.0.2")
	for _, realm := range []string{"home", "127.0.0.1", "elsewhere"} {
		id := r.agent.Dial(DialRequest{Target: stranger.URI("eve")})
		inv := stranger.Expect("INVITE")
		stranger.Leg(inv).Reply(inv, 401, "", `WWW-Authenticate: Digest realm="`+realm+`", nonce="evil"`)
		stranger.Expect("ACK")
		info := r.ended(id)
		if info.Cause != call.AuthFailure || info.Code != 401 || !strings.Contains(info.Err.Error(), `realm "`+realm+`"`) || !strings.Contains(info.Err.Error(), "account.credentials") {
			t.Errorf("realm %s: %v %d %v", realm, info.Cause, info.Code, info.Err)
		}
	}
}

// RFC 3261, section 22: Basic would hand the password over; it is never answered, neither alone
// nor beside a challenge that is.
func TestBasicIsNeverAnswered(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 401, "", `WWW-Authenticate: Basic realm="home"`)
	r.peer.Expect("ACK")
	info := r.ended(id)
	if info.Cause != call.AuthFailure || info.Code != 401 || info.Err == nil || !strings.Contains(info.Err.Error(), "an authentication that isn't supported here") {
		t.Errorf("%v %d %v", info.Cause, info.Code, info.Err)
	}
	_, inv, leg = r.dialled()
	leg.Reply(inv, 407, "", `Proxy-Authenticate: Basic realm="home"`, `Proxy-Authenticate: Digest realm="home", nonce="n"`)
	r.peer.Expect("ACK")
	second := r.peer.Expect("INVITE")
	if got := second.All("Proxy-Authorization"); len(got) != 1 || !strings.HasPrefix(got[0], "Digest ") || second.Get("Authorization") != "" {
		t.Errorf("second INVITE:\n%s", second.Raw)
	}
}
