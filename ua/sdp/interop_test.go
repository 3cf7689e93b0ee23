package sdp_test

import (
	"errors"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/codec"
	"offhook/ua/sdp"
)

// The SDP part of a multipart body (RFC 5621): see TestExtract for the rest.
func TestInterop35MultipartBody(t *testing.T) {
	b := "--x\r\nContent-Type: application/sdp\r\n\r\n" + string(body("m=audio 5004 RTP/AVP 0")) + "\r\n--x\r\nContent-Type: application/isup\r\n\r\n\x01\r\n--x--\r\n"
	text, ok := sdp.Extract("multipart/mixed; boundary=x", []byte(b))
	if !ok || len(parse(t, text).Streams) != 1 {
		t.Fatalf("got %q, %v", text, ok)
	}
}

// Hold in each of its spellings is mirrored (RFC 3264, section 8.4), from either
// side and from both.
func TestInterop36HoldIsMirrored(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  sdp.Direction // ours: SendOnly holds
		sdp.Direction
		localHold, remoteHold bool
	}{
		{"talk", nil, sdp.SendRecv, sdp.SendRecv, false, false},
		{"they hold", []string{"a=sendonly"}, sdp.SendRecv, sdp.RecvOnly, false, true},
		{"they hold, no music", []string{"a=inactive"}, sdp.SendRecv, sdp.Inactive, false, true},
		{"RFC 2543 hold", []string{"c=IN IP4 0.0.0.0"}, sdp.SendRecv, sdp.RecvOnly, false, true},
		{"RFC 2543 hold and sendonly", []string{"c=IN IP4 0.0.0.0", "a=sendonly"}, sdp.SendRecv, sdp.RecvOnly, false, true},
		{"RFC 2543 hold and recvonly", []string{"c=IN IP4 0.0.0.0", "a=recvonly"}, sdp.SendRecv, sdp.Inactive, false, true},
		{"IPv6 hold", []string{"c=IN IP6 ::"}, sdp.SendRecv, sdp.RecvOnly, false, true},
		{"invalid name", []string{"c=IN IP6 hold.invalid"}, sdp.SendRecv, sdp.RecvOnly, false, true},
		{"they only listen", []string{"a=recvonly"}, sdp.SendRecv, sdp.SendOnly, false, false},
		{"we hold, they talk", nil, sdp.SendOnly, sdp.SendOnly, true, false},
		{"we hold, they know", []string{"a=recvonly"}, sdp.SendOnly, sdp.SendOnly, true, false},
		{"both hold", []string{"a=sendonly"}, sdp.SendOnly, sdp.Inactive, true, true},
		{"both hold, inactive", []string{"a=inactive"}, sdp.SendOnly, sdp.Inactive, true, true},
		{"both hold, RFC 2543", []string{"c=IN IP4 0.0.0.0"}, sdp.SendOnly, sdp.Inactive, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := local(pcmu)
			l.Direction = tt.want
			b, r := answer(t, l, append([]string{"m=audio 5004 RTP/AVP 0"}, tt.lines...)...)
			wantLines(t, b, "a="+tt.Direction.String(), "a="+tt.Direction.String())
			if r.Direction != tt.Direction || r.LocalHold != tt.localHold || r.RemoteHold != tt.remoteHold {
				t.Errorf("result %v, local %v, remote %v", r.Direction, r.LocalHold, r.RemoteHold)
			}
			if r.Params.Send != tt.Sends() || r.Params.Receive != tt.Receives() {
				t.Errorf("params send %v, receive %v", r.Params.Send, r.Params.Receive)
			}
		})
	}
}

