package ua

import (
	"math/rand/v2"
	"time"

	"offhook/ua/call"
)

// Refresher is who keeps a session with a timer alive (RFC 4028).
type Refresher uint8

const (
	RefresherNone   Refresher = iota // no timer runs; as a wish: either
	RefresherLocal                   // we do
	RefresherRemote                  // the peer does
)

// String is the name in events and logs: "local".
func (r Refresher) String() string {
	switch r {
	case RefresherNone:
		return "none"
	case RefresherLocal:
		return "local"
	case RefresherRemote:
		return "remote"
	}
	return "unknown"
}

// SessionTimer is the timer that a call's sides agreed on. The zero value is none.
type SessionTimer struct {
	Expires   time.Duration
	Refresher Refresher
}

func sessionTimer(e call.Expiry) SessionTimer {
	switch {
	case e.Expires <= 0:
		return SessionTimer{}
	case e.Ours:
		return SessionTimer{e.Expires, RefresherLocal}
	default:
		return SessionTimer{e.Expires, RefresherRemote}
	}
}

// machineConfig is what a call of the account begins with.
func (l *line) machineConfig(outgoing bool, ring time.Duration) call.Config {
	a := l.agent
	cfg := call.Config{
		Outgoing: outgoing, Ring: ring, EndOnTimeout: a.cfg.EndOnTimeout, Quiet: a.cfg.Quiet, Rand: rand.Float64,
		Reliable: l.acc.Reliable, SessionExpires: l.acc.SessionExpires, MinSE: l.acc.MinSE,
	}
	switch l.acc.Refresher {
	case RefresherLocal:
		cfg.Refresher = call.UAC
	case RefresherRemote:
		cfg.Refresher = call.UAS
	case RefresherNone:
	}
	switch l.acc.Reinvites {
	case ReinviteAsk:
		cfg.Reinvites = call.Prompt
	case ReinviteRefuse:
		cfg.Reinvites = call.Refuse
	case ReinviteAuto:
	}
	return cfg
}
