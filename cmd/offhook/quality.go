package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"offhook/audio"
	"offhook/config"
	"offhook/ua"
)

// How a call sounds, for programs and for people.

// qualityJSON is the part of stats about quality.
type qualityJSON struct {
	RTTMeanMS float64 `json:"rtt_mean_ms"`
	RTTMaxMS  float64 `json:"rtt_max_ms"`
	// RemoteFraction is the loss in the peer's last report.
	RemoteFraction float64 `json:"remote_loss"`
	// CodecIn is what the peer sent last.
	CodecIn string `json:"codec_in,omitempty"`
	// MOSIn and MOSOut are of the last seconds, CallIn and CallOut of the whole call.
	MOSIn   *ratingJSON `json:"mos_in,omitempty"`
	MOSOut  *ratingJSON `json:"mos_out,omitempty"`
	CallIn  *ratingJSON `json:"call_mos_in,omitempty"`
	CallOut *ratingJSON `json:"call_mos_out,omitempty"`
	// XR is what we say of the peer's stream, RemoteXR what it says of ours.
	XR       *voipJSON `json:"xr,omitempty"`
	RemoteXR *voipJSON `json:"remote_xr,omitempty"`
	// Odd counts what came and was no voice of the peer's, by kind.
	Odd map[string]uint64 `json:"odd,omitempty"`
}

type ratingJSON struct {
	LQ      float64 `json:"lq"`
	CQ      float64 `json:"cq"`
	R       float64 `json:"r"`
	Scale   string  `json:"scale"`
	Loss    float64 `json:"loss"`
	BurstR  float64 `json:"burst_ratio"`
	DelayMS float64 `json:"delay_ms"`
}

type voipJSON struct {
	Loss         float64 `json:"loss"`
	Discard      float64 `json:"discard"`
	BurstDensity float64 `json:"burst_density"`
	BurstMS      float64 `json:"burst_ms"`
	GapDensity   float64 `json:"gap_density"`
	GapMS        float64 `json:"gap_ms"`
	RoundTripMS  float64 `json:"round_trip_ms"`
	EndSystemMS  float64 `json:"end_system_ms"`
	R            int     `json:"r,omitempty"`
	MOSLQ        float64 `json:"mos_lq,omitempty"`
	MOSCQ        float64 `json:"mos_cq,omitempty"`
}

type (
	mediaWarningEvent struct {
		callHead
		// Kind is the name that stats.odd counts it by.
		Kind        string `json:"kind"`
		From        string `json:"from,omitempty"`
		PayloadType *uint8 `json:"payload_type,omitempty"`
		Text        string `json:"text"`
	}
	qualityReportEvent struct {
		head
		Call      uint64 `json:"call"`
		SIPCallID string `json:"sip_call_id,omitempty"`
		Collector string `json:"collector"`
		Code      int    `json:"code,omitempty"`
		Reason    string `json:"reason,omitempty"`
		Error     string `json:"error,omitempty"`
	}
)

// digits rounds x to n digits behind the point.
func digits(x float64, n int) float64 {
	p := math.Pow10(n)
	return math.Round(x*p) / p
}

func qualityOf(s audio.Stats) qualityJSON {
	out := qualityJSON{
		RTTMeanMS: ms(s.RTTMean), RTTMaxMS: ms(s.RTTMax), RemoteFraction: digits(s.RemoteFraction, 4), CodecIn: s.CodecIn,
		MOSIn: ratingOf(s.MOSIn), MOSOut: ratingOf(s.MOSOut), CallIn: ratingOf(s.CallIn), CallOut: ratingOf(s.CallOut),
		XR: voipOf(s.XR), RemoteXR: voipOf(s.RemoteXR),
	}
	for kind, n := range s.Odd {
		if n > 0 {
			if out.Odd == nil {
				out.Odd = map[string]uint64{}
			}
			out.Odd[audio.Oddity(kind).String()] = n
		}
	}
	return out
}

