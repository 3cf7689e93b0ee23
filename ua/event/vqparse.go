package event

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxQualityReport bounds a body; a report of all that there is has about 1 kB.
const maxQualityReport = 16 << 10

// ParseQualityReport reads application/vq-rtcpxr: a session report, whatever else it says.
// Lines that we don't know are skipped, and numbers that make no sense are Unknown.
func ParseQualityReport(body []byte) (QualityReport, error) {
	if len(body) > maxQualityReport {
		return QualityReport{}, fmt.Errorf("%w: %d bytes", ErrBody, len(body))
	}
	r := QualityReport{Local: NoMetrics()}
	into := &r.Local
	lines := strings.Split(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n")
	if name, _, ok := cutLine(lines[0]); !ok || name != "vqsessionreport" {
		return QualityReport{}, fmt.Errorf("%w: it doesn't begin with VQSessionReport", ErrBody)
	}
	for _, l := range lines[1:] {
		name, value, ok := cutLine(l)
		if !ok {
			continue
		}
		switch name {
		case "localmetrics":
			into = &r.Local
		case "remotemetrics":
			remote := NoMetrics()
			r.Remote = &remote
			into = r.Remote
		default:
			if !r.set(name, value) {
				into.set(name, fields(value))
			}
		}
	}
	if r.CallID == "" {
		return QualityReport{}, fmt.Errorf("%w: it names no call", ErrBody)
	}
	return r, nil
}

func cutLine(l string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(l, ":")
	return strings.ToLower(strings.TrimSpace(name)), oneLine(value), ok
}

// set takes a line about the session.
func (r *QualityReport) set(name, value string) bool {
	switch name {
	case "callid":
		r.CallID = value
	case "localid":
		r.LocalID = value
	case "remoteid":
		r.RemoteID = value
	case "origid":
		r.OrigID = value
	case "localaddr":
		r.LocalAddr, r.LocalSSRC = readMediaAddress(fields(value))
	case "remoteaddr":
		r.RemoteAddr, r.RemoteSSRC = readMediaAddress(fields(value))
	case "localgroup":
		r.LocalGroup = value
	case "remotegroup":
		r.RemoteGroup = value
	case "dialogid":
		r.DialogID = value
	default:
		return false
	}
	return true
}

// set takes a line of metrics; a field that isn't there stays Unknown.
func (m *QualityMetrics) set(name string, f map[string]string) {
	switch name {
	case "timestamps":
		m.Start, _ = time.Parse(time.RFC3339, f["start"])
		m.Stop, _ = time.Parse(time.RFC3339, f["stop"])
		m.Start, m.Stop = m.Start.UTC(), m.Stop.UTC()
	case "sessiondesc":
		m.PayloadType, m.ClockRate, m.FrameMS, m.Rate = number(f["pt"]), number(f["sr"]), number(f["fd"]), number(f["pps"])
		m.Codec, m.Fmtp, m.Concealment = f["pd"], f["fmtp"], number(f["plc"])
	case "jitterbuffer":
		m.BufferKind, m.BufferRate = number(f["jba"]), number(f["jbr"])
		m.BufferNominal, m.BufferMax, m.BufferAbsolute = number(f["jbn"]), number(f["jbm"]), number(f["jbx"])
	case "packetloss":
		m.NetworkLoss, m.Discarded = decimal(f["nlr"]), decimal(f["jdr"])
	case "burstgaploss":
		m.BurstLoss, m.GapLoss = decimal(f["bld"]), decimal(f["gld"])
		m.BurstMS, m.GapMS, m.Gmin = number(f["bd"]), number(f["gd"]), number(f["gmin"])
	case "delay":
		m.RoundTripMS, m.EndSystemMS, m.OneWayMS, m.JitterMS = number(f["rtd"]), number(f["esd"]), number(f["sowd"]), decimal(f["iaj"])
	case "qualityest":
		m.RListening, m.RConversation = number(f["rlq"]), number(f["rcq"])
		m.MOSLQ, m.MOSCQ, m.Algorithm = decimal(f["moslq"]), decimal(f["moscq"]), f["qoeestalg"]
	}
}

// fields reads `A=1 B="two words"`, names in lower case.
func fields(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		var value string
		if quoted, after := strings.CutPrefix(rest, `"`); after {
			value, s, _ = strings.Cut(quoted, `"`)
		} else {
			value, s, _ = strings.Cut(rest, " ")
		}
		out[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return out
}

func readMediaAddress(f map[string]string) (netip.AddrPort, uint32) {
	addr, err := netip.ParseAddr(f["ip"])
	port, _ := strconv.ParseUint(f["port"], 10, 16)
	ssrc, _ := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(f["ssrc"]), "0x"), 16, 32)
	if err != nil {
		return netip.AddrPort{}, uint32(ssrc)
	}
	return netip.AddrPortFrom(addr.WithZone(""), uint16(port)), uint32(ssrc)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return Unknown
	}
	return n
}

func decimal(s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= 0) || math.IsInf(x, 0) || x > 1e9 {
		return Unknown
	}
	return x
}
