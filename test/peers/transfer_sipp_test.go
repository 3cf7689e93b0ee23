package peers

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"offhook/test/lab"
)

// TestTransferFromSipp runs the scenarios in which sipp calls: as transferor, as a new peer in
// the place of an old one, as one who joins.
func TestTransferFromSipp(t *testing.T) {
	lab.Need(t, "sipp")
	for _, tt := range []struct {
		scenario string
		calls    string // the offhook's --max-calls
		target   bool   // a third phone is called
		want     func(lab.Event) bool
	}{
		{"rfc3515_refer_uac.xml", "1", true, transfers("transferee", "done")},
		{"rfc3515_refused_uac.xml", "1", false, nil},
		{"rfc4488_norefersub_uac.xml", "1", true, transfers("transferee", "done")},
		{"rfc3891_replaces_uac.xml", "1", false, func(e lab.Event) bool {
			return e.Str("event") == "call_state" && e.Str("state") == "confirmed" && e.Num("replaces") == 1
		}},
		{"rfc3891_refused_uac.xml", "1", false, nil},
		{"rfc3911_join_uac.xml", "2", false, func(e lab.Event) bool { return e.Str("event") == "conference" && e["on"] == true }},
		{"rfc3911_refused_uac.xml", "1", false, nil},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			o, port := answering(t, "--max-calls", tt.calls, "--timeout", "5s", "--refer", "accept")
			args := []string{"-sf", lab.Scenario(t, tt.scenario), "-s", "service", "-m", "1", "-recv_timeout", "8000"}
			if tt.target {
				third, at := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_echo_uas.xml"), "-rtp_echo", "-m", "1")
				lab.AwaitPort(t, "udp", at)
				defer awaitOK(t, "the target", third)
				args = append(args, "-key", "refer_to", fmt.Sprintf("sip:third@%s:%d", lab.IP, at))
			}
			s, _ := lab.StartSipp(t, append(args, fmt.Sprintf("%s:%d", lab.IP, port))...)
			awaitOK(t, "sipp", s)
			if tt.want != nil {
				o.AwaitEvent(0, "the outcome", tt.want)
			}
			if tt.target {
				o.Signal(os.Interrupt) // the new call goes on until somebody ends it
				o.Wait()
				return
			}
			awaitOK(t, "offhook", o)
		})
	}
}

// TestTransferOfSipp runs those in which sipp is called and sent on.
func TestTransferOfSipp(t *testing.T) {
	lab.Need(t, "sipp")
	for scenario, states := range map[string][]string{
		"rfc3515_refer_uas.xml":      {"holding", "asked", "accepted", "accepted", "accepted", "done"},
		"rfc3420_sipfrag_uas.xml":    {"holding", "asked", "accepted", "accepted", "done"},
		"rfc4488_norefersub_uas.xml": {"holding", "asked", "done"},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, scenario), "-m", "1", "-recv_timeout", "8000")
			lab.AwaitPort(t, "udp", port)
			o := lab.StartOffhook(t, append([]string{"call", fmt.Sprintf("sip:service@%s:%d", lab.IP, port), "--transfer", "sip:carol@192.0.2.1",
				"--json", "--audio-in", "silence", "--audio-out", "null"}, lab.Direct("me", itoa(lab.FreePort(t)))...)...)
			awaitOK(t, "offhook", o)
			awaitOK(t, "sipp", s)
			var got []string
			for _, e := range o.Events() {
				if e.Str("event") == "transfer" {
					got = append(got, e.Str("state"))
				}
			}
			if !slices.Equal(got, states) {
				t.Errorf("%v, want %v", got, states)
			}
		})
	}
}
