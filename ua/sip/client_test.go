package sip

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RFC 3261, sections 17.1.1.2 and 17.1.2.2: timers A, B, E and F.
func TestClientTimeout(t *testing.T) {
	for m, transmissions := range map[Method]int{INVITE: 7, OPTIONS: 11} {
		t.Run(string(m), func(t *testing.T) {
			inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
				var last error
				if _, err := e.Request(outgoing(m), peer.target(), func(res *Response, err error) { last = err; r.answer(res, err) }); err != nil {
					t.Fatal(err)
				}
				pass(31900 * time.Millisecond)
				if got := r.all(); got != "" {
					t.Fatalf("told %q before 64*T1", got)
				}
				pass(200 * time.Millisecond)
				if got := r.all(); got != "error" || !errors.Is(last, ErrTimeout) {
					t.Fatalf("told %q, %v; want ErrTimeout", got, last)
				}
				if got := len(peer.sent(t)); got != transmissions {
					t.Errorf("%d transmissions, want %d", got, transmissions)
				}
				if c, _ := e.tables(); c != 0 {
					t.Errorf("%d transactions are left", c)
				}
			})
		})
	}
}

func TestRequestHeaders(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		req := outgoing(OPTIONS)
		req.AppendHeader(&ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "old"})
		before := req.String()
		tx, err := e.Request(req, peer.target(), r.answer)
		if err != nil {
			t.Fatal(err)
		}
		if req.String() != before {
			t.Errorf("the caller's request was changed:\n%s", req)
		}
		out := peer.messages(t)[0].(*Request)
		vias := HeaderValues(out, "Via")
		if len(vias) != 1 || !strings.HasPrefix(vias[0], "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK") || !strings.HasSuffix(vias[0], ";rport") {
			t.Errorf("Via %q", vias)
		}
		for name, want := range map[string]string{"Max-Forwards": "70", "User-Agent": "test", "Content-Length": "0"} {
			if got := HeaderValue(out, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if got := tx.Request().String(); got != out.String() {
			t.Errorf("Request() isn't what was sent:\n%s", got)
		}
	})
}

// A call that rings for long isn't ended by timer B, though its 100 came at once.
func TestRingingOutlivesTimerB(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		if _, err := e.Request(outgoing(INVITE), peer.target(), r.answer); err != nil {
			t.Fatal(err)
		}
		invite := peer.messages(t)[0]
		peer.send(reply(invite, 100, ""))
		peer.send(reply(invite, 180, "x"))
		pass(3 * time.Minute)
		if got := peer.sent(t); len(got) != 0 {
			t.Errorf("sent %q after a provisional response", got)
		}
		peer.send(reply(invite, 200, "x"))
		if got := r.all(); got != "100, 180 x, 200 x" {
			t.Errorf("told %q", got)
		}
	})
}

// Catalogue 21; RFC 3261, section 13.2.2.4.
func TestForked2xx(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		if _, err := e.Request(outgoing(INVITE), peer.target(), r.answer); err != nil {
			t.Fatal(err)
		}
		invite := peer.messages(t)[0]
		for _, res := range []struct {
			code int
			tag  string
		}{{183, "a"}, {180, "b"}, {200, "a"}, {180, "b"}, {200, "b"}, {200, "a"}, {486, "c"}} {
			peer.send(reply(invite, res.code, res.tag))
		}
		if got := r.all(); got != "183 a, 180 b, 200 a, 200 b, 200 a" {
			t.Errorf("told %q", got)
		}
		if got := peer.sent(t); len(got) != 0 {
			t.Errorf("the transaction sent %q: the ACK is the dialog's", got)
		}
		pass(33 * time.Second)
		if c, _ := e.tables(); c != 0 {
			t.Error("the transaction outlives timer M")
		}
		peer.send(reply(invite, 200, "a"))
		if got := r.all(); got != "183 a, 180 b, 200 a, 200 b, 200 a" || e.Stats().Stray != 3 {
			t.Errorf("told %q, %d strays", got, e.Stats().Stray)
		}
	})
}

