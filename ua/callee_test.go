package ua

import (
	"strings"
	"testing"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

func TestRemoteCancel(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing(r.sdp())
	leg.Send(strings.Replace(leg.Cancel(), leg.Remote, uatest.Address(leg.Remote), 1))
	ok, done := r.peer.Next(), r.peer.Next()
	if !ok.Matches("200 CANCEL") || !done.Matches("487 INVITE") {
		t.Fatalf("got %s and %s", ok, done)
	}
	// RFC 3261, section 9.2: the CANCEL's response has the tag of the INVITE's.
	if uatest.Tag(ok.Get("To")) != uatest.Tag(done.Get("To")) {
		t.Errorf("To tags: %q and %q", ok.Get("To"), done.Get("To"))
	}
	if info := r.ended(id); info.Cause != call.RemoteCanceled {
		t.Errorf("end: %v", info.Cause)
	}
}

func TestRejectAndBusy(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing(r.sdp())
	r.agent.Reject(id, 603, "Not now")
	if res := r.peer.Expect("603 INVITE"); !strings.HasSuffix(res.Start, "Not now") {
		t.Errorf("%s", res.Start)
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	if info := r.ended(id); info.Cause != call.Declined || info.Code != 603 {
		t.Errorf("end: %v %d", info.Cause, info.Code)
	}
	r.agent.Reject(id, 0, "")
	if e := r.failed("reject"); e.Err == nil {
		t.Error("an ended call was rejected")
	}
}

// One up and a second waiting; the third is busy.
func TestWaitingAndSwap(t *testing.T) {
	r := newRig(t)
	first, leg1 := r.answered()
	second, leg2 := r.ringing(r.sdp())
	r.settle()
	if got := r.media.lastTone(); got != audio.ToneWaiting {
		t.Errorf("tone: %v", got)
	}
	third := r.peer.Call("alice", r.addr())
	third.Send(third.Request("INVITE", r.sdp()))
	r.peer.Expect("486 INVITE")

	// Answering holds the first.
	r.agent.Answer(second)
	reinvite, ok := r.two("INVITE", "200 INVITE")
	if !strings.Contains(reinvite.Body, "a=sendonly") {
		t.Errorf("hold:\n%s", reinvite.Body)
	}
	leg1.Reply(reinvite, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	leg2.Learn(ok)
	leg2.Send(leg2.Ack(leg2.Seq, ""))
	r.state(second, call.Confirmed)
	r.settle()
	if r.media.focused() != r.media.session(1) {
		t.Error("the second call hasn't the audio")
	}

	// Swap: hold one, resume the other.
	r.agent.Focus(first)
	for range 2 {
		m := r.peer.Expect("INVITE")
		if m.Get("Call-ID") == leg1.CallID {
			if !strings.Contains(m.Body, "a=sendrecv") {
				t.Errorf("resume:\n%s", m.Body)
			}
			leg1.Reply(m, 200, r.sdp())
		} else {
			if !strings.Contains(m.Body, "a=sendonly") {
				t.Errorf("hold:\n%s", m.Body)
			}
			leg2.Reply(m, 200, r.sdp("recvonly"))
		}
	}
	r.peer.Expect("ACK")
	r.peer.Expect("ACK")
	r.settle()
	if r.media.focused() != r.media.session(0) {
		t.Error("the first call hasn't the audio back")
	}
	calls := r.agent.Calls()
	if len(calls) != 2 || calls[0].Hold.Local || !calls[0].Focus || !calls[1].Hold.Local || calls[1].Focus {
		t.Errorf("calls: %+v", calls)
	}
}

// two expects two messages that may come in either order.
func (r *rig) two(first, second string) (a, b *uatest.Message) {
	r.t.Helper()
	for range 2 {
		switch m := r.peer.Next(); {
		case a == nil && m.Matches(first):
			a = m
		case b == nil && m.Matches(second):
			b = m
		default:
			r.t.Fatalf("want %s and %s, got %s\n%s", first, second, m, m.Raw)
		}
	}
	return a, b
}

func TestInterop25NoOffer(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing("")
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	if !strings.Contains(ok.Body, "RTP/AVP 0 8 ") || !strings.Contains(ok.Body, "a=sendrecv") {
		t.Errorf("no full offer:\n%s", ok.Body)
	}
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, r.sdp()))
	if info := r.state(id, call.Confirmed); info.Codec != "PCMU/8000" {
		t.Errorf("codec %q", info.Codec)
	}
	// And within the call.
	leg.Send(leg.Request("INVITE", ""))
	ok = r.peer.Expect("200 INVITE")
	if !strings.Contains(ok.Body, "RTP/AVP 0 8 ") {
		t.Errorf("no full offer in the call:\n%s", ok.Body)
	}
	leg.Send(leg.Ack(leg.Seq, uatest.SDP(r.peer.Addr().Addr(), 4444)))
	e := next(r, func(e MediaChanged) bool { return e.What == MediaUpdated })
	if e.Call.RemoteMedia.Port() != 4444 {
		t.Errorf("media goes to %v", e.Call.RemoteMedia)
	}
}

func TestInterop25NoAnswerInAck(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing("")
	r.agent.Answer(id)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	leg.Reply(r.peer.Expect("BYE"), 200, "")
	if info := r.ended(id); info.Cause != call.MediaFailure {
		t.Errorf("end: %v", info.Cause)
	}
}

// RFC 3264, section 8.4; RFC 6337, section 5.3.
func TestInterop36Hold(t *testing.T) {
	zero := "v=0\no=peer 1 9 IN IP4 0.0.0.0\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\n"
	for _, tt := range []struct{ name, offer, answer string }{
		{"sendonly", uatest.SDP(loopback, 4000, "sendonly"), "a=recvonly"},
		{"inactive", uatest.SDP(loopback, 4000, "inactive"), "a=inactive"},
		{"0.0.0.0", zero, "a="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			id, leg := r.answered()
			leg.Send(leg.Request("INVITE", tt.offer))
			ok := r.peer.Expect("200 INVITE")
			if !strings.Contains(ok.Body, tt.answer) {
				t.Errorf("answer:\n%s", ok.Body)
			}
			leg.Send(leg.Ack(leg.Seq, ""))
			held := next(r, func(e CallChanged) bool { return e.Call.ID == id && e.Call.Hold.Remote })
			if held.Call.Hold.Local || held.Call.Hold.Desired {
				t.Errorf("hold: %+v", held.Call.Hold)
			}
			if p, _ := r.media.session(0).last(); p.Send {
				t.Error("we send to a peer that holds us")
			}
			// Held by both, and resumed by the peer while we still hold.
			r.agent.Hold(id)
			ours := r.peer.Expect("INVITE")
			leg.Reply(ours, 200, uatest.SDP(loopback, 4000, "inactive"))
			r.peer.Expect("ACK")
			both := next(r, func(e CallChanged) bool { return e.Call.Hold.Local })
			if !both.Call.Hold.Remote {
				t.Errorf("hold by both: %+v", both.Call.Hold)
			}
			leg.Send(leg.Request("INVITE", r.sdp("sendrecv", "x-again")))
			ok = r.peer.Expect("200 INVITE")
			if !strings.Contains(ok.Body, "a=sendonly") {
				t.Errorf("answer while we hold:\n%s", ok.Body)
			}
			leg.Send(leg.Ack(leg.Seq, ""))
			end := next(r, func(e CallChanged) bool { return !e.Call.Hold.Remote })
			if !end.Call.Hold.Local {
				t.Errorf("our hold is lost: %+v", end.Call.Hold)
			}
			r.agent.Resume(id)
			ours = r.peer.Expect("INVITE")
			if !strings.Contains(ours.Body, "a=sendrecv") {
				t.Errorf("resume:\n%s", ours.Body)
			}
			leg.Reply(ours, 200, r.sdp())
			r.peer.Expect("ACK")
			next(r, func(e CallChanged) bool { return e.Call.Hold == (Hold{}) })
			if p, _ := r.media.session(0).last(); !p.Send || !p.Receive {
				t.Errorf("after it all: %+v", p)
			}
		})
	}
}

