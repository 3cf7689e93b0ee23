package sdp_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/sdp"
)

// side is one of two user agents that negotiate with each other.
type side struct {
	t       *testing.T
	name    string
	session *sdp.Session
	local   sdp.Local
}

func newPair(t *testing.T) (a, b *side) {
	la, lb := local(opus, pcmu), local(pcmu, opus)
	lb.Addr = netip.MustParseAddrPort("[2001:db8::2]:4002")
	a = &side{t, "a", sdp.NewSession(1), la}
	b = &side{t, "b", sdp.NewSession(2), lb}
	a.offerTo(b)
	a.want(sdp.SendRecv, false, false)
	b.want(sdp.SendRecv, false, false)
	return a, b
}

func (s *side) hold(d sdp.Direction) { s.local.Direction = d }

func (s *side) offerTo(o *side) {
	s.t.Helper()
	offer := parse(s.t, s.session.Offer(s.local))
	if !s.session.Pending() {
		s.t.Fatalf("%s: no offer is pending", s.name)
	}
	b, _, err := o.session.Answer(offer, o.local)
	if err != nil {
		s.t.Fatalf("%s answers: %v", o.name, err)
	}
	if _, err := s.session.ApplyAnswer(parse(s.t, b)); err != nil {
		s.t.Fatalf("%s applies: %v", s.name, err)
	}
	if s.session.Pending() {
		s.t.Fatalf("%s: the offer is still pending", s.name)
	}
}

func (s *side) want(d sdp.Direction, localHold, remoteHold bool) {
	s.t.Helper()
	r, ok := s.session.Result()
	if !ok || r.Direction != d || r.LocalHold != localHold || r.RemoteHold != remoteHold {
		s.t.Errorf("%s: %v, local %v, remote %v; want %v %v %v", s.name, r.Direction, r.LocalHold, r.RemoteHold, d, localHold, remoteHold)
	}
}

func TestPairAgrees(t *testing.T) {
	a, b := newPair(t)
	ra, _ := a.session.Result()
	rb, _ := b.session.Result()
	if ra.Codec != "opus/48000/2" || rb.Codec != ra.Codec {
		t.Errorf("codecs %q and %q", ra.Codec, rb.Codec)
	}
	if ra.Params.Remote != b.local.Addr || rb.Params.Remote != a.local.Addr {
		t.Errorf("remotes %v and %v", ra.Params.Remote, rb.Params.Remote)
	}
	if ra.Params.RemoteRTCP.Port() != b.local.Addr.Port()+1 {
		t.Errorf("RTCP %v", ra.Params.RemoteRTCP)
	}
}

func TestOffer(t *testing.T) {
	b := string(sdp.NewSession(42).Offer(local(opus, pcmu, pcma)))
	want := strings.Join([]string{
		"v=0",
		"o=- 42 1 IN IP4 192.0.2.1",
		"s=-",
		"c=IN IP4 192.0.2.1",
		"t=0 0",
		"m=audio 4000 RTP/AVP 111 0 8 110 101",
		"a=rtpmap:111 opus/48000/2",
		"a=fmtp:111 useinbandfec=1",
		"a=rtpmap:0 PCMU/8000",
		"a=rtpmap:8 PCMA/8000",
		"a=rtpmap:110 telephone-event/48000",
		"a=fmtp:110 0-15",
		"a=rtpmap:101 telephone-event/8000",
		"a=fmtp:101 0-15",
		"a=ptime:20", "a=rtcp-xr:voip-metrics rcvr-rtt=all",
		"a=sendrecv",
		"",
	}, "\r\n")
	if b != want {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
}

// RFC 4733, section 2.1: an event has the clock of the audio it is among.
func TestEvents(t *testing.T) {
	const opusMap = "a=rtpmap:96 opus/48000/2"
	tests := []struct {
		name          string
		lines         []string
		formats       string
		send, receive uint8
		clock         int
	}{
		{"one clock", []string{"m=audio 5004 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000"}, "0 101", 101, 101, 8000},
		{"both, opus first", []string{"m=audio 5004 RTP/AVP 96 0 101 100", opusMap, "a=rtpmap:101 telephone-event/8000", "a=rtpmap:100 telephone-event/48000"}, "96 0 101 100", 100, 100, 48000},
		{"both, PCMU first", []string{"m=audio 5004 RTP/AVP 0 96 101 100", opusMap, "a=rtpmap:101 telephone-event/8000", "a=rtpmap:100 telephone-event/48000"}, "0 96 101 100", 101, 101, 8000},
		{"the other clock alone", []string{"m=audio 5004 RTP/AVP 0 100", "a=rtpmap:100 telephone-event/16000"}, "0 100", 100, 100, 16000},
		{"unused clock left out", []string{"m=audio 5004 RTP/AVP 0 101 100", "a=rtpmap:101 telephone-event/8000", "a=rtpmap:100 telephone-event/16000"}, "0 101", 101, 101, 8000},
		{"none", []string{"m=audio 5004 RTP/AVP 0"}, "0", 0, 0, 0},
		{"number without a map", []string{"m=audio 5004 RTP/AVP 0 101"}, "0", 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, r := answer(t, local(opus, pcmu), tt.lines...)
			wantLines(t, b, "m=", "m=audio 4000 RTP/AVP "+tt.formats)
			p := r.Params
			if p.EventSendPT != tt.send || p.EventRecvPT != tt.receive || p.EventClock != tt.clock {
				t.Errorf("events out %d, in %d at %d", p.EventSendPT, p.EventRecvPT, p.EventClock)
			}
		})
	}
	l := local(pcmu)
	l.TelephoneEvent = false
	b, r := answer(t, l, "m=audio 5004 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000")
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 0")
	if r.Params.EventSendPT != 0 {
		t.Errorf("events although switched off: %+v", r.Params)
	}
}

