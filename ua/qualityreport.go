package ua

import (
	"fmt"
	"time"

	"offhook/audio"
	"offhook/audio/rtp"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// QualityReported tells whether the collector took the report about an ended call.
type QualityReported struct {
	Meta
	Call CallID
	// SIPCallID is the call's.
	SIPCallID          string
	Account, Collector string
	Code               int
	Reason             string
	// Report is what was said.
	Report event.QualityReport
	Err    error
}

// reportQuality publishes how an ended call went, to the account's collector (RFC 6035). A
// call without audio says nothing.
func (c *phoneCall) reportQuality() {
	l, a := c.line, c.agent
	s := c.info.Stats
	if l.acc.QualityReport == "" || c.qualityTold || c.info.Answered.IsZero() || s.PacketsSent+s.PacketsReceived == 0 {
		return
	}
	c.qualityTold = true
	told := QualityReported{Call: c.id, SIPCallID: c.callID, Account: l.acc.Name, Collector: l.acc.QualityReport, Report: c.qualityReport()}
	body := told.Report.Format()
	x := &exchange{agent: a, line: l}
	x.make = func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return nextAttempt(prev), nil
		}
		req := l.newRequest(sip.PUBLISH, l.collector, sip.NewCallID(), sip.NewTag())
		set(req, "Event", event.VQReport)
		set(req, "Content-Type", event.TypeVQReport)
		req.SetBody(body)
		return req, nil
	}
	a.reporting[x] = struct{}{}
	x.onResponse = func(res *sip.Response, err error) {
		if err == nil && res.StatusCode < 200 {
			return
		}
		delete(a.reporting, x)
		if res != nil {
			told.Code, told.Reason = res.StatusCode, res.Reason
		}
		if err != nil || told.Code >= 300 {
			told.Err = fmt.Errorf("the report about the call's quality wasn't taken: %w", failureOf(told.Code, told.Reason, err))
		}
		a.emit(func(m Meta) Event { told.Meta = m; return told })
	}
	x.sendTo(l.firstHop(l.collector))
}

// giveUpReports tells of reports that no collector has taken before the Agent closes.
func (a *Agent) giveUpReports() {
	for x := range a.reporting {
		x.abandon()
		x.onResponse(nil, sip.ErrTimeout)
	}
}

// qualityReport is the session report of an ended call.
func (c *phoneCall) qualityReport() event.QualityReport {
	i, s := c.info, c.info.Stats
	ours, theirs := nameAddr(c.line.acc.DisplayName, c.line.aorURI()), nameAddr(i.RemoteName, i.RemoteURI)
	r := event.QualityReport{
		CallID: c.callID, LocalID: ours, RemoteID: theirs, OrigID: ours,
		LocalAddr: i.LocalMedia, RemoteAddr: c.result.Params.Remote, LocalSSRC: s.SSRC, RemoteSSRC: s.RemoteSSRC,
		LocalGroup: c.line.aor.Host, RemoteGroup: "none", Local: c.metricsOf(s.XR, s.CallIn, s),
	}
	tags := [2]string{c.m.Tag(), c.localTag} // to, from
	if i.Direction == Incoming {
		r.OrigID = theirs
		tags[0], tags[1] = tags[1], tags[0]
	}
	r.DialogID = fmt.Sprintf("%s;to-tag=%s;from-tag=%s", c.callID, tags[0], tags[1])
	if s.RemoteXR.Known() {
		remote := c.metricsOf(s.RemoteXR, audio.Quality{}, s)
		r.Remote = &remote
	}
	return r
}

// metricsOf puts VoIP metrics into a report's numbers. q is our own rating, which has more
// to say than the metrics; zero for the peer's.
func (c *phoneCall) metricsOf(x audio.VoIPMetrics, q audio.Quality, s audio.Stats) event.QualityMetrics {
	m := event.NoMetrics()
	m.Start, m.Stop = c.info.Answered, c.info.Ended
	p := c.result.Params
	if p.Encode.Codec != nil {
		info := p.Encode.Codec.Info()
		m.PayloadType, m.Codec, m.ClockRate, m.Fmtp = int(p.Encode.PT), info.Name, info.ClockRate, p.Encode.Fmtp
		if ms := int(p.Ptime / time.Millisecond); ms > 0 {
			m.FrameMS, m.Rate = ms, 1000/ms
		}
	}
	if !x.Known() {
		return m
	}
	m.Concealment = map[rtp.Concealment]int{rtp.ConcealmentDisabled: 1, rtp.ConcealmentEnhanced: 2, rtp.ConcealmentStandard: 3}[x.Concealment]
	m.BufferKind, m.BufferRate = 2, int(x.Rate)
	if x.Adaptive {
		m.BufferKind = 3
	}
	millis := func(d time.Duration) int { return int(d / time.Millisecond) }
	m.BufferNominal, m.BufferMax, m.BufferAbsolute = millis(x.Nominal), millis(x.Maximum), millis(x.Absolute)
	m.NetworkLoss, m.Discarded, m.BurstLoss, m.GapLoss = 100*x.Loss, 100*x.Discard, 100*x.BurstDensity, 100*x.GapDensity
	m.BurstMS, m.GapMS, m.Gmin = millis(x.BurstDuration), millis(x.GapDuration), int(x.Gmin)
	m.RoundTripMS, m.EndSystemMS = millis(x.RoundTrip), millis(x.EndSystem)
	m.OneWayMS = millis(x.RoundTrip/2 + x.EndSystem)
	if x.R <= 120 {
		m.RConversation = int(x.R)
	}
	if x.MOSLQ > 0 {
		m.MOSLQ = x.MOSLQ
	}
	if x.MOSCQ > 0 {
		m.MOSCQ = x.MOSCQ
	}
	m.JitterMS = float64(s.RemoteJitter.Microseconds()) / 1000
	if q.Known() {
		m.JitterMS = float64(s.Jitter.Microseconds()) / 1000
		m.RListening, m.RConversation = int(q.ListenR+0.5), int(q.R+0.5)
		m.MOSLQ, m.MOSCQ, m.Algorithm = q.LQ, q.CQ, "G.107"
	}
	return m
}
