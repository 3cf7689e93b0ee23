package rtp

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"
)

// HeaderSize is the length of the header that Sender writes: the headroom that
// the caller leaves in front of a payload.
const HeaderSize = 12

// Packet is what is left of an RTP packet once padding, CSRC list and header
// extension are off.
type Packet struct {
	SSRC        uint32
	Timestamp   uint32
	Sequence    uint16
	PayloadType uint8
	Marker      bool
	// Payload points into the buffer that was parsed. It can be empty: a
	// keep-alive (RFC 6263, section 4.3) or nothing but padding.
	Payload []byte
}

// ErrPacket is wrapped by each error of Parse.
var ErrPacket = errors.New("not a valid RTP packet")

// Parser reads packets without allocating. The zero value works.
type Parser struct{ pkt rtp.Packet }

// Parse reads one datagram into p. On an error p is left empty.
func (r *Parser) Parse(raw []byte, p *Packet) error {
	*p = Packet{}
	if err := r.pkt.Unmarshal(raw); err != nil {
		return fmt.Errorf("%w: %w", ErrPacket, err)
	}
	if r.pkt.Version != 2 {
		return errVersion
	}
	*p = Packet{
		SSRC:        r.pkt.SSRC,
		Timestamp:   r.pkt.Timestamp,
		Sequence:    r.pkt.SequenceNumber,
		PayloadType: r.pkt.PayloadType,
		Marker:      r.pkt.Marker,
		Payload:     r.pkt.Payload,
	}
	return nil
}

var errVersion = fmt.Errorf("%w: the version is not 2", ErrPacket)

// Kind is what a datagram on a media socket holds.
type Kind uint8

const (
	Unknown Kind = iota
	RTP
	RTCP
	STUN
	DTLS
	TURN // channel data (RFC 8656, section 12.4)
)

// Classify tells the protocols that share a socket apart by their first bytes
// (RFC 7983, section 7; RFC 5761, section 4 for RTCP among RTP).
func Classify(raw []byte) Kind {
	if len(raw) < 2 {
		return Unknown
	}
	switch b := raw[0]; {
	case b <= 3:
		return STUN
	case b >= 20 && b <= 63:
		return DTLS
	case b >= 64 && b <= 79:
		return TURN
	case b >= 128 && b <= 191:
		if raw[1] >= 192 && raw[1] <= 223 {
			return RTCP
		}
		return RTP
	default:
		return Unknown
	}
}