// Two user agents of ours hold and resume in every order, and always end talking.
func TestInterop36BothSidesHoldAndResume(t *testing.T) {
	a, b := newPair(t)
	a.hold(sdp.SendOnly)
	a.offerTo(b)
	a.want(sdp.SendOnly, true, false)
	b.want(sdp.RecvOnly, false, true)

	b.hold(sdp.SendOnly)
	b.offerTo(a) // recvonly before, so inactive
	a.want(sdp.Inactive, true, true)
	b.want(sdp.Inactive, true, true)

	a.hold(sdp.SendRecv)
	a.offerTo(b)
	a.want(sdp.RecvOnly, false, true)
	b.want(sdp.SendOnly, true, false)

	b.hold(sdp.SendRecv)
	b.offerTo(a)
	a.want(sdp.SendRecv, false, false)
	b.want(sdp.SendRecv, false, false)
}

// RFC 3264, sections 6 and 8: refused streams keep their place for ever.
func TestInterop37RefusedStreamsKeepTheirPlace(t *testing.T) {
	s := sdp.NewSession(7)
	offer := parse(t, body(
		"m=video 5000 RTP/AVP 97 98", "a=rtpmap:97 H264/90000",
		"m=audio 5002 RTP/SAVP 0",
		"m=audio 5004 RTP/AVP 18",
		"m=audio 5006 RTP/AVP 0 8",
		"m=audio 5008 RTP/AVP 0",
		"m=image 5010 udptl t38",
		"m=application 5012 UDP/DTLS/SCTP webrtc-datachannel",
		"m=text 0 RTP/AVP 100"))
	refused := []string{
		"m=video 0 RTP/AVP 97 98", "m=audio 0 RTP/SAVP 0", "m=audio 0 RTP/AVP 18", "m=audio 4000 RTP/AVP 0 8",
		"m=audio 0 RTP/AVP 0", "m=image 0 udptl t38", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel", "m=text 0 RTP/AVP 100",
	}
	b, r, err := s.Answer(offer, local(pcmu, pcma))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(b), "m=", refused...)
	if r.Params.Remote != netip.MustParseAddrPort("192.0.2.2:5006") {
		t.Errorf("remote %v", r.Params.Remote)
	}
	l := local(pcmu, pcma)
	l.Direction = sdp.SendOnly
	l.TelephoneEvent = false
	wantLines(t, string(s.Offer(l)), "m=", refused...)
}

func TestInterop37OwnStreamKeptInUse(t *testing.T) {
	s := sdp.NewSession(7)
	if _, _, err := s.Answer(parse(t, body("m=audio 5002 RTP/AVP 18", "m=audio 5004 RTP/AVP 0")), local(pcmu)); err != nil {
		t.Fatal(err)
	}
	// The first stream would do now, but the second is in use.
	b, _, err := s.Answer(parse(t, body("m=audio 5002 RTP/AVP 0", "m=audio 5004 RTP/AVP 0")), local(pcmu))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(b), "m=", "m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 0")
	// Switched off, the other one takes over.
	b, _, err = s.Answer(parse(t, body("m=audio 5002 RTP/AVP 0", "m=audio 0 RTP/AVP 0")), local(pcmu))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(b), "m=", "m=audio 4000 RTP/AVP 0", "m=audio 0 RTP/AVP 0")
}

// RFC 3264, section 5.1: each side names the numbers that it wants to receive.
func TestInterop38PayloadTypesPerDirection(t *testing.T) {
	s := sdp.NewSession(7)
	offer := parse(t, s.Offer(local(opus, pcmu)))
	if got := offer.Streams[0].Formats[0]; got.PT != 111 || got.String() != "opus/48000/2" {
		t.Fatalf("offered %+v", got)
	}
	r, err := s.ApplyAnswer(parse(t, body(
		"m=audio 5004 RTP/AVP 96 97",
		"a=rtpmap:96 OPUS/48000/2", "a=fmtp:96 maxplaybackrate=16000",
		"a=rtpmap:97 telephone-event/48000")))
	if err != nil {
		t.Fatal(err)
	}
	p := r.Params
	if p.Encode.PT != 96 || p.Encode.Fmtp != "maxplaybackrate=16000" {
		t.Errorf("we send %+v", p.Encode)
	}
	if len(p.Decode) != 2 || p.Decode[0].PT != 111 || p.Decode[1].PT != 96 || p.Decode[0].Fmtp != "useinbandfec=1" {
		t.Errorf("we take %+v", p.Decode)
	}
	if p.EventSendPT != 97 || p.EventRecvPT != 110 || p.EventClock != 48000 {
		t.Errorf("events out %d, in %d at %d", p.EventSendPT, p.EventRecvPT, p.EventClock)
	}
}

