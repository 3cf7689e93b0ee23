package ua

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// RFC 3311: as the receiver, and in place of a body a refresh.
func TestInterop30UpdateIn(t *testing.T) {
	r := newRig(t)
	_, _, leg := r.talking()
	leg.Contact = r.peer.URI("moved")
	leg.Send(leg.Request("UPDATE", ""))
	if ok := r.peer.Expect("200 UPDATE"); ok.Body != "" || ok.Get("Contact") == "" {
		t.Errorf("to a bodiless UPDATE:\n%s", ok.Raw)
	}
	leg.Send(leg.Request("UPDATE", r.sdp("sendonly")))
	if ok := r.peer.Expect("200 UPDATE"); !strings.Contains(ok.Body, "a=recvonly") {
		t.Errorf("to an offer:\n%s", ok.Raw)
	}
	next(r, func(e CallChanged) bool { return e.Call.Hold.Remote })
	leg.Contact = r.peer.URI("nowhere")
	leg.Send(leg.Request("UPDATE", strings.Replace(r.sdp(), "RTP/AVP 0 8 101", "RTP/AVP 18", 1)))
	r.peer.Expect("488 UPDATE")
	r.agent.Hangup(r.agent.Calls()[0].ID)
	if bye := r.peer.Expect("BYE"); !strings.Contains(bye.URI(), "moved") {
		t.Errorf("a refused UPDATE moved the target, or an accepted one didn't: %s", bye.URI())
	}
}

// RFC 4028, sections 7 and 10; only a peer that lists UPDATE gets one (RFC 3311, section 4).
func TestInterop31Refresh(t *testing.T) {
	for _, update := range []bool{true, false} {
		bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].SessionExpires = 10 * time.Minute },
			func(t *testing.T, r *rig, n *fakeNet) {
				id := r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1:7000"})
				synctest.Wait()
				inv := n.end().one(t, sip.INVITE)
				if got := sip.HeaderValue(inv.req, "Session-Expires"); got != "600" {
					t.Fatalf("Session-Expires %q", got)
				}
				inv.reply(422, "x", "", sip.NewHeader("Min-SE", "1200"))
				inv = n.end().one(t, sip.INVITE)
				if got := sip.HeaderValue(inv.req, "Session-Expires"); got != "1200" || inv.req.CSeq().SeqNo != 2 {
					t.Fatalf("again with Session-Expires %q, CSeq %d", got, inv.req.CSeq().SeqNo)
				}
				allow := sip.NewHeader("Allow", "INVITE, ACK, BYE, UPDATE")
				if !update {
					allow = sip.NewHeader("Allow", "INVITE, ACK, BYE")
				}
				timer := sip.NewHeader("Session-Expires", "1200;refresher=uac")
				inv.reply(200, "b", uatest.SDP(loopback, 4000), allow, timer)
				n.end().one(t, sip.ACK)
				if info := r.state(id, call.Confirmed); info.SessionTimer != (SessionTimer{20 * time.Minute, RefresherLocal}) {
					t.Errorf("timer %+v", info.SessionTimer)
				}
				time.Sleep(10*time.Minute + time.Second)
				method := sip.UPDATE
				if !update {
					method = sip.INVITE
				}
				refresh := n.end().one(t, method)
				if got := sip.HeaderValue(refresh.req, "Session-Expires"); got != "1200;refresher=uac" {
					t.Errorf("refresh with %q", got)
				}
				if !update && origin(refresh.req.Body()) != origin(inv.req.Body()) {
					t.Errorf("o= has changed: %s, %s", origin(inv.req.Body()), origin(refresh.req.Body()))
				}
				refresh.reply(500, "b", "", timer)
				time.Sleep(11 * time.Minute)
				for _, again := range n.end().take() { // tried again, and in the end BYE
					if again.req.Method == sip.BYE {
						return
					}
					again.reply(500, "b", "")
				}
				time.Sleep(20 * time.Minute)
				for _, m := range n.end().take() {
					if m.req.Method == sip.BYE {
						return
					}
				}
				t.Error("no BYE at the end of the session")
			})
	}
}

func origin(body []byte) string {
	_, o, _ := strings.Cut(string(body), "o=")
	o, _, _ = strings.Cut(o, "\r\n")
	return o
}

func FuzzSessionHeaders(f *testing.F) {
	f.Add("1800;refresher=uac", "90", "1 2 INVITE")
	f.Add(" 90 ; refresher = UAS ", "99999999999999999999", "4294967295 1 PRACK")
	f.Add(";refresher=", "-1", "1  2\tINVITE x")
	f.Fuzz(func(t *testing.T, expires, minSE, ack string) {
		req := sip.NewRequest(sip.UPDATE, sip.URI{Scheme: "sip", Host: "x"})
		req.AppendHeader(sip.NewHeader("Session-Expires", expires))
		req.AppendHeader(sip.NewHeader("Min-SE", minSE))
		s := sessionOf(req)
		if s.Expires < 0 || s.MinSE < 0 || s.Expires == 0 && s.Refresher != call.NoSide {
			t.Fatalf("%q, %q gave %+v", expires, minSE, s)
		}
		if s.MinSE <= call.MinSE {
			s.MinSE = 0
		}
		out := sip.NewRequest(sip.UPDATE, sip.URI{Scheme: "sip", Host: "x"})
		setSession(out, s)
		if again := sessionOf(out); again != s {
			t.Fatalf("%+v was read back as %+v", s, again)
		}
		if r, ok := parseRAck(ack); ok {
			if again, ok := parseRAck(r.String()); !ok || again != r {
				t.Fatalf("%q gave %+v", ack, r)
			}
		}
	})
}
