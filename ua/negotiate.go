package ua

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

func randomID() uint64 { return rand.Uint64() }

// local is what we can and want in a round of offer and answer.
func (c *phoneCall) local(hold bool) sdp.Local {
	l := sdp.Local{
		Codecs: c.line.acc.Codecs,
		// An account with in-band digits wants tones from the peer too: it offers nothing else.
		TelephoneEvent: c.line.acc.DTMFMode != audio.DTMFInband,
		ComfortNoise:   c.line.acc.VAD,
		Ptime:          c.line.acc.Ptime,
		Direction:      sdp.SendRecv,
		RTCPMux:        true,
		SRTP:           c.line.acc.SRTP,
		Crypto:         c.crypto(),
		DTLS:           c.dtlsEnd(),
	}
	if c.terse && len(l.Codecs) > 1 {
		l.Codecs = l.Codecs[len(l.Codecs)-1:] // the plainest comes last
	}
	if l.Ptime <= 0 {
		l.Ptime = defaultPtime
	}
	if c.public.IsValid() {
		l.Addr = c.public
	} else if c.session != nil {
		l.Addr = c.session.LocalAddr()
	} else if leg := c.main(); leg != nil {
		// Only to find out what an offer is worth before the media is open.
		l.Addr = netip.AddrPortFrom(leg.end.addr, 9)
	}
	if hold {
		l.Direction = sdp.SendOnly
	}
	c.describeWay(&l)
	return l
}

// refusedBody is the Body of an offer or answer that sdp refuses with err.
func refusedBody(err error) call.Body {
	if sdp.StatusCode(err) == 400 {
		return call.Body{Kind: call.Malformed, Err: err}
	}
	return call.Body{Kind: call.Unacceptable, Err: err}
}

// offerBody judges an offer without taking it: a copy of the session answers it.
func (c *phoneCall) offerBody(l *leg, body []byte, kind bodyKind) call.Body {
	if kind != sdpBody {
		return call.Body{}
	}
	desc, err := sdp.Parse(body)
	if err != nil {
		c.logErr("offer", err)
		return refusedBody(err)
	}
	c.protected.offersDTLS = c.protected.offersDTLS || desc.OffersDTLS()
	s := c.sdp
	if l != nil {
		s = l.sdp
	}
	if s == nil {
		return call.Body{Kind: call.UsableSDP, Desc: desc}
	}
	_, result, err := s.Clone().Answer(desc, c.local(c.m != nil && c.m.Hold().Desired))
	if c.protected.unmet = err; err != nil {
		c.logErr("offer", err)
		return refusedBody(err)
	}
	changes := l != nil && l.offer != nil && desc.Changes(l.offer)
	if changes && (c.m == nil || !c.m.Asking()) {
		c.proposed = desc.Difference(l.offer)
	}
	return call.Body{Kind: call.UsableSDP, Hold: result.RemoteHold, Desc: desc, Change: changes}
}

// answerBody judges the answer to our offer in a dialog; nil stands for no dialog yet.
func (c *phoneCall) answerBody(l *leg, m sip.Message) call.Body {
	body, kind := findSDP(m)
	switch kind {
	case noBody:
		return call.Body{}
	case otherBody:
		return call.Body{Kind: call.NoSDP}
	case sdpBody:
	}
	desc, err := sdp.Parse(body)
	if err != nil {
		c.logErr("answer", err)
		return refusedBody(err)
	}
	s := c.sdp
	if l != nil {
		s = l.sdp
	}
	if s == nil || !s.Offered() {
		return call.Body{}
	}
	result, err := s.Clone().ApplyAnswer(desc)
	if c.protected.unmet = err; err != nil {
		c.logErr("answer", err)
		return refusedBody(err)
	}
	return call.Body{Kind: call.UsableSDP, Hold: result.RemoteHold, Desc: desc}
}

// ackBody judges the answer in an ACK, if our 200 had the offer.
func (c *phoneCall) ackBody(req *sip.Request) call.Body {
	if c.sdp == nil || !c.sdp.Pending() {
		return call.Body{}
	}
	return c.answerBody(c.main(), req)
}

// apply takes an answer in force for its dialog, and for the call unless it stands aside.
func (c *phoneCall) apply(e call.Apply) {
	desc, _ := e.Desc.(*sdp.Description)
	l := c.legs[e.Tag]
	s := c.talk(e.Tag)
	if desc == nil || s == nil {
		return
	}
	result, err := s.ApplyAnswer(desc)
	if err != nil {
		c.logErr("answer", err) // answerBody tried the same before
		return
	}
	c.untold = 0
	if l != nil {
		l.offer = desc
		l.result, l.agreed = result, true
	}
	if !e.Aside {
		c.use(result)
	}
}

