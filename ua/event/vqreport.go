package event

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The package of voice quality reports, and its body (RFC 6035).
const (
	VQReport     = "vq-rtcpxr"
	TypeVQReport = "application/vq-rtcpxr"
)

// QualityReport is how a call went, for a collector: a session report, at its end.
type QualityReport struct {
	// CallID, and the name-addrs of the reporter, the peer, and who began the call.
	CallID, LocalID, RemoteID, OrigID string
	LocalAddr, RemoteAddr             netip.AddrPort // of RTP
	LocalSSRC, RemoteSSRC             uint32
	// LocalGroup and RemoteGroup say where an end stands, such as a site; never empty
	// when written.
	LocalGroup, RemoteGroup string
	// Local is what the reporter received, Remote what the peer said that it received, nil
	// when it said nothing.
	Local  QualityMetrics
	Remote *QualityMetrics
	// DialogID is "call-id;to-tag=…;from-tag=…", empty for none.
	DialogID string
}

// QualityMetrics are one direction's. What is Unknown, or empty, isn't written.
type QualityMetrics struct {
	Start, Stop time.Time
	// PayloadType, Codec, ClockRate and Fmtp are of the session description; FrameMS is a
	// packet's length and Rate how many there are in a second.
	PayloadType, ClockRate, FrameMS, Rate int
	Codec, Fmtp                           string
	// Concealment is 0 unspecified, 1 disabled, 2 enhanced, 3 standard.
	Concealment int
	// BufferKind is 2 fixed, 3 adaptive; the delays are in ms.
	BufferKind, BufferRate, BufferNominal, BufferMax, BufferAbsolute int
	// NetworkLoss and Discarded, BurstLoss and GapLoss are percentages.
	NetworkLoss, Discarded, BurstLoss, GapLoss float64
	BurstMS, GapMS, Gmin                       int
	RoundTripMS, EndSystemMS, OneWayMS         int
	JitterMS                                   float64
	// RListening, RConversation: 0 to 120. The opinions: 1 to 5.
	RListening, RConversation int
	MOSLQ, MOSCQ              float64
	// Algorithm names what estimated the opinions: "G.107".
	Algorithm string
}

// Unknown is the value of a number that isn't known.
const Unknown = -1

// NoMetrics are metrics of which nothing is known.
func NoMetrics() QualityMetrics {
	return QualityMetrics{
		PayloadType: Unknown, ClockRate: Unknown, FrameMS: Unknown, Rate: Unknown, Concealment: Unknown,
		BufferKind: Unknown, BufferRate: Unknown, BufferNominal: Unknown, BufferMax: Unknown, BufferAbsolute: Unknown,
		NetworkLoss: Unknown, Discarded: Unknown, BurstLoss: Unknown, GapLoss: Unknown, BurstMS: Unknown, GapMS: Unknown, Gmin: Unknown,
		RoundTripMS: Unknown, EndSystemMS: Unknown, OneWayMS: Unknown, JitterMS: Unknown,
		RListening: Unknown, RConversation: Unknown, MOSLQ: Unknown, MOSCQ: Unknown,
	}
}

// Format writes the report (RFC 6035, section 4.6).
func (r QualityReport) Format() []byte {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, oneLine(value)) }
	line("VQSessionReport", "CallTerm")
	line("CallID", r.CallID)
	line("LocalID", r.LocalID)
	line("RemoteID", r.RemoteID)
	line("OrigID", r.OrigID)
	line("LocalAddr", mediaAddress(r.LocalAddr, r.LocalSSRC))
	line("RemoteAddr", mediaAddress(r.RemoteAddr, r.RemoteSSRC))
	line("LocalGroup", orElse(r.LocalGroup, "none"))
	line("RemoteGroup", orElse(r.RemoteGroup, "none"))
	b.WriteString("LocalMetrics:\r\n")
	r.Local.format(&b)
	if r.Remote != nil {
		b.WriteString("RemoteMetrics:\r\n")
		r.Remote.format(&b)
	}
	if r.DialogID != "" {
		line("DialogID", r.DialogID)
	}
	return []byte(b.String())
}

func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

func orElse(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}

func mediaAddress(a netip.AddrPort, ssrc uint32) string {
	addr := netip.IPv4Unspecified()
	if a.IsValid() {
		addr = a.Addr().WithZone("")
	}
	return fmt.Sprintf("IP=%s PORT=%d SSRC=0x%08x", addr, a.Port(), ssrc)
}

func (m QualityMetrics) format(b *strings.Builder) {
	line := func(name string, values ...string) {
		values = nonBlank(values)
		if len(values) > 0 {
			fmt.Fprintf(b, "%s: %s\r\n", name, strings.Join(values, " "))
		}
	}
	line("Timestamps", "START="+m.Start.UTC().Format(time.RFC3339), "STOP="+m.Stop.UTC().Format(time.RFC3339))
	fmtp := ""
	if m.Fmtp != "" {
		fmtp = `FMTP="` + strings.NewReplacer(`"`, "", `\`, "").Replace(oneLine(m.Fmtp)) + `"`
	}
	line("SessionDesc", whole("PT", m.PayloadType), word("PD", m.Codec), whole("SR", m.ClockRate), whole("FD", m.FrameMS),
		whole("PPS", m.Rate), fmtp, whole("PLC", m.Concealment))
	line("JitterBuffer", whole("JBA", m.BufferKind), whole("JBR", m.BufferRate), whole("JBN", m.BufferNominal), whole("JBM", m.BufferMax), whole("JBX", m.BufferAbsolute))
	line("PacketLoss", part("NLR", m.NetworkLoss, 2), part("JDR", m.Discarded, 2))
	line("BurstGapLoss", part("BLD", m.BurstLoss, 2), whole("BD", m.BurstMS), part("GLD", m.GapLoss, 2), whole("GD", m.GapMS), whole("GMIN", m.Gmin))
	line("Delay", whole("RTD", m.RoundTripMS), whole("ESD", m.EndSystemMS), whole("SOWD", m.OneWayMS), part("IAJ", m.JitterMS, 1))
	line("QualityEst", whole("RLQ", m.RListening), whole("RCQ", m.RConversation), part("MOSLQ", m.MOSLQ, 1), part("MOSCQ", m.MOSCQ, 1), word("QoEEstAlg", m.Algorithm))
}

func nonBlank(values []string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

func whole(name string, n int) string {
	if n < 0 {
		return ""
	}
	return name + "=" + strconv.Itoa(n)
}

func part(name string, x float64, digits int) string {
	if !(x >= 0) || math.IsInf(x, 0) {
		return ""
	}
	return name + "=" + strconv.FormatFloat(x, 'f', digits, 64)
}

func word(name, value string) string {
	if value = strings.Join(strings.Fields(oneLine(value)), "-"); value == "" {
		return ""
	}
	return name + "=" + value
}
