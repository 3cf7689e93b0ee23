package ua

import (
	"strconv"
	"time"

	"offhook/ua/event"
	"offhook/ua/sip"
)

// onReferAgain takes a SUBSCRIBE to a REFER's subscription: a refresh, or its end (RFC 3515,
// section 2.4.4).
func (c *phoneCall) onReferAgain(l *leg, st sip.ServerTransaction) {
	a, r := c.agent, c.referral
	name, params := event.EventOf(st.Request())
	switch {
	case name != event.PackageRefer:
		a.reply(st, 489, "", addAllowEvents)
		return
	case r == nil || r.notifier == nil || r.leg != l || r.notifier.Over() ||
		params["id"] != "" && params["id"] != strconv.FormatUint(uint64(r.ID), 10):
		a.reply(st, 481, "Subscription Does Not Exist", nil)
		return
	}
	expires := event.ReferTime
	if d, ok := secondsOf(st.Request(), "Expires"); ok {
		expires = d
	}
	now := time.Now()
	n, send := r.notifier.Again(now, expires)
	a.reply(st, 200, "", func(res *sip.Response) {
		set(res, "Expires", event.Seconds(r.notifier.Left(now)))
		set(res, "Contact", c.line.contact(l.end, l.via.Transport))
	})
	if send {
		r.notify(n)
	}
}

// report sends a NOTIFY, now or when the one before is answered.
func (r *referral) report(code int, reason string) {
	if r.notifier == nil {
		return
	}
	if n, ok := r.notifier.Report(time.Now(), event.Fragment{Code: code, Reason: reason}); ok {
		r.notify(n)
	}
}

func (r *referral) notify(n event.Notice) {
	c := r.call
	x := c.inDialog(r.leg, sip.NOTIFY, func(req *sip.Request) {
		name := event.PackageRefer
		if r.named {
			name += ";id=" + strconv.FormatUint(uint64(r.ID), 10)
		}
		set(req, "Event", name)
		set(req, "Subscription-State", n.SubscriptionState())
		set(req, "Content-Type", event.TypeFragment+";version=2.0")
		req.SetBody(n.Body())
	})
	x.onResponse = func(res *sip.Response, _ error) {
		code := 0
		if res != nil {
			if code = res.StatusCode; code < 200 {
				return
			}
		}
		if next, ok := r.notifier.Answered(time.Now(), code); ok {
			r.notify(next)
		}
	}
	c.sendInDialog(r.leg, x)
}
