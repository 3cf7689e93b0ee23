package trace

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Pcap writes a capture file that tcpdump and Wireshark read. The packets are made up
// from the records, as raw IP: UDP datagrams with right checksums for SIP over UDP, RTP and
// RTCP; for SIP over a stream, TCP segments, one per message, with sequence numbers that
// count on from 1 and no handshake. Of SIP over TLS it holds the plain text.
type Pcap struct {
	spool *spool
	// The rest is guarded by the spool's lock.
	w       *pcapgo.Writer
	scratch []byte
	ident   uint16
	seq     map[flow]uint32
}

type flow struct{ src, dst netip.AddrPort }

// segment is the most that one made-up TCP segment carries.
const segment = 60000

// CreatePcap writes to a new file that only its owner reads.
func CreatePcap(path string) (*Pcap, error) {
	f, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("can't write the capture file: %w", err)
	}
	return NewPcap(f), nil
}

// NewPcap writes to w, and closes it in the end.
func NewPcap(w io.WriteCloser) *Pcap {
	p := &Pcap{spool: newSpool(w), seq: map[flow]uint32{}}
	p.w = pcapgo.NewWriter(p.spool)
	if p.spool.begin(24) {
		_ = p.w.WriteFileHeader(65535, layers.LinkTypeRaw) // into memory: can't fail
		p.spool.end()
	}
	return p
}

// Trace implements Sink.
func (p *Pcap) Trace(r Record) {
	if !p.spool.begin(len(r.Raw) + 256) {
		return
	}
	defer p.spool.end()
	src, dst := r.Local, r.Remote
	if r.Dir == In {
		src, dst = dst, src
	}
	src, dst = oneFamily(src, dst)
	if r.Transport == "UDP" || r.Transport == "" {
		p.packet(r, src, dst, false, r.Raw[:min(len(r.Raw), 65535-48)])
		return
	}
	for raw := r.Raw; len(raw) > 0; {
		n := min(len(raw), segment)
		p.packet(r, src, dst, true, raw[:n])
		raw = raw[n:]
	}
}

// Close writes what is left and closes the file.
func (p *Pcap) Close() error { return p.spool.close() }

func (p *Pcap) packet(r Record, src, dst netip.AddrPort, tcp bool, payload []byte) {
	b := p.scratch[:0]
	proto, head := byte(17), 8
	if tcp {
		proto, head = 6, 20
	}
	p.ident++
	b = appendIP(b, src.Addr(), dst.Addr(), proto, p.ident, head+len(payload))
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	sumAt := at + 6
	if tcp {
		out, back := flow{src, dst}, flow{dst, src}
		b = binary.BigEndian.AppendUint32(b, 1+p.seq[out])
		b = binary.BigEndian.AppendUint32(b, 1+p.seq[back])
		b = append(b, 5<<4, 0x18, 0xff, 0xff, 0, 0, 0, 0) // offset, PSH and ACK, window, checksum, urgent
		p.seq[out] += uint32(len(payload))
		sumAt = at + 16
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(head+len(payload)))
		b = append(b, 0, 0)
	}
	b = append(b, payload...)
	sum := checksum(b[at:], pseudoSum(src.Addr(), dst.Addr(), proto, len(b)-at))
	if sum == 0 && !tcp {
		sum = 0xffff // RFC 768: 0 would mean no checksum
	}
	binary.BigEndian.PutUint16(b[sumAt:], sum)
	p.scratch = b
	_ = p.w.WritePacket(gopacket.CaptureInfo{Timestamp: r.Time, CaptureLength: len(b), Length: len(b)}, b)
}

// appendIP appends an IPv4 or IPv6 header.
func appendIP(b []byte, src, dst netip.Addr, proto byte, ident uint16, length int) []byte {
	if src.Is4() {
		at := len(b)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+length))
		b = binary.BigEndian.AppendUint16(b, ident)
		b = append(b, 0x40, 0, 64, proto, 0, 0) // don't fragment, TTL, protocol, checksum
		s, d := src.As4(), dst.As4()
		b = append(b, s[:]...)
		b = append(b, d[:]...)
		binary.BigEndian.PutUint16(b[at+10:], checksum(b[at:], 0))
		return b
	}
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	b = append(b, proto, 64)
	s, d := src.As16(), dst.As16()
	b = append(b, s[:]...)
	return append(b, d[:]...)
}

// pseudoSum is the part of a UDP or TCP checksum that covers the addresses.
func pseudoSum(src, dst netip.Addr, proto byte, length int) uint32 {
	sum := uint32(proto) + uint32(length)
	for _, a := range [2]netip.Addr{src, dst} {
		bytes := a.As16()
		raw := bytes[:]
		if a.Is4() {
			raw = raw[12:]
		}
		for i := 0; i < len(raw); i += 2 {
			sum += uint32(raw[i])<<8 | uint32(raw[i+1])
		}
	}
	return sum
}

// checksum is the Internet checksum (RFC 1071).
func checksum(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// oneFamily makes a pair that an IP header can hold: unknown addresses become 0.0.0.0,
// and a mixed pair IPv6.
func oneFamily(a, b netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	fix := func(p netip.AddrPort) netip.AddrPort {
		addr := p.Addr().Unmap().WithZone("")
		if !addr.IsValid() {
			addr = netip.IPv4Unspecified()
		}
		return netip.AddrPortFrom(addr, p.Port())
	}
	a, b = fix(a), fix(b)
	if a.Addr().Is4() == b.Addr().Is4() {
		return a, b
	}
	six := func(p netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom16(p.Addr().As16()), p.Port())
	}
	return six(a), six(b)
}
