package audio

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec/g711"
)

var (
	pair  = netip.MustParseAddrPort("198.51.100.20:6000") // what was found to work
	other = netip.MustParseAddrPort("198.51.100.21:6000")
)

// carried is a Carrier that keeps what it is given.
type carried struct {
	mu   sync.Mutex
	sent [][]byte
	err  error
}

func (c *carried) Send(raw []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, bytes.Clone(raw))
	return c.err
}

func (c *carried) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent)
}

// A route takes the place of signalling: packets go there and nowhere else, and only who
// is verified is heard, whatever the latch would believe.
func TestRouteDecidesWhoIsHeard(t *testing.T) {
	l := newListener(t)
	l.to = nil
	l.setRoute(Route{Remote: pair, Verified: func(from netip.AddrPort) bool { return from == other }}, l.now)
	for i := range 20 {
		l.tick()
		l.take(packet(0, uint16(500+i), uint32(160*i), 9, l.tone), far) // the address of signalling
	}
	l.drain(l.now)
	if n := l.odds.count[OddStranger]; n != 20 {
		t.Errorf("%d packets of nobody who was verified, want 20", n)
	}
	if n := len(l.to); n < 19 || slices.ContainsFunc(l.to, func(to netip.AddrPort) bool { return to != pair }) {
		t.Errorf("%d packets, to %v", n, l.to)
	}
	for _, from := range []netip.AddrPort{pair, other} {
		before := l.recv.rx.Totals().Packets
		for range 5 {
			l.step()
			l.take(packet(0, l.seq, l.stamp, 1, l.tone), from)
			l.seq, l.stamp = l.seq+1, l.stamp+160
			l.drain(l.now)
		}
		if n := l.recv.rx.Totals().Packets - before; n != 5 {
			t.Errorf("%d of 5 packets from %v are heard", n, from)
		}
	}
	if l.remote() != pair {
		t.Errorf("packets go to %v: a verified source isn't where to send", l.remote())
	}
	l.setRoute(Route{}, l.now)
	if l.remote() != far {
		t.Errorf("without the route packets go to %v, want %v", l.remote(), far)
	}
}

// Before a pair is chosen nothing is sent (RFC 7675, section 5), but who passed a check is
// heard (RFC 8445, section 12.2).
func TestRouteSendsNothingBeforeAPair(t *testing.T) {
	b := newKeeper(t)
	b.setRoute(Route{Verified: func(from netip.AddrPort) bool { return from == other }}, b.now)
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	for i := range 10 {
		b.tick()
		b.take(packet(0, uint16(i), uint32(160*i), 5, make([]byte, 160)), other)
	}
	b.drain(b.now)
	if len(b.sent) != 0 || len(b.reports) != 0 {
		t.Errorf("%d packets and %d reports before a way was found", len(b.sent), len(b.reports))
	}
	if n := b.recv.rx.Totals().Packets; n < 9 {
		t.Errorf("%d packets heard", n)
	}
	b.setRoute(Route{Remote: pair}, b.now)
	b.tick()
	if len(b.to) == 0 || b.to[0] != pair {
		t.Errorf("sent to %v", b.to)
	}
}

// With a Carrier nothing leaves by the socket, reports neither; what it can't carry is
// counted and the call goes on.
func TestRouteViaACarrier(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	p.RTCPMux = true
	b.apply(p, b.now)
	b.tick()
	before := len(b.sent)
	c := &carried{}
	b.setRoute(Route{Remote: pair, Via: c}, b.now)
	for range 400 {
		b.tick()
		b.report(b.now)
	}
	reports := 0
	for _, raw := range c.sent {
		if raw[1] == 200 {
			reports++
		}
	}
	if len(b.sent) != before || len(b.reports) != 0 || c.count() != 400+reports || reports == 0 {
		t.Errorf("%d by the socket, %d reports by theirs, %d carried with %d reports", len(b.sent)-before, len(b.reports), c.count(), reports)
	}
	c.err = errors.New("the relay is gone")
	errs := b.sendErrors
	b.tick()
	if b.sendErrors != errs+1 {
		t.Error("a packet that can't be carried isn't counted")
	}
}

