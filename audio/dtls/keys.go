package dtls

import (
	"fmt"

	pion "github.com/pion/dtls/v3"

	"offhook/audio/srtp"
)

// Keys is what a handshake agreed on for SRTP: a master key with its salt for each direction.
type Keys struct{ Local, Remote srtp.Key }

// wanted is our order of preference (RFC 5764, section 4.1.2; RFC 7714, section 14.2). The
// short tag of the last is for peers that have nothing else.
var wanted = []srtp.Suite{srtp.AES128GCM, srtp.AES256GCM, srtp.AES128CM80, srtp.AES128CM32}

// profiles is wanted as the handshake names them.
func profiles() []pion.SRTPProtectionProfile {
	list := make([]pion.SRTPProtectionProfile, len(wanted))
	for i, s := range wanted {
		list[i] = pion.SRTPProtectionProfile(s.ID())
	}
	return list
}

// exporter is the label of RFC 5764, section 4.2.
const exporter = "EXTRACTOR-dtls_srtp"

// export takes the keys from a finished handshake: client's key, server's key, client's
// salt, server's salt (RFC 5764, section 4.2).
func export(c *pion.Conn, role Role) (Keys, error) {
	chosen, ok := c.SelectedSRTPProtectionProfile()
	if !ok {
		return Keys{}, ErrNoSRTP
	}
	suite, ok := srtp.SuiteOf(uint16(chosen))
	if !ok {
		return Keys{}, ErrNoSRTP
	}
	state, ok := c.ConnectionState()
	if !ok {
		return Keys{}, fmt.Errorf("%w: it has no keys", ErrHandshake)
	}
	n, s := suite.KeySize(), suite.SaltSize()
	all, err := state.ExportKeyingMaterial(exporter, nil, 2*(n+s))
	if err != nil {
		return Keys{}, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	defer clear(all)
	client, err := masterKey(suite, all[:n], all[2*n:2*n+s])
	if err != nil {
		return Keys{}, err
	}
	server, err := masterKey(suite, all[n:2*n], all[2*n+s:])
	if err != nil {
		return Keys{}, err
	}
	if role == Passive {
		return Keys{Local: server, Remote: client}, nil
	}
	return Keys{Local: client, Remote: server}, nil
}

func masterKey(s srtp.Suite, key, salt []byte) (srtp.Key, error) {
	octets := append(append(make([]byte, 0, len(key)+len(salt)), key...), salt...)
	defer clear(octets)
	k, err := srtp.NewKey(s, octets, "")
	if err != nil {
		return srtp.Key{}, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return k, nil
}