func TestFailureIsAcknowledged(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		if _, err := e.Request(outgoing(INVITE), peer.target(), r.answer); err != nil {
			t.Fatal(err)
		}
		invite := peer.messages(t)[0]
		for range 3 {
			peer.send(reply(invite, 486, "x"))
			acks := peer.messages(t)
			if len(acks) != 1 || acks[0].(*Request).Method != ACK {
				t.Fatalf("a 486 was answered with %v", acks)
			}
			if a := acks[0]; a.Via().String() != invite.Via().String() || Tag(a.To()) != "x" || a.CSeq().SeqNo != 1 {
				t.Errorf("the ACK isn't the INVITE's:\n%s", a)
			}
		}
		peer.send(reply(invite, 200, "x"))
		if got := r.all(); got != "486 x" {
			t.Errorf("told %q", got)
		}
		pass(33 * time.Second)
		if c, _ := e.tables(); c != 0 {
			t.Error("the transaction outlives timer D")
		}
	})
}

func TestNonInviteAnswer(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		if _, err := e.Request(outgoing(OPTIONS), peer.target(), r.answer); err != nil {
			t.Fatal(err)
		}
		req := peer.messages(t)[0]
		for range 3 {
			peer.send(reply(req, 200, "x"))
		}
		if got := r.all(); got != "200 x" {
			t.Errorf("told %q", got)
		}
		pass(time.Minute)
		if got := peer.sent(t); len(got) != 0 {
			t.Errorf("sent %q after the answer", got)
		}
		if s := e.Stats(); s.Stray != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

// Catalogue 28; RFC 3261, section 9.1.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name, want string
		final      int
		after      time.Duration
	}{
		{"487", "180 x, 487 x", 487, 0},
		{"crossed by a 200", "180 x, 200 x", 200, 0},
		{"nothing comes", "180 x, error", 0, 33 * time.Second},
		{"nothing comes for a while", "180 x", 0, 31 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
				var cancelled told
				tx, err := e.Request(outgoing(INVITE), peer.target(), r.answer)
				if err != nil {
					t.Fatal(err)
				}
				invite := peer.messages(t)[0].(*Request)
				peer.send(reply(invite, 180, "x"))
				if got := r.all(); got != "180 x" {
					t.Fatalf("told %q", got)
				}
				if _, err := e.Cancel(tx, cancelled.answer); err != nil {
					t.Fatal(err)
				}
				cancel := peer.messages(t)[0].(*Request)
				if cancel.Method != CANCEL || cancel.Via().String() != invite.Via().String() || Tag(cancel.To()) != "" ||
					cancel.Recipient.String() != invite.Recipient.String() || cancel.CSeq().Value() != "1 CANCEL" {
					t.Errorf("not the CANCEL of the INVITE:\n%s", cancel)
				}
				peer.send(reply(cancel, 200, "y"))
				if c.final != 0 {
					peer.send(reply(invite, c.final, "x"))
				}
				pass(c.after)
				if got := r.all(); got != c.want {
					t.Errorf("told %q, want %q", got, c.want)
				}
				if got := cancelled.all(); got != "200 y" {
					t.Errorf("of the CANCEL was told %q", got)
				}
				if c.final != 0 {
					if _, err := e.Cancel(tx, nil); !errors.Is(err, ErrNotCancellable) {
						t.Errorf("a second CANCEL: %v", err)
					}
				}
			})
		})
	}
}

// A handler may call the endpoint, and is never called after Abandon.
func TestAbandonFromTheHandler(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		var tx ClientTransaction
		tx, err := e.Request(outgoing(INVITE), peer.target(), func(res *Response, err error) {
			r.answer(res, err)
			tx.Abandon()
			if _, err := e.Request(outgoing(OPTIONS), peer.target(), r.answer); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := peer.messages(t)[0]
		peer.send(reply(invite, 180, "x"))
		peer.send(reply(invite, 183, "x"))
		peer.send(reply(invite, 200, "x"))
		if got := r.all(); got != "180 x" {
			t.Errorf("told %q", got)
		}
		if got := peer.sent(t); !reflect.DeepEqual(got, []string{"OPTIONS sip:bob@192.0.2.2:5070 SIP/2.0"}) {
			t.Errorf("sent %q", got)
		}
	})
}

