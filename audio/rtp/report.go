package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtcp"
)

// Block is a reception report block (RFC 3550, section 6.4.1).
type Block struct {
	SSRC     uint32 // the stream it is about
	Fraction uint8  // lost since the last report, in 256ths
	Lost     int32  // cumulative, 24 bits, signed
	Highest  uint32 // extended highest sequence number
	Jitter   uint32 // in units of the stream's clock
	LastSR   uint32 // middle 32 bits of the last SR's NTP time, 0 for none
	Delay    uint32 // since that SR, in 1/65536 s
}

// Report is a compound RTCP packet, ours to send or a peer's as read.
type Report struct {
	SSRC  uint32 // of who reports
	CNAME string
	// Sent is there when the reporter sent RTP lately: it makes an SR, its
	// absence an RR.
	Sent *SenderInfo
	// Blocks are about the streams that the reporter receives.
	Blocks []Block
	// Bye says that the streams of Left have ended, with a reason that may be empty.
	Bye    bool
	Left   []uint32
	Reason string
	// Extended is what XR packets say (RFC 3611), nil for none.
	Extended *XR
}

// SenderInfo is the sender's part of an SR.
type SenderInfo struct {
	NTP     uint64
	Stamp   uint32
	Packets uint32
	Octets  uint32
}

// Info is what an SR says of s at the instant now.
func (s *Sender) Info(now time.Time) *SenderInfo {
	return &SenderInfo{NTP: NTP(now), Stamp: s.StampAt(now), Packets: uint32(s.packets), Octets: uint32(s.octets)}
}

// NTP is t as a 64-bit NTP timestamp (RFC 3550, section 4).
func NTP(t time.Time) uint64 {
	const since1900 = 2208988800
	sec := uint64(t.Unix() + since1900)
	return sec<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// Middle is the part of an NTP timestamp that report blocks carry.
func Middle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// LastReport remembers the peer's latest SR, to be echoed in our blocks.
type LastReport struct {
	ssrc, middle uint32
	at           time.Time
}

// Note takes the SR of ssrc that arrived at now.
func (l *LastReport) Note(ssrc uint32, s *SenderInfo, now time.Time) {
	*l = LastReport{ssrc: ssrc, middle: Middle(s.NTP), at: now}
}

// Fill sets LastSR and Delay of a block that is about the SR's sender.
func (l *LastReport) Fill(b *Block, now time.Time) {
	if l.middle != 0 && l.ssrc == b.SSRC {
		b.LastSR = l.middle
		b.Delay = uint32(max(now.Sub(l.at), 0) * 65536 / time.Second)
	}
}

// longestTrip is what no round trip comes near, a minute in 1/65536 s: numbers that say more
// are made up.
const longestTrip = 60 << 16

// RTT is the round trip that the peer's block about us shows (RFC 3550, section
// 6.4.1, figure 2). It is not there when the peer had no SR of ours, and when
// the numbers are senseless.
func RTT(b Block, now time.Time) (time.Duration, bool) {
	if b.LastSR == 0 {
		return 0, false
	}
	trip := int32(Middle(NTP(now)) - b.LastSR - b.Delay)
	if trip > longestTrip {
		return 0, false
	}
	if trip < 0 {
		// The clocks' grain may give a little less than nothing.
		return 0, trip > -66 // 1 ms
	}
	return time.Duration(trip) * time.Second / 65536, true
}

// ErrReport is wrapped by each error of ParseReport.
var ErrReport = errors.New("not a valid RTCP packet")

// Marshal builds the compound packet: SR or RR, SDES with the CNAME, XR, and BYE at its
// end (RFC 3550, section 6.1).
func (r Report) Marshal() ([]byte, error) {
	blocks := make([]rtcp.ReceptionReport, len(r.Blocks))
	for i, b := range r.Blocks {
		blocks[i] = rtcp.ReceptionReport{
			SSRC: b.SSRC, FractionLost: b.Fraction, TotalLost: uint32(b.Lost) & 0xffffff,
			LastSequenceNumber: b.Highest, Jitter: b.Jitter, LastSenderReport: b.LastSR, Delay: b.Delay,
		}
	}
	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: r.SSRC, Reports: blocks}
	if s := r.Sent; s != nil {
		first = &rtcp.SenderReport{
			SSRC: r.SSRC, NTPTime: s.NTP, RTPTime: s.Stamp, PacketCount: s.Packets, OctetCount: s.Octets, Reports: blocks,
		}
	}
	raw, err := rtcp.CompoundPacket{first, rtcp.NewCNAMESourceDescription(r.SSRC, r.CNAME)}.Marshal()
	if err != nil {
		return nil, fmt.Errorf("build RTCP: %w", err)
	}
	raw = appendXR(raw, r.SSRC, r.Extended)
	if r.Bye {
		bye, err := (&rtcp.Goodbye{Sources: []uint32{r.SSRC}, Reason: r.Reason}).Marshal()
		if err != nil {
			return nil, fmt.Errorf("build RTCP: %w", err)
		}
		raw = append(raw, bye...)
	}
	return raw, nil
}

