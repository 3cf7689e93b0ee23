package ua

import (
	"strings"
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/uatest"
)

// RFC 3326, section 3.1; RFC 6432.
func TestReasonRead(t *testing.T) {
	const elsewhere = `Reason: SIP;cause=200;text="Call completed elsewhere"`
	tests := []struct {
		name   string
		reason string
		want   call.Cause
	}{
		{"answered elsewhere", elsewhere, call.AnsweredElsewhere},
		{"by the telephone network", "Reason: Q.850;cause=26", call.AnsweredElsewhere},
		{"given up", "Reason: Q.850;cause=16", call.RemoteCanceled},
		{"without a word", "X-None: 1", call.RemoteCanceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			id, leg := r.ringing(r.sdp())
			cancel := strings.Replace(leg.Cancel(), leg.Remote, uatest.Address(leg.Remote), 1)
			leg.Send(strings.Replace(cancel, "Max-Forwards", tt.reason+"\nMax-Forwards", 1))
			info := r.ended(id)
			if info.Cause != tt.want || info.Err != nil {
				t.Errorf("%v, %v", info.Cause, info.Err)
			}
		})
	}
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 503, "", `Reason: Q.850;cause=34;text="No circuit"`, "Retry-After: 120 (lunch)", `Warning: 399 gw "try the other trunk"`)
	r.peer.Expect("ACK")
	info := r.ended(id)
	if info.EndReason != (Reason{Protocol: "Q.850", Cause: 34, Text: "No circuit"}) || info.RetryAfter != 2*time.Minute || info.Warning.Text != "try the other trunk" {
		t.Errorf("end: %+v", info.EndHeaders)
	}
	if got := info.Err.Error(); !strings.Contains(got, "try the other trunk") || !strings.Contains(got, "all lines are taken") || !strings.HasSuffix(got, "try again in 2 minutes") {
		t.Errorf("in words: %s", got)
	}
	id, leg2 := r.answered()
	leg2.Send(leg2.Request("BYE", "", `Reason: Q.850;cause=102`))
	if info := r.ended(id); info.Cause != call.RemoteHangup || info.EndReason.Cause != 102 {
		t.Errorf("BYE: %v %+v", info.Cause, info.EndReason)
	}
}

func TestReasonSent(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.talking()
	fork := leg.Fork(inv)
	fork.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	if bye := r.peer.Expect("BYE"); bye.Get("Reason") != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("to the other fork:\n%s", bye.Raw)
	}
	r.agent.Hangup(id)
	if bye := r.peer.Expect("BYE"); bye.Get("Reason") != `Q.850;cause=16;text="Normal call clearing"` {
		t.Errorf("hang-up:\n%s", bye.Raw)
	}
	id, inv, leg = r.dialled()
	leg.Reply(inv, 180, "")
	r.state(id, call.Early)
	r.agent.Hangup(id)
	if cancel := r.peer.Expect("CANCEL"); !strings.HasPrefix(cancel.Get("Reason"), "Q.850;cause=16") {
		t.Errorf("CANCEL:\n%s", cancel.Raw)
	}
	for _, e := range []call.End{{Cause: call.NoAnswer}, {Cause: call.MediaFailure}, {Cause: call.Timeout}, {Cause: call.Rejected, Code: 420}, {Cause: call.ProtocolError}} {
		if why := hangupReason(e); why.Cause == 0 || why.Text == "" || why.Protocol == "" {
			t.Errorf("%v has no reason: %+v", e.Cause, why)
		}
	}
}

// RFC 3325, section 5: an identity is believed only from the account's own server.
func TestAssertedIdentity(t *testing.T) {
	asserted := []string{`P-Asserted-Identity: "Real Bob" <sip:bob@example.com>, <tel:+4930123>`, "Subject: Lunch", "Priority: Urgent", "Organization: Box",
		"User-Agent: peer/1", "Diversion: <sip:carol@h>;reason=no-answer", "History-Info: <sip:carol@h>;index=1", "Alert-Info: <x>;info=external",
		`Remote-Party-ID: "RPID" <sip:r@h>;party=calling;screen=yes`, "Date: Sat, 13 Nov 2010 23:29:00 GMT"}
	stranger := newRig(t)
	id, _ := stranger.ringing(stranger.sdp(), asserted...)
	info := stranger.agent.Calls()[0]
	if info.ID != id || info.RemoteName != "Peer" || info.Peer.Trusted || info.Peer.AssertedIdentity.Name != "Real Bob" {
		t.Errorf("from a stranger: %q, %+v", info.RemoteName, info.Peer)
	}
	p := info.Peer
	if p.Subject != "Lunch" || p.Priority != "urgent" || p.Organization != "Box" || p.UserAgent != "peer/1" || len(p.Diversion) != 1 || len(p.History) != 1 ||
		len(p.AlertInfo) != 1 || p.RemotePartyID.Name != "RPID" || p.Date.Year() != 2010 {
		t.Errorf("headers: %+v", p)
	}

	home := newRig(t, withAccount(func(a *Account) { a.Register = true }))
	reg := home.peer.Expect("REGISTER")
	home.peer.Reply(reg, 200, "Contact: "+reg.Get("Contact")+";expires=300")
	next(home, func(e RegistrationChanged) bool { return e.State == Registered })
	home.ringing(home.sdp(), asserted...)
	if info := home.agent.Calls()[0]; info.RemoteName != "Real Bob" || info.RemoteURI != "sip:bob@example.com" || !info.Peer.Trusted {
		t.Errorf("from the registrar: %q %q", info.RemoteName, info.RemoteURI)
	}
	home.ringing(home.sdp(), append(asserted, "Privacy: id")...)
	if info := home.agent.Calls()[1]; info.RemoteName != "Peer" || info.Peer.Privacy != header.PrivacyID {
		t.Errorf("who asked for privacy is shown as %q %q", info.RemoteName, info.RemoteURI)
	}
}

// What the answering side says of itself is shown too.
func TestPeerHeadersOfTheCallee(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 180, "", "Server: gw/1", "Organization: Box")
	leg.Reply(inv, 200, r.sdp(), "Server: phone/2")
	r.peer.Expect("ACK")
	if p := r.state(id, call.Confirmed).Peer; p.UserAgent != "phone/2" || p.Organization != "Box" {
		t.Errorf("%+v", p)
	}
}
