package peers

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/test/lab"
	"offhook/ua/uatest"
)

// TestRTCPBesideBaresip calls baresip over a way that loses packets: both report by the
// timer of RFC 3550, and what either says of the other's stream is what was lost.
func TestRTCPBesideBaresip(t *testing.T) {
	lab.Need(t, "baresip", "espeak-ng", "sox", "tcpdump")
	c := lab.StartCapture(t)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Codecs: "PCMU/8000/1", Source: "aufile," + lab.LongSpeech(t, 1, 8000)})
	o := lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--codecs", "pcmu", "--play", lab.LongSpeech(t, 0, 8000), "--audio-in", "silence", "--audio-out", "null",
		"--duration", "21s", "--impair", "loss=5%,seed=3,way=out", "--media-interval", "5s"}, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, o.Output())
	}
	ended, _ := o.AwaitName(0, "call_ended")
	measured := 0
	for _, e := range o.Events() {
		if e.Str("event") == "media" && e.Str("change") == "measured" {
			measured++
		}
	}
	if measured != 4 && measured != 3 {
		t.Errorf("told %d times in 21 s, each 5 s", measured)
	}
	var from [2][]rtp.Report // theirs, ours
	var at [2][]time.Time
	for _, d := range c.Datagrams() {
		if rtp.Classify(d.Payload) != rtp.RTCP {
			continue
		}
		r, err := rtp.ParseReport(d.Payload)
		if err != nil {
			t.Errorf("%v of %x", err, d.Payload)
			continue
		}
		k := 1
		if p := int(d.Src.Port()); p >= b.RTP && p < b.RTP+lab.RTPPorts {
			k = 0
		}
		from[k], at[k] = append(from[k], r), append(at[k], d.Time)
	}
	for k, who := range []string{"baresip", "we"} {
		if len(from[k]) < 3 || len(from[k]) > 12 {
			t.Fatalf("%s sent %d reports in 21 s", who, len(from[k]))
		}
	}
	for i := 1; i < len(at[1])-1; i++ { // the last is BYE
		if gap := at[1][i].Sub(at[1][i-1]); gap < 2*time.Second || gap > 6500*time.Millisecond {
			t.Errorf("our reports are %v apart", gap)
		}
	}
	last := from[1][len(from[1])-1]
	if !last.Bye || last.CNAME == "" || from[1][0].Sent == nil {
		t.Errorf("ours: first %+v, last %+v", from[1][0], last)
	}
	// The first of baresip's comes before its stream and names none.
	if blk, ok := last.About(from[0][1].SSRC); !ok || blk.Lost != 0 || blk.LastSR == 0 {
		t.Errorf("of baresip's stream we say %+v", blk)
	}
	// What baresip counted, against what we know was lost: 5 % of 1050.
	lost, sent := ended.Num("stats.remote_lost"), ended.Num("stats.packets_sent")
	if lost < 0.02*sent || lost > 0.09*sent {
		t.Errorf("baresip says that it lost %v of %v", lost, sent)
	}
	if rtt := ended.Num("stats.rtt_mean_ms"); rtt <= 0 || rtt > 20 {
		t.Errorf("round trip %v ms on one machine", rtt)
	}
	in, out := ended.Num("stats.call_mos_in.lq"), ended.Num("stats.call_mos_out.lq")
	if in < 4.3 || out > 4.25 || out < 3.2 {
		t.Errorf("MOS in %v, out %v", in, out)
	}
	t.Logf("baresip lost %v of %v packets; MOS in %v, out %v; %d and %d reports; round trip %v ms", lost, sent, in, out, len(from[0]), len(from[1]), ended.Num("stats.rtt_mean_ms"))
}

// TestRFC6035 sends a quality report to a collector, sipp, after a call.
func TestRFC6035(t *testing.T) {
	lab.Need(t, "sipp", "baresip", "espeak-ng", "sox")
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc6035_report_uas.xml"), "-m", "1")
	lab.AwaitPort(t, "udp", port)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Codecs: "PCMU/8000/1"})
	o := lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--codecs", "pcmu", "--audio-in", "silence", "--audio-out", "null", "--duration", "3s",
		"--quality-report", fmt.Sprintf("sip:collector@%s:%d", lab.IP, port)}, lab.Direct("alice", "0")...)...)
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, o.Output())
	}
	if e, _ := o.AwaitName(0, "quality_report"); e.Num("code") != 202 || e.Str("error") != "" {
		t.Errorf("%v", e)
	}
	awaitOK(t, "sipp", s)
}

