package sdp

import (
	"net/netip"
	"strconv"
	"time"

	pion "github.com/pion/sdp/v3"

	"offhook/audio/rtp"
)

// ours is our audio stream in a body; nil switches it off.
type ours struct {
	proto     string
	direction Direction
	formats   []localFormat
	mux       bool
	xr        rtp.XRBlocks // extended reports that we take
	ice       ICEResult
	protection
}

// body writes our description of all streams. The o= version counts up with each
// body that differs from the one before (RFC 3264, section 8).
func (s *Session) body(l Local, o *ours) []byte {
	text := s.marshal(l, o, 0)
	if text != s.sent {
		s.sent = text
		s.version++
	}
	return []byte(s.marshal(l, o, s.version))
}

func (s *Session) marshal(l Local, o *ours, version uint64) string {
	addr := l.Addr.Addr().Unmap().WithZone("")
	family := "IP4"
	if addr.Is6() {
		family = "IP6"
	}
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
	}
	sd := pion.SessionDescription{
		Origin: pion.Origin{
			Username: "-", SessionID: s.id, SessionVersion: version,
			NetworkType: "IN", AddressType: family, UnicastAddress: addr.String(),
		},
		SessionName: "-",
		ConnectionInformation: &pion.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &pion.Address{Address: addr.String()},
		},
		TimeDescriptions: []pion.TimeDescription{{}},
	}
	for i, ln := range s.lines {
		m := refusal(ln)
		if i == s.active && o != nil {
			m = o.media(l)
			if s.mid != "" {
				m.WithValueAttribute("mid", s.mid)
			}
		}
		sd.MediaDescriptions = append(sd.MediaDescriptions, m)
	}
	s.writeBundle(&sd, o != nil)
	text, _ := sd.Marshal() // writes to memory: it never fails
	return string(text)
}

// refusal is an m= line with port 0: the same medium, transport and formats
// (RFC 3264, section 6).
func refusal(ln line) *pion.MediaDescription {
	fmts := ln.fmts
	if len(fmts) == 0 {
		fmts = []string{"0"} // the grammar wants one
	}
	return &pion.MediaDescription{MediaName: pion.MediaName{
		Media: ln.media, Protos: []string{ln.proto}, Formats: fmts,
	}}
}

func (o *ours) media(l Local) *pion.MediaDescription {
	m := &pion.MediaDescription{MediaName: pion.MediaName{
		Media: "audio", Port: pion.RangedPort{Value: int(l.Addr.Port())}, Protos: []string{o.proto},
	}}
	for _, f := range o.formats {
		pt := strconv.Itoa(int(f.PT))
		m.MediaName.Formats = append(m.MediaName.Formats, pt)
		m.WithValueAttribute("rtpmap", pt+" "+f.String())
		if f.Fmtp != "" {
			m.WithValueAttribute("fmtp", pt+" "+f.Fmtp)
		}
	}
	ptime := l.Ptime
	if ptime <= 0 {
		ptime = defaultPtime
	}
	m.WithValueAttribute("ptime", strconv.FormatInt(int64(ptime/time.Millisecond), 10))
	if l.RTCPPort != 0 && l.RTCPPort != l.Addr.Port()+1 {
		m.WithValueAttribute("rtcp", strconv.Itoa(int(l.RTCPPort)))
	}
	if o.mux {
		m.WithPropertyAttribute("rtcp-mux")
	}
	if o.shakes {
		writeDTLS(m, l.DTLS, o.role)
	}
	for _, c := range o.crypto {
		m.WithValueAttribute("crypto", c.line())
	}
	if o.xr&rtp.XRReceiverRTT != 0 {
		m.WithValueAttribute("rtcp-xr", "voip-metrics rcvr-rtt=all")
	} else if o.xr != 0 {
		m.WithValueAttribute("rtcp-xr", "voip-metrics")
	}
	o.writeICE(m, l)
	return m.WithPropertyAttribute(o.direction.String())
}