// The microphone is cut before the peer has agreed, and back when it refuses.
func TestHoldCutsAtOnce(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	r.agent.Hold(id)
	ours := r.peer.Expect("INVITE")
	e := next(r, func(e CallChanged) bool { return e.Call.Hold.Desired })
	if e.Call.Hold.Local {
		t.Error("hold is told before it is true")
	}
	if p, _ := r.media.session(0).last(); p.Send {
		t.Error("the microphone isn't cut")
	}
	leg.Reply(ours, 488, "")
	r.peer.Expect("ACK")
	if f := r.failed("hold"); f.Call != id || !strings.Contains(f.Err.Error(), "no audio format") {
		t.Errorf("%+v", f)
	}
	r.settle()
	if p, _ := r.media.session(0).last(); !p.Send {
		t.Error("the microphone stays cut")
	}
}

func TestInterop27ReinviteRefused(t *testing.T) {
	t.Run("481 ends the call", func(t *testing.T) {
		r := newRig(t)
		id, _, leg := r.talking()
		r.agent.Hold(id)
		leg.Reply(r.peer.Expect("INVITE"), 481, "")
		r.peer.Expect("ACK")
		if info := r.ended(id); info.Cause != call.ProtocolError || info.Code != 481 {
			t.Errorf("end: %v %d", info.Cause, info.Code)
		}
	})
	t.Run("408 doesn't", func(t *testing.T) {
		r := newRig(t)
		id, _, leg := r.talking()
		r.agent.Hold(id)
		leg.Reply(r.peer.Expect("INVITE"), 408, "")
		r.peer.Expect("ACK")
		r.failed("hold")
		if calls := r.agent.Calls(); len(calls) != 1 || calls[0].State != call.Confirmed || calls[0].Hold.Desired {
			t.Errorf("calls: %+v", calls)
		}
	})
	t.Run("by policy it does", func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.EndOnTimeout = true })
		id, _, leg := r.talking()
		r.agent.Hold(id)
		leg.Reply(r.peer.Expect("INVITE"), 408, "")
		r.peer.Expect("ACK")
		leg.Reply(r.peer.Expect("BYE"), 200, "")
		if info := r.ended(id); info.Cause != call.Timeout {
			t.Errorf("end: %v", info.Cause)
		}
	})
}