// crafted is a peer made of sockets, that offhook has called.
type crafted struct {
	t           *testing.T
	o           *lab.Offhook
	media, rtcp *net.UDPConn
	to          netip.AddrPort // offhook's RTP
	peer        *uatest.Peer
	leg         *uatest.Leg
	rec         string
	seq         uint16
	stamp       uint32
	tone        []byte
	answer      string
}

func udp(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(lab.IP), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// dialCrafted has offhook call a peer that answers with the attributes given.
func dialCrafted(t *testing.T, attributes []string, args ...string) *crafted {
	lab.Need(t)
	c := &crafted{t: t, rec: filepath.Join(t.TempDir(), "call.wav"), tone: make([]byte, 160)}
	for c.media == nil {
		m := udp(t, 0)
		next, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(lab.IP), Port: m.LocalAddr().(*net.UDPAddr).Port + 1})
		if err != nil {
			continue
		}
		t.Cleanup(func() { next.Close() })
		c.media, c.rtcp = m, next
	}
	for i := range c.tone { // 400 Hz in mu-law: whole periods in a packet
		c.tone[i] = muLaw(8000 * math.Sin(2*math.Pi*400*float64(i)/8000))
	}
	p := uatest.UDPAt(t, lab.IP)
	c.o = lab.StartOffhook(t, append(append([]string{"call", p.URI("bob"), "--json", "--codecs", "pcmu", "--audio-in", "silence", "--audio-out", "null", "--record", c.rec},
		args...), lab.Direct("alice", "0")...)...)
	inv := p.Expect("INVITE")
	c.answer = inv.Body
	leg := p.Leg(inv)
	leg.Reply(inv, 200, uatest.SDP(netip.MustParseAddr(lab.IP), c.media.LocalAddr().(*net.UDPAddr).Port, attributes...))
	p.Expect("ACK")
	c.peer, c.leg = p, leg
	c.see()
	return c
}

