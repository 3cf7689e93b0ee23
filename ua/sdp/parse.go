package sdp

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/sdp/v3"

	"offhook/audio/rtp"
)

// Parse reads a body, tolerantly. Errors are ErrSyntax; the Description is then nil.
func Parse(body []byte) (*Description, error) {
	n, err := normalise(body)
	if err != nil {
		return nil, err
	}
	var sd pion.SessionDescription
	if err := sd.UnmarshalString(n.text); err != nil {
		return nil, &SyntaxError{Why: err.Error()}
	}
	if len(sd.MediaDescriptions) != len(n.lines) {
		return nil, &SyntaxError{Why: "m= lines can't be told apart"}
	}
	d := &Description{SessionID: n.origin.id, Version: n.origin.version}
	base := sessionStream(&sd)
	for i, m := range sd.MediaDescriptions {
		d.Streams = append(d.Streams, readStream(base, m, n.lines[i]))
	}
	readBundle(d, sd.Attributes)
	return d, nil
}

// sessionStream is what the session level says for streams that don't say it themselves.
func sessionStream(sd *pion.SessionDescription) Stream {
	var s Stream
	readHost(&s, sd.ConnectionInformation)
	for _, a := range sd.Attributes {
		readAttribute(&s, a)
	}
	readDTLS(&s, sd.Attributes)
	// A session-level a=rtcp names no stream (RFC 3605, section 2.1).
	s.RTCP = netip.AddrPort{}
	s.Crypto = nil // nor does a key (RFC 4568, section 5)
	return s
}

func readStream(base Stream, m *pion.MediaDescription, l line) Stream {
	s := base
	s.Media, s.Proto, s.fmts = l.media, l.proto, l.fmts
	s.Port = uint16(m.MediaName.Port.Value) // normalise checked its range
	readHost(&s, m.ConnectionInformation)
	for _, a := range m.Attributes {
		readAttribute(&s, a)
	}
	readDTLS(&s, m.Attributes)
	if s.isRTP() {
		s.Formats = readFormats(l.fmts, m.Attributes)
	}
	if !s.RTCP.IsValid() && s.Addr.IsValid() && s.Port != 0 && s.Port != math.MaxUint16 {
		s.RTCP = netip.AddrPortFrom(s.Addr, s.Port+1) // RFC 3550, section 11
	}
	if s.Port == 0 {
		s.RTCP = netip.AddrPort{}
	}
	return s
}

func readHost(s *Stream, c *pion.ConnectionInformation) {
	if c == nil || c.Address == nil {
		return
	}
	s.Host = c.Address.Address
	s.Addr, _ = netip.ParseAddr(s.Host)
	s.Addr = s.Addr.Unmap()
}

func readAttribute(s *Stream, a pion.Attribute) {
	if d, ok := parseDirection(a.Key); ok {
		s.Direction = d
		return
	}
	if s.ICE.read(a) {
		return
	}
	switch a.Key {
	case "ptime":
		s.Ptime = readMillis(a.Value, s.Ptime)
	case "maxptime":
		s.MaxPtime = readMillis(a.Value, s.MaxPtime)
	case "mid":
		s.Mid = readMid(a.Value)
	case "rtcp-mux":
		s.RTCPMux = true
	case "rtcp-xr":
		s.XR = readXR(a.Value)
	case "crypto":
		if len(s.Crypto) < maxCrypto {
			s.Crypto = append(s.Crypto, readCrypto(a.Value))
		}
	case "rtcp":
		s.RTCP = readRTCP(a.Value, s.Addr)
	}
}

// readXR reads "voip-metrics rcvr-rtt=all:100 pkt-loss-rle=50": the formats that we know.
func readXR(value string) rtp.XRBlocks {
	var x rtp.XRBlocks
	for _, word := range strings.Fields(value) {
		name, _, _ := strings.Cut(word, "=")
		switch name {
		case "voip-metrics":
			x |= rtp.XRVoIPMetrics
		case "rcvr-rtt":
			x |= rtp.XRReceiverRTT
		}
	}
	return x
}

// readMillis takes whole and fractional milliseconds, as both are met; what isn't
// a sensible packet time leaves the value as it was.
func readMillis(value string, was time.Duration) time.Duration {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 1 && ms <= 10000) {
		return was
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// readRTCP reads "53020" and "53020 IN IP4 192.0.2.1" (RFC 3605, section 2.1).
func readRTCP(value string, addr netip.Addr) netip.AddrPort {
	f := strings.Fields(value)
	if len(f) == 0 {
		return netip.AddrPort{}
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil || port == 0 {
		return netip.AddrPort{}
	}
	if len(f) >= 4 {
		a, err := netip.ParseAddr(f[3])
		if err != nil {
			return netip.AddrPort{}
		}
		addr = a.Unmap()
	}
	if !addr.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, uint16(port))
}

// readFormats joins an RTP m= line's numbers with their rtpmap and fmtp lines. A
// static number needs no rtpmap (interop 40); one that has it is what it says.
func readFormats(fmts []string, attributes []pion.Attribute) []Format {
	var formats []Format
	index := map[uint8]int{}
	for _, text := range fmts {
		pt, ok := readPT(text)
		if _, twice := index[pt]; !ok || twice {
			continue
		}
		index[pt] = len(formats)
		formats = append(formats, staticFormat(pt))
	}
	for _, a := range attributes {
		if a.Key != "rtpmap" && a.Key != "fmtp" {
			continue
		}
		text, value, _ := strings.Cut(a.Value, " ")
		pt, ok := readPT(text)
		i, listed := index[pt]
		if !ok || !listed {
			continue
		}
		value = strings.TrimSpace(value)
		if a.Key == "fmtp" {
			formats[i].Fmtp = value
		} else if name, rate, channels, ok := readRtpmap(value); ok {
			formats[i].Name, formats[i].ClockRate, formats[i].Channels = name, rate, channels
		}
	}
	return formats
}

func readPT(text string) (uint8, bool) {
	pt, err := strconv.ParseUint(text, 10, 7) // 0 to 127 (RFC 3550, section 5.1)
	return uint8(pt), err == nil
}

// readRtpmap reads "opus/48000/2".
func readRtpmap(value string) (name string, rate, channels int, ok bool) {
	parts := strings.Split(value, "/")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" {
		return "", 0, 0, false
	}
	rate, err := strconv.Atoi(parts[1])
	if err != nil || rate <= 0 {
		return "", 0, 0, false
	}
	channels = 1
	if len(parts) == 3 {
		if c, err := strconv.Atoi(parts[2]); err == nil && c > 0 {
			channels = c
		}
	}
	return parts[0], rate, channels, true
}
