package sip

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// large makes a request that no datagram should carry.
func large(m Method) *Request {
	req := outgoing(m)
	req.AppendHeader(NewHeader("Contact", "<sip:alice@192.0.2.1:5060>"))
	req.SetBody(bytes.Repeat([]byte("0123456789"), 130))
	return req
}

// bothPeer listens on UDP and TCP of one port.
func bothPeer(t *testing.T) (*net.UDPConn, net.Listener) {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addrOf(l.Addr())))
		if err != nil {
			_ = l.Close()
			continue
		}
		t.Cleanup(func() { _ = l.Close(); _ = u.Close() })
		return u, l
	}
	t.Fatal("no port is free for UDP and TCP")
	return nil, nil
}

// Catalogue 6 (RFC 3261, section 18.1.1).
func TestInterop06LargeRequest(t *testing.T) {
	t.Run("by TCP", func(t *testing.T) {
		r := listen(t, "127.0.0.1")
		u, l := bothPeer(t)
		to := Target{Addr: addrOf(l.Addr())}
		tx, err := r.Request(large(INVITE), to, r.answer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s := newStream(t, c)
		invite := s.message()
		via := invite.Via()
		if via.Transport != "TCP" || via.Port != int(r.LocalAddr(TCP).Port()) {
			t.Errorf("Via %s", via)
		}
		if got := HeaderValue(invite, "Contact"); got != "<sip:alice@192.0.2.1:5060>" {
			t.Errorf("Contact %s", got)
		}
		s.write(reply(invite, 180, "x"))
		if got := want(t, r.answers); got != "180" {
			t.Errorf("told %s", got)
		}
		// A CANCEL has to go where the INVITE went, small as it is (section 9.1).
		if _, err := r.Cancel(tx, nil); err != nil {
			t.Fatal(err)
		}
		cancel := s.message()
		if a, b := cancel.Via().String(), via.String(); a != b {
			t.Errorf("the CANCEL's Via is %s, not %s", a, b)
		}
		s.write(reply(invite, 487, "x"))
		if got := want(t, r.answers); got != "487" {
			t.Errorf("told %s", got)
		}
		if ack := s.message().(*Request); ack.Method != ACK {
			t.Errorf("%s", ack.StartLine())
		}
		// What is small goes by UDP, with the connection still open.
		if _, err := r.Request(outgoing(OPTIONS), to, r.answer); err != nil {
			t.Fatal(err)
		}
		_ = u.SetReadDeadline(time.Now().Add(patience))
		small := readMessage(t, u)
		if small.Via().Transport != "UDP" {
			t.Errorf("Via %s", small.Via())
		}
		if _, err := u.WriteToUDPAddrPort([]byte(reply(small, 200, "x")), r.LocalAddr(UDP)); err != nil {
			t.Fatal(err)
		}
		if got := want(t, r.answers); got != "200" {
			t.Errorf("told %s", got)
		}
		// An ACK may be large, too.
		if err := r.Send(large(ACK), to); err != nil {
			t.Fatal(err)
		}
		if ack := s.message().(*Request); ack.Method != ACK || ack.Via().Transport != "TCP" {
			t.Errorf("%s by %s", ack.StartLine(), ack.Via())
		}
	})
	t.Run("TCP refused", func(t *testing.T) {
		r := listen(t, "127.0.0.1")
		peer := udpPeer(t, "127.0.0.1") // and nobody on TCP
		to := Target{Addr: addrOf(peer.LocalAddr())}
		branches := map[string]bool{}
		for i := range 3 { // the second and third know already
			tx, err := r.Request(large(INVITE), to, r.answer)
			if err != nil {
				t.Fatal(err)
			}
			invite := readMessage(t, peer)
			if via := invite.Via(); via.Transport != "UDP" || via.Port != int(r.LocalAddr(UDP).Port()) || len(invite.GetHeaders("via")) != 1 {
				t.Errorf("Via %s", via)
			}
			if len(invite.Body()) != 1300 {
				t.Errorf("%d bytes of body", len(invite.Body()))
			}
			branches[clientKey(invite)] = true
			if tx.Request().Via().String() != invite.Via().String() {
				t.Errorf("the transaction's request has the Via %s", tx.Request().Via())
			}
			if _, err := peer.WriteToUDPAddrPort([]byte(reply(invite, 180+i, "x")), r.LocalAddr(UDP)); err != nil {
				t.Fatal(err)
			}
			if got := want(t, r.answers); got != fmt.Sprint(180+i) {
				t.Errorf("told %s", got)
			}
			if _, err := r.Cancel(tx, nil); err != nil {
				t.Fatal(err)
			}
			if cancel := readMessage(t, peer); cancel.Via().String() != invite.Via().String() {
				t.Errorf("the CANCEL's Via is %s", cancel.Via())
			}
			tx.Abandon()
		}
		if len(branches) != 3 {
			t.Errorf("branches %v", branches)
		}
		ack := large(ACK)
		r.noTCP = map[netip.AddrPort]time.Time{} // forget, to be refused again
		if err := r.Send(ack, to); err != nil {
			t.Fatal(err)
		}
		for {
			m := readMessage(t, peer).(*Request)
			if m.Method == CANCEL {
				continue // again
			}
			if m.Method != ACK || m.Via().Transport != "UDP" {
				t.Errorf("%s by %s", m.StartLine(), m.Via())
			}
			break
		}
	})
	t.Run("neither", func(t *testing.T) {
		r := listen(t, "127.0.0.1")
		peer := udpPeer(t, "127.0.0.1")
		to := Target{Addr: addrOf(peer.LocalAddr())}
		tx, err := r.Request(large(INVITE), to, r.answer)
		if err != nil {
			t.Fatal(err)
		}
		tx.Abandon() // before or after the refusal: nothing more is told
		if c, _ := r.tables(); c > 1 {
			t.Errorf("%d transactions", c)
		}
	})
	t.Run("responses", func(t *testing.T) {
		r := listen(t, "127.0.0.1")
		peer := udpPeer(t, "127.0.0.1")
		text := strings.Replace(incoming(OPTIONS, "z9hG4bK1"), "192.0.2.2:5070", "somewhere;rport", 1)
		if _, err := peer.WriteToUDPAddrPort([]byte(text), r.LocalAddr(UDP)); err != nil {
			t.Fatal(err)
		}
		tx := want(t, r.requests)
		res := NewResponse(tx.Request(), 200, "")
		res.SetBody(make([]byte, 4000))
		if err := tx.Respond(res); err != nil {
			t.Fatal(err)
		}
		if got := readMessage(t, peer); len(got.Body()) != 4000 {
			t.Errorf("%d bytes came", len(got.Body()))
		}
	})
}