// see learns from where offhook sends.
func (c *crafted) see() {
	c.t.Helper()
	c.media.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, from, err := c.media.ReadFromUDPAddrPort(make([]byte, 2000))
	if err != nil {
		c.t.Fatal(err)
	}
	c.to = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

// over is how the call ended, which offhook ends by its --duration.
func (c *crafted) over() lab.Event {
	c.t.Helper()
	c.peer.Reply(c.peer.Expect("BYE"), 200)
	ended, _ := c.o.AwaitName(0, "call_ended")
	return ended
}

// muLaw is G.711 of one sample.
func muLaw(x float64) byte {
	sign := byte(0x80)
	if x < 0 {
		sign, x = 0, -x
	}
	v := int(min(x, 32635)) + 132
	exp := 7
	for ; exp > 0 && v&(0x80<<exp) == 0; exp-- {
	}
	return ^(^sign&0x80 | byte(exp<<4) | byte(v>>(exp+3)&15))
}

// speak sends the tone for d, in real time.
func (c *crafted) speak(d time.Duration, each func(i int)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range int(d / (20 * time.Millisecond)) {
		<-tick.C
		head := []byte{0x80, 0, byte(c.seq >> 8), byte(c.seq), byte(c.stamp >> 24), byte(c.stamp >> 16), byte(c.stamp >> 8), byte(c.stamp), 0, 0, 0, 1}
		c.media.WriteToUDPAddrPort(append(head, c.tone...), c.to)
		c.seq, c.stamp = c.seq+1, c.stamp+160
		if each != nil {
			each(i)
		}
	}
}

func (c *crafted) toRTCP() netip.AddrPort { return netip.AddrPortFrom(c.to.Addr(), c.to.Port()+1) }

// received is what comes to c until it is closed.
func received(c *net.UDPConn) <-chan []byte {
	all := make(chan []byte, 100)
	go func() {
		defer close(all)
		buf := make([]byte, 2000)
		for {
			n, _, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			all <- bytes.Clone(buf[:n])
		}
	}()
	return all
}

// TestXRWithACraftedPeer: both sides negotiate RTCP XR; offhook reads the peer's VoIP
// metrics and round-trip question, and sends its own.
func TestXRWithACraftedPeer(t *testing.T) {
	c := dialCrafted(t, []string{"rtcp-xr:voip-metrics rcvr-rtt=all"}, "--duration", "12s")
	if !strings.Contains(c.answer, "a=rtcp-xr:voip-metrics rcvr-rtt=all") {
		t.Errorf("the offer doesn't ask for XR:\n%s", c.answer)
	}
	var ours *rtp.XR
	var ssrc uint32
	reference := uint64(0)
	reports := received(c.rtcp)
	c.speak(10*time.Second, func(i int) {
		if i%100 == 50 && ssrc != 0 {
			reference = rtp.NTP(time.Now())
			raw, err := rtp.Report{SSRC: 1, CNAME: "crafted", Extended: &rtp.XR{Reference: reference,
				VoIP: []rtp.VoIPMetrics{{SSRC: ssrc, Gmin: 16, Loss: 0.125, Discard: 0.0625, BurstDensity: 0.5, BurstDuration: 80 * time.Millisecond,
					EndSystem: 60 * time.Millisecond, R: 70, MOSLQ: 3.6, MOSCQ: 3.5}}}}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			c.rtcp.WriteToUDPAddrPort(raw, c.toRTCP())
		}
		var raw []byte
		select {
		case raw = <-reports:
		default:
			return
		}
		r, err := rtp.ParseReport(raw)
		if err != nil {
			t.Errorf("offhook's report: %v", err)
		}
		ssrc = r.SSRC
		if r.Extended != nil && len(r.Extended.VoIP) > 0 {
			ours = r.Extended
		}
	})
	ended := c.over()
	if ours == nil {
		t.Fatal("offhook sent no metrics")
	}
	if m := ours.VoIP[0]; m.SSRC != 1 || m.Loss != 0 || m.MOSLQ < 4.2 || m.Gmin != 16 || !m.Adaptive {
		t.Errorf("offhook's metrics %+v", m)
	}
	if rtt, ok := ours.RTT(1, time.Now()); !ok || reference == 0 {
		t.Errorf("no answer to our reference time: %v %+v", rtt, ours.Answers)
	}
	if ended.Num("stats.remote_xr.loss") != 0.125 || ended.Num("stats.remote_xr.mos_lq") != 3.6 || ended.Num("stats.call_mos_out.loss") != 0.1875 {
		t.Errorf("what the peer said: %v", ended["stats"])
	}
}

// TestHostileFlood: somebody sends as many packets as this machine can while the peer
// speaks: the peer is heard, memory stays flat, and it is said once.
func TestHostileFlood(t *testing.T) {
	c := dialCrafted(t, nil, "--duration", "9s")
	c.speak(time.Second, nil)
	before := resident(t, c.o.Pid())
	stranger := udp(t, 0)
	var stop atomic.Bool
	sent, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		raw := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 66}, bytes.Repeat([]byte{0x80}, 160)...)
		began := time.Now()
		for !stop.Load() {
			if ahead := time.Duration(sent)*10*time.Microsecond - time.Since(began); ahead > time.Millisecond {
				time.Sleep(ahead) // 100 000 a second, where the machine can
			}
			for range 50 {
				raw[3]++
				stranger.WriteToUDPAddrPort(raw, c.to)
				sent++
			}
		}
	}()
	c.speak(5*time.Second, nil)
	stop.Store(true)
	<-done
	c.speak(time.Second, nil)
	after := resident(t, c.o.Pid())
	ended := c.over()
	warned := map[string]int{}
	for _, e := range c.o.Events() {
		if e.Str("event") == "media_warning" {
			warned[e.Str("kind")]++
		}
	}
	t.Logf("%d packets in 5 s; of the peer's %v were received and %v lost; %v; %d KiB before, %d after; discarded %v",
		sent, ended.Num("stats.packets_received"), ended.Num("stats.packets_lost"), warned, before, after, ended.Num("stats.packets_discarded"))
	if warned["flood"] != 1 || warned["foreign_source"] != 1 || len(warned) != 2 {
		t.Errorf("warnings %v", warned)
	}
	if lost := ended.Num("stats.packets_lost"); lost > 0.05*350 {
		t.Errorf("%v of the peer's packets were lost", lost)
	}
	if after > before+8<<10 {
		t.Errorf("memory grew from %d to %d KiB", before, after)
	}
}

// resident is a process's memory in KiB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
