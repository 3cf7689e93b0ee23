package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func respond(t *testing.T, tx ServerTransaction, code int) {
	t.Helper()
	if err := tx.Respond(NewResponse(tx.Request(), code, "")); err != nil {
		t.Fatal(err)
	}
}

func wantSent(t *testing.T, peer *wire, want ...string) {
	t.Helper()
	if got := peer.sent(t); !reflect.DeepEqual(got, want) {
		t.Fatalf("sent %q, want %q", got, want)
	}
}

// RFC 3261, section 17.2.1, from the 100 to timer H.
func TestInviteRefused(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		invite := incoming(INVITE, "z9hG4bK1")
		peer.send(invite)
		tx := r.next(t, INVITE)[0]
		peer.send(invite)
		wantSent(t, peer)
		pass(190 * time.Millisecond)
		wantSent(t, peer)
		pass(20 * time.Millisecond)
		wantSent(t, peer, "SIP/2.0 100 Trying")
		peer.send(invite)
		wantSent(t, peer, "SIP/2.0 100 Trying")
		respond(t, tx, 180)
		wantSent(t, peer, "SIP/2.0 180 Ringing")
		peer.send(invite)
		wantSent(t, peer, "SIP/2.0 180 Ringing")
		respond(t, tx, 486)
		pass(0)
		pass(4 * time.Second) // 0, 0.5, 1.5, 3.5
		wantSent(t, peer, "SIP/2.0 486 Busy Here", "SIP/2.0 486 Busy Here", "SIP/2.0 486 Busy Here", "SIP/2.0 486 Busy Here")
		if err := tx.Respond(NewResponse(tx.Request(), 180, "")); !errors.Is(err, ErrAnswered) {
			t.Errorf("a 180 after the 486: %v", err)
		}
		peer.send(invite)
		wantSent(t, peer, "SIP/2.0 486 Busy Here")
		ack := incoming(ACK, "z9hG4bK1")
		peer.send(ack)
		peer.send(ack)
		pass(time.Minute)
		wantSent(t, peer)
		r.next(t) // neither the ACKs nor the retransmissions
		if _, s := e.tables(); s != 0 {
			t.Error("the transaction outlives timer I")
		}
		if s := e.Stats(); s.Retransmitted != 4 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestInviteUnacknowledged(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		peer.send(incoming(INVITE, "z9hG4bK1"))
		respond(t, r.next(t, INVITE)[0], 603)
		pass(33 * time.Second)
		if n := len(peer.sent(t)); n != 11 {
			t.Errorf("%d transmissions, want 11", n)
		}
		if _, s := e.tables(); s != 0 {
			t.Error("the transaction outlives timer H")
		}
	})
}

// RFC 6026, section 7.1: the 2xx is the dialog's to repeat, and its ACK is told.
func TestInviteAccepted(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		invite := incoming(INVITE, "z9hG4bK1")
		peer.send(invite)
		tx := r.next(t, INVITE)[0]
		respond(t, tx, 200)
		pass(10 * time.Second)
		wantSent(t, peer, "SIP/2.0 200 OK")
		peer.send(invite)
		wantSent(t, peer)
		respond(t, tx, 200)
		wantSent(t, peer, "SIP/2.0 200 OK")
		if err := tx.Respond(NewResponse(tx.Request(), 486, "")); !errors.Is(err, ErrAnswered) {
			t.Errorf("a 486 after the 200: %v", err)
		}
		peer.send(incoming(ACK, "z9hG4bK2"))
		peer.send(incoming(ACK, "z9hG4bK1")) // of a peer that reuses the branch
		for _, ack := range r.next(t, ACK, ACK) {
			if err := ack.Respond(NewResponse(ack.Request(), 200, "")); !errors.Is(err, ErrACK) {
				t.Errorf("answering an ACK: %v", err)
			}
		}
		pass(time.Minute)
		respond(t, tx, 200) // however late
		wantSent(t, peer, "SIP/2.0 200 OK")
		if _, s := e.tables(); s != 0 {
			t.Error("the transaction outlives timer L")
		}
	})
}

// All that answers a cancelled INVITE has one To tag, and nothing is sent unasked.
func TestCancelComes(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		peer.send(incoming(INVITE, "z9hG4bK1"))
		invite := r.next(t, INVITE)[0]
		ring := NewResponse(invite.Request(), 180, "")
		SetToTag(ring, "mine")
		if err := invite.Respond(ring); err != nil {
			t.Fatal(err)
		}
		wantSent(t, peer, "SIP/2.0 180 Ringing")
		peer.send(incoming(CANCEL, "z9hG4bK1"))
		peer.send(incoming(CANCEL, "z9hG4bK1"))
		cancel := r.next(t, CANCEL)[0]
		wantSent(t, peer)
		for _, c := range []struct {
			tx   ServerTransaction
			code int
		}{{cancel, 200}, {invite, 487}} {
			res := NewResponse(c.tx.Request(), c.code, "")
			SetToTag(res, "mine")
			if err := c.tx.Respond(res); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, m := range peer.messages(t) {
			got = append(got, m.(*Response).Reason+" "+m.CSeq().Value()+" "+Tag(m.To()))
		}
		if want := []string{"OK 1 CANCEL mine", "Request Terminated 1 INVITE mine"}; !reflect.DeepEqual(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
		peer.send(incoming(CANCEL, "z9hG4bK1"))
		wantSent(t, peer, "SIP/2.0 200 OK")
		pass(time.Minute)
		if _, s := e.tables(); s != 0 {
			t.Errorf("%d transactions are left", s)
		}
	})
}