// take notes what a round has decided in a dialog, and for the call unless another fork's
// media is the call's.
func (c *phoneCall) take(l *leg, r sdp.Result) {
	l.result, l.agreed = r, true
	if c.m.Follows(c.tagOf(l)) {
		c.use(r)
	}
}

// use makes what a round decided the call's.
func (c *phoneCall) use(r sdp.Result) {
	c.result, c.agreed = r, true
	c.dtmf = c.resolveDTMF()
	c.followICE(r)
}

// direct gives the session the parameters in force. While we want the peer on
// hold the microphone is cut, whatever the peer has agreed to so far.
func (c *phoneCall) direct() {
	if c.session == nil || !c.agreed {
		return
	}
	p := c.result.Params
	if c.m.Hold().Desired && !c.music {
		p.Send = false
	}
	if l := c.main(); l != nil {
		p.Vouched = l.via.Addr.Addr()
	}
	p.KeepOpen = c.line.mediaKeepAlive()
	p.Early = c.info.Direction == Outgoing && !up(c)
	same := c.moved && sameParams(p, c.applied)
	if same && p.Early == c.applied.Early && p.Vouched == c.applied.Vouched {
		return
	}
	first := !c.moved
	c.protect(p.Security)
	c.applied, c.moved = p, true
	c.session.Apply(p)
	switch {
	case first:
		c.measure()
	case !same:
		c.agent.emitMedia(c, MediaUpdated)
	}
}

// sameParams compares what people are told of.
func sameParams(a, b audio.Params) bool {
	if len(a.Decode) != len(b.Decode) {
		return false
	}
	for i := range a.Decode {
		if !sameFormat(a.Decode[i], b.Decode[i]) {
			return false
		}
	}
	return sameFormat(a.Encode, b.Encode) && a.Remote == b.Remote && a.RemoteRTCP == b.RemoteRTCP && a.RTCPMux == b.RTCPMux && a.XR == b.XR &&
		a.Send == b.Send && a.Receive == b.Receive &&
		a.EventSendPT == b.EventSendPT && a.EventRecvPT == b.EventRecvPT && a.EventClock == b.EventClock && slices.Equal(a.EventRecv, b.EventRecv) &&
		a.ComfortNoisePT == b.ComfortNoisePT && a.ComfortNoiseSendPT == b.ComfortNoiseSendPT && a.Ptime == b.Ptime && audio.SameSecurity(a.Security, b.Security)
}

// sameFormat compares codecs by their description: a Codec needn't be comparable.
func sameFormat(a, b audio.Format) bool {
	if a.PT != b.PT || a.Fmtp != b.Fmtp || (a.Codec == nil) != (b.Codec == nil) {
		return false
	}
	return a.Codec == nil || a.Codec.Info() == b.Codec.Info()
}

// stopMedia takes the microphone away and closes the session in a worker.
func (c *phoneCall) stopMedia() {
	c.agent.leave(c)
	if c.agent.focus == c {
		c.agent.setFocus(nil)
	}
	if s := c.session; s != nil {
		c.info.Stats = s.Stats()
		c.info.LocalMedia = s.LocalAddr()
		media := socket{session: s, way: c.way}
		c.session, c.way = nil, nil
		c.agent.work.Go(media.close)
	}
}

// numericTarget is a URI's target when its host is an address and no look-up is
// needed (RFC 3263, section 4.2).
func numericTarget(u sip.URI, def sip.Transport) (sip.Target, bool) {
	addr, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if v, ok := sip.ParamValue(u.UriParams, "maddr"); ok {
		addr, err = netip.ParseAddr(strings.Trim(v, "[]"))
	}
	if err != nil || u.IsEncrypted() && def != sip.TLS && def != sip.WSS {
		return sip.Target{}, false
	}
	t := def
	if v, ok := sip.ParamValue(u.UriParams, "transport"); ok {
		if t, err = sip.ParseTransport(v); err != nil {
			return sip.Target{}, false
		}
		t = asSecure(t, def, u.IsEncrypted())
	}
	port := t.DefaultPort()
	if u.Port > 0 && u.Port < 1<<16 {
		port = uint16(u.Port)
	}
	return sip.Target{Transport: t, Addr: netip.AddrPortFrom(addr.Unmap(), port), Host: u.Host}, true
}

// transportOf is how a request came.
func transportOf(req *sip.Request) sip.Transport {
	if t, err := sip.ParseTransport(req.Transport()); err == nil {
		return t
	}
	return sip.UDP
}
