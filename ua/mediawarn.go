package ua

import (
	"fmt"
	"net/netip"

	"offhook/audio"
)

// MediaWarned tells that a call's media sockets get what is no voice of the peer's, once
// for each kind in a call. Call.Stats count on.
type MediaWarned struct {
	Meta
	Call CallInfo
	Kind audio.Oddity
	From netip.AddrPort
	// PT is the payload type that wasn't negotiated, or looks encrypted.
	PT uint8
	// Text says for a person what it is, and what to do.
	Text string
}

// warnMedia tells an oddity.
func (c *phoneCall) warnMedia(e audio.Odd) {
	c.agent.emit(func(m Meta) Event {
		return MediaWarned{Meta: m, Call: c.snapshot(), Kind: e.Kind, From: e.From, PT: e.PT, Text: oddWords(e)}
	})
}

// oddWords says what an oddity is, why it may be, and what to do next.
func oddWords(e audio.Odd) string {
	from := "somebody"
	if e.From.IsValid() {
		from = e.From.String()
	}
	switch e.Kind {
	case audio.OddJunk:
		return from + " sends datagrams that are no RTP; check what else uses this port"
	case audio.OddBroken:
		return from + " sends RTP packets that are cut off or have a wrong padding or extension; they are dropped; look at them with --pcap"
	case audio.OddFormat:
		return fmt.Sprintf("the peer sends payload type %d, which was not negotiated; it isn't heard; compare its SDP with what it sends", e.PT)
	case audio.OddPayload:
		return "the peer's packets can't be decoded; they may be of another codec than their payload type says"
	case audio.OddEncrypted:
		return "packets look encrypted: the peer seems to send SRTP, which was not negotiated; they aren't played; switch its encryption off, or agree on it"
	case audio.OddForged:
		return "packets of " + from + " don't prove to be the peer's; they aren't heard; its key may be another than its SDP says, or somebody tries to break in"
	case audio.OddReplayed:
		return from + " sends packets that were here before; they aren't heard again; the network doubles them, or somebody plays a recording into this call"
	case audio.OddStranger:
		return from + " sends RTP into this call while the peer is heard; it is ignored; another call may have used this port before, or somebody tries to break in"
	case audio.OddStray:
		return from + " sends single packets of streams that never come to anything; they are ignored"
	case audio.OddRTP:
		return from + " sends RTP to the port for RTCP; it isn't heard; check the port in the peer's SDP, or its NAT"
	case audio.OddMuxed:
		return "the peer sends RTCP to the port for RTP without having agreed on rtcp-mux; it is read all the same"
	case audio.OddReport:
		return from + " sends RTCP that can't be read; it is dropped; look at it with --pcap"
	case audio.OddReporter:
		return from + " sends RTCP reports about streams that aren't of this call; they are ignored"
	case audio.OddSTUN:
		return from + " sends STUN checks, as for ICE, which was not negotiated; they aren't answered"
	case audio.OddDTLS:
		return from + " begins DTLS, as for DTLS-SRTP, which was not negotiated; it isn't answered; offer the call without encryption"
	case audio.OddFlood:
		return "more packets come than any voice brings; only the peer's are listened to"
	}
	return "something odd comes to the call's media port"
}
