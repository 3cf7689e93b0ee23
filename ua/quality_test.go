package ua

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/rtp"
	"offhook/ua/event"
	"offhook/ua/uatest"
)

var r4000 = netip.AddrPortFrom(loopback, 4000)

// measuredCall is what a session may have counted.
func measuredCall() audio.Stats {
	xr := audio.VoIPMetrics{SSRC: 2, Loss: 0.0125, Discard: 0.005, Gmin: 16, RoundTrip: 42 * time.Millisecond, EndSystem: 80 * time.Millisecond,
		Adaptive: true, Nominal: 40 * time.Millisecond, R: 88, MOSLQ: 4.2, MOSCQ: 4.1, Concealment: rtp.ConcealmentEnhanced}
	peer := xr
	peer.SSRC, peer.MOSLQ, peer.R = 1, 3.9, rtp.Unavailable
	return audio.Stats{
		PacketsReceived: 100, SSRC: 1, RemoteSSRC: 2, XR: xr, RemoteXR: peer, Jitter: 3 * time.Millisecond,
		CallIn: audio.Quality{Rating: rtp.Rating{R: 88.4, ListenR: 91.6, LQ: 4.31, CQ: 4.25}},
	}
}

// RFC 6035: at the end of a call its collector is told how it went, out of the dialog.
func TestQualityReportIsPublished(t *testing.T) {
	peer := uatest.UDP(t)
	r := newRigWith(t, peer, withAccount(func(a *Account) { a.QualityReport = "sip:collector@" + peer.Addr().String() }))
	_, inv, leg := r.talking()
	r.media.session(0).measure(measuredCall())
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	m := r.peer.Expect("PUBLISH")
	if m.Get("Event") != "vq-rtcpxr" || m.Get("Content-Type") != "application/vq-rtcpxr" || m.Get("Call-ID") == inv.Get("Call-ID") || m.Get("Expires") != "" {
		t.Errorf("sent\n%s", m.Raw)
	}
	q, err := event.ParseQualityReport([]byte(m.Body))
	if err != nil {
		t.Fatalf("%v\n%s", err, m.Body)
	}
	l := q.Local
	if q.CallID != inv.Get("Call-ID") || q.LocalSSRC != 1 || q.RemoteSSRC != 2 || !strings.Contains(q.LocalID, "sip:alice@") || q.OrigID != q.LocalID ||
		l.NetworkLoss != 1.25 || l.Discarded != 0.5 || l.MOSLQ != 4.3 || l.MOSCQ != 4.2 || l.RListening != 92 || l.RConversation != 88 ||
		l.Codec != "PCMU" || l.RoundTripMS != 42 || l.BufferKind != 3 || l.Concealment != 2 || l.JitterMS != 3 || l.Algorithm != "G.107" ||
		l.Stop.Before(l.Start) || l.Start.IsZero() {
		t.Errorf("%+v\n%s", q, m.Body)
	}
	if q.Remote == nil || q.Remote.MOSLQ != 3.9 || q.Remote.RConversation != event.Unknown || q.Remote.NetworkLoss != 1.25 {
		t.Errorf("the peer's: %+v", q.Remote)
	}
	if want := inv.Get("Call-ID") + ";to-tag="; !strings.HasPrefix(q.DialogID, want) || !strings.HasSuffix(q.DialogID, ";from-tag="+uatest.Tag(inv.Get("From"))) {
		t.Errorf("dialog %q", q.DialogID)
	}
	r.peer.Reply(m, 202)
	if e := next(r, func(QualityReported) bool { return true }); e.Code != 202 || e.Err != nil || e.Account != "me" || e.SIPCallID != q.CallID {
		t.Errorf("%+v", e)
	}
}

func TestQualityReportThatIsRefused(t *testing.T) {
	peer := uatest.UDP(t)
	r := newRigWith(t, peer, withAccount(func(a *Account) { a.QualityReport = "sip:collector@" + peer.Addr().String() }))
	// A call that nobody answered has nothing to tell.
	id, inv, leg := r.dialled()
	leg.Reply(inv, 486, "")
	r.peer.Expect("ACK")
	r.ended(id)
	id, _, leg = r.talking()
	r.agent.Hangup(id)
	r.peer.Reply(r.peer.Expect("BYE"), 200)
	m := r.peer.Expect("PUBLISH")
	q, err := event.ParseQualityReport([]byte(m.Body))
	if err != nil || q.Local.MOSLQ != event.Unknown || q.Remote != nil {
		t.Errorf("of a call without measurements: %v\n%s", err, m.Body)
	}
	r.peer.Reply(m, 489)
	if e := next(r, func(QualityReported) bool { return true }); e.Code != 489 || e.Err == nil || !strings.Contains(e.Err.Error(), "489") {
		t.Errorf("%+v", e)
	}
	_ = leg
	// Close waits for a report that is under way, and not for ever.
	_, _, leg = r.talking()
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.peer.Expect("PUBLISH")
	began := time.Now()
	told := make(chan QualityReported, 1)
	go func() {
		for {
			e, err := r.sub.Next(context.Background())
			if err != nil {
				close(told)
				return
			}
			if e, ok := e.(QualityReported); ok {
				told <- e
			}
		}
	}()
	if err := r.agent.Close(context.Background()); err != nil || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if e := <-told; e.Err == nil || e.Code != 0 {
		t.Errorf("of a report that nobody took: %+v", e)
	}
}

func TestQualityReportNeedsAnAddress(t *testing.T) {
	_, err := New(Config{Accounts: []Account{{Name: "me", AOR: "sip:alice@example.org", QualityReport: "sip:"}}})
	if err == nil || !strings.Contains(err.Error(), "collector") {
		t.Errorf("%v", err)
	}
}

// Every kind of oddity has words of its own, which name what there is to name.
func TestOddWords(t *testing.T) {
	seen := map[string]audio.Oddity{}
	for k := range audio.Oddity(audio.NumOddities) {
		w := oddWords(audio.Odd{Kind: k, From: r4000, PT: 97})
		if other, twice := seen[w]; twice || strings.Contains(w, "something odd") {
			t.Errorf("%v and %v: %q", k, other, w)
		}
		seen[w] = k
	}
	if w := oddWords(audio.Odd{Kind: audio.OddFormat, PT: 97}); !strings.Contains(w, "payload type 97, which was not negotiated") {
		t.Error(w)
	}
	if w := oddWords(audio.Odd{Kind: audio.OddStranger, From: r4000}); !strings.Contains(w, "127.0.0.1:4000") {
		t.Error(w)
	}
}

func TestOddDatagramsAreTold(t *testing.T) {
	r := newRig(t)
	id, _, _ := r.talking()
	r.media.session(0).on(audio.Odd{Kind: audio.OddEncrypted, From: r4000, PT: 8})
	if e := next(r, func(MediaWarned) bool { return true }); e.Call.ID != id || e.Kind != audio.OddEncrypted || e.From != r4000 || e.PT != 8 || e.Text == "" {
		t.Errorf("%+v", e)
	}
}

func TestStatisticsAreToldAtIntervals(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MediaInterval = time.Millisecond })
	id, _, _ := r.talking()
	r.media.session(0).measure(measuredCall())
	for range 3 {
		next(r, func(e MediaChanged) bool {
			return e.What == MediaMeasured && e.Call.ID == id && e.Call.Stats.CallIn.LQ == 4.31
		})
	}
	r.agent.Hangup(id)
	r.peer.Reply(r.peer.Expect("BYE"), 200)
	r.ended(id)
	r.settle()
}
