package ua

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"offhook/ua/sip"
)

// What a person types becomes a URI that can be sent, or a sentence; never both.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"bob", "*21#", "sip:bob@[::1]:5060;transport=tcp", "tel:+49-30", "<sip:a@b>", "a b@c", "%zz@host", "sip:a@b?Subject=x@y", "bob@host:99999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		uri, err := targetURI(s, "example.com")
		if err != nil {
			if !errors.Is(err, ErrNoTarget) {
				t.Fatalf("%q: %v isn't ErrNoTarget", s, err)
			}
			return
		}
		text := uri.String()
		if strings.ContainsAny(text, " \r\n\t<>") {
			t.Fatalf("%q became %q, which can't stand in a message", s, text)
		}
		again, err := sip.ParseURI(text)
		if err != nil || again.User != uri.User || again.Host != uri.Host || again.Port != uri.Port {
			t.Fatalf("%q became %q, which reads as %+v, %v", s, text, again, err)
		}
	})
}

// Interop 51.
func FuzzDTMFInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160"))
	f.Add("application/dtmf", []byte("11"))
	f.Add("application/dtmf; x", []byte("signal : #"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		digit, d, ok := parseDTMFInfo(kind, body)
		switch {
		case !ok && (digit != 0 || d != 0):
			t.Fatalf("nothing found, and yet %q of %v", digit, d)
		case ok && !strings.ContainsRune("0123456789*#ABCD", rune(digit)):
			t.Fatalf("no digit: %q", digit)
		case d < 0:
			t.Fatalf("duration %v", d)
		}
	})
}

// Whatever the type says, what is found is part of the body.
func FuzzFindSDP(f *testing.F) {
	f.Add("application/sdp", []byte("v=0\r\n"))
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--"))
	f.Add("", []byte("v=0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		req := sip.NewRequest(sip.INVITE, sip.URI{Scheme: "sip", Host: "x"})
		req.AppendHeader(sip.NewHeader("Content-Type", kind))
		req.SetBody(body)
		found, what := findSDP(req)
		switch what {
		case sdpBody:
			if len(found) > 0 && !bytes.Contains(body, found) {
				t.Fatalf("%q isn't in %q", found, body)
			}
		case noBody, otherBody:
			if found != nil {
				t.Fatalf("a body of no kind: %q", found)
			}
		}
	})
}

// The agent answers or drops whatever comes, and still takes a call after it.
func TestGarbage(t *testing.T) {
	r := newRig(t)
	for _, raw := range []string{
		"", "\r\n\r\n", "\x00\x01\x02", "INVITE", "INVITE sip:alice SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
		"BYE sip:alice@x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nCSeq: x\r\n\r\n", strings.Repeat("A", 60000),
		"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP " + r.peer.Addr().String() + ";branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: g\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
	} {
		r.peer.SendRaw(r.addr().String(), []byte(raw))
	}
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	for {
		m := r.peer.Next()
		if m.Matches("180 INVITE") {
			break
		}
		if m.Code() < 400 || m.Code() >= 500 {
			t.Fatalf("garbage was answered with %s", m)
		}
	}
}
