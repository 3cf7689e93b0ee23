package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"
)

// Tap sees each packet that a host sends and receives, with the kernel's time of it:
// the judge of when there was audio.
type Tap struct {
	t  testing.TB
	mu sync.Mutex
	// Guarded by mu: what came and went over UDP, and packets of SIP over whichever transport.
	seen []Datagram
	sip  []packet
}

type packet struct {
	time time.Time
	raw  []byte
}

// Tap taps the host's cable until the test's end.
func (r *LAN) Tap() *Tap {
	r.t.Helper()
	tap := &Tap{t: r.t}
	var socket *os.File
	if err := inside(r.pid, func() (err error) {
		socket, err = openTap()
		return err
	}); err != nil {
		r.t.Fatalf("tap %s: %v", r.ip, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tap.read(socket)
	}()
	r.t.Cleanup(func() {
		socket.Close()
		<-done
	})
	return tap
}

// openTap opens a packet socket on the cable of the network that this thread is in.
func openTap() (*os.File, error) {
	cable, err := net.InterfaceByName("eth0")
	if err != nil {
		return nil, err
	}
	protocol := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}) // as on the wire
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: cable.Index}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20))
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "tap"), nil
}

// read notes what the socket sees until it is closed.
func (p *Tap) read(socket *os.File) {
	raw, err := socket.SyscallConn()
	if err != nil {
		p.t.Error(err)
		return
	}
	buf, control := make([]byte, 1<<16), make([]byte, 256)
	for {
		var n, nc int
		var fault error
		if raw.Read(func(fd uintptr) bool {
			n, nc, _, _, fault = unix.Recvmsg(int(fd), buf, control, 0)
			return !errors.Is(fault, unix.EAGAIN)
		}) != nil || fault != nil {
			return
		}
		at := stamped(control[:nc])
		if bytes.Contains(buf[:n], []byte("SIP/2.0")) { // perhaps a fragment, or a segment of TCP
			p.mu.Lock()
			p.sip = append(p.sip, packet{at, bytes.Clone(buf[:n])})
			p.mu.Unlock()
		}
		decoded := gopacket.NewPacket(buf[:n], layers.LayerTypeIPv4, gopacket.Lazy)
		if n > 0 && buf[0]>>4 == 6 {
			decoded = gopacket.NewPacket(buf[:n], layers.LayerTypeIPv6, gopacket.Lazy)
		}
		udp, ok := decoded.Layer(layers.LayerTypeUDP).(*layers.UDP)
		if !ok {
			continue
		}
		src, dst := decoded.NetworkLayer().NetworkFlow().Endpoints()
		from, _ := netip.AddrFromSlice(src.Raw())
		to, _ := netip.AddrFromSlice(dst.Raw())
		d := Datagram{at, netip.AddrPortFrom(from, uint16(udp.SrcPort)), netip.AddrPortFrom(to, uint16(udp.DstPort)), udp.Payload}
		p.mu.Lock()
		p.seen = append(p.seen, d)
		p.mu.Unlock()
	}
}

// stamped is the kernel's time of a packet, or now where it has none.
func stamped(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// Datagrams are what was seen so far.
func (p *Tap) Datagrams() []Datagram {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[:len(p.seen):len(p.seen)]
}

const success = "SIP/2.0 200 "

// Messages are the packets that hold the beginning of a message of SIP, in order.
func (p *Tap) Messages() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.sip {
		out = append(out, strings.ReplaceAll(string(m.raw), "\r\n", "\n"))
	}
	return out
}

// Answered is when the 200 to the INVITE of the call was seen first.
func (p *Tap) Answered(callID string) time.Time {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.sip {
		for _, message := range strings.Split(string(a.raw), success)[1:] {
			if strings.Contains(message, callID) && inviteCSeq(message) {
				return a.time
			}
		}
	}
	p.t.Fatalf("no 200 to the INVITE of %s on the wire", callID)
	return time.Time{}
}

func inviteCSeq(message string) bool {
	for line := range strings.SplitSeq(message, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "CSeq") {
			return strings.HasSuffix(strings.TrimSpace(value), " INVITE")
		}
	}
	return false
}

// Audio is what came to an address at or after a time as a packet of audio, out of a relay's
// wrapping where it was in one.
type Audio struct {
	Datagram
	Wrapped bool
}

// Audio are those packets, in order.
func (p *Tap) Audio(to string, after time.Time) []Audio {
	var out []Audio
	for _, d := range p.Datagrams() {
		if d.Dst.Addr().String() != to || d.Time.Before(after) {
			continue
		}
		a := Audio{Datagram: d}
		a.Payload, a.Wrapped = unwrap(d.Payload)
		if _, ok := a.RTP(); ok {
			out = append(out, a)
		}
	}
	return out
}

// unwrap takes a packet out of ChannelData or a Data indication (RFC 8656, sections 12.4 and 11.6).
func unwrap(b []byte) (inner []byte, wrapped bool) {
	const header, cookie, indication, data = 20, 0x2112A442, 0x0017, 0x0013
	switch {
	case len(b) >= 4 && b[0]>>6 == 1:
		n := int(binary.BigEndian.Uint16(b[2:]))
		return b[4:min(4+n, len(b))], true
	case len(b) >= header && binary.BigEndian.Uint16(b) == indication && binary.BigEndian.Uint32(b[4:]) == cookie:
		for b = b[header:]; len(b) >= 4; {
			n := int(binary.BigEndian.Uint16(b[2:]))
			if 4+n > len(b) {
				break
			}
			if binary.BigEndian.Uint16(b) == data {
				return b[4 : 4+n], true
			}
			b = b[min(4+(n+3)&^3, len(b)):]
		}
		return nil, true
	}
	return b, false
}
