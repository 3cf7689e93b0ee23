package ua

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// within lets the peer of a call of ours send a request in its dialog.
func (e *fakeEnd) within(invite *sip.Request, seq int, method sip.Method, headers ...sip.Header) *fakeServer {
	uri, _ := sip.ParseURI("sip:alice@127.0.0.1")
	req := sip.NewRequest(method, uri)
	for name, value := range map[string]string{
		"Via":  fmt.Sprintf("SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bKw%d", seq),
		"From": sip.HeaderValue(invite, "To") + ";tag=a", "To": sip.HeaderValue(invite, "From"),
		"Call-ID": sip.HeaderValue(invite, "Call-ID"), "CSeq": fmt.Sprintf("%d %s", seq, method), "Contact": "<sip:peer@127.0.0.1:7000>",
	} {
		req.AppendHeader(sip.NewHeader(name, value))
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	st := &fakeServer{req: req}
	e.cfg.Handler(st)
	return st
}

// upCall is a call of ours that was answered.
func upCall(t *testing.T, r *rig, n *fakeNet) (CallID, *sip.Request) {
	t.Helper()
	id := r.agent.Dial(DialRequest{Target: "bob"})
	inv := n.end().one(t, sip.INVITE)
	inv.reply(200, "a", peerSDP)
	n.end().one(t, sip.ACK)
	return id, inv.req
}

// acceptedTransfer is one whose transfer the peer has agreed to.
func acceptedTransfer(t *testing.T, r *rig, n *fakeNet) (CallID, *sip.Request) {
	t.Helper()
	id, inv := upCall(t, r, n)
	r.agent.Transfer(id, "carol")
	n.end().one(t, sip.INVITE).reply(200, "a", uatest.SDP(loopback, 4000, "recvonly"))
	sent := n.end().take()
	if methods(sent) != "ACK REFER " {
		t.Fatalf("sent %s", methods(sent))
	}
	sent[1].reply(202, "a", "")
	return id, inv
}

func nothing(t *testing.T, n *fakeNet) {
	t.Helper()
	if sent := n.end().take(); len(sent) != 0 {
		t.Fatalf("too soon: %s", methods(sent))
	}
}

// The peer agrees, and is never heard of again: the call is taken back.
func TestTransferNeverReported(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id, _ := acceptedTransfer(t, r, n)
		time.Sleep(call.TransferTime - tick)
		nothing(t, n)
		time.Sleep(tick)
		n.end().one(t, sip.INVITE).reply(200, "a", peerSDP)
		n.end().one(t, sip.ACK)
		if i := r.transferState(id, call.TransferUnknown); !errors.Is(i.Err, call.ErrTransferSilent) {
			t.Errorf("%+v", i)
		}
	})
}

// Interop 33, the other way: after the BYE no NOTIFY comes within five seconds.
func TestTransferLingers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id, inv := acceptedTransfer(t, r, n)
		n.end().within(inv, 1, sip.BYE).codes()
		r.ended(id)
		time.Sleep(call.TransferLinger)
		r.transferState(id, call.TransferUnknown)
		late := n.end().within(inv, 2, sip.NOTIFY, sip.NewHeader("Event", "refer"))
		if got := late.codes(); len(got) != 1 || got[0] != 200 {
			t.Errorf("a late NOTIFY gets %v", got) // it belongs to the REFER all the same
		}
		nothing(t, n)
	})
}

// The target of an attended transfer has taken over, and leaves our call with it to us.
func TestTransferEndsTheConsultation(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		first, inv := upCall(t, r, n)
		second := r.agent.Dial(DialRequest{Target: "carol"})
		for _, c := range n.end().take() { // the hold of the first, and the second
			c.reply(200, "a", peerSDP)
		}
		n.end().take() // ACKs
		r.agent.TransferTo(first, second)
		n.end().one(t, sip.REFER).reply(200, "a", "", sip.NewHeader("Refer-Sub", "false"))
		bye := n.end().one(t, sip.BYE)
		if sip.HeaderValue(bye.req, "Call-ID") != sip.HeaderValue(inv, "Call-ID") {
			t.Error("the wrong call was ended")
		}
		bye.reply(200, "a", "")
		time.Sleep(replacedGrace - tick)
		nothing(t, n)
		time.Sleep(tick)
		n.end().one(t, sip.BYE).reply(200, "a", "")
		r.ended(second)
	})
}

func TestReferNobodyDecides(t *testing.T) {
	ask := func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Refer = ReferAsk }
	bubble(t, ask, func(t *testing.T, r *rig, n *fakeNet) {
		id, inv := upCall(t, r, n)
		n.end().within(inv, 1, sip.REFER, sip.NewHeader("Refer-To", "<sip:carol@127.0.0.1>")).codes()
		n.end().one(t, sip.NOTIFY).reply(200, "a", "")
		time.Sleep(referAsk - tick)
		nothing(t, n)
		time.Sleep(tick)
		last := n.end().one(t, sip.NOTIFY)
		if !strings.HasPrefix(string(last.req.Body()), "SIP/2.0 480 ") {
			t.Errorf("%s", last.req)
		}
		last.reply(200, "a", "")
		r.transferState(id, call.TransferFailed)
	})
}

// The transferor was told that the new call is up, and leaves the old one to us.
func TestTransfereeEndsTheOldCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id, inv := upCall(t, r, n)
		n.end().within(inv, 1, sip.REFER, sip.NewHeader("Refer-To", "<sip:carol@127.0.0.1>")).codes()
		for _, c := range n.end().take() { // NOTIFY, hold, the new INVITE
			body := ""
			if c.req.Method == sip.INVITE {
				body = peerSDP
			}
			c.reply(200, "a", body)
		}
		for _, c := range n.end().take() {
			if c.req.Method == sip.NOTIFY {
				c.reply(200, "a", "")
			}
		}
		r.transferState(id, call.TransferDone)
		time.Sleep(referGrace - tick)
		nothing(t, n)
		time.Sleep(tick)
		n.end().one(t, sip.BYE).reply(200, "a", "")
		r.ended(id)
	})
}

func TestPickupNobodyTells(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Pickup(PickupRequest{Target: "bob"})
		n.end().one(t, sip.SUBSCRIBE).reply(200, "a", "", sip.NewHeader("Expires", "0"))
		time.Sleep(pickupWait)
		if info := r.ended(id); info.Cause != call.Timeout || !errors.Is(info.Err, ErrPickupSilent) {
			t.Errorf("%v %v", info.Cause, info.Err)
		}
	})
}
