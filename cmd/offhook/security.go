package main

import (
	"fmt"
	"strings"
	"time"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/config"
	"offhook/ua"
)

// securityFlags say how the sound of calls is protected.
func (f *accountFlags) securityFlags() {
	f.text("srtp", "`MODE` of encrypting calls: auto, off, optional, required or dtls", func(a *config.Account) *string { return &a.SRTP })
	suites := f.set.StringSlice("srtp-suites", nil, "`LIST` of SRTP suites to offer, best first: AEAD_AES_256_GCM,AES_CM_128_HMAC_SHA1_80")
	f.add("srtp-suites", func(a *config.Account) { a.SRTPSuites = *suites })
}

// protects puts into an account what the configuration says of SRTP.
func protects(c config.Account, out *ua.Account) error {
	out.SRTP = srtpMode(c.SRTP)
	for _, name := range c.SRTPSuites { // config has checked them
		if s, ok := srtp.ParseSuite(name); ok {
			out.SRTPSuites = append(out.SRTPSuites, s)
		}
	}
	return nil
}

// srtpMode is the mode of that name; config has checked it.
func srtpMode(name string) audio.SRTPMode {
	for _, m := range []audio.SRTPMode{audio.SRTPOff, audio.SRTPOptional, audio.SRTPRequired, audio.SRTPDTLS} {
		if m.String() == name {
			return m
		}
	}
	return audio.SRTPAuto
}

// securityEvent tells what protects a call.
type securityEvent struct {
	callHead
	securityJSON
	// Text says it for a person, Warning what to worry about.
	Text    string `json:"text"`
	Warning string `json:"warning,omitempty"`
	Error   string `json:"error,omitempty"`
}

// securityJSON is ua.SecurityInfo for readers of JSON.
type securityJSON struct {
	Transport           string     `json:"transport"`
	SignallingEncrypted bool       `json:"signalling_encrypted"`
	SignallingProof     string     `json:"signalling_proof,omitempty"`
	Media               string     `json:"media"`
	Exchange            string     `json:"exchange,omitempty"`
	Suite               string     `json:"suite,omitempty"`
	Since               *time.Time `json:"since,omitempty"`
	Vouched             string     `json:"vouched,omitempty"`
}

func securityOf(s ua.SecurityInfo) securityJSON {
	out := securityJSON{Transport: strings.ToLower(s.Transport.String()), SignallingEncrypted: s.Signalling, Media: s.Media.String()}
	if s.Signalling {
		out.SignallingProof = s.Proof.String()
	}
	if s.Exchange != audio.ExchangeNone {
		out.Exchange = s.Exchange.String()
	}
	if s.Media == ua.MediaEncrypted {
		out.Suite, out.Since, out.Vouched = s.Suite.String(), &s.Since, s.Vouched.String()
	}
	return out
}

func securityEventOf(e ua.SecurityChanged) securityEvent {
	s := e.Call.Security
	return securityEvent{
		callHead: callHeadOf(e.Meta, "security", e.Call), securityJSON: securityOf(s),
		Text: s.Text(), Warning: e.Warning(), Error: message(e.Err),
	}
}

// securityLine tells it to a person: sound in the clear is no news unless it was encrypted.
func securityLine(e ua.SecurityChanged) string {
	s, warning := e.Call.Security, e.Warning()
	switch {
	case warning != "" && s.Media == ua.MediaEncrypted:
		return fmt.Sprintf("call %d: encrypted by %s; warning: %s", e.Call.ID, s.Suite, warning)
	case warning != "":
		return fmt.Sprintf("call %d: warning: %s", e.Call.ID, warning)
	case s.Media == ua.MediaEncrypted:
		return fmt.Sprintf("call %d: %s", e.Call.ID, s.Text())
	}
	return ""
}
