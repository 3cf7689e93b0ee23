package ua

import (
	"errors"
	"time"

	"offhook/audio"
	"offhook/audio/dtls"
	"offhook/ua/call"
	"offhook/ua/sdp"
)

// dtlsEnd is the call's end of DTLS-SRTP, the same one for all its rounds and forks. Who
// needs none has none: it is made for an offer of ours that wants it, or one of the peer's
// that has it.
func (c *phoneCall) dtlsEnd() sdp.LocalDTLS {
	if c.protected.dtls.Certificate != nil || c.line.acc.SRTP != audio.SRTPDTLS && !c.protected.offersDTLS {
		return c.protected.dtls
	}
	cert, err := dtls.NewCertificate(time.Now())
	if err != nil {
		c.logErr("certificate", err) // without one the offer is refused, and says so
		return sdp.LocalDTLS{}
	}
	c.protected.dtls = sdp.LocalDTLS{Certificate: cert, ID: sdp.NewTLSID()}
	return c.protected.dtls
}

// renewDTLS has the next offer name another certificate, which asks for another association
// (RFC 8842, section 4). The keys of the old one hold until there are new.
func (c *phoneCall) renewDTLS() {
	c.protected.dtls, c.protected.offersDTLS = sdp.LocalDTLS{}, true
}

// giveUpInsecure ends a call whose keys couldn't be agreed on: nothing can be said in it, and
// a certificate that isn't the peer's may be somebody's who wants to listen.
func (c *phoneCall) giveUpInsecure(err error) {
	c.protected.unmet = err
	c.step(call.Hangup{Cause: call.MediaFailure})
}

// insecureReason tells the peer why.
func insecureReason(err error) Reason {
	text := "Media encryption failed"
	switch {
	case errors.Is(err, dtls.ErrFingerprint):
		text = "Certificate of the media doesn't match its fingerprint"
	case errors.Is(err, dtls.ErrTimeout):
		text = "No DTLS handshake in time"
	}
	return Reason{Protocol: "SIP", Cause: 488, Text: text}
}
