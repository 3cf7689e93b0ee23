package ua

import (
	"context"
	"net/netip"
	"time"

	"offhook/nat"
)

// An account behind a NAT, with a STUN server to ask, finds out how long the NAT remembers what is
// silent, and keeps its ways open at half of that:
//
//	registered over UDP, the registrar sees another address than ours
//	    --> (worker) where are the STUN servers? --> one of them watches the mapping of the SIP socket
//	    --> (worker, up to two minutes) which silences does a mapping outlive?
//	    --> keep-alives of signalling and media at half of the longest
//
// The measurement has sockets of its own and some thirty packets. Another network ends what is
// known. Who sets the interval has it so, and nothing is measured.

// longestSilence is the longest that is tried: a mapping has to live two minutes at least (RFC
// 4787, section 4.3), and to send once a minute costs nothing.
const longestSilence = 2 * time.Minute

// KeepAliveLearnt tells how long a silent mapping of the NAT lives, and how often keep-alives go
// from now on.
type KeepAliveLearnt struct {
	Meta
	Account string
	// AtLeast is the longest silence that a mapping outlived; Below the shortest that ended
	// one, zero when none did.
	AtLeast, Below time.Duration
	// Every is the longest time between two keep-alives.
	Every time.Duration
}

// lifetime is what is known of the NAT in front of an account. The loop owns it.
type lifetime struct {
	lived nat.Lived
	// witness is a STUN server that tells when the SIP socket's mapping has changed.
	witness netip.AddrPort
	of      netip.Addr // ours, in the network that it is of; invalid before anything was asked
}

// learnLifetime begins to find out, once for each network. In the loop.
func (f *flow) learnLifetime(b bound) {
	l, a := f.line, f.line.agent
	if l.acc.STUN == "" || l.life.of == b.addr {
		return
	}
	l.life = lifetime{of: b.addr}
	measure := l.acc.KeepAlive.Interval <= 0
	a.inWorker(func(ctx context.Context) {
		qctx, cancel := context.WithTimeout(ctx, nameTime)
		servers, err := a.stunServers(qctx, l.acc.STUN, b.addr)
		cancel()
		if err != nil {
			a.log.Info("no STUN server watches the way to the registrar", "account", l.acc.Name, "err", err)
			return
		}
		a.box.post(func() {
			if l.life.of == b.addr {
				l.life.witness = servers[0]
				l.keepAlive()
			}
		})
		if !measure {
			return
		}
		lived, err := a.lifetime(ctx, nat.Config{Servers: servers, Local: b.addr}, nat.Silences(longestSilence))
		if err != nil {
			a.log.Info("how long the NAT remembers isn't known", "account", l.acc.Name, "err", err)
			return
		}
		a.box.post(func() {
			if l.life.of != b.addr || a.closing {
				return
			}
			l.life.lived = lived
			l.keepAlive()
			a.emit(func(m Meta) Event {
				return KeepAliveLearnt{Meta: m, Account: l.acc.Name, AtLeast: lived.AtLeast, Below: lived.Below, Every: lived.KeepAlive()}
			})
		})
	})
}

// keepAlive tells the flows what is known now. In the loop.
func (l *line) keepAlive() {
	for _, f := range l.reg.flows {
		if f.up() && f.kept.endpoint != nil {
			f.keepAlive(f.kept, f.target)
		}
	}
}

// mediaKeepAlive is how long a call may send nothing: as configured, or less where the NAT is
// known to forget sooner. In the loop.
func (l *line) mediaKeepAlive() time.Duration {
	every, most := l.life.lived.KeepAlive(), l.acc.MediaKeepAlive
	if every > 0 && (most <= 0 || every < most) {
		return every
	}
	return most
}