func TestComfortNoise(t *testing.T) {
	l := local(pcmu)
	b, r := answer(t, l, "m=audio 5004 RTP/AVP 0 13")
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 0")
	// It is played whenever it comes, and never sent.
	if r.Params.ComfortNoisePT != 13 || r.Params.ComfortNoiseSendPT != 0 {
		t.Errorf("noise although not wanted: %+v", r.Params)
	}
	if _, r := answer(t, local(opus), "m=audio 5004 RTP/AVP 111", "a=rtpmap:111 opus/48000/2"); r.Params.ComfortNoisePT != 0 {
		t.Errorf("noise of 8000 Hz in a stream of 48000: %+v", r.Params)
	}
	l.ComfortNoise = true
	b, r = answer(t, l, "m=audio 5004 RTP/AVP 0 13")
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 0 13")
	if r.Params.ComfortNoisePT != 13 || r.Params.ComfortNoiseSendPT != 13 || r.Codec != "PCMU/8000" {
		t.Errorf("%+v", r)
	}
	wantLines(t, string(sdp.NewSession(1).Offer(l)), "m=", "m=audio 4000 RTP/AVP 0 101 13")
}

func TestPreference(t *testing.T) {
	lines := []string{"m=audio 5004 RTP/AVP 8 96 0", "a=rtpmap:96 opus/48000/2"}
	l := local(opus, pcmu, pcma)
	b, r := answer(t, l, lines...)
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 8 96 0")
	if r.Codec != "PCMA/8000" {
		t.Errorf("theirs first: %q", r.Codec)
	}
	l.Preference = sdp.Ours
	b, r = answer(t, l, lines...)
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 96 0 8")
	if r.Codec != "opus/48000/2" {
		t.Errorf("ours first: %q", r.Codec)
	}
}

func TestAnswerRefuses(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  error
	}{
		{"no streams", nil, sdp.ErrNoAudio},
		{"only video", []string{"m=video 5004 RTP/AVP 0"}, sdp.ErrNoAudio},
		{"audio off", []string{"m=audio 0 RTP/AVP 0"}, sdp.ErrNoAudio},
		{"no codec", []string{"m=audio 5004 RTP/AVP 18 3"}, sdp.ErrNoCommonCodec},
		{"events alone", []string{"m=audio 5004 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"}, sdp.ErrNoCommonCodec},
		{"no formats", []string{"m=audio 5004 RTP/AVP"}, sdp.ErrNoCommonCodec},
		{"host name", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP4 media.example.com"}, sdp.ErrAddress},
		{"codec tells more than profile", []string{"m=audio 5002 RTP/SAVP 0", "m=audio 5004 RTP/AVP 18"}, sdp.ErrNoCommonCodec},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sdp.NewSession(1)
			b, _, err := s.Answer(parse(t, body(tt.lines...)), local(pcmu))
			if b != nil || !errors.Is(err, tt.want) || sdp.StatusCode(err) != 488 {
				t.Fatalf("got %q, %v", b, err)
			}
			if _, ok := s.Result(); ok {
				t.Error("a result is left behind")
			}
			// The session is as good as new.
			if _, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0")), local(pcmu)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	_, _, err := sdp.NewSession(1).Answer(parse(t, body("m=audio 5004 RTP/AVP 18 3")), local(pcmu, pcma))
	var ce *sdp.CodecError
	if !errors.As(err, &ce) || strings.Join(ce.Theirs, " ") != "G729/8000 GSM/8000" || strings.Join(ce.Ours, " ") != "PCMU/8000 PCMA/8000" {
		t.Errorf("the error doesn't name the codecs: %v", err)
	}
}

func TestApplyAnswerRefuses(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  error
	}{
		{"nothing", nil, sdp.ErrNoAudio},
		{"refused", []string{"m=audio 0 RTP/AVP 0"}, sdp.ErrNoAudio},
		{"another codec", []string{"m=audio 5004 RTP/AVP 8"}, sdp.ErrNoCommonCodec},
		{"another profile", []string{"m=audio 5004 TCP/MRCPv2 0"}, sdp.ErrProfile},
		{"encryption that wasn't offered", []string{"m=audio 5004 RTP/SAVP 0"}, sdp.ErrSecurity},
		{"host name", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP4 media.example.com"}, sdp.ErrAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sdp.NewSession(1)
			s.Offer(local(pcmu))
			if _, err := s.ApplyAnswer(parse(t, body(tt.lines...))); !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			if !s.Pending() {
				t.Error("the offer is gone")
			}
		})
	}
	if _, err := sdp.NewSession(1).ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0"))); !errors.Is(err, sdp.ErrNoOffer) {
		t.Errorf("without an offer: %v", err)
	}
}