// Both sides change the call at once: each refuses the other's with 491.
func TestInterop26Glare(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered() // the peer owns the Call-ID: we retry within 2 s
	r.agent.Hold(id)
	ours := r.peer.Expect("INVITE")
	leg.Send(leg.Request("INVITE", r.sdp()))
	r.peer.Expect("491 INVITE")
	leg.Reply(ours, 491, "")
	r.peer.Expect("ACK")
	again := r.peer.Expect("INVITE")
	if again.Seq() != ours.Seq()+1 || !strings.Contains(again.Body, "a=sendonly") {
		t.Errorf("retry:\n%s", again.Raw)
	}
	leg.Reply(again, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	next(r, func(e CallChanged) bool { return e.Call.Hold.Local })
}

func TestInterop51Info(t *testing.T) {
	r := newRig(t)
	id, _, leg := r.talking()
	for _, tt := range []struct {
		kind, body string
		digit      byte
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=250\r\n", '5'},
		{"application/dtmf-relay", "Signal= * \nDuration = 100", '*'},
		{"application/dtmf-relay", "signal=11\r\n", '#'},
		{"application/dtmf-relay; charset=x", "Signal=10\r\nDuration=160", '*'},
		{"application/dtmf", "7", '7'},
		{"Application/DTMF", " d \r\n", 'D'},
		{"application/dtmf", "Signal=9", '9'},
	} {
		leg.Send(leg.Request("INFO", tt.body, "Content-Type: "+tt.kind))
		r.peer.Expect("200 INFO")
		e := next(r, func(DigitReceived) bool { return true })
		if e.Digit != tt.digit || e.Method != audio.DTMFInfo || e.Call.ID != id {
			t.Errorf("%q: %q by %v", tt.body, e.Digit, e.Method)
		}
	}
	for _, kind := range []string{"application/media_control+xml", "application/dtmf-relay"} {
		leg.Send(leg.Request("INFO", "Signal=99", "Content-Type: "+kind))
		if res := r.peer.Expect("415 INFO"); !strings.Contains(res.Get("Accept"), "dtmf-relay") {
			t.Errorf("415:\n%s", res.Raw)
		}
	}
	leg.Send(leg.Request("INFO", ""))
	r.peer.Expect("200 INFO")
}

func TestDTMFModes(t *testing.T) {
	noEvents := strings.ReplaceAll(strings.ReplaceAll(uatest.SDP(loopback, 4000), " 101\n", "\n"), "a=rtpmap:101 telephone-event/8000\n", "")
	tests := []struct {
		name, body, allow string
		mode, want        audio.DTMFMode
	}{
		{"auto with events", uatest.SDP(loopback, 4000), "INVITE, INFO", audio.DTMFAuto, audio.DTMFRFC4733},
		{"auto without, INFO allowed", noEvents, "INVITE, INFO", audio.DTMFAuto, audio.DTMFInfo},
		{"auto with nothing", noEvents, "INVITE", audio.DTMFAuto, audio.DTMFInband},
		{"INFO by order", uatest.SDP(loopback, 4000), "INVITE", audio.DTMFInfo, audio.DTMFInfo},
		{"in-band by order", uatest.SDP(loopback, 4000), "INVITE, INFO", audio.DTMFInband, audio.DTMFInband},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, withAccount(func(a *Account) { a.DTMFMode = tt.mode }))
			id, inv, leg := r.dialled()
			leg.Reply(inv, 200, tt.body, "Allow: "+tt.allow)
			r.peer.Expect("ACK")
			if info := r.state(id, call.Confirmed); info.DTMF != tt.want {
				t.Fatalf("mode %v, want %v", info.DTMF, tt.want)
			}
			r.agent.SendDTMF(id, "1#")
			if tt.want != audio.DTMFInfo {
				r.settle()
				s := r.media.session(0)
				s.mu.Lock()
				defer s.mu.Unlock()
				if s.digits != "1#" || s.mode != tt.want {
					t.Errorf("session got %q by %v", s.digits, s.mode)
				}
				return
			}
			for _, digit := range []string{"1", "#"} {
				info := r.peer.Expect("INFO")
				if !strings.HasPrefix(info.Body, "Signal="+digit+"\r\nDuration=") || info.Get("Content-Type") != "application/dtmf-relay" {
					t.Errorf("INFO:\n%s", info.Raw)
				}
				leg.Reply(info, 200, "")
				if e := next(r, func(DigitSent) bool { return true }); string(e.Digit) != digit {
					t.Errorf("told %q", e.Digit)
				}
			}
			r.agent.SendDTMF(id, "12x")
			r.failed("dtmf")
		})
	}
}

