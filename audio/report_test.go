package audio

import (
	"net/netip"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec/g711"
)

func TestReportsAreSentAndRead(t *testing.T) {
	x, y := newKeeper(t), newKeeper(t)
	pair := [2]*bareLoop{x, y}
	xa, ya := netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.1:5000")
	x.apply(talk(ya, g711.PCMU{}, 0), x.now)
	y.apply(talk(xa, g711.PCMU{}, 0), y.now)
	from := [2]netip.AddrPort{ya, xa}
	const trip = 30 * time.Millisecond
	for range 60 * 50 {
		for i, b := range pair {
			peer := pair[1-i]
			b.tick()
			peer.take(b.last, from[1-i])
			if b.ctl.schedule.Due(b.now) {
				before := len(b.reports)
				if b.report(b.now); len(b.reports) == before {
					continue // put off
				}
				raw := b.reports[len(b.reports)-1]
				peer.reportsIn.take(raw, nextPort(from[1-i]), b.now.Add(trip/2))
			}
		}
	}
	// 60 s at 5 s give or take half, divided by 1.22: RFC 3550, section 6.3.1.
	if n := len(x.reports); n < 7 || n > 35 {
		t.Errorf("%d reports in a minute", n)
	}
	first, err := rtp.ParseReport(x.reports[0])
	if err != nil || first.Sent == nil || first.CNAME != x.ctl.cname || first.CNAME == "" {
		t.Errorf("%+v, %v", first, err)
	}
	last, err := rtp.ParseReport(x.reports[len(x.reports)-1])
	if err != nil {
		t.Fatal(err)
	}
	if blk, ok := last.About(y.send.rtp.SSRC()); !ok || blk.Lost != 0 || blk.LastSR == 0 {
		t.Errorf("%+v, %v", blk, ok)
	}
	if st := x.stats(); st.RTT < trip-2*time.Millisecond || st.RTT > trip+2*time.Millisecond || st.RemoteLost != 0 || st.RemoteFraction != 0 {
		t.Errorf("round trip %v, want %v; %+v", st.RTT, trip, st)
	}
	x.bye(x.now)
	if r, err := rtp.ParseReport(x.reports[len(x.reports)-1]); err != nil || !r.Bye {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReportsGoWhereTheyShould(t *testing.T) {
	signalled := netip.MustParseAddrPort("127.0.0.1:9001")
	nat := netip.MustParseAddrPort("127.0.0.2:6000")
	tests := []struct {
		name  string
		setup func(b *bareLoop, p *Params)
		want  netip.AddrPort
		mux   bool
	}{
		{"next port", func(*bareLoop, *Params) {}, nextPort(far), false},
		{"signalled", func(_ *bareLoop, p *Params) { p.RemoteRTCP = signalled }, signalled, false},
		{"muxed", func(_ *bareLoop, p *Params) { p.RTCPMux = true }, far, true},
		{"latched elsewhere", func(b *bareLoop, p *Params) {
			p.RemoteRTCP = signalled
			b.apply(*p, b.now)
			for i := range 3 {
				b.take(packet(0, uint16(i), uint32(160*i), 1, make([]byte, 160)), nat)
			}
			b.drain(b.now)
		}, nextPort(nat), false},
		{"peer's own reports", func(b *bareLoop, p *Params) { learnReports(t, b, *p, nat) }, nat, false},
		{"the peer has moved", func(b *bareLoop, p *Params) {
			learnReports(t, b, *p, nat)
			p.Remote, p.RemoteRTCP = netip.MustParseAddrPort("127.0.0.3:7000"), netip.MustParseAddrPort("127.0.0.3:7005")
		}, netip.MustParseAddrPort("127.0.0.3:7005"), false},
	}
	for _, tt := range tests {
		b := newKeeper(t)
		p := talk(far, g711.PCMU{}, 0)
		tt.setup(b, &p)
		b.apply(p, b.now)
		if to, mux := b.reportTo(); to != tt.want || mux != tt.mux {
			t.Errorf("%s: %v %v, want %v %v", tt.name, to, mux, tt.want, tt.mux)
		}
	}
}

// learnReports lets the peer report about our stream from an address of its own.
func learnReports(t *testing.T, b *bareLoop, p Params, from netip.AddrPort) {
	t.Helper()
	b.apply(p, b.now)
	raw, err := rtp.Report{SSRC: 1, CNAME: "peer", Blocks: []rtp.Block{{SSRC: b.send.rtp.SSRC()}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b.reportsIn.take(raw, from, b.now)
	b.drain(b.now)
	if to, _ := b.reportTo(); to != from {
		t.Fatalf("reports go to %v, the peer's come from %v", to, from)
	}
}
