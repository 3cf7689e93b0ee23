package ua

import "offhook/ua/sip"

// keepAlive keeps the flow to the registrar alive that a REGISTER has just gone over. In
// the loop.
func (l *line) keepAlive(b bound, t sip.Target) {
	if k, ok := b.endpoint.(keepAliver); ok {
		k.KeepAlive(t, l.acc.KeepAlive)
	}
}

// keepAliver is an endpoint that keeps flows alive; *sip.Endpoint is one.
type keepAliver interface {
	KeepAlive(sip.Target, sip.KeepAlive)
}

// flowLost is told that a connection broke, or that a flow no longer answers. In the loop.
func (l *line) flowLost(f sip.Flow) {
	l.agent.log.Info("a way to the network was lost", "account", l.acc.Name, "to", f.Target, "err", f.Err)
	l.reg.flowLost(f)
}

// flowLost registers anew when what was lost is the way that the registrar has to us.
func (r *registrar) flowLost(f sip.Flow) {
	if r.m == nil || !r.wanted || r.x == nil || len(r.x.targets) == 0 {
		return
	}
	if t := r.x.target(); t.Transport == f.Transport && t.Addr == f.Addr {
		r.register()
	}
}
