package lab

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Capture is tcpdump on the namespace's traffic: the judge of what was on the wire.
type Capture struct {
	*Process
	t    testing.TB
	file string
}

// Datagram is a UDP packet of a capture.
type Datagram struct {
	Time     time.Time
	Src, Dst netip.AddrPort
	Payload  []byte
}

// RTP tells whether the datagram looks like RTP, and its payload type.
func (d Datagram) RTP() (payloadType uint8, ok bool) {
	if len(d.Payload) < 12 || d.Payload[0]>>6 != 2 || d.Payload[1] >= 192 && d.Payload[1] <= 223 {
		return 0, false
	}
	return d.Payload[1] & 0x7f, true
}

// StartCapture starts tcpdump and waits until it listens.
func StartCapture(t testing.TB) *Capture {
	t.Helper()
	Need(t, "tcpdump")
	file := filepath.Join(t.TempDir(), "wire.pcap")
	c := &Capture{t: t, file: file}
	c.Process = Run(t, "tcpdump", []string{"-i", "lo", "-U", "--immediate-mode", "-B", "8192", "-Z", "root", "-w", file, "udp"})
	c.Await("listening on", 0)
	return c
}

// Datagrams are what was captured so far.
func (c *Capture) Datagrams() []Datagram {
	c.t.Helper()
	return ReadPcap(c.t, c.file)
}

// AwaitDatagrams waits until what was captured matches.
func (c *Capture) AwaitDatagrams(what string, match func([]Datagram) bool) {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if match(c.Datagrams()) {
			return
		}
	}
	c.t.Fatalf("%s: not on the wire within %v", what, patience)
}

// ReadPcap returns the UDP packets of a pcap file of Ethernet, loopback or raw IP.
func ReadPcap(t testing.TB, file string) []Datagram {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var out []Datagram
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p := gopacket.NewPacket(data, r.LinkType(), gopacket.Default)
		udp, ok := p.TransportLayer().(*layers.UDP)
		if !ok || p.NetworkLayer() == nil {
			continue
		}
		src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
		from, _ := netip.AddrFromSlice(src.Raw())
		to, _ := netip.AddrFromSlice(dst.Raw())
		out = append(out, Datagram{info.Timestamp, netip.AddrPortFrom(from, uint16(udp.SrcPort)), netip.AddrPortFrom(to, uint16(udp.DstPort)), udp.Payload})
	}
}
