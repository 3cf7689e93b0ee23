package peers

import (
	"fmt"
	"syscall"
	"testing"

	"offhook/test/lab"
)

// TestSippRegistrars has sipp be the registrar: each scenario checks what we send, and what we
// make of its answer.
func TestSippRegistrars(t *testing.T) {
	lab.Need(t, "sipp")
	for _, c := range []struct {
		scenario string
		calls    bool // then calls somebody, who is busy
		flags    []string
	}{
		{"rfc5626_register_uas.xml", false, nil},
		{"rfc5626_first_hop_uas.xml", false, nil},
		{"rfc3608_service_route_uas.xml", true, nil},
		{"rfc3327_path_uas.xml", true, nil},
		{"rfc5627_gruu_uas.xml", true, []string{"--gruu", "on"}},
	} {
		transports := []string{"udp", "tcp"}
		if c.calls {
			transports = transports[:1] // sipp fails when the connection of both dialogues is closed
		}
		for _, transport := range transports {
			t.Run(c.scenario+" "+transport, func(t *testing.T) {
				t.Parallel()
				mode, dialogues := map[string]string{"udp": "u1", "tcp": "t1"}[transport], "1"
				if c.calls {
					dialogues = "2"
				}
				s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, c.scenario), "-m", dialogues, "-t", mode)
				lab.AwaitPort(t, transport, port)
				flags := append([]string{"--aor", fmt.Sprintf("sip:me@%s:%d", lab.IP, port), "--listen", lab.IP + ":0", "--json", "--transport", transport}, c.flags...)
				if c.calls {
					o := lab.StartOffhook(t, append([]string{"call", fmt.Sprintf("sip:bob@%s:%d", lab.IP, port), "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu"}, flags...)...)
					if code := o.Wait(); code != 4 {
						t.Errorf("the call ended with %d, want 4", code)
					}
				} else {
					o := lab.StartOffhook(t, append([]string{"register"}, flags...)...)
					o.AwaitName(0, "registered")
					o.Signal(syscall.SIGINT)
					if code := o.Wait(); code != 130 {
						t.Errorf("it ended with %d, want 130", code)
					}
				}
				if code := s.Wait(); code != 0 {
					t.Errorf("sipp ended with %d", code)
				}
			})
		}
	}
}