// Without rtcp-mux reports go only to a host that has agreed to hear us.
func TestRouteReports(t *testing.T) {
	b := newBareLoop(t)
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	b.setRoute(Route{Remote: pair}, b.now)
	if to, _ := b.reportTo(); to.IsValid() {
		t.Errorf("reports go to %v, which nobody checked", to)
	}
	p.RemoteRTCP = netip.AddrPortFrom(pair.Addr(), 7001)
	b.apply(p, b.now)
	if to, mux := b.reportTo(); to != p.RemoteRTCP || mux {
		t.Errorf("reports go to %v %v, want %v", to, mux, p.RemoteRTCP)
	}
}

// What is delivered counts as if it had come on the socket: voice waits for the beat, the
// rest is looked at now, and a flood of it is bounded.
func TestDeliver(t *testing.T) {
	virtual(t, EngineConfig{}, func(t *testing.T, e *Engine) {
		var got [][]byte
		p := newDryPhone(e)
		p.o.OnSTUN = func(raw []byte, from netip.AddrPort, _ time.Time) {
			if from != other {
				t.Errorf("from %v", from)
			}
			got = append(got, bytes.Clone(raw))
		}
		p.Apply(talk(far, g711.PCMU{}, 0))
		p.SetRoute(Route{Remote: pair})
		time.Sleep(30 * time.Millisecond)
		synctest.Wait()
		stun := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
		p.Deliver(stun, other, time.Now())
		synctest.Wait()
		if len(got) != 1 || !bytes.Equal(got[0], stun) {
			t.Fatalf("%d messages at once", len(got))
		}
		for i := range 10 {
			p.Deliver(rtpPacket(uint16(i), uint32(160*i)), pair, time.Now())
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		if n := p.Stats().PacketsReceived; n < 9 {
			t.Errorf("%d packets of 10", n)
		}
		lost := p.Stats().Discarded
		for i := range inletSlots + 30 { // between two beats
			p.Deliver(rtpPacket(uint16(10+i), uint32(160*(10+i))), pair, time.Now())
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if n := p.Stats().Discarded - lost; n < 30 {
			t.Errorf("%d of 30 that found no room are counted", n)
		}
	})
}

// While it is attentive a loop looks every 5 ms, also when nothing gives it a beat.
func TestAttentive(t *testing.T) {
	virtual(t, EngineConfig{}, func(t *testing.T, e *Engine) {
		var at []time.Time
		p := newDryPhone(e)
		p.o.OnSTUN = func([]byte, netip.AddrPort, time.Time) { at = append(at, time.Now()) }
		in := p.l.rtpConn.(*fakeSocket)
		stun := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
		p.Attentive(true)
		p.Attentive(true)
		synctest.Wait()
		for range 20 {
			came := time.Now()
			in.take(stun, other, came)
			time.Sleep(attentiveLook)
			synctest.Wait()
			if n := len(at); n == 0 || at[n-1].Sub(came) > attentiveLook {
				t.Fatalf("no look within %v", attentiveLook)
			}
		}
		p.Attentive(false)
		time.Sleep(idlePoll)
		synctest.Wait()
		in.take(stun, other, time.Now())
		seen := len(at)
		time.Sleep(idlePoll / 4)
		synctest.Wait()
		if len(at) != seen && len(at) != seen+1 {
			t.Error("it goes on looking")
		}
	})
}

// Datagrams leave by the session's own socket, from any goroutine, before anything was
// negotiated and after a move; after the end there is an error.
func TestSendDatagram(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a := openPhone(t, e)
	got := make(chan netip.AddrPort, 100)
	b, err := e.Open(t.Context(), OpenOptions{Local: loopback, OnSTUN: func(raw []byte, from netip.AddrPort, _ time.Time) {
		if bytes.Equal(raw, []byte{1, 2, 3}) || raw[0] == 64 {
			got <- from
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.Attentive(true)
	var many sync.WaitGroup
	for i := range 8 {
		many.Go(func() {
			raw := [][]byte{{1, 2, 3}, {64, 0, 0, 1}}[i%2]
			if err := a.SendDatagram(raw, b.LocalAddr()); err != nil {
				t.Error(err)
			}
		})
	}
	for range 8 {
		if from := <-got; from != a.LocalAddr() {
			t.Errorf("from %v, want %v", from, a.LocalAddr())
		}
	}
	many.Wait()
	if err := a.SendMedia([]byte{1, 2, 3}); !errors.Is(err, ErrNoWay) {
		t.Errorf("before anything is known: %v", err)
	}
	if err := a.Move(t.Context(), netip.MustParseAddr("127.0.0.3"), nil); err != nil {
		t.Fatal(err)
	}
	a.SetRoute(Route{Remote: b.LocalAddr()})
	a.Attentive(false) // answered in order: the route is set then
	for errors.Is(a.SendMedia([]byte{1, 2, 3}), ErrNoWay) {
		<-time.After(time.Millisecond)
	}
	if from := <-got; from != a.LocalAddr() {
		t.Errorf("after the move from %v, want %v", from, a.LocalAddr())
	}
	a.Close()
	if err := a.SendDatagram([]byte{1, 2, 3}, b.LocalAddr()); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// The way of a packet costs no memory.
func TestSendDatagramAllocatesNothing(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	raw, to := []byte{1, 2, 3, 4}, b.LocalAddr()
	if n := testing.AllocsPerRun(100, func() { _ = a.SendDatagram(raw, to) }); n != 0 {
		t.Errorf("SendDatagram allocates %v", n)
	}
	voice, now := rtpPacket(1, 0), time.Now()
	a.Deliver(voice, to, now)
	if n := testing.AllocsPerRun(100, func() { a.Deliver(voice, to, now) }); n != 0 {
		t.Errorf("Deliver allocates %v", n)
	}
}

func TestContacts(t *testing.T) {
	var c contacts
	at := func(i int) netip.AddrPort { return netip.AddrPortFrom(loopback, uint16(i)) }
	for i := range 2 * maxContacts {
		c.note(at(i + 1))
	}
	c.note(at(12))
	list := c.append(nil)
	if len(list) != maxContacts || list[0] != at(12) || list[1] != at(16) || list[maxContacts-1] != at(9) {
		t.Errorf("%v", list)
	}
	seen := map[netip.AddrPort]bool{}
	for _, a := range list {
		if seen[a] {
			t.Errorf("%v is there twice", a)
		}
		seen[a] = true
	}
}

// Nor does a packet that comes or goes by a route.
func TestRouteAllocatesNothing(t *testing.T) {
	l := newListener(t)
	l.keep = false
	sent := 0
	l.setRoute(Route{Remote: pair, Via: counter{&sent}, Verified: func(from netip.AddrPort) bool { return from == other }}, l.now)
	p, pcm := packet(0, 0, 0, 1, l.tone), make([]int16, 160)
	n := testing.AllocsPerRun(300, func() {
		l.step()
		p[2], p[3] = byte(l.seq>>8), byte(l.seq)
		p[4], p[5], p[6], p[7] = byte(l.stamp>>24), byte(l.stamp>>16), byte(l.stamp>>8), byte(l.stamp)
		l.seq, l.stamp = l.seq+1, l.stamp+160
		l.s.Deliver(p, other, l.now)
		l.take(p, attacker)
		l.drain(l.now)
		l.recv.now = l.now
		_, _ = l.recv.Read(pcm)
		l.sendFrame(l.now)
	})
	if n != 0 || sent < 300 {
		t.Errorf("%v allocations, %d packets sent", n, sent)
	}
}

// counter is a Carrier that only counts.
type counter struct{ n *int }

func (c counter) Send([]byte) error {
	*c.n++
	return nil
}
