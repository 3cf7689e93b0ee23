package peers

import (
	"net/netip"
	"testing"
	"time"

	"offhook/test/lab"
)

// between counts RTP datagrams to an address in a stretch of time.
func between(ds []lab.Datagram, to netip.AddrPort, from, until time.Time) int {
	n := 0
	for _, d := range ds {
		if _, ok := d.RTP(); ok && d.Dst == to && d.Time.After(from) && d.Time.Before(until) {
			n++
		}
	}
	return n
}

// holding matches the event that a side has the call on hold, or not any more.
func holding(side string, on bool) func(lab.Event) bool {
	return func(e lab.Event) bool {
		return e.Str("event") == "hold" && e[side] == on && e["desired"] == (on && side == "local")
	}
}

// settle is how long after the signalling the last packet may still come.
const settle = 150 * time.Millisecond

// TestHold holds and resumes from either side: RTP towards the held one stops and starts again.
func TestHold(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "tcpdump")
	t.Run("by us", func(t *testing.T) {
		t.Parallel()
		k := lab.StartKamailio(t, "MD5")
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
		wire := lab.StartCapture(t)
		o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null",
			"--hold-after", "1s", "--resume-after", "1500ms", "--duration", "4s"}, lab.Account(t, k, "alice")...)...)
		held, at := o.AwaitEvent(0, "held", holding("local", true))
		resumed, _ := o.AwaitEvent(at, "resumed", holding("local", false))
		if code := o.Wait(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		b.AwaitType(0, "CALL_CLOSED")
		checkHold(t, wire, o, held, resumed)
	})
	t.Run("by baresip", func(t *testing.T) {
		t.Parallel()
		k := lab.StartKamailio(t, "MD5")
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
		wire := lab.StartCapture(t)
		o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null",
			"--duration", "5s"}, lab.Account(t, k, "alice")...)...)
		o.AwaitName(0, "media")
		<-time.After(time.Second) // the stretch in which RTP must flow
		b.Command("hold", "")
		held, at := o.AwaitEvent(0, "held", holding("remote", true))
		<-time.After(time.Second) // the stretch in which nothing may be sent
		b.Command("resume", "")
		resumed, _ := o.AwaitEvent(at, "resumed", holding("remote", false))
		if code := o.Wait(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		checkHold(t, wire, o, held, resumed)
	})
}

func when(t *testing.T, e lab.Event) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, e.Str("time"))
	if err != nil {
		t.Fatalf("event %v: %v", e, err)
	}
	return at
}

func checkHold(t *testing.T, wire *lab.Capture, o *lab.Offhook, held, resumed lab.Event) {
	t.Helper()
	ended, _ := o.AwaitName(0, "call_ended")
	media, _ := o.AwaitName(0, "media")
	to, err := netip.ParseAddrPort(media.Str("remote_media"))
	if err != nil {
		t.Fatalf("media event without the peer's address: %v", media)
	}
	start, stop, end := when(t, held), when(t, resumed), when(t, ended)
	ds := wire.Datagrams()
	before := between(ds, to, start.Add(-500*time.Millisecond), start.Add(-settle))
	during := between(ds, to, start.Add(settle), stop.Add(-settle))
	after := between(ds, to, stop.Add(settle), end)
	t.Logf("RTP to the peer: %d before, %d in the %v of hold, %d after", before, during, stop.Sub(start).Round(time.Millisecond), after)
	for _, d := range ds {
		if _, ok := d.RTP(); ok && d.Dst == to && d.Time.After(start.Add(settle)) && d.Time.Before(stop.Add(-settle)) {
			t.Logf("%v after the hold, %v before its end: % x", d.Time.Sub(start), stop.Sub(d.Time), d.Payload)
		}
	}
	if before < 5 || during > 0 || after < 20 {
		t.Errorf("want RTP before and after the hold and none during it")
	}
}
