package peers

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"offhook/test/lab"
	"offhook/ua/uatest"
)

// shout is a packet of a 1300 Hz tone at full scale, which no peer of these tests sends.
func shout(seq uint16, ssrc byte) []byte {
	raw := []byte{0x80, 0, byte(seq >> 8), byte(seq), 0, byte(uint32(seq) * 160 >> 16), byte(uint32(seq) * 160 >> 8), byte(uint32(seq) * 160), 0, 0, 0, ssrc}
	for i := range 160 {
		raw = append(raw, muLaw(30000*math.Sin(2*math.Pi*1300*float64(int(seq)*160+i)/8000)))
	}
	return raw
}

// TestInterop52InjectedStreams: somebody sends streams to the call's port, from elsewhere and
// with the peer's forged address, beside the peer and while it is silent: none is ever
// heard, and nothing goes to whoever sends them (RFC 4961; RFC 7362, section 5).
func TestInterop52InjectedStreams(t *testing.T) {
	t.Parallel()
	c := dialCrafted(t, nil, "--duration", "9s")
	stranger, forger := udp(t, 0), lab.StartForger(t)
	peer := netip.MustParseAddrPort(c.media.LocalAddr().String())
	seq := uint16(0)
	inject := func(int) {
		for range 3 {
			seq++
			stranger.WriteToUDPAddrPort(shout(seq, 66), c.to)
			stranger.WriteToUDPAddrPort([]byte{0x80, 203, 0, 1, 0, 0, 0, 1}, c.toRTCP()) // BYE
		}
	}
	c.speak(time.Second, nil)
	c.speak(2*time.Second, inject)
	for i := range 100 { // 2 s in which the peer says nothing
		inject(i)
		time.Sleep(20 * time.Millisecond)
	}
	c.speak(time.Second, func(int) {
		for range 2 {
			seq++
			forger.Send(peer, c.to, shout(seq, 67))
		}
	})
	c.speak(time.Second, nil)
	ended := c.over()
	stranger.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if n, _, err := stranger.ReadFromUDPAddrPort(make([]byte, 2000)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d octets went to the stranger (%v)", n, err)
	}
	if code := c.o.Wait(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, c.o.Output())
	}
	ear := lab.ReadWAV(t, c.rec, 1)
	mine, theirs := amplitude(ear, 400), amplitude(ear, 1300)
	t.Logf("the peer's tone has an amplitude of %.4f, the stranger's of %.5f; %v of the peer's packets were lost", mine, theirs, ended.Num("stats.packets_lost"))
	if theirs > 0.01 || mine < 0.2 {
		t.Errorf("in the ear: %.4f of the stranger's tone, %.4f of the peer's", theirs, mine)
	}
	if lost := ended.Num("stats.packets_lost"); lost > 5 {
		t.Errorf("%v of the peer's packets were lost", lost)
	}
}

// TestInterop43OddReportPort: reports go to the port that the answer's a=rtcp names
// (RFC 3605), and rtcp-mux that we haven't offered isn't obeyed (RFC 5761, section 5.1.1).
func TestInterop43OddReportPort(t *testing.T) {
	t.Parallel()
	odd := udp(t, 0)
	c := dialCrafted(t, []string{fmt.Sprintf("rtcp:%d", odd.LocalAddr().(*net.UDPAddr).Port), "rtcp-mux"}, "--duration", "9s")
	done := make(chan error, 1)
	go func() {
		odd.SetReadDeadline(time.Now().Add(8 * time.Second))
		raw := make([]byte, 2000)
		n, from, err := odd.ReadFromUDPAddrPort(raw)
		switch {
		case err != nil:
			done <- err
		case n < 8 || raw[1] != 200 && raw[1] != 201 || from.Port() != c.to.Port()+1:
			done <- fmt.Errorf("%x from %v, offhook's RTP is at %v", raw[:n], from, c.to)
		default:
			done <- nil
		}
	}()
	c.speak(8*time.Second, nil)
	if err := <-done; err != nil {
		t.Errorf("no report at the odd port: %v", err)
	}
	c.over()
}

// TestHoldKeepsTheWayOpen: while offhook holds the peer, empty packets of the same stream
// keep NATs open (RFC 6263, section 4.6).
func TestHoldKeepsTheWayOpen(t *testing.T) {
	t.Parallel()
	c := dialCrafted(t, nil, "--duration", "6s", "--hold-after", "1s", "--media-keepalive", "1s")
	inv := c.peer.Expect("INVITE")
	port := c.media.LocalAddr().(*net.UDPAddr).Port
	c.leg.Reply(inv, 200, uatest.SDP(netip.MustParseAddr(lab.IP), port, "recvonly"))
	c.peer.Expect("ACK")
	held := time.Now().Add(500 * time.Millisecond) // what was on its way has come
	var ssrc uint32
	empty, voice := 0, 0
	for end := held.Add(3500 * time.Millisecond); time.Now().Before(end); {
		c.media.SetReadDeadline(end)
		raw := make([]byte, 2000)
		n, _, err := c.media.ReadFromUDPAddrPort(raw)
		if err != nil {
			break
		}
		id := uint32(raw[8])<<24 | uint32(raw[9])<<16 | uint32(raw[10])<<8 | uint32(raw[11])
		switch {
		case ssrc == 0:
			ssrc = id
		case id != ssrc:
			t.Errorf("another stream, of SSRC %x", id)
		}
		if time.Now().Before(held) {
			continue
		}
		if n == 12 {
			empty++
		} else {
			voice++
		}
	}
	if empty < 2 || empty > 4 || voice != 0 {
		t.Errorf("%d empty packets and %d others in 3.5 s of hold", empty, voice)
	}
	c.over()
}
