package ua

import (
	"slices"
	"strings"

	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// Candidates beside offer and answer, by INFO (RFC 8840).

const (
	optionTrickle = "trickle"     // of ICE (RFC 8838)
	tagTrickle    = "trickle-ice" // of SIP, and the Info-Package (RFC 8840, sections 10.6 and 10.9)
)

// takesTrickle says that a peer's message lists the extension.
func takesTrickle(m sip.Message) bool {
	for _, name := range []string{"Recv-Info", "Supported"} {
		if slices.ContainsFunc(sip.HeaderValues(m, name), func(v string) bool {
			v, _, _ = strings.Cut(v, ";")
			return strings.EqualFold(strings.TrimSpace(v), tagTrickle)
		}) {
			return true
		}
	}
	return false
}

// trickle tells the peer candidates that were found after our description left.
func (c *phoneCall) trickle() {
	w, l := c.way, c.main()
	if l == nil || !l.trickles || w.peer.Ufrag == "" || w.fresh || w.renewing || w.telling {
		return
	}
	switch c.m.State() {
	case call.Confirmed, call.Early, call.Answering:
	default:
		return
	}
	d := w.finder.Local()
	if d.Ufrag != w.mine.Ufrag || len(d.Candidates) <= len(w.mine.Candidates) && d.Complete == w.mine.Complete {
		return
	}
	w.mine.Candidates, w.mine.Complete = d.Candidates, d.Complete
	w.telling = true // one at a time: they mustn't overtake each other
	x := c.inDialog(l, sip.INFO, func(req *sip.Request) {
		set(req, "Info-Package", tagTrickle)
		set(req, "Content-Disposition", "Info-Package")
		set(req, "Content-Type", sdp.TypeFragment)
		req.SetBody(sdp.WriteFragment(d, l.sdp.Mid()))
	})
	x.onResponse = func(res *sip.Response, err error) {
		if res != nil && res.StatusCode < 200 {
			return
		}
		w.telling = false
		if err != nil || res.StatusCode >= 300 {
			l.trickles = false // it was of no use to the peer; its checks show us the same
			return
		}
		if c.way == w && !c.ended {
			c.trickle()
		}
	}
	c.sendInDialog(l, x)
}

// onInfoPackage takes the one package that we may have announced (RFC 6086, section 4.2.2).
func (c *phoneCall) onInfoPackage(name string, st sip.ServerTransaction) {
	announced := ""
	if c.line.acc.ICE.of(false) != ICEOff {
		announced = tagTrickle
	}
	if announced == "" || !strings.EqualFold(name, announced) {
		c.agent.reply(st, 469, "Bad Info Package", func(res *sip.Response) { set(res, "Recv-Info", announced) })
		return
	}
	c.onTrickle(st)
}

// onTrickle takes candidates of the peer's. What belongs to credentials of another time comes too
// late, or too early, and is no mistake (RFC 8840, section 4.4).
func (c *phoneCall) onTrickle(st sip.ServerTransaction) {
	d, err := sdp.ReadFragment(st.Request().Body())
	if err != nil {
		c.agent.reply(st, 400, "", nil)
		return
	}
	c.agent.reply(st, 200, "", nil)
	w := c.way
	if w == nil || w.peer.Ufrag == "" {
		c.early = d
		return
	}
	if d.Ufrag != w.peer.Ufrag || d.Pwd != w.peer.Pwd || w.fresh {
		return
	}
	w.peer.Candidates, w.peer.Complete = d.Candidates, d.Complete
	c.logErr("candidates", w.finder.SetRemote(w.peer))
}