// ParseReport reads a datagram by the rules of RFC 3550, appendix A.2, but takes a
// reduced-size one that begins with anything else (RFC 5506). The lengths must add up;
// a packet inside that makes no sense, or is of a kind that we don't know, is skipped.
// On an error the Report is empty.
func ParseReport(raw []byte) (Report, error) {
	if Classify(raw) != RTCP {
		return Report{}, ErrReport
	}
	if err := checkCompound(raw); err != nil {
		return Report{}, err
	}
	var r Report
	read := 0
	for len(raw) > 0 {
		size := packetSize(raw)
		if r.take(raw[:size]) {
			read++
		}
		raw = raw[size:]
	}
	if read == 0 {
		return Report{}, fmt.Errorf("%w: nothing in it can be read", ErrReport)
	}
	return r, nil
}

// packetSize is that of the first packet of a compound one.
func packetSize(raw []byte) int { return 4 * (int(binary.BigEndian.Uint16(raw[2:])) + 1) }

// checkCompound checks versions, lengths, and that only the last packet is padded.
func checkCompound(raw []byte) error {
	for len(raw) > 0 {
		switch {
		case len(raw) < 4 || packetSize(raw) > len(raw):
			return fmt.Errorf("%w: it is cut off", ErrReport)
		case raw[0]>>6 != 2:
			return errReportVersion
		case raw[0]&0x20 != 0 && packetSize(raw) < len(raw):
			return fmt.Errorf("%w: padding in the middle", ErrReport)
		}
		raw = raw[packetSize(raw):]
	}
	return nil
}

var errReportVersion = fmt.Errorf("%w: the version is not 2", ErrReport)

// take reads one packet of a compound one, and reports whether it made sense.
func (r *Report) take(raw []byte) bool {
	if raw[1] == xrPacket {
		if r.Extended == nil {
			r.Extended = &XR{}
		}
		if raw[0]&0x20 != 0 { // padded: its last octet says by how much
			raw = raw[:max(len(raw)-int(raw[len(raw)-1]), 0)]
		}
		r.Extended.parse(raw)
		if r.SSRC == 0 && len(raw) >= 8 {
			r.SSRC = binary.BigEndian.Uint32(raw[4:])
		}
		return len(raw) >= 8
	}
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return false
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			r.SSRC = p.SSRC
			r.Sent = &SenderInfo{NTP: p.NTPTime, Stamp: p.RTPTime, Packets: p.PacketCount, Octets: p.OctetCount}
			r.add(p.Reports)
		case *rtcp.ReceiverReport:
			r.SSRC = p.SSRC
			r.add(p.Reports)
		case *rtcp.SourceDescription:
			for _, c := range p.Chunks {
				for _, item := range c.Items {
					if item.Type == rtcp.SDESCNAME && r.CNAME == "" {
						r.CNAME = item.Text
					}
				}
			}
		case *rtcp.Goodbye:
			r.Bye, r.Left, r.Reason = true, append(r.Left, p.Sources...), p.Reason
		}
	}
	return true
}

// add takes report blocks over.
func (r *Report) add(blocks []rtcp.ReceptionReport) {
	for _, b := range blocks {
		r.Blocks = append(r.Blocks, Block{
			SSRC: b.SSRC, Fraction: b.FractionLost, Lost: int32(b.TotalLost<<8) >> 8,
			Highest: b.LastSequenceNumber, Jitter: b.Jitter, LastSR: b.LastSenderReport, Delay: b.Delay,
		})
	}
}

// About is the block about the stream ssrc.
func (r Report) About(ssrc uint32) (Block, bool) {
	for _, b := range r.Blocks {
		if b.SSRC == ssrc {
			return b, true
		}
	}
	return Block{}, false
}
