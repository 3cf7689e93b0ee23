package ui

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/nat/ice"
	"offhook/ua"
	"offhook/ua/sip"
)

// safetyScenes are those of who can listen, and of the way through NATs.
var safetyScenes = []scene{
	{"encrypted", func(t testing.TB, o Options) *bench {
		b := encryptedCall(t, o)
		b.set(talking(2, "Bob Builder", "sip:bob@example.net")) // in the clear
		return b
	}},
	{"encrypted-details", func(t testing.TB, o Options) *bench {
		b := encryptedCall(t, o)
		b.press("i", "down", "down")
		return b
	}},
	{"keys-in-the-clear", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.secure(1, sdesOver(sip.UDP, sip.NoProof), nil)
		return b
	}},
	{"agreeing-on-keys", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.secure(1, ua.SecurityInfo{Transport: sip.TLS, Signalling: true, Proof: sip.ProofPin, Media: ua.MediaAgreeing, Exchange: audio.ExchangeDTLS}, nil)
		b.route(1, ua.ICEInfo{State: ua.ICEChecking})
		return b
	}},
	{"way-broken", func(t testing.TB, o Options) *bench {
		b := encryptedCall(t, o)
		b.route(1, ua.ICEInfo{State: ua.ICEDisconnected, Local: relayed, Remote: mapped, Err: errors.New("the relay turn.example.com doesn’t answer any more")})
		return b
	}},
	{"insecure", func(t testing.TB, o Options) *bench {
		o.Insecure = "alice"
		b := oneCall(t, o)
		s := sdesOver(sip.TLS, sip.ProofNobody)
		s.Vouched = ua.VouchAnybody
		b.secure(1, s, nil)
		return b
	}},
	{"insecure-help", func(t testing.TB, o Options) *bench {
		o.Insecure = "alice"
		b := oneCall(t, o)
		b.press("?")
		return b
	}},
}

var (
	relayed = ice.Candidate{Type: ice.Relayed, Component: 1, Addr: netip.MustParseAddrPort("203.0.113.9:49160")}
	mapped  = ice.Candidate{Type: ice.ServerReflexive, Component: 1, Addr: netip.MustParseAddrPort("198.51.100.7:30002")}
	host    = ice.Candidate{Type: ice.Host, Component: 1, Addr: netip.MustParseAddrPort("192.0.2.10:40000")}
)

// encryptedCall is by DTLS-SRTP over TLS, through a relay.
func encryptedCall(t testing.TB, o Options) *bench {
	b := oneCall(t, o)
	b.phone.Change(1, func(c *ua.CallInfo) {
		c.Via = sip.Target{Transport: sip.TLS, Addr: netip.MustParseAddrPort("198.51.100.1:5061")}
	})
	b.secure(1, dtlsOver(sip.TLS, sip.ProofAuthority), nil)
	b.route(1, ua.ICEInfo{
		State: ua.ICEConnected, Local: relayed, Remote: mapped, RTT: 23 * time.Millisecond,
		Candidates: []ice.Candidate{host, relayed}, Restarts: 1,
	})
	return b
}

func dtlsOver(t sip.Transport, p sip.Proof) ua.SecurityInfo {
	s := ua.SecurityInfo{
		Transport: t, Signalling: t == sip.TLS, Proof: p, Media: ua.MediaEncrypted,
		Exchange: audio.ExchangeDTLS, Suite: srtp.AES256GCM, Since: start.Add(2 * time.Second), Vouched: ua.VouchPath,
	}
	if s.Signalling {
		s.Vouched = ua.VouchServersWord
	}
	return s
}

func sdesOver(t sip.Transport, p sip.Proof) ua.SecurityInfo {
	s := dtlsOver(t, p)
	s.Exchange, s.Suite, s.Vouched = audio.ExchangeSDES, srtp.AES128CM80, ua.VouchAnybody
	if s.Signalling {
		s.Vouched = ua.VouchServers
	}
	return s
}

// secure tells what protects a call, and route by which way its sound goes.
func (b *bench) secure(id ua.CallID, s ua.SecurityInfo, err error) {
	was := b.phone.Call(id).Security.Media
	b.change(id, func(c *ua.CallInfo) { c.Security = s })
	b.post(ua.SecurityChanged{Meta: b.phone.Meta(), Call: b.phone.Call(id), Was: was, Err: err})
}

func (b *bench) route(id ua.CallID, i ua.ICEInfo) {
	c := b.phone.Call(id)
	c.ICE = i
	b.post(ua.ICEChanged{Meta: b.phone.Meta(), Call: c})
	b.change(id, func(c *ua.CallInfo) { c.ICE = i })
}
