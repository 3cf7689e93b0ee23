package audio

import (
	"net/netip"

	"offhook/audio/rtp"
)

// Oddity is a kind of datagram that came to a session's sockets and is no voice of the
// peer's. All of them are counted; the first of each kind is told.
type Oddity uint8

const (
	// OddJunk is of no protocol that media sockets carry.
	OddJunk Oddity = iota
	// OddBroken looks like RTP and isn't: cut off, padded beyond its size, too long.
	OddBroken
	// OddFormat is RTP of a payload type that wasn't negotiated.
	OddFormat
	// OddPayload can't be decoded by the codec that its payload type names.
	OddPayload
	// OddEncrypted looks encrypted, though nothing of the kind was agreed. It isn't played.
	OddEncrypted
	// OddForged is SRTP that isn't authentic, or RTP in the clear where SRTP was agreed.
	OddForged
	// OddReplayed is SRTP that was here before.
	OddReplayed
	// OddStranger comes from elsewhere while the peer is heard.
	OddStranger
	// OddStray is a packet of a stream that never became one: of an SSRC or sequence of its own.
	OddStray
	// OddRTP is RTP on the port for RTCP.
	OddRTP
	// OddMuxed is RTCP on the port for RTP, without rtcp-mux. It is read all the same.
	OddMuxed
	// OddReport is RTCP that can't be read.
	OddReport
	// OddReporter is RTCP of nobody whom we hear, and about nothing of ours.
	OddReporter
	// OddSTUN and OddDTLS are of protocols that weren't agreed.
	OddSTUN
	OddDTLS
	// OddFlood is more than any voice brings; the peer's own packets are picked out.
	OddFlood

	NumOddities = iota
)

// String is the kind as events write it: "wrong_payload_type".
func (o Oddity) String() string {
	switch o {
	case OddJunk:
		return "junk"
	case OddBroken:
		return "broken_rtp"
	case OddFormat:
		return "wrong_payload_type"
	case OddPayload:
		return "undecodable"
	case OddEncrypted:
		return "encrypted"
	case OddForged:
		return "unauthenticated"
	case OddReplayed:
		return "replayed"
	case OddStranger:
		return "foreign_source"
	case OddStray:
		return "stray_stream"
	case OddRTP:
		return "rtp_on_rtcp_port"
	case OddMuxed:
		return "rtcp_on_rtp_port"
	case OddReport:
		return "broken_rtcp"
	case OddReporter:
		return "foreign_rtcp"
	case OddSTUN:
		return "stun"
	case OddDTLS:
		return "dtls"
	case OddFlood:
		return "flood"
	}
	return "unknown"
}

// odds counts oddities. Owner: the loop.
type odds struct {
	count [NumOddities]uint64
}

// odd counts a datagram, and tells the first of its kind.
func (l *loop) odd(kind Oddity, sl *slot) {
	l.oddRTP(kind, sl.from, 0)
}

// oddRTP is odd for a packet whose payload type is known.
func (l *loop) oddRTP(kind Oddity, from netip.AddrPort, pt uint8) {
	switch kind {
	case OddMuxed: // read all the same
	case OddFlood:
		l.recv.ignored++
	default:
		l.recv.invalid++
	}
	if l.odds.count[kind]++; l.odds.count[kind] == 1 {
		l.emit(Odd{Kind: kind, From: from, PT: pt})
	}
}

// oddKind is what a datagram is that is neither RTP nor RTCP.
func oddKind(k rtp.Kind) Oddity {
	switch k {
	case rtp.STUN, rtp.TURN:
		return OddSTUN
	case rtp.DTLS:
		return OddDTLS
	case rtp.RTP:
		return OddRTP
	case rtp.Unknown, rtp.RTCP:
	}
	return OddJunk
}