// An answer's own number isn't taken for what our offer means by it.
func TestInterop38AliasMustNotCollide(t *testing.T) {
	s := sdp.NewSession(7)
	s.Offer(local(opus, pcmu)) // 111 and 0, events 110 and 101
	r, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 101", "a=rtpmap:101 opus/48000/2")))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Params.Decode) != 1 || r.Params.Decode[0].PT != 111 || r.Params.Encode.PT != 101 {
		t.Errorf("take %+v, send %+v", r.Params.Decode, r.Params.Encode)
	}
}

func TestInterop38AnswerReusesTheOffersNumbers(t *testing.T) {
	s := sdp.NewSession(7)
	l := local(opus, pcmu)
	b, r, err := s.Answer(parse(t, body(
		"m=audio 5004 RTP/AVP 103 0 99",
		"a=rtpmap:103 opus/48000/2", "a=rtpmap:99 telephone-event/48000")), l)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(b), "m=", "m=audio 4000 RTP/AVP 103 0 99")
	if r.Params.Encode.PT != 103 || r.Params.Decode[0].PT != 103 || r.Params.EventRecvPT != 99 {
		t.Errorf("params %+v", r.Params)
	}
	// The numbers stand for the session, in our own offers too (RFC 3264, section 8.3.2).
	wantLines(t, string(s.Offer(l)), "m=", "m=audio 4000 RTP/AVP 103 0 99 101")
}

// A number that the peer uses for another format isn't ours to use.
func TestInterop38ForeignNumbersAreAvoided(t *testing.T) {
	s := sdp.NewSession(7)
	if _, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0 111 101",
		"a=rtpmap:111 speex/16000", "a=rtpmap:101 ilbc/8000")), local(pcmu)); err != nil {
		t.Fatal(err)
	}
	for _, f := range parse(t, s.Offer(local(opus, pcmu))).Streams[0].Formats {
		if f.PT == 111 || f.PT == 101 {
			t.Errorf("%s offered as %d", f, f.PT)
		}
	}
}

// RFC 3264, section 8; RFC 8866, section 5.2.
func TestInterop39VersionCountsChanges(t *testing.T) {
	s := sdp.NewSession(math.MaxUint64)
	l := local(pcmu)
	version := func(b []byte) uint64 {
		t.Helper()
		d := parse(t, b)
		if d.SessionID == 0 || d.SessionID > math.MaxInt64 {
			t.Errorf("session id %d", d.SessionID)
		}
		return d.Version
	}
	first := version(s.Offer(l))
	if again := version(s.Offer(l)); again != first {
		t.Errorf("the same body has version %d after %d", again, first)
	}
	l.Direction = sdp.SendOnly
	held := version(s.Offer(l))
	if held != first+1 {
		t.Errorf("hold has version %d after %d", held, first)
	}
	s.Rollback()
	l.Direction = sdp.SendRecv
	if back := version(s.Offer(l)); back != held+1 {
		t.Errorf("after a refused offer %d, the next has %d", held, back)
	}
	b, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0")), l)
	if err != nil {
		t.Fatal(err)
	}
	if v := version(b); v != held+2 {
		t.Errorf("an answer that differs has version %d", v)
	}
}

func TestInterop39BareNewlines(t *testing.T) {
	text := strings.TrimRight(strings.ReplaceAll(string(body("m=audio 5004 RTP/AVP 0", "a=sendonly")), "\r\n", "\n"), "\n")
	s := parse(t, []byte(text)).Streams[0]
	if s.Port != 5004 || s.Direction != sdp.SendOnly {
		t.Errorf("stream %+v", s)
	}
}