func TestCapabilitiesAndErrors(t *testing.T) {
	r := newRig(t)
	ask := func(method, body string, headers ...string) *uatest.Message {
		t.Helper()
		leg := r.peer.Call("alice", r.addr())
		leg.Send(leg.Request(method, body, headers...))
		return r.peer.Next()
	}
	options := ask("OPTIONS", "")
	if options.Code() != 200 || options.Get("Allow") != allow() || !strings.Contains(options.Get("Accept"), "application/sdp") ||
		!strings.Contains(options.Body, "m=audio 0 RTP/AVP 0 8") || uatest.Tag(options.Get("To")) == "" {
		t.Errorf("OPTIONS:\n%s", options.Raw)
	}
	if res := ask("FROB", ""); res.Code() != 501 || res.Get("Allow") != allow() {
		t.Errorf("unknown method: %s", res)
	}
	for _, method := range []string{"PUBLISH", "REGISTER"} {
		if res := ask(method, ""); res.Code() != 405 || res.Get("Allow") != allow() {
			t.Errorf("%s: %s", method, res)
		}
	}
	if res := ask("REFER", "", "Refer-To: <sip:carol@example.org>"); res.Code() != 403 {
		t.Errorf("REFER outside a call: %s", res)
	}
	for _, method := range []string{"BYE", "INFO", "NOTIFY", "UPDATE", "PRACK"} {
		if res := ask(method, ""); res.Code() != 481 {
			t.Errorf("%s: %s", method, res)
		}
	}
	if res := ask("INVITE", r.sdp(), "Require: 100rel, foo, timer, bar"); res.Code() != 420 || res.Get("Unsupported") != "foo, bar" {
		t.Errorf("Require:\n%s", res.Raw)
	}
	if res := ask("INVITE", "x", "Content-Type: text/plain"); res.Code() != 415 || res.Get("Accept") != "application/sdp" {
		t.Errorf("content type:\n%s", res.Raw)
	}
	if res := ask("INVITE", "hello\n"); res.Code() != 400 {
		t.Errorf("no SDP: %s", res)
	}
	if res := ask("INVITE", strings.Replace(r.sdp(), "RTP/AVP 0 8 101", "RTP/AVP 18", 1)); res.Code() != 488 {
		t.Errorf("no codec: %s", res)
	}
	if n := len(r.agent.Calls()); n != 0 {
		t.Errorf("%d calls are left", n)
	}
	stranger := r.peer.Call("alice", r.addr())
	stranger.Remote += ";tag=unknown"
	for _, method := range []string{"BYE", "INVITE", "INFO", "OPTIONS"} {
		stranger.Send(stranger.Request(method, ""))
		if res := r.peer.Next(); res.Code() != 481 {
			t.Errorf("%s in an unknown dialog: %s", method, res)
		}
	}
}

