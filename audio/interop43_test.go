package audio

import (
	"net/netip"
	"testing"
	"time"

	"offhook/codec/g711"
)

// Row 43: reports go to the port that a=rtcp names, however odd (RFC 3605, section 2.1),
// and come from there; where rtcp-mux was refused they stay off the port of RTP (RFC 5761,
// section 5.1.1).
func TestInterop43ReportsKeepToTheirPort(t *testing.T) {
	odd := netip.AddrPortFrom(far.Addr(), 53021)
	for _, tt := range []struct {
		name  string
		rtcp  netip.AddrPort
		mux   bool
		apart int // of those that leave, by the port of RTCP: 1 all, 0 none
		want  netip.AddrPort
	}{
		{"an odd port", odd, false, 1, odd},
		{"no port named", netip.AddrPort{}, false, 1, nextPort(far)},
		{"muxed", odd, true, 0, far},
	} {
		b := newKeeper(t)
		var to []netip.AddrPort
		b.reportsIn.out = func(_ []byte, a netip.AddrPort) { to = append(to, a) }
		p := talk(far, g711.PCMU{}, 0)
		p.RemoteRTCP, p.RTCPMux = tt.rtcp, tt.mux
		b.apply(p, b.now)
		for range 1500 {
			b.tick()
			b.report(b.now)
		}
		beside := 0
		for i, raw := range b.sent {
			if raw[1] == 200 {
				beside++
				if b.to[i] != tt.want {
					t.Errorf("%s: a report to %v, want %v", tt.name, b.to[i], tt.want)
				}
			}
		}
		for _, a := range to {
			if a != tt.want {
				t.Errorf("%s: a report to %v, want %v", tt.name, a, tt.want)
			}
		}
		if len(to)+beside < 3 || (tt.apart == 1) != (len(to) > 0) || (tt.apart == 0) != (beside > 0) {
			t.Errorf("%s: %d reports apart, %d beside RTP", tt.name, len(to), beside)
		}
	}
}

// A NAT that gives the peer another port for RTP leaves the port of its reports as
// signalled: the same host said so.
func TestInterop43AnOddPortOutlivesTheLatch(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	p.RemoteRTCP = netip.AddrPortFrom(far.Addr(), 53021)
	b.apply(p, b.now)
	moved := netip.AddrPortFrom(far.Addr(), far.Port()+1000)
	for i := range 3 {
		b.take(packet(0, uint16(i), uint32(160*i), 1, make([]byte, 160)), moved)
	}
	b.drain(b.now.Add(time.Second))
	if to, _ := b.reportTo(); b.latch.Remote() != moved || to != p.RemoteRTCP {
		t.Errorf("latched on %v, reports go to %v", b.latch.Remote(), to)
	}
}