// RFC 3551: a static number needs no rtpmap.
func TestInterop40StaticPayloadTypes(t *testing.T) {
	b, r := answer(t, local(pcmu, pcma), "m=audio 5004 RTP/AVP 18 8 0")
	wantLines(t, b, "m=", "m=audio 4000 RTP/AVP 8 0")
	wantLines(t, b, "a=rtpmap", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000")
	if r.Codec != "PCMA/8000" || r.Params.Encode.PT != 8 {
		t.Errorf("codec %q, %+v", r.Codec, r.Params.Encode)
	}
}

// RFC 5761, RFC 3605.
func TestInterop43RTCP(t *testing.T) {
	l := local(pcmu)
	b, r := answer(t, l, "m=audio 5004 RTP/AVP 0", "a=rtcp-mux", "a=rtcp:6001")
	wantLines(t, b, "a=rtcp-mux") // refused: we weren't asked to
	if r.Params.RTCPMux || r.Params.RemoteRTCP.Port() != 6001 {
		t.Errorf("params %+v", r.Params)
	}
	l.RTCPMux = true
	b, r = answer(t, l, "m=audio 5004 RTP/AVP 0", "a=rtcp-mux", "a=rtcp:6001")
	wantLines(t, b, "a=rtcp-mux", "a=rtcp-mux")
	if !r.Params.RTCPMux || r.Params.RemoteRTCP != r.Params.Remote {
		t.Errorf("params %+v", r.Params)
	}
	b, r = answer(t, l, "m=audio 5004 RTP/AVP 0")
	wantLines(t, b, "a=rtcp-mux")
	if r.Params.RTCPMux || r.Params.RemoteRTCP.Port() != 5005 {
		t.Errorf("params %+v", r.Params)
	}
	l.RTCPPort = 4100
	b, _ = answer(t, l, "m=audio 5004 RTP/AVP 0")
	wantLines(t, b, "a=rtcp:", "a=rtcp:4100")
}

func TestInterop43MuxSurvivesOurReoffer(t *testing.T) {
	l := local(pcmu)
	l.RTCPMux = true
	s := sdp.NewSession(7)
	wantLines(t, string(s.Offer(l)), "a=rtcp-mux")
	if _, _, err := s.Answer(parse(t, body("m=audio 5004 RTP/AVP 0", "a=rtcp-mux")), l); err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(s.Offer(l)), "a=rtcp-mux", "a=rtcp-mux")
	r, err := s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0", "a=rtcp-mux")))
	if err != nil || !r.Params.RTCPMux {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = s.ApplyAnswer(parse(t, body("m=audio 5004 RTP/AVP 0")))
	if err != nil || r.Params.RTCPMux {
		t.Errorf("%+v, %v", r, err)
	}
}

// RFC 7587: always opus/48000/2; parameters reach the encoder; packet times that
// Opus doesn't have are rounded down.
func TestInterop44Opus(t *testing.T) {
	for _, spelling := range []string{"opus/48000/2", "OPUS/48000/2", "opus/48000", "opus/48000/1"} {
		b, r := answer(t, local(opus), "m=audio 5004 RTP/AVP 96", "a=rtpmap:96 "+spelling, "a=fmtp:96 stereo=0;usedtx=1;maxplaybackrate=8000")
		wantLines(t, b, "a=rtpmap", "a=rtpmap:96 opus/48000/2")
		wantLines(t, b, "a=fmtp", "a=fmtp:96 useinbandfec=1")
		if r.Params.Encode.Fmtp != "stereo=0;usedtx=1;maxplaybackrate=8000" || r.Codec != "opus/48000/2" {
			t.Errorf("%s: %+v", spelling, r.Params.Encode)
		}
	}
	if _, _, err := sdp.NewSession(1).Answer(parse(t, body("m=audio 5004 RTP/AVP 96", "a=rtpmap:96 opus/16000")), local(opus)); !errors.Is(err, sdp.ErrNoCommonCodec) {
		t.Errorf("opus/16000: %v", err)
	}
}

func TestInterop47PacketTime(t *testing.T) {
	tests := []struct {
		codec named
		ours  time.Duration
		lines []string
		want  time.Duration
	}{
		{pcmu, 0, nil, 20 * time.Millisecond},
		{pcmu, 30 * time.Millisecond, nil, 30 * time.Millisecond},
		{pcmu, 30 * time.Millisecond, []string{"a=ptime:40"}, 40 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:40", "a=maxptime:30"}, 30 * time.Millisecond},
		{pcmu, 60 * time.Millisecond, []string{"a=maxptime:40"}, 40 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:1"}, 10 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:5000"}, 120 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:0"}, 20 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:-20"}, 20 * time.Millisecond},
		{pcmu, 0, []string{"a=ptime:NaN"}, 20 * time.Millisecond},
		{opus, 0, []string{"a=ptime:30"}, 20 * time.Millisecond},
		{opus, 0, []string{"a=ptime:60"}, 60 * time.Millisecond},
		{opus, 0, []string{"a=ptime:120"}, 120 * time.Millisecond},
		{opus, 0, []string{"a=ptime:110"}, 100 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 minptime=40"}, 40 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 minptime=10;maxptime=10"}, 10 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 ptime=60;useinbandfec=1"}, 60 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 ptime=60", "a=ptime:40"}, 40 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 minptime=60", "a=maxptime:20"}, 20 * time.Millisecond},
		{opus, 0, []string{"a=fmtp:96 minptime=-3;maxptime=x;ptime=99999999"}, 20 * time.Millisecond},
		{opus, 0, []string{"a=ptime:60", "a=maxptime:10"}, 10 * time.Millisecond},
	}
	for _, tt := range tests {
		l := local(codec.Codec(tt.codec))
		l.Ptime = tt.ours
		lines := append([]string{"m=audio 5004 RTP/AVP 0 96", "a=rtpmap:96 opus/48000/2"}, tt.lines...)
		if _, r := answer(t, l, lines...); r.Params.Ptime != tt.want {
			t.Errorf("%s ours %v, theirs %q: %v, want %v", tt.codec.info.Name, tt.ours, tt.lines, r.Params.Ptime, tt.want)
		}
	}
}