// Interop 35: the SDP beside something else.
func TestInterop35Multipart(t *testing.T) {
	r := newRig(t)
	body := "--b1\r\nContent-Type: application/isup;version=itu\r\n\r\n\x01\x02\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n" +
		strings.ReplaceAll(r.sdp(), "\n", "\r\n") + "\r\n--b1--\r\n"
	id, leg := r.ringing(body, "Content-Type: multipart/mixed;boundary=b1")
	r.agent.Answer(id)
	if ok := r.peer.Expect("200 INVITE"); !strings.Contains(ok.Body, "m=audio 4") {
		t.Errorf("answer:\n%s", ok.Body)
	} else {
		leg.Learn(ok)
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
}

func TestCloseEndsEverything(t *testing.T) {
	r := newRig(t)
	_, _, leg := r.talking()
	_, leg2 := r.ringing(r.sdp())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.agent.Close(t.Context()) }()
	bye, refused := r.two("BYE", "480 INVITE")
	leg.Reply(bye, 200, "")
	leg2.Learn(refused)
	<-done
	if r.media.open() != 0 {
		t.Error("media is left open")
	}
	for {
		if _, err := r.sub.Next(t.Context()); err != nil {
			if err != ErrClosed {
				t.Error(err)
			}
			return
		}
	}
}

func TestOptionsOut(t *testing.T) {
	r := newRig(t)
	r.agent.Options(OptionsRequest{Target: "bob"})
	req := r.peer.Expect("OPTIONS")
	leg := r.peer.Leg(req)
	leg.Reply(req, 200, r.sdp(), "Allow: INVITE,BYE", "Supported: timer", "User-Agent: x/1", "Accept: application/sdp")
	e := next(r, func(OptionsAnswered) bool { return true })
	if e.Result.Code != 200 || len(e.Result.Allow) != 2 || e.Result.UserAgent != "x/1" || len(e.Result.Codecs) != 3 || e.Result.RTT <= 0 || e.Result.Err != nil {
		t.Errorf("%+v", e.Result)
	}
	r.agent.Options(OptionsRequest{Target: "bob"})
	r.peer.Reply(r.peer.Expect("OPTIONS"), 404)
	e = next(r, func(OptionsAnswered) bool { return true })
	if cause, code := CauseOf(e.Result.Err); cause != call.Rejected || code != 404 {
		t.Errorf("%+v", e.Result)
	}
}
