package peers

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// registeredAgain waits for a registration after the one that was seen.
func registeredAgain(o *lab.Offhook, from int) (lab.Event, int) {
	return o.AwaitName(from, "registered")
}

// flowOf is the first flow of a registered event.
func flowOf(t *testing.T, e lab.Event) map[string]any {
	t.Helper()
	flows, _ := e["flows"].([]any)
	if len(flows) == 0 {
		t.Fatalf("no flows in %v", e)
	}
	f, _ := flows[0].(map[string]any)
	return f
}

// TestOutboundWithKamailio registers a flow (RFC 5626) with a registrar that speaks outbound, is
// given GRUUs (RFC 5627) and a Service-Route (RFC 3608), and keeps the flow open with STUN or
// CRLFs for longer than its Flow-Timer.
func TestOutboundWithKamailio(t *testing.T) {
	lab.Need(t, "kamailio")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			k := lab.StartFlowKamailio(t)
			o := lab.StartOffhook(t, append([]string{"register", "--json", "--transport", transport}, lab.Account(t, k, "carol")...)...)
			e, at := o.AwaitName(0, "registered")
			f := flowOf(t, e)
			if f["outbound"] != true || f["reg_id"] != 1.0 || f["state"] != "registered" || f["flow_timer_s"] != 5.0 {
				t.Errorf("flow %v", f)
			}
			if gruu := e.Str("pub_gruu"); !strings.Contains(gruu, ";gr=urn:uuid:") || !strings.HasSuffix(e.Str("instance"), gruu[strings.Index(gruu, "urn:"):]) {
				t.Errorf("public GRUU %q of %q", gruu, e.Str("instance"))
			}
			if e.Str("temp_gruu") == "" {
				t.Error("no temporary GRUU")
			}
			if sr, _ := e["service_route"].([]any); len(sr) != 1 || !strings.Contains(fmt.Sprint(sr[0]), fmt.Sprint(k.Port)) {
				t.Errorf("Service-Route %v", e["service_route"])
			}
			// Three times its Flow-Timer: what isn't kept open is lost, which registers anew.
			<-time.After(12 * time.Second)
			for _, ev := range o.Events()[at:] {
				t.Errorf("an event while the flow is kept open: %v", ev)
			}
			o.Signal(syscall.SIGINT)
			o.AwaitName(at, "unregistered")
		})
	}
}

// TestCallByGRUU calls and is called where each side's Contact is a GRUU that only the registrar
// resolves: requests within the dialog find their way, from either side.
func TestCallByGRUU(t *testing.T) {
	lab.Need(t, "kamailio")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			k := lab.StartFlowKamailio(t)
			bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--audio-in", "tone:440", "--audio-out", "null", "--transport", transport}, lab.Account(t, k, "bob")...)...)
			bob.AwaitName(0, "registered")
			alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:880", "--audio-out", "null",
				"--hold-after", "1s", "--resume-after", "1s", "--duration", "3s", "--transport", transport, "--sip-log", "-"}, lab.Account(t, k, "alice")...)...)
			if code := alice.Wait(); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			alice.AwaitEvent(0, "held", holding("local", true))
			bob.AwaitName(0, "call_ended")
			if !strings.Contains(alice.Output(), "Contact: <sip:bob@"+lab.IP) || !strings.Contains(alice.Output(), ";gr=urn:uuid:") {
				t.Error("the Contacts weren't GRUUs")
			}
		})
	}
}

// TestRegistrationRecovers kills the registrar and starts it again, empty: the phone is
// registered again, by its events, and can be called, within a bounded time.
func TestRegistrationRecovers(t *testing.T) {
	lab.Need(t, "kamailio")
	for _, c := range []struct {
		name, transport string
		down            time.Duration
		within          time.Duration // from the registrar's return
	}{
		// The broken connection tells at once; then retries come, half to all of 1 s, 2 s, …
		{"tcp, at once", "tcp", 0, 5 * time.Second},
		{"tcp, after a while", "tcp", 6 * time.Second, 10 * time.Second},
		// The keep-alives get no answer: 5 s (Flow-Timer) and 10 s (RFC 5626, section 4.4.1); the
		// REGISTER that follows is sent again each 4 s until it is answered.
		{"udp, after a while", "udp", 17 * time.Second, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := lab.StartFlowKamailio(t)
			o := lab.StartOffhook(t, append([]string{"answer", "--json", "--audio-in", "silence", "--audio-out", "null", "--transport", c.transport, "--retry", "1s"},
				lab.Account(t, k, "carol")...)...)
			_, at := o.AwaitName(0, "registered")
			k.Kill()
			<-time.After(c.down)
			k.Restart(t)
			start := time.Now()
			_, at = registeredAgain(o, at)
			if d := time.Since(start); d > c.within {
				t.Errorf("registered again after %v, want %v", d, c.within)
			}
			alice := lab.StartOffhook(t, append([]string{"call", k.URI("carol"), "--json", "--audio-in", "silence", "--audio-out", "null", "--duration", "1s"}, lab.Account(t, k, "alice")...)...)
			if code := alice.Wait(); code != 0 {
				t.Errorf("a call afterwards ended with %d", code)
			}
			o.AwaitName(at, "call_ended")
		})
	}
}

// TestRegistrationRecoversByRefresh restarts a registrar over UDP so quickly that nothing tells: the
// next refresh brings the binding back.
func TestRegistrationRecoversByRefresh(t *testing.T) {
	lab.Need(t, "kamailio")
	k := lab.StartKamailio(t, "MD5")
	o := lab.StartOffhook(t, append([]string{"register", "--json", "--expires", "30s", "--sip-log", "-"}, lab.Account(t, k, "carol")...)...)
	o.AwaitName(0, "registered")
	k.Restart(t)
	start, mark := time.Now(), o.Mark()
	o.Await(`^SIP/2.0 200 `, mark)
	if d := time.Since(start); d > 20*time.Second { // half of the lifetime, on a busy machine
		t.Errorf("registered again after %v", d)
	}
}

// TestTwoProxiesOneDead has a proxy that isn't there before one that is: the second stands in.
func TestTwoProxiesOneDead(t *testing.T) {
	lab.Need(t, "kamailio")
	k := lab.StartFlowKamailio(t)
	dead := lab.FreePort(t)
	o := lab.StartOffhook(t, append([]string{"call", k.URI("code486"), "--json", "--transport", "tcp", "--retry", "1s",
		"--outbound-proxy", fmt.Sprintf("sip:%s:%d,sip:%s:%d", lab.IP, dead, lab.IP, k.Port)}, lab.Account(t, k, "alice")...)...)
	if code := o.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4", code)
	}
	if e, _ := o.AwaitName(0, "call_ended"); e.Num("code") != 486 {
		t.Errorf("call ended %v", e)
	}
}
