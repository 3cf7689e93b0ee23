package sip

import (
	"fmt"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// Cancel sends a CANCEL for an INVITE that is pending (RFC 3261, section 9.1): the same
// branch, to the same place, in a transaction of its own. An INVITE that gets no final
// response within 64*T1 of it ends with ErrTimeout. The caller
// waits for a provisional response first. Extra headers, such as a Reason, go with it.
func (e *Endpoint) Cancel(tx ClientTransaction, h ResponseHandler, extra ...Header) (ClientTransaction, error) {
	if s, sized := tx.(*sizedTx); sized {
		tx = s.current()
	}
	t, ok := tx.(*clientTx)
	if !ok || !t.req.IsInvite() || t.final.Load() != 0 {
		return nil, ErrNotCancellable
	}
	c := sipgo.NewRequest(CANCEL, *t.req.Recipient.Clone())
	c.AppendHeader(cloneHeader(t.req.Via()))
	for _, name := range []string{"route", "from", "to", "call-id"} {
		for _, h := range t.req.GetHeaders(name) {
			c.AppendHeader(cloneHeader(h))
		}
	}
	c.AppendHeader(&CSeqHeader{SeqNo: t.req.CSeq().SeqNo, MethodName: CANCEL})
	hops := MaxForwardsHeader(70)
	c.AppendHeader(&hops)
	if e.cfg.UserAgent != "" {
		c.AppendHeader(NewHeader("User-Agent", e.cfg.UserAgent))
	}
	for _, h := range extra {
		c.AppendHeader(h)
	}
	c.SetBody(nil)
	ct, err := e.transact(c, t.link.to, h)
	if err != nil {
		return nil, err
	}
	e.start(t.losePatience)
	return ct, nil
}

// losePatience runs in a goroutine of its own because t.mu may be held by a reader that
// waits for the very handler that cancels.
func (t *clientTx) losePatience() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final.Load() == 0 && !t.failed && t.patience == nil {
		t.patience = time.AfterFunc(64*t1, func() {
			t.fail(fmt.Errorf("%w: nothing came after the CANCEL", ErrTimeout))
		})
	}
}
