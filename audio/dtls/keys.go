package dtls

import (
	"fmt"

	pion "github.com/pion/dtls/v3"
)

// Profile is an SRTP protection profile (RFC 5764, section 4.1.2; RFC 7714, section 14.2).
type Profile uint8

const (
	NoProfile Profile = iota
	AES128CMSHA1_80
	AES128CMSHA1_32
	AEADAES128GCM
	AEADAES256GCM
)

// profiles lists what each is to pion, and its lengths of key and salt in octets.
var profiles = [...]struct {
	pion      pion.SRTPProtectionProfile
	key, salt int
	name      string
}{
	AES128CMSHA1_80: {pion.SRTP_AES128_CM_HMAC_SHA1_80, 16, 14, "AES_CM_128_HMAC_SHA1_80"},
	AES128CMSHA1_32: {pion.SRTP_AES128_CM_HMAC_SHA1_32, 16, 14, "AES_CM_128_HMAC_SHA1_32"},
	AEADAES128GCM:   {pion.SRTP_AEAD_AES_128_GCM, 16, 12, "AEAD_AES_128_GCM"},
	AEADAES256GCM:   {pion.SRTP_AEAD_AES_256_GCM, 32, 12, "AEAD_AES_256_GCM"},
}

// wanted is our order of preference. The short tag of the last is for peers that have
// nothing else.
var wanted = []Profile{AEADAES128GCM, AEADAES256GCM, AES128CMSHA1_80, AES128CMSHA1_32}

// String is the name that SDES gives the same suite.
func (p Profile) String() string {
	if int(p) < len(profiles) && p != NoProfile {
		return profiles[p].name
	}
	return "none"
}

// Keys is what a handshake agreed on for SRTP: a master key and salt for each direction.
type Keys struct {
	Profile                                    Profile
	LocalKey, LocalSalt, RemoteKey, RemoteSalt []byte
}

// String keeps the keys out of logs.
func (k Keys) String() string { return "keys for " + k.Profile.String() }

// GoString is String.
func (k Keys) GoString() string { return k.String() }

// exporter is RFC 5764, section 4.2's label.
const exporter = "EXTRACTOR-dtls_srtp"

// export takes the keys from a finished handshake: client's key, server's key, client's
// salt, server's salt (RFC 5764, section 4.2).
func export(c *pion.Conn, role Role) (Keys, error) {
	chosen, ok := c.SelectedSRTPProtectionProfile()
	if !ok {
		return Keys{}, ErrNoSRTP
	}
	var p Profile
	for i := range profiles {
		if Profile(i) != NoProfile && profiles[i].pion == chosen {
			p = Profile(i)
		}
	}
	if p == NoProfile {
		return Keys{}, ErrNoSRTP
	}
	state, ok := c.ConnectionState()
	if !ok {
		return Keys{}, fmt.Errorf("%w: the handshake has no keys", ErrHandshake)
	}
	n, s := profiles[p].key, profiles[p].salt
	all, err := state.ExportKeyingMaterial(exporter, nil, 2*(n+s))
	if err != nil {
		return Keys{}, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	k := Keys{Profile: p, LocalKey: all[:n:n], RemoteKey: all[n : 2*n : 2*n], LocalSalt: all[2*n : 2*n+s : 2*n+s], RemoteSalt: all[2*n+s:]}
	if role == Passive {
		k.LocalKey, k.RemoteKey = k.RemoteKey, k.LocalKey
		k.LocalSalt, k.RemoteSalt = k.RemoteSalt, k.LocalSalt
	}
	return k, nil
}
