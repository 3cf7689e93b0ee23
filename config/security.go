package config

import (
	"fmt"
	"slices"
	"strings"
)

// securityKeys are an account's keys about the protection of media.
func securityKeys() []field[Account] {
	return []field[Account]{
		column(Key{Table: "account", Name: "srtp", Doc: "How the sound of calls is protected: off; optional, encrypted with who can (RFC 8643); required, no call without SRTP; dtls, no call without DTLS-SRTP; or auto, optional where the signalling is encrypted (TLS, WSS), while over plain signalling, where anybody could read a key, none is offered, but a peer that offers SRTP gets it."},
			func(a *Account) *string { return &a.SRTP }, "auto", oneOf("auto", "off", "optional", "required", "dtls")),
		column(Key{Table: "account", Name: "srtp_suites", Doc: "SRTP suites to offer with keys in the session description (SDES), most wanted first. Without it: AEAD_AES_256_GCM and AES_CM_128_HMAC_SHA1_80. A peer may offer any suite."},
			func(a *Account) *[]string { return &a.SRTPSuites }, nil, list("list of suites", checkSuite)),
	}
}

// SRTPSuites are the names of the suites that srtp_suites may list.
func SRTPSuites() []string {
	return []string{
		"AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_256_CM_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32",
	}
}

func checkSuite(s string) error {
	if slices.Contains(SRTPSuites(), s) {
		return nil
	}
	return fmt.Errorf("names %q; the suites are %s", s, strings.Join(SRTPSuites(), ", "))
}