// RFC 3389, section 5: noise is offered and answered at the clock of the codec that
// it stands beside, under the peer's number and ours.
func TestInterop48ComfortNoise(t *testing.T) {
	l := local(opus, pcmu)
	l.ComfortNoise = true
	for _, tt := range []struct {
		name  string
		lines []string
		want  uint8
	}{
		{"static", []string{"m=audio 5004 RTP/AVP 0 13"}, 13},
		{"dynamic", []string{"m=audio 5004 RTP/AVP 0 98", "a=rtpmap:98 CN/8000"}, 98},
		{"the old number", []string{"m=audio 5004 RTP/AVP 0 19"}, 0},
		{"another clock", []string{"m=audio 5004 RTP/AVP 0 98", "a=rtpmap:98 CN/16000"}, 0},
		{"beside another clock", []string{"m=audio 5004 RTP/AVP 111 13", "a=rtpmap:111 opus/48000/2"}, 0},
		{"none", []string{"m=audio 5004 RTP/AVP 0"}, 0},
	} {
		if _, r := answer(t, l, tt.lines...); r.Params.ComfortNoiseSendPT != tt.want {
			t.Errorf("answering, %s: sent as %d, want %d", tt.name, r.Params.ComfortNoiseSendPT, tt.want)
		}
		s := sdp.NewSession(1)
		wantLines(t, string(s.Offer(l)), "m=", "m=audio 4000 RTP/AVP 111 0 110 101 13")
		r, err := s.ApplyAnswer(parse(t, body(tt.lines...)))
		if err != nil || r.Params.ComfortNoiseSendPT != tt.want {
			t.Errorf("offering, %s: sent as %d, want %d (%v)", tt.name, r.Params.ComfortNoiseSendPT, tt.want, err)
		}
	}
}
