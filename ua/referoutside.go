package ua

import (
	"strings"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// onReferOutside takes a REFER outside any call: only with a call's own name (RFC
// 4538, section 4), which nobody else could know.
func (a *Agent) onReferOutside(l *line, b bound, st sip.ServerTransaction) {
	req := st.Request()
	c := a.targetDialog(req)
	if c == nil || c.ended {
		a.reply(st, 403, "", nil)
		return
	}
	tag, via := sip.NewTag(), sip.PeerOf(st)
	d, err := dialog.NewUAS(req, tag, l.contact(b, via.Transport), via)
	if err != nil {
		a.log.Info("REFER makes no dialog", "from", st.Source(), "err", err)
		a.reply(st, 400, "", nil)
		return
	}
	d.Established()
	c.onRefer(&leg{Dialog: d, end: b, via: via}, taggedTransaction{st, tag})
}

// taggedTransaction answers with one To tag, as all responses that make a dialog must.
type taggedTransaction struct {
	sip.ServerTransaction
	tag string
}

func (t taggedTransaction) Respond(res *sip.Response) error {
	sip.SetToTag(res, t.tag)
	return t.ServerTransaction.Respond(res)
}

// targetDialog finds the call that a Target-Dialog header names. Its tags are the
// sender's local and remote, which are ours the other way round (RFC 4538, section 7).
func (a *Agent) targetDialog(req *sip.Request) *phoneCall {
	values := sip.HeaderValues(req, "Target-Dialog")
	if len(values) != 1 {
		return nil
	}
	id, params, _ := strings.Cut(values[0], ";")
	var local, remote string
	for p := range strings.SplitSeq(params, ";") {
		k, v, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(k)) {
		case "local-tag":
			local = strings.TrimSpace(v)
		case "remote-tag":
			remote = strings.TrimSpace(v)
		}
	}
	if local == "" || remote == "" {
		return nil
	}
	c, _ := a.dialogNamed(dialog.Replaces{CallID: strings.TrimSpace(id), ToTag: remote, FromTag: local})
	return c
}
