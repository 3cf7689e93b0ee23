package audio

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec/g711"
)

// TestMoveKeepsTheStream moves a session in the middle of its stream: the packets go on from the
// new socket with the next number, time and the same SSRC, none is left out or sent twice,
// and what waited in the old socket is still heard.
func TestMoveKeepsTheStream(t *testing.T) {
	virtual(t, EngineConfig{}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		time.Sleep(time.Second + 5*time.Millisecond)
		synctest.Wait()
		before := len(p.sent())
		old := p.l.rtpConn.(*fakeSocket)
		old.take(rtpPacket(1, 0), far, time.Now())
		media := newFakeSocket(old.out)
		there := netip.MustParseAddrPort("198.51.100.1:4000")
		p.mail.post(func() {
			p.l.move(plugs{place{there, nextPort(there)}, media, newFakeSocket(func([]byte, netip.AddrPort) {})}, time.Now())
		})
		time.Sleep(time.Second)
		synctest.Wait()
		all := p.sent()
		if n := len(all); n < before+49 || n > before+51 {
			t.Errorf("%d packets in the second after the move", n-before)
		}
		for i := 1; i < len(all); i++ {
			a, b := all[i-1].raw, all[i].raw
			if d := binary.BigEndian.Uint16(b[2:]) - binary.BigEndian.Uint16(a[2:]); d != 1 {
				t.Fatalf("sequence step %d at packet %d (the move is at %d)", d, i, before)
			}
			if d := binary.BigEndian.Uint32(b[4:]) - binary.BigEndian.Uint32(a[4:]); d != 160 {
				t.Fatalf("timestamp step %d at packet %d (the move is at %d)", d, i, before)
			}
			if binary.BigEndian.Uint32(a[8:]) != binary.BigEndian.Uint32(b[8:]) {
				t.Fatalf("another SSRC at packet %d (the move is at %d)", i, before)
			}
		}
		if p.LocalAddr() != there {
			t.Errorf("it is at %v, want %v", p.LocalAddr(), there)
		}
		if got := p.Stats().PacketsReceived; got != 1 {
			t.Errorf("%d packets of the old socket counted, want 1", got)
		}
	})
}

// rtpPacket is a PCMU packet of silence.
func rtpPacket(seq uint16, at uint32) []byte {
	raw := make([]byte, 12+160)
	raw[0] = 0x80
	binary.BigEndian.PutUint16(raw[2:], seq)
	binary.BigEndian.PutUint32(raw[4:], at)
	binary.BigEndian.PutUint32(raw[8:], 77)
	for i := 12; i < len(raw); i++ {
		raw[i] = muSilence
	}
	return raw
}

// TestMoveOverSockets moves one side of a call to another address: the other side
// follows its packets, and both are heard again.
func TestMoveOverSockets(t *testing.T) {
	e := newEngine(t, EngineConfig{SilentAfter: time.Minute})
	a, b := openPhone(t, e), openPhone(t, e)
	a.Apply(talk(b.LocalAddr(), g711.PCMU{}, 0))
	b.Apply(talk(a.LocalAddr(), g711.PCMU{}, 0))
	wait[FirstPacket](t, a)
	wait[FirstPacket](t, b)
	there := netip.MustParseAddr("127.0.0.2")
	asked := false
	err := a.Move(t.Context(), there, func(_ context.Context, c ProbeConn) error {
		asked = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.LocalAddr().Addr() != there || !asked {
		t.Errorf("it is at %v; probed: %v", a.LocalAddr(), asked)
	}
	b.Apply(talk(a.LocalAddr(), g711.PCMU{}, 0)) // as a re-INVITE says
	was := a.Stats().PacketsReceived
	for late := time.Now().Add(10 * time.Second); a.Stats().PacketsReceived < was+20; {
		if time.Now().After(late) {
			t.Fatalf("nothing comes after the move: %+v", a.Stats())
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestMoveThatFails leaves the session where it was.
func TestMoveThatFails(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a := openPhone(t, e)
	was := a.LocalAddr()
	if err := a.Move(t.Context(), netip.MustParseAddr("192.0.2.1"), nil); err == nil {
		t.Error("it moved to an address that isn't ours")
	}
	bad := errors.New("no answer")
	if err := a.Move(t.Context(), loopback, func(context.Context, ProbeConn) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("a probe that fails: %v", err)
	}
	if a.LocalAddr() != was {
		t.Errorf("it is at %v, not at %v", a.LocalAddr(), was)
	}
	a.Close()
	if err := a.Move(t.Context(), loopback, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
