package ua

// snapshot is the call as events tell it.
func (c *phoneCall) snapshot() CallInfo {
	i := c.info
	h := c.m.Hold()
	i.State = c.m.State()
	i.Hold = Hold{Desired: h.Desired, Local: h.Local, Remote: h.Remote}
	i.SIPCallID = c.callID
	if c.m.Asking() {
		i.Pending, i.Proposed = PendingChange, c.proposed
	} else if c.referral != nil && c.referral.waiting {
		i.Pending = PendingTransfer
	} else if c.asksRedirect() {
		i.Pending = PendingRedirect
	}
	i.SessionTimer = sessionTimer(c.m.Expiry())
	i.Focus = c.agent.together(c.agent.focus, c)
	i.Conference = c.agent.confers(c)
	i.DTMF = c.dtmf
	if l := c.main(); l != nil {
		i.Via = l.via
	}
	i.Security = c.security()
	if c.agreed {
		i.Codec, i.Ptime, i.RemoteMedia = c.result.Codec, c.result.Params.Ptime, c.result.Params.Remote
	}
	if c.session != nil {
		i.LocalMedia = c.session.LocalAddr()
		i.Stats = c.session.Stats()
	}
	return i
}
