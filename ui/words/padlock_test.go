package words

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"offhook/audio"
	"offhook/nat/ice"
	"offhook/ua"
	"offhook/ua/sip"
	"offhook/ui/cell"
)

// A padlock is closed only when keys are known to be vouched for: whatever is in doubt opens it.
func TestThePadlockNeverSaysMoreThanIsTrue(t *testing.T) {
	for m := ua.MediaNone; m <= ua.MediaFailed; m++ {
		for v := ua.VouchNobody; v <= ua.VouchServersWord; v++ {
			for p := sip.NoProof; p <= sip.ProofAuthority; p++ {
				for _, signalling := range []bool{false, true} {
					s := ua.SecurityInfo{Media: m, Vouched: v, Proof: p, Signalling: signalling, Exchange: audio.ExchangeDTLS}
					may := m == ua.MediaEncrypted && signalling && (v == ua.VouchServers || v == ua.VouchServersWord) && (p == sip.ProofPin || p == sip.ProofAuthority)
					if got := LockOf(s) == LockClosed; got != may {
						t.Errorf("%v, %v, %v, signalling encrypted %v: closed %v", m, v, p, signalling, got)
					}
					if says := strings.HasPrefix(Padlock(s, false), "encrypted"); says != (m == ua.MediaEncrypted) {
						t.Errorf("%v: %q", m, Padlock(s, false))
					}
				}
			}
		}
	}
}

func TestPadlockWords(t *testing.T) {
	sdes, dtls := audio.ExchangeSDES, audio.ExchangeDTLS
	encrypted := func(e audio.Exchange, signalling bool, p sip.Proof, v ua.Voucher) ua.SecurityInfo {
		t := sip.UDP
		if signalling {
			t = sip.TLS
		}
		return ua.SecurityInfo{Transport: t, Media: ua.MediaEncrypted, Exchange: e, Signalling: signalling, Proof: p, Vouched: v}
	}
	for _, tt := range []struct {
		of          ua.SecurityInfo
		lock        Lock
		long, brief string
	}{
		{ua.SecurityInfo{}, LockNone, "", ""},
		{ua.SecurityInfo{Media: ua.MediaPlain}, LockOpen, "not encrypted", "not encrypted"},
		{ua.SecurityInfo{Media: ua.MediaPlain, Signalling: true}, LockOpen, "sound not encrypted, only the signalling is", "not encrypted"},
		{ua.SecurityInfo{Media: ua.MediaAgreeing}, LockWaiting, "agreeing on keys; silent until then", "agreeing on keys…"},
		{ua.SecurityInfo{Media: ua.MediaFailed}, LockFailed, "no keys could be agreed on: no sound", "no keys: no sound"},
		{encrypted(dtls, true, sip.ProofAuthority, ua.VouchServersWord), LockClosed, "encrypted (DTLS, TLS); the servers vouch for the keys", "encrypted, servers vouch"},
		{encrypted(sdes, true, sip.ProofPin, ua.VouchServers), LockClosed, "encrypted (SDES, TLS); the servers know the keys", "encrypted, servers know keys"},
		{encrypted(dtls, false, sip.NoProof, ua.VouchPath), LockDoubtful, "encrypted (DTLS, UDP), but nobody vouches for the keys", "encrypted, nobody vouches"},
		{encrypted(sdes, false, sip.NoProof, ua.VouchAnybody), LockDoubtful, "encrypted (SDES, UDP), but the keys went in the clear", "keys went in the clear"},
		{encrypted(sdes, true, sip.ProofNobody, ua.VouchAnybody), LockDoubtful, "encrypted (SDES, TLS), but the server has proved nothing", "keys went to unproved server"},
		{encrypted(sdes, true, sip.ProofUnasked, ua.VouchServers), LockDoubtful, "encrypted (SDES, TLS), but who called has proved nothing", "keys from an unproved caller"},
	} {
		if got := LockOf(tt.of); got != tt.lock {
			t.Errorf("%+v: lock %d, want %d", tt.of, got, tt.lock)
		}
		if got := Padlock(tt.of, false); got != tt.long {
			t.Errorf("%q, want %q", got, tt.long)
		}
		if got := Padlock(tt.of, true); got != tt.brief || cell.Width(got) > 33 {
			t.Errorf("in brief %q, want %q in 33 cells", got, tt.brief)
		}
	}
}

// What is said of the signalling ends at the next hop.
func TestHop(t *testing.T) {
	via := func(t sip.Transport) sip.Target {
		return sip.Target{Transport: t, Addr: netip.MustParseAddrPort("192.0.2.1:5061")}
	}
	for _, tt := range []struct {
		via  sip.Target
		s    ua.SecurityInfo
		want string
	}{
		{sip.Target{}, ua.SecurityInfo{}, ""},
		{via(sip.UDP), ua.SecurityInfo{}, "open, UDP to 192.0.2.1:5061: whoever carries it can read and change it"},
		{via(sip.TLS), ua.SecurityInfo{Signalling: true, Proof: sip.ProofAuthority}, "encrypted, TLS to 192.0.2.1:5061, which an authority vouches for; what is beyond isn’t known"},
		{via(sip.WSS), ua.SecurityInfo{Signalling: true, Proof: sip.ProofPin}, "encrypted, WSS to 192.0.2.1:5061, which has the pinned key; what is beyond isn’t known"},
		{via(sip.TLS), ua.SecurityInfo{Signalling: true, Proof: sip.ProofNobody}, "encrypted, TLS to 192.0.2.1:5061, but nobody vouches for who that is (insecure)"},
		{via(sip.TLS), ua.SecurityInfo{Signalling: true, Proof: sip.ProofUnasked}, "encrypted, TLS to 192.0.2.1:5061, which connected to us and wasn’t asked who it is"},
		{via(sip.TLS), ua.SecurityInfo{Signalling: true}, "encrypted, TLS to 192.0.2.1:5061; who vouches for that isn’t known"},
	} {
		if got := Hop(tt.via, tt.s); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestWayTold(t *testing.T) {
	host := ice.Candidate{Type: ice.Host}
	direct := ua.ICEInfo{State: ua.ICEConnected, Local: host, Remote: host}
	relay := ua.ICEInfo{State: ua.ICEConnected, Local: ice.Candidate{Type: ice.Relayed}, Remote: host}
	broken := ua.ICEInfo{State: ua.ICEDisconnected, Err: errors.New("no answer\nthe relay is gone")}
	for _, tt := range []struct {
		was, now ua.ICEInfo
		want     string
		trouble  bool
	}{
		{ua.ICEInfo{}, ua.ICEInfo{State: ua.ICEChecking}, "", false},
		{ua.ICEInfo{}, direct, "The sound with Bob goes directly", false},
		{direct, direct, "", false},
		{direct, relay, "The sound with Bob goes through our relay", false},
		{relay, broken, "The way to Bob is broken: no answer; the relay is gone; looking for another", true},
		{broken, relay, "The sound with Bob is back: it goes through our relay", false},
		{broken, ua.ICEInfo{State: ua.ICEFailed}, "No way to Bob was found", true},
		{ua.ICEInfo{}, ua.ICEInfo{State: ua.ICEUnsupported}, "", false},
	} {
		if got, trouble := WayTold("Bob", tt.was, tt.now); got != tt.want || trouble != tt.trouble {
			t.Errorf("%v to %v: %q, %v; want %q, %v", tt.was.State, tt.now.State, got, trouble, tt.want, tt.trouble)
		}
	}
}
