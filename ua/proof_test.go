package ua

import (
	"strings"
	"testing"

	"offhook/audio/srtp"
	"offhook/ua/sip"
)

// Keys that went by TLS to a server that proved nothing are anybody's: the padlock says so.
func TestKeysToAnUnprovenServer(t *testing.T) {
	for _, c := range []struct {
		name    string
		verify  sip.Verification
		proof   sip.Proof
		vouched Voucher
	}{
		{"proven", sip.VerifyPeers, sip.ProofAuthority, VouchServers},
		{"insecure", sip.VerifyNothing, sip.ProofNobody, VouchAnybody},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := secureRig(t, withAccount(func(a *Account) {
				if a.TLS.Verify = c.verify; c.verify == sip.VerifyNothing {
					a.TLS.Roots = nil // the system's, which know nothing of the peer
				}
			}))
			r.agent.Dial(DialRequest{Target: "bob"})
			inv := r.peer.Expect("INVITE")
			if c.verify == sip.VerifyNothing {
				e := next(r, func(ServerUnverified) bool { return true })
				if e.Err.Problem != sip.CertUnknownAuthority || e.Err.Host != "localhost" {
					t.Errorf("%+v", e)
				}
			}
			r.peer.Leg(inv).Reply(inv, 200, r.keyed("RTP/AVP", 2, srtp.RandomKey(srtp.AES128CM80)))
			r.peer.Expect("ACK")
			s := security(r, func(s SecurityInfo) bool { return s.has(MediaEncrypted) }).Call.Security
			if !s.Signalling || s.Proof != c.proof || s.Vouched != c.vouched {
				t.Errorf("%+v", s)
			}
			if warned := strings.Contains(s.Warning(), "hasn't proved who it is"); warned != (c.proof == sip.ProofNobody) {
				t.Errorf("warned: %q", s.Warning())
			}
		})
	}
}