func TestSendKeepsItsBranch(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		ack, other := outgoing(ACK), outgoing(ACK)
		other.CSeq().SeqNo = 2
		for _, req := range []*Request{ack, ack, other} {
			if err := e.Send(req, peer.target()); err != nil {
				t.Fatal(err)
			}
		}
		m := peer.messages(t)
		if m[0].String() != m[1].String() {
			t.Errorf("an ACK sent again differs:\n%s%s", m[0], m[1])
		}
		if m[0].Via().String() == m[2].Via().String() {
			t.Error("another ACK has the same branch")
		}
	})
}

// A proxy keeps the Vias, and its ACK to a failure has its own alone.
func TestForward(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		peer.send(incoming(INVITE, "z9hG4bKcaller"))
		in := r.next(t, INVITE)[0]
		if _, err := e.Forward(in.Request(), peer.target(), "z9hG4bKproxy", r.answer); err != nil {
			t.Fatal(err)
		}
		out := peer.messages(t)[0].(*Request)
		vias := HeaderValues(out, "Via")
		if len(vias) != 2 || vias[0] != "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKproxy;rport" || !strings.Contains(vias[1], "z9hG4bKcaller") {
			t.Fatalf("Vias %q", vias)
		}
		if _, err := e.Forward(in.Request(), peer.target(), "z9hG4bKproxy", nil); err == nil {
			t.Error("one branch made two transactions")
		}
		peer.send(reply(out, 486, "x"))
		acks := peer.messages(t)
		if len(acks) != 1 || len(acks[0].GetHeaders("via")) != 1 || acks[0].Via().String() != out.Via().String() {
			t.Errorf("the ACK: %v", acks)
		}
		if err := e.ForwardAck(outgoing(ACK), peer.target(), "z9hG4bKack"); err != nil {
			t.Error(err)
		}
		if a := peer.messages(t)[0]; !strings.Contains(a.Via().String(), "z9hG4bKack") || a.(*Request).MaxForwards() != nil {
			t.Errorf("the ACK forwarded:\n%s", a)
		}
	})
}

func TestUnreachable(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		for _, to := range []Target{{}, {Transport: TCP, Addr: peer.addr}, {Transport: TCP, Addr: netip.MustParseAddrPort("[2001:db8::1]:5060")}} {
			if _, err := e.Request(outgoing(OPTIONS), to, r.answer); !errors.Is(err, ErrTransport) {
				t.Errorf("%v: %v", to, err)
			}
			if err := e.Send(outgoing(ACK), to); !errors.Is(err, ErrTransport) {
				t.Errorf("%v: %v", to, err)
			}
		}
		if c, _ := e.tables(); c != 0 || r.all() != "" {
			t.Errorf("%d transactions, told %q", c, r.all())
		}
	})
}

func TestSendFails(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		peer.peer.cut.Store(true)
		_, err := e.Request(outgoing(INVITE), peer.target(), r.answer)
		if !errors.Is(err, ErrTransport) || !errors.Is(err, syscall.ENETUNREACH) ||
			err.Error() != "can't reach the peer: udp 192.0.2.2:5070: network is unreachable" {
			t.Errorf("%v", err)
		}
		if c, _ := e.tables(); c != 0 || r.all() != "" {
			t.Errorf("%d transactions are left, told %q", c, r.all())
		}
	})
}

func TestClosedEndpoint(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		if _, err := e.Request(outgoing(INVITE), peer.target(), r.answer); err != nil {
			t.Fatal(err)
		}
		peer.send(incoming(INVITE, "z9hG4bK1"))
		tx := r.next(t, INVITE)[0]
		peer.messages(t)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Request(outgoing(INVITE), peer.target(), r.answer); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		_ = tx.Respond(NewResponse(tx.Request(), 180, "")) // must not hang
		if got := r.all(); got != "" {
			t.Errorf("told %q", got)
		}
	})
}
