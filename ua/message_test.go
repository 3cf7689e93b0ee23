package ua

import (
	"errors"
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ua/uatest"
)

func (r *rig) messageSent() MessageResult {
	r.t.Helper()
	return next(r, func(MessageSent) bool { return true }).Result
}

// RFC 3428, section 4: what a message is, and what an answer says of it.
func TestMessageOut(t *testing.T) {
	r := newRig(t)
	id := r.agent.Message(MessageRequest{Target: r.peer.URI("bob"), Text: "Grüße\nzwei", Headers: []string{"Subject: x"}})
	m := r.peer.Expect("MESSAGE")
	if m.Body != "Grüße\nzwei" || m.Get("Content-Type") != "text/plain;charset=UTF-8" || m.Get("Contact") != "" ||
		m.Get("Subject") != "x" || uatest.Tag(m.Get("From")) == "" || m.Get("Date") == "" {
		t.Errorf("sent\n%s", m.Raw)
	}
	r.peer.Reply(m, 200)
	if res := r.messageSent(); res.ID != id || res.Code != 200 || res.Err != nil || res.RTT <= 0 || res.Stored() || res.Account != "me" {
		t.Errorf("result %+v", res)
	}
	for code, want := range map[int]call.Cause{202: call.CauseNone, 404: call.Rejected, 486: call.Rejected} {
		r.agent.Message(MessageRequest{Target: r.peer.URI("bob"), Text: "x"})
		r.peer.Reply(r.peer.Expect("MESSAGE"), code)
		res := r.messageSent()
		if cause, _ := CauseOf(res.Err); res.Code != code || res.Err != nil && cause != want || (res.Err == nil) != (code < 300) || res.Stored() != (code == 202) {
			t.Errorf("%d: %+v", code, res)
		}
	}
}

func TestMessageRefusedHere(t *testing.T) {
	r := newRig(t)
	for name, req := range map[string]MessageRequest{
		"no text":     {Target: "bob"},
		"blank":       {Target: "bob", Text: " \n"},
		"not UTF-8":   {Target: "bob", Text: "\xff"},
		"no account":  {Account: "x", Target: "bob", Text: "x"},
		"no target":   {Text: "x"},
		"bad header":  {Target: "bob", Text: "x", Headers: []string{"Via: x"}},
		"no call":     {Call: 99, Text: "x"},
		"enormous":    {Target: "bob", Text: strings.Repeat("x", maxMessage+1)},
		"bad address": {Target: "sip:", Text: "x"},
	} {
		r.agent.Message(req)
		if res := r.messageSent(); res.Err == nil || res.Code != 0 {
			t.Errorf("%s: %+v", name, res)
		}
	}
	r.settle()
}

// A message that wouldn't fit into a datagram goes by TCP (RFC 3428, section 8), and its
// failure says why.
func TestLongMessage(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("word ", 300)
	tcp := uatest.TCPAt(t, r.peer.Addr())
	r.agent.Message(MessageRequest{Target: r.peer.URI("bob"), Text: long})
	m := tcp.Expect("MESSAGE")
	if m.Body != long || !strings.Contains(m.Get("Via"), "/TCP") {
		t.Errorf("sent\n%s", m.Raw)
	}
	tcp.Reply(m, 200)
	if res := r.messageSent(); res.Err != nil {
		t.Errorf("result %+v", res)
	}
	tcp.Close()
	r.agent.Message(MessageRequest{Target: "sip:bob@127.0.0.1:9", Text: long})
	res := r.messageSent()
	if cause, _ := CauseOf(res.Err); !errors.Is(res.Err, ErrLongMessage) || cause != call.TransportFailure || !strings.Contains(res.Err.Error(), "1300") {
		t.Errorf("result %+v", res)
	}
}

func TestMessageInCall(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	r.agent.Message(MessageRequest{Call: id, Text: "by the way"})
	m := r.peer.Expect("MESSAGE")
	if uatest.Tag(m.Get("To")) == "" || m.Get("Call-ID") != leg.CallID || m.Body != "by the way" {
		t.Errorf("sent\n%s", m.Raw)
	}
	leg.Reply(m, 200, "")
	if res := r.messageSent(); res.Err != nil || res.Call != id || !strings.Contains(res.Target, "bob@") {
		t.Errorf("result %+v", res)
	}
	leg.Learn(m)
	leg.Local, leg.Remote = m.Get("To"), m.Get("From")
	leg.Send(leg.Request("MESSAGE", "same here", "Content-Type: text/plain"))
	r.peer.Expect("200 MESSAGE")
	if got := next(r, func(MessageReceived) bool { return true }).Message; got.Call != id || got.Text != "same here" {
		t.Errorf("got %+v", got)
	}
}

func TestMessageIn(t *testing.T) {
	r := newRig(t)
	send := func(want, kind, body string, headers ...string) *uatest.Message {
		t.Helper()
		leg := r.peer.Call("alice", r.addr())
		if kind != "" {
			headers = append(headers, "Content-Type: "+kind)
		}
		leg.Send(leg.Request("MESSAGE", body, headers...))
		return r.peer.Expect(want + " MESSAGE")
	}
	send("200", "text/plain;charset=utf-8", "hi\x1b[2J", "Date: Sat, 13 Nov 2010 23:29:00 GMT")
	got := next(r, func(MessageReceived) bool { return true }).Message
	if got.Text != "hi" || got.From != r.peer.URI("peer") || got.FromName != "Peer" || !strings.HasPrefix(got.To, "sip:alice@") ||
		got.Account != "me" || got.Type != "text/plain" || got.Sent.Year() != 2010 || got.Call != 0 {
		t.Errorf("got %+v", got)
	}
	send("200", "message/cpim", "From: <im:a@b>\n\nContent-Type: text/plain\n\nwrapped")
	if got := next(r, func(MessageReceived) bool { return true }).Message; got.Text != "wrapped" || got.Type != event.TypeCPIM {
		t.Errorf("got %+v", got)
	}
	if res := send("415", "application/im-iscomposing+xml", "<isComposing/>"); res.Get("Accept") != acceptMessages {
		t.Errorf("Accept: %s", res.Get("Accept"))
	}
	send("415", "text/plain", "x", "Content-Encoding: gzip")
	send("200", "text/plain", " ") // nothing to tell
	for range messageBurst {
		leg := r.peer.Call("alice", r.addr())
		leg.Send(leg.Request("MESSAGE", "flood", "Content-Type: text/plain"))
		if res := r.peer.Next(); res.Code() == 503 {
			if res.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			return
		}
	}
	t.Errorf("%d messages at once were taken", messageBurst)
}
