package ua

import (
	"offhook/ua/registration"
	"offhook/ua/sip"
)

// keepAliver is an endpoint that keeps flows alive; *sip.Endpoint is one.
type keepAliver interface {
	KeepAlive(sip.Target, sip.KeepAlive)
}

// keepAlive keeps the flow alive that a REGISTER has just gone over, no more silent than
// the registrar bears (RFC 5626, section 4.4). In the loop.
func (f *flow) keepAlive(b bound, t sip.Target) {
	k, ok := b.endpoint.(keepAliver)
	if !ok {
		return
	}
	how, learned := f.line.acc.KeepAlive, f.learned()
	if !f.wanted {
		k.KeepAlive(t, sip.KeepAlive{Method: sip.KeepAliveOff}) // what was kept open is signed off
		return
	}
	if every := f.line.life.lived.KeepAlive(); every > 0 && how.Interval <= 0 && f.natted {
		how.Interval = every
	}
	if learned.FlowTimer > 0 && (how.Interval <= 0 || how.Interval > learned.FlowTimer) {
		how.Interval = learned.FlowTimer
	}
	if how.Method == sip.KeepAliveAuto && !t.Transport.Reliable() {
		// A registrar that says Flow-Timer answers STUN; one that doesn't gets what nobody
		// has to answer, where there is something to keep open.
		switch {
		case learned.Outbound && learned.FlowTimer > 0:
			how.Method = sip.KeepAliveSTUN
		case learned.Outbound, f.natted:
			how.Method = sip.KeepAliveCRLF
		}
	}
	if how.Method == sip.KeepAliveCRLF && f.natted && t.Transport == sip.UDP {
		how.Witness = f.line.life.witness
	}
	k.KeepAlive(t, how)
}

// flowLost is told that a connection broke, or that a flow no longer answers: what was
// registered over it is registered anew. In the loop.
func (l *line) flowLost(lost sip.Flow) {
	l.agent.log.Info("a way to the network was lost", "account", l.acc.Name, "to", lost.Target, "err", lost.Err)
	for _, f := range l.reg.flows {
		if f.m != nil && f.target.Transport == lost.Transport && f.target.Addr == lost.Addr {
			f.step(registration.FlowLost{Err: lost.Err})
		}
	}
}
