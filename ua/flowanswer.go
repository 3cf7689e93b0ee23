package ua

import (
	"errors"
	"net/netip"
	"strings"

	"offhook/ua/call"
	"offhook/ua/registration"
	"offhook/ua/sip"
)

// onResponse tells the machine what became of a REGISTER, and takes what else the answer says.
func (f *flow) onResponse(x *exchange, res *sip.Response, err error) {
	if x != f.x {
		return
	}
	var seq uint32
	if x.req != nil && x.req.CSeq() != nil {
		seq = x.req.CSeq().SeqNo
	}
	switch {
	case err == nil && res.StatusCode < 200:
		return
	case err == nil:
		in := registration.ParseResponse(res)
		in.CSeq = seq
		if res.StatusCode/100 == 2 {
			f.target = x.target()
			f.compare(x, res)
			if l := f.line; l.acc.Outbound == OutboundOn && !in.Outbound {
				f.warnings = append(f.warnings, "the registrar doesn't speak outbound (RFC 5626), which the account asks for: it reaches us at our address alone")
			}
		}
		f.step(in)
		if res.StatusCode/100 == 2 {
			f.natted, f.kept = x.natted(res), x.end
			f.keepAlive(x.end, x.target())
			f.learn(x, res)
			if f.natted && f.wanted {
				f.learnLifetime(x.end)
			}
		}
		return
	case causeOf(err) == call.AuthFailure:
		f.step(registration.Lost{CSeq: seq, Cause: registration.Credentials, Err: err, Code: res.StatusCode, Reason: res.Reason})
	case errors.Is(err, sip.ErrTimeout):
		f.step(registration.Lost{CSeq: seq, Cause: registration.Timeout, Err: err})
	default:
		f.step(registration.Lost{CSeq: seq, Cause: registration.Transport, Err: err})
	}
}

// natted says that there is a NAT between our UDP socket and who answered.
func (x *exchange) natted(res *sip.Response) bool {
	t := x.target().Transport
	via := res.Via()
	if t != sip.UDP || via == nil || !strings.EqualFold(via.Transport, t.String()) {
		return false
	}
	seen := sip.Observed(res)
	return seen.IsValid() && seen != x.end.LocalAddr(t)
}

// compare warns of what was altered on the way (interop 11).
func (f *flow) compare(x *exchange, res *sip.Response) {
	f.warnings = nil
	if x.tx == nil {
		return
	}
	for _, a := range registration.Compare(x.tx.Request(), res, f.line.agent.addrs) {
		f.warnings = append(f.warnings, a.String())
		f.line.agent.log.Warn("altered on the way to the registrar", "account", f.line.acc.Name, "what", a.String())
	}
}

// learn compares what the registrar saw us as with what we said (RFC 3581), and
// registers the address that works (interop 12). The machine never loops on it. When
// the request had to leave by another address or transport than the Contact's, we have moved. Where the
// registrar reaches us by the flow, the Contact needn't be right (RFC 5626, section 4.2).
func (f *flow) learn(x *exchange, res *sip.Response) {
	l := f.line
	learned := f.learned()
	l.keepGRUUs(learned.PubGRUU, learned.TempGRUU)
	seen := sip.Observed(res)
	t := x.target().Transport
	if via := res.Via(); via != nil && !strings.EqualFold(via.Transport, t.String()) {
		seen = netip.AddrPort{} // too large for UDP, it went over a connection of its own
	}
	local := x.end.LocalAddr(t)
	if x.end.addr != f.home || t != f.said {
		f.home, f.said = x.end.addr, t
		at := local
		if t == sip.UDP && seen.IsValid() {
			at = seen
		}
		l.agent.log.Info("the registrar reaches us at another address now", "account", l.acc.Name, "ours", local, "transport", t)
		f.step(registration.Rebind{Contact: f.marked(l.contactURI(at, t)), Moved: true})
		return
	}
	if !seen.IsValid() || seen == local || t != sip.UDP || learned.Outbound {
		return // over a connection the registrar sees an ephemeral port
	}
	l.agent.log.Info("the registrar sees another address than ours", "account", l.acc.Name, "ours", local, "seen", seen)
	l.seen = seen
	f.step(registration.Rebind{Contact: f.marked(l.contactURI(seen, t))})
}
