package audio

import (
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

// rated lets two loops speak for n packet times; lose says which of x's packets y misses.
func rated(x, y *bareLoop, n int, lose func(i int) bool) {
	for i := range n {
		for _, b := range []*bareLoop{x, y} {
			before := len(b.reports)
			b.tick()
			b.report(b.now)
			b.rate(b.now)
			b.publish()
			peer, from := x, farther
			if b == x {
				peer, from = y, far
			}
			if b == y || lose == nil || !lose(i) {
				peer.take(b.last, from)
			}
			for _, raw := range b.reports[before:] {
				peer.reportsIn.take(raw, nextPort(from), b.now.Add(20*time.Millisecond))
			}
		}
	}
}

var farther = nextPort(nextPort(far))

func ratedPair(t *testing.T, p Params) (x, y *bareLoop) {
	x, y = newKeeper(t), newKeeper(t)
	px, py := p, p
	px.Remote, py.Remote = farther, far
	x.apply(px, x.now)
	y.apply(py, y.now)
	return x, y
}

func TestQualityFollowsTheLoss(t *testing.T) {
	p := talk(far, g711.PCMU{}, 0)
	p.XR = rtp.XRVoIPMetrics
	x, y := ratedPair(t, p)
	if s := y.s.Stats(); s.MOSIn.Known() || s.MOSOut.Known() || s.CallIn.Known() {
		t.Errorf("rated before anything came: %+v", s.MOSIn)
	}
	rated(x, y, 50*30, nil)
	s := y.s.Stats()
	if s.MOSIn.LQ < 4.35 || s.MOSIn.CQ < 4.3 || s.CallIn.LQ < 4.35 || s.MOSIn.Band != rtp.Narrowband {
		t.Errorf("without loss: %+v", s.MOSIn)
	}
	if s.MOSOut.LQ < 4.35 || s.MOSOut.Delay < 40*time.Millisecond {
		t.Errorf("out without loss: %+v", s.MOSOut)
	}
	if s.RTT < 30*time.Millisecond || s.RTT > 60*time.Millisecond || s.RTTMax < s.RTTMean {
		t.Errorf("round trip %v, mean %v, longest %v", s.RTT, s.RTTMean, s.RTTMax)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	rated(x, y, 50*60, func(int) bool { return rnd.Float64() < 0.1 })
	s = y.s.Stats()
	// 10 % of random loss with G.113's numbers: R is 93 less 95*10/35, 66.
	if s.MOSIn.LQ > 3.8 || s.MOSIn.LQ < 2.8 || s.MOSIn.Loss < 0.06 || s.MOSIn.Loss > 0.15 {
		t.Errorf("at 10 %%: %+v", s.MOSIn)
	}
	if s.CallIn.LQ <= s.MOSIn.LQ || s.CallIn.Loss >= s.MOSIn.Loss {
		t.Errorf("the whole call %+v, its end %+v", s.CallIn, s.MOSIn)
	}
	out := x.s.Stats()
	if out.MOSOut.LQ > 3.9 || out.CallOut.Loss < 0.04 || out.CallOut.Loss > 0.1 {
		t.Errorf("what y says to x: %+v", out.MOSOut)
	}
	if m := out.RemoteXR; !m.Known() || m.Loss < 0.03 || m.Loss > 0.1 || m.MOSLQ == 0 || m.Gmin != 16 || m.BurstDensity <= m.GapDensity {
		t.Errorf("y's metrics: %+v", m)
	}
	if out.MOSIn.LQ < 4.35 {
		t.Errorf("x loses nothing and hears %+v", out.MOSIn)
	}
	rated(x, y, 50*10, nil)
	if again := y.s.Stats(); again.MOSIn.LQ < 4.35 || again.CallIn.LQ > 4.2 {
		t.Errorf("over it: now %+v, in all %+v", again.MOSIn, again.CallIn)
	}
	y.stepSilently(50 * 10)
	if s := y.s.Stats(); s.MOSIn.Known() || !s.CallIn.Known() {
		t.Errorf("nothing comes any more: %+v", s.MOSIn)
	}
}

// stepSilently lets n packet times pass in which nothing comes.
func (b *bareLoop) stepSilently(n int) {
	for range n {
		b.tick()
		b.rate(b.now)
		b.publish()
	}
}

func TestBurstsSoundWorse(t *testing.T) {
	lq := map[string]float64{}
	for name, lose := range map[string]func(i int) bool{
		"scattered": func(i int) bool { return i%20 == 7 },
		"bursts":    func(i int) bool { return i%100 < 5 },
	} {
		x, y := ratedPair(t, talk(far, g711.PCMU{}, 0))
		rated(x, y, 50*30, lose)
		lq[name] = y.s.Stats().CallIn.LQ
	}
	if lq["bursts"] >= lq["scattered"] {
		t.Errorf("5 %% in bursts is rated %v, scattered %v", lq["bursts"], lq["scattered"])
	}
}

func TestXRIsSentToWhomWantsIt(t *testing.T) {
	for _, want := range []rtp.XRBlocks{0, rtp.XRVoIPMetrics, rtp.XRReceiverRTT, rtp.XRVoIPMetrics | rtp.XRReceiverRTT} {
		p := talk(far, g711.PCMU{}, 0)
		p.XR = want
		x, y := ratedPair(t, p)
		listen := p
		listen.Send, listen.Remote = false, far
		y.apply(listen, y.now) // y only listens
		rated(x, y, 50*30, nil)
		last, err := rtp.ParseReport(y.reports[len(y.reports)-1])
		if err != nil {
			t.Fatal(err)
		}
		ext := last.Extended
		if ext == nil {
			ext = &rtp.XR{}
		}
		if metrics := len(ext.VoIP) == 1; metrics != (want&rtp.XRVoIPMetrics != 0) {
			t.Errorf("%d: metrics %v", want, metrics)
		}
		rtt := want&rtp.XRReceiverRTT != 0
		if (ext.Reference != 0) != rtt {
			t.Errorf("%d: reference time %x", want, ext.Reference)
		}
		// Who sends nothing learns the round trip by XR alone.
		if s := y.s.Stats(); (s.RTT > 0) != rtt || rtt && (s.RTT < 30*time.Millisecond || s.RTT > 60*time.Millisecond) {
			t.Errorf("%d: a listener's round trip is %v", want, s.RTT)
		}
	}
}

// A new RTP clock is a new stream: the old one is ended by BYE (RFC 7160, section 4.1).
func TestByeWhenTheClockChanges(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	for range 10 {
		b.tick()
	}
	old := b.send.rtp.SSRC()
	b.apply(talk(far, opus.Codec{}, 111), b.now)
	if len(b.reports) != 1 {
		t.Fatalf("%d reports", len(b.reports))
	}
	r, err := rtp.ParseReport(b.reports[0])
	if err != nil || !r.Bye || r.Left[0] != old || r.SSRC != old || r.Sent == nil || r.Sent.Packets != 11 {
		t.Errorf("%+v, %v", r, err)
	}
	if b.send.rtp.SSRC() == old {
		t.Error("the stream goes on")
	}
	b.apply(talk(far, opus.Codec{}, 111), b.now)
	if len(b.reports) != 1 {
		t.Error("BYE without a change")
	}
}

// After the peer's BYE there is no block about its stream; another stream is reported again.
func TestPeersBye(t *testing.T) {
	x, y := ratedPair(t, talk(far, g711.PCMU{}, 0))
	rated(x, y, 50*10, nil)
	x.bye(x.now)
	y.reportsIn.take(x.reports[len(x.reports)-1], nextPort(far), y.now)
	y.drain(y.now)
	y.sendReport(y.now, true, false)
	if r, err := rtp.ParseReport(y.reports[len(y.reports)-1]); err != nil || len(r.Blocks) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for i := range 5 {
		y.take(packet(0, uint16(i), uint32(i)*160, 4711, make([]byte, 160)), far)
		y.tick()
	}
	y.sendReport(y.now, true, false)
	if r, err := rtp.ParseReport(y.reports[len(y.reports)-1]); err != nil || len(r.Blocks) != 1 || r.Blocks[0].SSRC != 4711 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A report of reduced size (RFC 5506) is read like a whole one.
func TestReducedSizeReport(t *testing.T) {
	x, y := ratedPair(t, talk(far, g711.PCMU{}, 0))
	rated(x, y, 50*10, nil)
	raw := mustReport(t, rtp.Report{SSRC: y.send.rtp.SSRC(), CNAME: "y",
		Extended: &rtp.XR{VoIP: []rtp.VoIPMetrics{{SSRC: x.send.rtp.SSRC(), Gmin: 16, Loss: 0.25}}}})
	xr := raw[len(raw)-44:] // the XR alone
	x.reportsIn.take(xr, nextPort(farther), x.now)
	x.drain(x.now)
	x.rate(x.now.Add(time.Second))
	x.publish()
	if s := x.s.Stats(); s.RemoteXR.Loss != 0.25 || s.Invalid != 0 || s.CallOut.Loss != 0.25 {
		t.Errorf("%+v, %d invalid", s.RemoteXR, s.Invalid)
	}
}

func TestReportShareOfTheBandwidth(t *testing.T) {
	for _, c := range []struct {
		p    Params
		want float64
	}{{talk(far, g711.PCMU{}, 0), 500}, {talk(far, opus.Codec{}, 111), 300}, {Params{}, 300}} {
		if got := rtcpShare(c.p); got != c.want {
			t.Errorf("%v octets a second, want %v", got, c.want)
		}
	}
}

func TestRatingAllocatesNothing(t *testing.T) {
	x, y := ratedPair(t, talk(far, g711.PCMU{}, 0))
	rated(x, y, 50*10, func(i int) bool { return i%9 == 0 })
	if n := testing.AllocsPerRun(100, func() {
		y.now = y.now.Add(time.Second)
		y.rate(y.now)
		y.publish()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
