package ua

import (
	"errors"
	"time"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// callSecurity is a call's own memory of what protects it. The loop owns it.
type callSecurity struct {
	keys    []srtp.Key // ours for SDES, one for each suite
	hop     sip.Target // of the first INVITE
	proof   sip.Proof
	secured audio.Secured // what the session told last
	since   time.Time
	failed  error
	told    SecurityInfo
	// dtls is our end of DTLS-SRTP, made when it is needed; offersDTLS says that the peer does.
	dtls       sdp.LocalDTLS
	offersDTLS bool
	unmet      error // why the newest description of the peer's can't be met
}

// security is what is true now.
func (c *phoneCall) security() SecurityInfo {
	t := c.hopTransport()
	s := SecurityInfo{Transport: t, Signalling: encryptedBy(t), Proof: c.hopProof()}
	switch sec := c.applied.Security; {
	case !c.moved:
	case sec == nil:
		s.Media = MediaPlain
	default:
		s.Exchange = sec.Exchange()
		switch {
		case c.protected.failed != nil:
			s.Media = MediaFailed
		case c.protected.secured.Exchange != s.Exchange:
			s.Media = MediaAgreeing
		default:
			s.Media, s.Suite, s.Since = MediaEncrypted, c.protected.secured.Suite, c.protected.since
			s.Vouched = voucher(s.Exchange, s.Signalling && s.Proof != sip.ProofNobody)
		}
	}
	return s
}

// tellSecurity tells what protects the call, if that isn't what was told last.
func (c *phoneCall) tellSecurity() {
	now := c.security()
	if now == c.protected.told || now.Media == MediaNone || c.ended {
		return
	}
	if now.Media == MediaAgreeing && now.Exchange == audio.ExchangeSDES {
		return // they are known; the session says so in a moment
	}
	was := c.protected.told.Media
	c.protected.told = now
	c.agent.emit(func(m Meta) Event {
		return SecurityChanged{Meta: m, Call: c.snapshot(), Was: was, Err: c.protected.failed}
	})
}

// protect notes that the session is given another protection: what it told of keys that were
// exchanged otherwise, before a time in the clear, or with another fork, is true no more.
func (c *phoneCall) protect(now audio.Security) {
	if was := c.applied.Security; now == nil || was == nil || now.Exchange() != was.Exchange() || c.applied.Early && !audio.SameSecurity(now, was) {
		c.protected.secured = audio.Secured{}
	}
}

// secured takes the word of the session that there are keys, and unsecured that there are none.
func (c *phoneCall) secured(e audio.Secured) {
	c.protected.secured, c.protected.since, c.protected.failed = e, time.Now(), nil
	c.tellSecurity()
}

func (c *phoneCall) unsecured(e audio.SecurityFailed) {
	c.protected.secured, c.protected.failed = audio.Secured{}, e.Err
	c.tellSecurity()
	c.giveUpInsecure(e.Err)
}

// errSRTPOnly is what a 488 to an offer of nothing but SRTP may well mean.
var errSRTPOnly = errors.New("this account offers encrypted sound only, which the peer may not take (srtp = optional offers both)")

// refusedSRTP says that the peer finds our offer unacceptable, and that it had SRTP only.
func (c *phoneCall) refusedSRTP(e call.End) bool {
	only := c.line.acc.SRTP == audio.SRTPRequired || c.line.acc.SRTP == audio.SRTPDTLS
	return only && c.info.Direction == Outgoing && e.Cause == call.Rejected && (e.Code == 488 || e.Code == 606)
}

// ErrNoKeys is told when the keys of a call that has none are to be exchanged.
var ErrNoKeys = errors.New("the call has no keys to exchange: it isn't encrypted")

// Rekey makes new keys of ours and tells them to the peer, in a re-INVITE; with DTLS-SRTP a
// new certificate, which asks for another handshake. The peer may give
// new ones of its own in its answer, or keep what it has.
func (a *Agent) Rekey(id CallID) {
	a.withCall("rekey", id, func(c *phoneCall) {
		switch {
		case !up(c):
			a.fail("rekey", c, ErrNotUp)
		case c.security().Exchange == audio.ExchangeSDES:
			c.protected.keys = nil
			c.step(call.Reoffer{})
		case c.security().Exchange == audio.ExchangeDTLS:
			c.renewDTLS()
			c.step(call.Reoffer{})
		default:
			a.fail("rekey", c, ErrNoKeys)
		}
	})
}

// hopTransport is how the call's signalling travels to the next hop.
func (c *phoneCall) hopTransport() sip.Transport {
	if c.m != nil {
		if l := c.main(); l != nil {
			return l.via.Transport
		}
	}
	return c.protected.hop.Transport
}

// towards notes where the first INVITE goes, elsewhere if a redirection led there, and reports
// whether that changes what it may say. Keys that one place was told aren't told to another:
// the first could hear the call, and so could who saw them on a hop that wasn't encrypted,
// whatever the padlock said of the last one.
func (c *phoneCall) towards(t sip.Target, elsewhere bool) bool {
	was := c.protected.hop
	c.protected.hop = t
	told := c.tellsKeys(was.Transport)
	if told && (elsewhere || was != t) {
		c.protected.keys = nil
		return true
	}
	return told != c.tellsKeys(t.Transport)
}

// tellsKeys says that an offer over t has keys of ours in it.
func (c *phoneCall) tellsKeys(t sip.Transport) bool {
	switch c.line.acc.SRTP {
	case audio.SRTPOptional, audio.SRTPRequired:
		return true
	case audio.SRTPAuto:
		return encryptedBy(t)
	case audio.SRTPOff, audio.SRTPDTLS:
	}
	return false
}

// crypto is what we bring to SDES.
func (c *phoneCall) crypto() sdp.CryptoOffer {
	acc := &c.line.acc
	o := sdp.CryptoOffer{Offer: acc.SRTPSuites}
	if len(o.Offer) == 0 {
		o.Offer = DefaultSRTPSuites()
	}
	switch acc.SRTP {
	case audio.SRTPOff, audio.SRTPDTLS:
		return sdp.CryptoOffer{}
	case audio.SRTPAuto, audio.SRTPOptional, audio.SRTPRequired:
		if !c.tellsKeys(c.hopTransport()) {
			o.Offer = nil
		}
	}
	if c.protected.keys == nil {
		for _, s := range srtp.Suites() {
			c.protected.keys = append(c.protected.keys, srtp.RandomKey(s))
		}
	}
	o.Keys = c.protected.keys
	return o
}

// DefaultSRTPSuites are offered by who names none: one of the best, and the one that every
// implementation has (RFC 4568, section 6.2). Each more makes an offer longer by a line, and
// one over UDP is soon too long.
func DefaultSRTPSuites() []srtp.Suite { return []srtp.Suite{srtp.AES256GCM, srtp.AES128CM80} }
