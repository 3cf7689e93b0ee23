package bench

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// await looks at the wire until pick is satisfied with it.
func await(t *testing.T, wire *lab.Capture, what string, pick func([]lab.Datagram) (time.Time, bool)) time.Time {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		if at, ok := pick(wire.Datagrams()); ok {
			return at
		}
	}
	t.Fatalf("%s never came", what)
	return time.Time{}
}

// startToRegistered is the time from the start of the process to the
// registrar's 200 on the wire, and the memory half a second later.
func startToRegistered(t *testing.T, k *lab.Kamailio, p phone) (millis, megabytes float64) {
	wire := lab.StartCapture(t)
	defer wire.Stop()
	start, proc := p.register(t, k)
	defer proc.Stop()
	at := await(t, wire, "the registrar's 200", func(ds []lab.Datagram) (time.Time, bool) {
		for _, d := range ds {
			if bytes.HasPrefix(d.Payload, []byte("SIP/2.0 200")) && bytes.Contains(d.Payload, []byte("REGISTER")) {
				return d.Time, true
			}
		}
		return time.Time{}, false
	})
	<-time.After(500 * time.Millisecond)
	return ms(at.Sub(start)), resident(t, proc)
}

// inviteToRTP is the time from the INVITE to the caller's own first RTP packet.
func inviteToRTP(t *testing.T, p phone) float64 {
	s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_echo_uas.xml"), "-rtp_echo", "-m", "1")
	defer s.Stop()
	lab.AwaitPort(t, "udp", port)
	wire := lab.StartCapture(t)
	defer wire.Stop()
	proc := p.call(t, fmt.Sprintf("sip:echo@%s:%d", lab.IP, port), "pcmu")
	defer proc.Stop()
	var took float64
	await(t, wire, "the caller's RTP", func(ds []lab.Datagram) (time.Time, bool) {
		var invite time.Time
		var media netip.AddrPort
		for _, d := range ds {
			switch {
			case invite.IsZero() && bytes.HasPrefix(d.Payload, []byte("INVITE ")):
				invite = d.Time
				media = offered(d.Payload)
			case !invite.IsZero() && d.Src.Port() == media.Port():
				if _, ok := d.RTP(); ok {
					took = ms(d.Time.Sub(invite))
					return d.Time, true
				}
			}
		}
		return time.Time{}, false
	})
	return took
}

// offered is the media address in a message's SDP.
func offered(msg []byte) netip.AddrPort {
	var port uint64
	for line := range strings.SplitSeq(string(msg), "\r\n") {
		if rest, ok := strings.CutPrefix(line, "m=audio "); ok {
			port, _ = strconv.ParseUint(strings.Fields(rest)[0], 10, 16)
		}
	}
	return netip.AddrPortFrom(netip.Addr{}, uint16(port))
}

// inCall is the CPU that a call takes over eight seconds, in percent of a
// core, and the memory at their end. The peer is baresip, sending speech.
func inCall(t *testing.T, p phone, codec string) (percent, megabytes float64) {
	peer := lab.StartBaresip(t, lab.BaresipConfig{User: "peer", Source: "aufile," + lab.LongSpeech(t, 1, 8000)})
	defer peer.Stop()
	proc := p.call(t, peer.URI(), codec)
	defer proc.Stop()
	peer.AwaitType(0, "CALL_RTPESTAB")
	<-time.After(time.Second)
	const span = 8 * time.Second
	before, start := cpu(t, proc), time.Now()
	<-time.After(span)
	used, took := cpu(t, proc)-before, time.Since(start)
	return 100 * used.Seconds() / took.Seconds(), resident(t, proc)
}

// cpu is user and system time of a process, from the scheduler's own count in ns.
func cpu(t *testing.T, p *lab.Process) time.Duration {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/task", p.Pid())
	tasks, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var total time.Duration
	for _, task := range tasks {
		b, err := os.ReadFile(dir + "/" + task.Name() + "/schedstat")
		if err != nil {
			continue // the thread has ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		total += time.Duration(ns)
	}
	return total
}

// resident is VmRSS in MB.
func resident(t *testing.T, p *lab.Process) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb / 1024
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
