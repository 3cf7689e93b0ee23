package srtp

import pion "github.com/pion/srtp/v3"

// Suite is a crypto suite: a cipher, and what authenticates.
type Suite uint8

const (
	// NoSuite is plain RTP.
	NoSuite Suite = iota
	// RFC 4568, section 6.2.
	AES128CM80
	AES128CM32
	// RFC 6188.
	AES256CM80
	AES256CM32
	// RFC 7714.
	AES128GCM
	AES256GCM

	numSuites = iota
)

// Suites lists all, the strongest first.
func Suites() []Suite {
	return []Suite{AES256GCM, AES128GCM, AES256CM80, AES128CM80, AES256CM32, AES128CM32}
}

// String is the name in SDP: "AES_CM_128_HMAC_SHA1_80".
func (s Suite) String() string {
	switch s {
	case NoSuite:
		return "none"
	case AES128CM80:
		return "AES_CM_128_HMAC_SHA1_80"
	case AES128CM32:
		return "AES_CM_128_HMAC_SHA1_32"
	case AES256CM80:
		return "AES_256_CM_HMAC_SHA1_80"
	case AES256CM32:
		return "AES_256_CM_HMAC_SHA1_32"
	case AES128GCM:
		return "AEAD_AES_128_GCM"
	case AES256GCM:
		return "AEAD_AES_256_GCM"
	}
	return "unknown"
}

// ParseSuite is the suite of that name in SDP.
func ParseSuite(name string) (Suite, bool) {
	for s := AES128CM80; s < numSuites; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return NoSuite, false
}

// ID is the suite's number as a DTLS-SRTP protection profile (RFC 5764, section 4.1.2; RFC
// 7714, section 14.2).
func (s Suite) ID() uint16 { return uint16(s.profile()) }

// SuiteOf is the suite with that number.
func SuiteOf(id uint16) (Suite, bool) {
	for s := AES128CM80; s < numSuites; s++ {
		if s.ID() == id {
			return s, true
		}
	}
	return NoSuite, false
}

// KeySize and SaltSize are those of a master key, in octets.
func (s Suite) KeySize() int {
	switch s {
	case AES128CM80, AES128CM32, AES128GCM:
		return 16
	case AES256CM80, AES256CM32, AES256GCM:
		return 32
	case NoSuite:
	}
	return 0
}

func (s Suite) SaltSize() int {
	switch s {
	case AES128CM80, AES128CM32, AES256CM80, AES256CM32:
		return 14
	case AES128GCM, AES256GCM:
		return 12
	case NoSuite:
	}
	return 0
}

func (s Suite) profile() pion.ProtectionProfile {
	switch s {
	case AES128CM80:
		return pion.ProtectionProfileAes128CmHmacSha1_80
	case AES128CM32:
		return pion.ProtectionProfileAes128CmHmacSha1_32
	case AES256CM80:
		return pion.ProtectionProfileAes256CmHmacSha1_80
	case AES256CM32:
		return pion.ProtectionProfileAes256CmHmacSha1_32
	case AES128GCM:
		return pion.ProtectionProfileAeadAes128Gcm
	case AES256GCM:
		return pion.ProtectionProfileAeadAes256Gcm
	case NoSuite:
	}
	return 0
}
