package sdp_test

import (
	"testing"

	"offhook/audio/rtp"
	"offhook/ua/sdp"
)

// a=rtcp-xr (RFC 3611, section 5): we say what we take, and send what the peer takes. The
// round trip of receivers takes both sides; metrics are each side's own word.
func TestExtendedReportsAreNegotiated(t *testing.T) {
	const metrics, trip = rtp.XRVoIPMetrics, rtp.XRReceiverRTT
	for _, c := range []struct {
		line  string
		want  rtp.XRBlocks
		reply string
	}{
		{"a=sendrecv", 0, "a=rtcp-xr:voip-metrics"},
		{"a=rtcp-xr:voip-metrics", metrics, "a=rtcp-xr:voip-metrics"},
		{"a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics", metrics | trip, "a=rtcp-xr:voip-metrics rcvr-rtt=all"},
		{"a=rtcp-xr:rcvr-rtt=sender", trip, "a=rtcp-xr:voip-metrics rcvr-rtt=all"},
		{"a=rtcp-xr:pkt-loss-rle=50", 0, "a=rtcp-xr:voip-metrics"},
		{"a=rtcp-xr:", 0, "a=rtcp-xr:voip-metrics"},
		{"a=rtcp-xr", 0, "a=rtcp-xr:voip-metrics"},
	} {
		text, r := answer(t, local(pcmu), "m=audio 5004 RTP/AVP 0", c.line)
		wantLines(t, text, "a=rtcp-xr", c.reply)
		if r.Params.XR != c.want {
			t.Errorf("%s: %b, want %b", c.line, r.Params.XR, c.want)
		}
		s := sdp.NewSession(7)
		wantLines(t, string(s.Offer(local(pcmu))), "a=rtcp-xr", "a=rtcp-xr:voip-metrics rcvr-rtt=all")
		got, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0", c.line)))
		if err != nil || got.Params.XR != c.want {
			t.Errorf("%s in an answer: %b, %v", c.line, got.Params.XR, err)
		}
	}
	// At the session's level it is for all streams.
	_, r := answer(t, local(pcmu), "a=rtcp-xr:voip-metrics", "m=audio 5004 RTP/AVP 0")
	if r.Params.XR != metrics {
		t.Errorf("of the session: %b", r.Params.XR)
	}
}