func TestNonInvite(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		options := incoming(OPTIONS, "z9hG4bK1")
		peer.send(options)
		peer.send(options)
		tx := r.next(t, OPTIONS)[0]
		pass(time.Second)
		wantSent(t, peer)
		respond(t, tx, 200)
		peer.send(options)
		res := peer.messages(t)
		if len(res) != 2 || res[0].String() != res[1].String() || Tag(res[0].To()) == "" {
			t.Errorf("answers %v", res)
		}
		pass(33 * time.Second)
		if _, s := e.tables(); s != 0 {
			t.Error("the transaction outlives timer J")
		}
		// One that nobody answers is forgotten when its client has given up.
		peer.send(incoming(INFO, "z9hG4bK2"))
		r.next(t, INFO)
		pass(33 * time.Second)
		if _, s := e.tables(); s != 0 {
			t.Error("an unanswered request stays for ever")
		}
		wantSent(t, peer)
	})
}

func TestToTagIsOne(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		peer.send(incoming(INVITE, "z9hG4bK1"))
		tx := r.next(t, INVITE)[0]
		for _, code := range []int{100, 180, 183, 200, 200} {
			respond(t, tx, code)
		}
		m := peer.messages(t)
		if Tag(m[0].To()) != "" {
			t.Error("the 100 has a tag")
		}
		for _, res := range m[1:] {
			if tag := Tag(res.To()); tag == "" || tag != Tag(m[1].To()) {
				t.Errorf("To tags differ: %v", res)
			}
		}
	})
}

func TestMalformed(t *testing.T) {
	ok := incoming(OPTIONS, "z9hG4bK1")
	for _, c := range []struct{ name, text, answer string }{
		{"bad CSeq", strings.Replace(ok, "CSeq: 1 OPTIONS", "CSeq: one OPTIONS", 1), "SIP/2.0 400 Bad Request"},
		{"CSeq of another method", strings.Replace(ok, "1 OPTIONS", "1 INVITE", 1), "SIP/2.0 400 Bad Request"},
		{"other version", strings.Replace(ok, "SIP/2.0\r\nVia", "SIP/4.0\r\nVia", 1), "SIP/2.0 505 Version Not Supported"},
		{"body cut off", strings.Replace(ok, "Length: 0", "Length: 10", 1), "SIP/2.0 400 Bad Request"},
		{"no Call-ID", strings.Replace(ok, "Call-ID: in\r\n", "", 1), "SIP/2.0 400 Bad Request"},
		{"no Via", strings.Replace(ok, "Via:", "Vie:", 1), ""},
		{"an ACK", strings.Replace(incoming(ACK, "z9hG4bK1"), "CSeq: 1 ACK", "CSeq: 1", 1), ""},
		{"a response", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nFrom: x\r\nTo: y\r\nCall-ID: z\r\nCSeq: nothing\r\n\r\n", ""},
		{"noise", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""},
		{"nothing but spaces", strings.Repeat(" ", 50), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
				peer.send(c.text)
				peer.send(c.text)
				got := peer.texts()
				r.next(t)
				if s := e.Stats(); s.Malformed != 2 || s.Received != 2 {
					t.Errorf("stats %+v", s)
				}
				if c.answer == "" {
					if len(got) != 0 {
						t.Errorf("answered with\n%s", got[0])
					}
					return
				}
				if len(got) != 2 || !strings.HasPrefix(got[0], c.answer+"\r\n") || got[0] != got[1] {
					t.Fatalf("answers: %q; want two like %s", got, c.answer)
				}
				for _, part := range []string{"branch=z9hG4bK1\r\n", "To: <sip:alice@192.0.2.1>;tag=", "CSeq: ", "\r\n\r\n"} {
					if !strings.Contains(got[0], part) {
						t.Errorf("%q isn't in\n%s", part, got[0])
					}
				}
			})
		})
	}
}

func TestKeepAliveDatagrams(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		for _, k := range []string{"\r\n\r\n", "\r\n", "\x00", ""} {
			peer.send(k)
		}
		wantSent(t, peer)
		if s := e.Stats(); s.KeepAlives != 4 || s.Malformed != 0 || s.Received != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// A flood from one address leaves room for the requests of others, and is forgotten with its
// transactions.
func TestFloodLeavesRoom(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, _ *wire, r *told) {
		ask := func(i int, host string) {
			msg, err := e.parser.Parse([]byte(incoming(OPTIONS, fmt.Sprintf("z9hG4bKf%s%d", host, i))))
			if err != nil {
				t.Fatal(err)
			}
			e.request(msg.(*Request), source{transport: UDP, local: e.local[UDP], remote: netip.AddrPortFrom(netip.MustParseAddr(host), 5060)})
		}
		for i := range maxFromSource + 100 {
			ask(i, "203.0.113.9")
		}
		if n := e.Stats().Refused; n != 100 {
			t.Errorf("%d of the flood were refused", n)
		}
		ask(0, "192.0.2.2")
		if n := e.Stats().Refused; n != 100 {
			t.Error("another's request was refused")
		}
		synctest.Wait()
		r.mu.Lock()
		if n := len(r.requests); n != maxFromSource+1 {
			t.Errorf("%d were told", n)
		}
		r.mu.Unlock()
		pass(65 * t1)
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.sources) != 0 || len(e.servers) != 0 {
			t.Errorf("%d sources, %d transactions are left", len(e.sources), len(e.servers))
		}
	})
}
