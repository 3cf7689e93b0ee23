package peers

import (
	"fmt"
	"testing"

	"offhook/test/lab"
)

// Each scenario of test/sipp that is named after an RFC judges what comes in by itself:
// sipp fails when a message is missing or doesn't say what it must.

// TestSippCallees calls sipp.
func TestSippCallees(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scenario string
		args     []string
		code     int
	}{
		{"rfc3261_forked_uas.xml", []string{"--duration", "1s"}, 0},
		{"rfc3261_late_uas.xml", []string{"--duration", "1s", "--late-offer"}, 0},
		{"rfc3262_prack_uas.xml", []string{"--duration", "1s"}, 0},
		{"rfc3262_late_uas.xml", []string{"--duration", "1s", "--late-offer"}, 0},
		{"rfc3311_update_uas.xml", []string{"--duration", "2s"}, 0},
		{"rfc4028_timer_uas.xml", []string{"--duration", "13s"}, 0},
		{"rfc4028_reinvite_uas.xml", []string{"--duration", "8s"}, 0},
		{"rfc4028_silent_uas.xml", nil, 5},
		{"rfc6228_199_uas.xml", []string{"--duration", "1s"}, 0},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, tt.scenario), "-rtp_echo", "-m", "1")
			lab.AwaitPort(t, "udp", port)
			o := lab.StartOffhook(t, append(append([]string{"call", fmt.Sprintf("sip:sipp@%s:%d", lab.IP, port), "--json", "--audio-in", "silence", "--audio-out", "null"},
				tt.args...), lab.Direct("alice", "0")...)...)
			awaitOK(t, "sipp", s)
			if code := o.Wait(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
		})
	}
}

// TestSippCallers answers sipp.
func TestSippCallers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scenario string
		args     []string
	}{
		{"rfc3262_required_uac.xml", []string{"--early-media", "--after", "1s"}},
		{"rfc3264_partial_uac.xml", nil},
		{"rfc3264_refuse_uac.xml", []string{"--reinvites", "refuse"}},
		{"rfc3264_codec_uac.xml", nil},
		{"rfc3311_update_uac.xml", []string{"--early-media", "--after", "1s"}},
		{"rfc4028_timer_uac.xml", nil},
		{"rfc4028_refresher_uac.xml", nil},
		{"rfc6086_info_uac.xml", nil},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			port := lab.FreePort(t)
			o := lab.StartOffhook(t, append(append([]string{"answer", "--json", "--max-calls", "1", "--codecs", "pcmu,pcma", "--audio-in", "silence", "--audio-out", "null"},
				tt.args...), lab.Direct("service", itoa(port))...)...)
			o.AwaitName(0, "listening")
			s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, tt.scenario), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
			awaitOK(t, "sipp", s)
			awaitOK(t, "offhook", o)
		})
	}
}