func ratingOf(q audio.Quality) *ratingJSON {
	if !q.Known() {
		return nil
	}
	return &ratingJSON{LQ: digits(q.LQ, 2), CQ: digits(q.CQ, 2), R: digits(q.R, 1), Scale: q.Band.String(),
		Loss: digits(q.Loss, 4), BurstR: digits(q.BurstR, 2), DelayMS: ms(q.Delay)}
}

func voipOf(m audio.VoIPMetrics) *voipJSON {
	if !m.Known() {
		return nil
	}
	out := &voipJSON{
		Loss: digits(m.Loss, 4), Discard: digits(m.Discard, 4), BurstDensity: digits(m.BurstDensity, 4), GapDensity: digits(m.GapDensity, 4),
		BurstMS: ms(m.BurstDuration), GapMS: ms(m.GapDuration), RoundTripMS: ms(m.RoundTrip), EndSystemMS: ms(m.EndSystem),
		MOSLQ: digits(m.MOSLQ, 1), MOSCQ: digits(m.MOSCQ, 1),
	}
	if m.R <= 120 {
		out.R = int(m.R)
	}
	return out
}

func mediaWarningOf(e ua.MediaWarned) mediaWarningEvent {
	out := mediaWarningEvent{callHead: callHeadOf(e.Meta, "media_warning", e.Call), Kind: e.Kind.String(), Text: e.Text}
	if e.From.IsValid() {
		out.From = e.From.String()
	}
	if e.Kind == audio.OddFormat || e.Kind == audio.OddEncrypted {
		out.PayloadType = &e.PT
	}
	return out
}

func qualityReportOf(e ua.QualityReported) qualityReportEvent {
	return qualityReportEvent{head: headOf(e.Meta, "quality_report", e.Account), Call: uint64(e.Call), SIPCallID: e.SIPCallID,
		Collector: e.Collector, Code: e.Code, Reason: e.Reason, Error: message(e.Err)}
}

func qualityReportLine(e ua.QualityReported) string {
	if e.Err != nil {
		return fmt.Sprintf("call %d: %v", e.Call, e.Err)
	}
	return fmt.Sprintf("call %d: %s took the report about its quality", e.Call, e.Collector)
}

// qualityNow says how the last seconds sounded; qualityInAll how the call did. Empty when
// nothing is known.
func qualityNow(s audio.Stats) string   { return qualityLine(s, s.MOSIn, s.MOSOut) }
func qualityInAll(s audio.Stats) string { return qualityLine(s, s.CallIn, s.CallOut) }

// qualityLine is such as "heard at MOS 4.3 (0.2 % lost, 85 ms from mouth to ear), the peer
// at 4.1 (1.0 % lost), round trip 40 ms".
func qualityLine(s audio.Stats, in, out audio.Quality) string {
	var parts []string
	if in.Known() {
		parts = append(parts, fmt.Sprintf("heard at MOS %.1f (%.1f %% lost, %d ms from mouth to ear)", in.CQ, 100*in.Loss, in.Delay/time.Millisecond))
	}
	if out.Known() {
		parts = append(parts, fmt.Sprintf("the peer at %.1f (%.1f %% lost)", out.CQ, 100*out.Loss))
	}
	if s.RTTMean > 0 {
		parts = append(parts, fmt.Sprintf("round trip %.1f ms", ms(s.RTTMean)))
	}
	return strings.Join(parts, ", ")
}

// reportFlags are about who is told how calls go.
func (f *accountFlags) reportFlags() {
	f.text("quality-report", "tell the collector at `URI` after each call how it went (vq-rtcpxr, RFC 6035)",
		func(a *config.Account) *string { return &a.QualityReport })
}

// mediaInterval is how often the statistics of calls are told, 0 for never. The flag wins
// over the configuration.
func mediaInterval(s settings, m mediaFlags) (time.Duration, error) {
	least := 100 * time.Millisecond
	if m.set == nil || !m.set.Changed("media-interval") {
		return s.Media.Interval, nil
	}
	if d := m.interval; d != 0 && (d < least || d > time.Hour) {
		return 0, failf(exitUsage, "--media-interval: take %s to 1h, or 0s for never, not %s", least, d)
	}
	return m.interval, nil
}