// The answer in the 200 wins over the one in the 183 (RFC 3261, section 13.2.1).
func TestInterop24LaterAnswerWins(t *testing.T) {
	s := sdp.NewSession(1)
	s.Offer(local(opus, pcmu))
	early, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0")))
	if err != nil || early.Codec != "PCMU/8000" {
		t.Fatalf("%+v, %v", early, err)
	}
	final, err := s.ApplyAnswer(parse(t, body("m=audio 6004 RTP/AVP 111", "a=rtpmap:111 opus/48000/2")))
	if err != nil || final.Codec != "opus/48000/2" || final.Params.Remote.Port() != 6004 {
		t.Fatalf("%+v, %v", final, err)
	}
	if r, _ := s.Result(); r.Codec != final.Codec {
		t.Errorf("the session says %q", r.Codec)
	}
}

// A refused re-INVITE leaves the session as it was (RFC 3261, section 14.1).
func TestRollback(t *testing.T) {
	a, b := newPair(t)
	before, _ := a.session.Result()
	same := func(what string) {
		t.Helper()
		r, ok := a.session.Result()
		if !ok || r.Direction != before.Direction || r.Params.Remote != before.Params.Remote || a.session.Pending() {
			t.Errorf("%s: %+v, before %+v", what, r, before)
		}
	}
	a.session.Rollback()
	same("nothing is pending, the last answer stands")
	a.hold(sdp.SendOnly)
	a.session.Offer(a.local)
	a.session.Rollback()
	same("refused at once")
	// What the peer holds isn't forgotten on the way.
	a.hold(sdp.SendRecv)
	b.hold(sdp.SendOnly)
	b.offerTo(a)
	a.hold(sdp.SendOnly)
	a.session.Offer(a.local)
	a.session.Rollback()
	if got := string(a.session.Offer(a.local)); !strings.Contains(got, "a=inactive") {
		t.Errorf("offered\n%s", got)
	}
}

// Each fork has its own answer (RFC 3261, section 13.2.2.4).
func TestCloneIsApart(t *testing.T) {
	s := sdp.NewSession(1)
	s.Offer(local(opus, pcmu))
	fork := s.Clone()
	if _, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0"))); err != nil {
		t.Fatal(err)
	}
	if _, ok := fork.Result(); ok || !fork.Pending() {
		t.Error("the clone saw the answer")
	}
	r, err := fork.ApplyAnswer(parse(t, body("m=audio 6004 RTP/AVP 111", "a=rtpmap:111 opus/48000/2")))
	if err != nil || r.Codec != "opus/48000/2" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, _ := s.Result(); r.Codec != "PCMU/8000" {
		t.Errorf("the original has %q", r.Codec)
	}
}

// A later offer may switch the stream off and on again.
func TestStreamOffAndOn(t *testing.T) {
	s := sdp.NewSession(1)
	l := local(pcmu)
	if _, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0")), l); err != nil {
		t.Fatal(err)
	}
	b, r, err := s.Answer(parse(t, body("m=audio 0 RTP/AVP 0")), l)
	if err != nil || !r.Off || r.Params.Send || r.Params.Receive {
		t.Fatalf("%+v, %v", r, err)
	}
	wantLines(t, string(b), "m=", "m=audio 0 RTP/AVP 0")
	b, r, err = s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0")), l)
	if err != nil || r.Off || !r.Params.Send {
		t.Fatalf("%+v, %v", r, err)
	}
	wantLines(t, string(b), "m=", "m=audio 4000 RTP/AVP 0")
}

func TestIPv6(t *testing.T) {
	l := local(pcmu)
	l.Addr = netip.MustParseAddrPort("[2001:db8::1]:4000")
	b := string(sdp.NewSession(1).Offer(l))
	wantLines(t, b, "c=", "c=IN IP6 2001:db8::1")
	wantLines(t, b, "o=", "o=- 1 1 IN IP6 2001:db8::1")
}

func TestDirection(t *testing.T) {
	all := []sdp.Direction{sdp.SendRecv, sdp.SendOnly, sdp.RecvOnly, sdp.Inactive}
	for _, d := range all {
		if d.Reverse().Reverse() != d || d.Reverse().Sends() != d.Receives() {
			t.Errorf("%v reversed is %v", d, d.Reverse())
		}
		for _, e := range all {
			b := d.Both(e)
			if b != e.Both(d) || b.Sends() != (d.Sends() && e.Sends()) || b.Receives() != (d.Receives() && e.Receives()) {
				t.Errorf("%v and %v is %v", d, e, b)
			}
		}
	}
}
