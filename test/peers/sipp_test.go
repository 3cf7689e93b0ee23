package peers

import (
	"fmt"
	"regexp"
	"testing"

	"offhook/test/lab"
)

// TestTenCallsFromSipp answers ten calls in a row of sipp's own uac_pcap
// scenario, which sends PCMA from a capture and a digit by RFC 4733.
func TestTenCallsFromSipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	o, port := answering(t, "--max-calls", "10", "--echo")
	s, _ := lab.StartSipp(t, "-sn", "uac_pcap", "-s", "service", "-m", "10", "-l", "1", "-r", "1", "-rp", "100", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	for what, want := range map[string]string{"Successful call": "10", "Failed call": "0"} {
		m := regexp.MustCompile(regexp.QuoteMeta(what)+`\s*\|\s*\d+\s*\|\s*(\d+)`).FindAllStringSubmatch(s.Output(), -1)
		if len(m) == 0 || m[len(m)-1][1] != want {
			t.Errorf("sipp counts %v for %q, want %s", m, what, want)
		}
	}
	awaitOK(t, "offhook", o)
	ended := 0
	for _, e := range o.Events() {
		if e.Str("event") == "call_ended" {
			ended++
			if n := e.Num("stats.packets_received"); n < 100 {
				t.Errorf("call %v received %v packets", e["call"], n)
			}
		}
	}
	if ended != 10 {
		t.Errorf("%d calls ended, want 10", ended)
	}
	if d := o.Digits(); d != "1111111111" {
		t.Errorf("digits %q, want one 1 a call", d)
	}
}

// TestOverlappingCallsFromSipp answers calls that overlap: none holds another, and
// each ends with its caller.
func TestOverlappingCallsFromSipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	o, port := answering(t, "--max-calls", "5", "--echo")
	s, _ := lab.StartSipp(t, "-sn", "uac", "-s", "service", "-m", "5", "-r", "5", "-rp", "100", "-d", "1000", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	awaitOK(t, "offhook", o)
	for _, e := range o.Events() {
		if e.Str("event") == "hold" {
			t.Errorf("a call was held: %v", e)
		}
	}
}

// TestCallToSipp calls sipp, which sends our RTP back.
func TestCallToSipp(t *testing.T) {
	lab.Need(t, "sipp")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			flag := map[string]string{"udp": "u1", "tcp": "t1"}[transport]
			s, port := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc3261_echo_uas.xml"), "-rtp_echo", "-m", "1", "-t", flag)
			lab.AwaitPort(t, transport, port)
			o := lab.StartOffhook(t, append([]string{"call", fmt.Sprintf("sip:echo@%s:%d;transport=%s", lab.IP, port, transport), "--json", "--audio-in", "tone:440", "--audio-out", "null", "--duration", "2s"}, lab.Direct("alice", "0")...)...)
			awaitOK(t, "offhook", o)
			awaitOK(t, "sipp", s)
			e, _ := o.AwaitName(0, "call_ended")
			if sent, got := e.Num("stats.packets_sent"), e.Num("stats.packets_received"); sent < 80 || got < 0.9*sent {
				t.Errorf("%v packets sent, %v came back", sent, got)
			}
		})
	}
}

// TestDigitsByInfoFromSipp receives every digit by INFO, spelled as several makers do.
func TestDigitsByInfoFromSipp(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	o, port := answering(t, "--max-calls", "1")
	s, _ := lab.StartSipp(t, "-sf", lab.Scenario(t, "rfc6086_digits_uac.xml"), "-s", "service", "-m", "1", fmt.Sprintf("%s:%d", lab.IP, port))
	awaitOK(t, "sipp", s)
	awaitOK(t, "offhook", o)
	if d := o.Digits(); d != allDigits {
		t.Errorf("digits %q, want %q", d, allDigits)
	}
}
