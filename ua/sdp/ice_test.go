package sdp_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"offhook/nat/ice"
	"offhook/ua/sdp"
)

const (
	hostLine  = "1 1 UDP 2130706431 192.0.2.1 4000 typ host"
	peerLine  = "1 1 UDP 2130706431 192.0.2.2 5004 typ host"
	peerLine2 = "1 2 UDP 2130706430 192.0.2.2 5005 typ host"
	peerSrflx = "2 1 UDP 1694498815 198.51.100.7 61000 typ srflx raddr 192.0.2.2 rport 5004"
)

func candidate(t *testing.T, value string) ice.Candidate {
	t.Helper()
	c, err := ice.ParseCandidate(value)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// iceLocal is a side that speaks ICE.
func iceLocal(t *testing.T) sdp.Local {
	l := local(pcmu)
	l.RTCPMux = true
	l.ICE = &sdp.ICELocal{Description: ice.Description{
		Ufrag: "ours", Pwd: "ourpasswordof22letters", Options: []string{"ice2"}, Candidates: []ice.Candidate{candidate(t, hostLine)}, Complete: true,
	}}
	return l
}

// peerICE are the lines of a peer with candidates.
func peerICE(candidates ...string) []string {
	lines := []string{"m=audio 5004 RTP/AVP 0", "a=rtcp-mux", "a=ice-ufrag:them", "a=ice-pwd:theirpasswordof22letter"}
	for _, c := range candidates {
		lines = append(lines, "a=candidate:"+c)
	}
	return lines
}

func TestICEOffer(t *testing.T) {
	s := sdp.NewSession(7)
	l := iceLocal(t)
	b := string(s.Offer(l))
	wantLines(t, b, "a=ice-", "a=ice-ufrag:ours", "a=ice-pwd:ourpasswordof22letters", "a=ice-options:ice2")
	wantLines(t, b, "a=candidate", "a=candidate:"+hostLine)
	wantLines(t, b, "a=rtcp-mux", "a=rtcp-mux")
	wantLines(t, b, "a=end-of-candidates") // only for who trickles

	r, err := s.ApplyAnswer(parse(t, body(peerICE(peerLine, peerLine2)...)))
	if err != nil {
		t.Fatal(err)
	}
	if r.ICE.Outcome != sdp.ICEAgreed || !r.ICE.Offered || r.ICE.Peer.Ufrag != "them" || r.ICE.Peer.Pwd != "theirpasswordof22letter" ||
		len(r.ICE.Peer.Candidates) != 2 || !r.Params.RTCPMux {
		t.Errorf("got %+v", r.ICE)
	}

	// Once it is done, the pair in use is the default, and the controlling side names both ends.
	l.ICE.Remote = netip.MustParseAddrPort("198.51.100.7:61000")
	wantLines(t, string(s.Offer(l)), "a=remote-candidates", "a=remote-candidates:1 198.51.100.7 61000")
}

func TestICEAnswer(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   []string
		outcome sdp.ICEOutcome
		says    string // the line in the answer that tells the outcome
		err     error  // for who wants ICE
	}{
		{"candidates", peerICE(peerLine, peerSrflx), sdp.ICEAgreed, "a=ice-ufrag:ours", nil},
		{"names of mDNS alone", peerICE("1 1 UDP 1 2b3c.local 9 typ host"), sdp.ICEAgreed, "a=ice-ufrag:ours", nil},
		{"trickled later", []string{"m=audio 9 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=ice-ufrag:them", "a=ice-pwd:p", "a=ice-options:trickle"}, sdp.ICEAgreed, "a=ice-ufrag:ours", nil},
		{"TestInterop53MismatchInTheOffer", peerICE(peerSrflx), sdp.ICEMismatch, "a=ice-mismatch", sdp.ErrNoICE}, // RFC 8839, section 4.2.5
		{"only RTCP's matches", peerICE("1 2 UDP 1 192.0.2.2 5004 typ host"), sdp.ICEMismatch, "a=ice-mismatch", sdp.ErrNoICE},
		{"TestInterop53NoICE", []string{"m=audio 5004 RTP/AVP 0"}, sdp.ICENone, "", sdp.ErrNoICE},
		{"no password", []string{"m=audio 5004 RTP/AVP 0", "a=ice-ufrag:them", "a=candidate:" + peerLine}, sdp.ICENone, "", sdp.ErrNoICE},
		{"a user fragment with a colon", []string{"m=audio 5004 RTP/AVP 0", "a=ice-ufrag:a:b", "a=ice-pwd:p"}, sdp.ICENone, "", sdp.ErrNoICE},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := iceLocal(t)
			b, r := answer(t, l, c.lines...)
			if r.ICE.Outcome != c.outcome || r.ICE.Offered {
				t.Errorf("got %+v", r.ICE)
			}
			if c.says != "" {
				wantLines(t, b, c.says, c.says)
			}
			if got := len(linesOf(b, "a=candidate")) > 0; got != (c.outcome == sdp.ICEAgreed) {
				t.Errorf("candidates: %v in\n%s", got, b)
			}
			if r.RemoteHold || !r.Params.Send {
				t.Errorf("on hold: %+v", r)
			}
			l.ICE.Required = true
			s := sdp.NewSession(7)
			if _, _, err := s.Answer(parse(t, body(c.lines...)), l); !errors.Is(err, c.err) {
				t.Errorf("who wants ICE gets %v", err)
			}
		})
	}
}

// TestInterop53Fallback: a peer without ICE, or one that found a mismatch, is sent to where its
// c= and m= say (RFC 8839, sections 4.2.5 and 5.3).
func TestInterop53Fallback(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  sdp.ICEOutcome
	}{
		"no ICE":                 {[]string{"m=audio 5004 RTP/AVP 0"}, sdp.ICENone},
		"mismatch":               {[]string{"m=audio 5004 RTP/AVP 0", "a=ice-mismatch"}, sdp.ICEMismatch},
		"mismatch in the answer": {peerICE(peerSrflx), sdp.ICEMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			s := sdp.NewSession(7)
			l := iceLocal(t)
			s.Offer(l)
			r, err := s.ApplyAnswer(parse(t, body(c.lines...)))
			if err != nil || r.ICE.Outcome != c.want || r.Params.Remote != netip.MustParseAddrPort("192.0.2.2:5004") {
				t.Errorf("got %+v, %v", r, err)
			}
			s = sdp.NewSession(7)
			l.ICE.Required = true
			s.Offer(l)
			if _, err := s.ApplyAnswer(parse(t, body(c.lines...))); !errors.Is(err, sdp.ErrNoICE) {
				t.Errorf("who wants ICE gets %v", err)
			}
		})
	}
}

// TestICEStays: what was agreed isn't lost to a hold by c=0.0.0.0, nor to a default address that
// no candidate has any more.
func TestICEStays(t *testing.T) {
	s := sdp.NewSession(7)
	l := iceLocal(t)
	if _, _, err := s.Answer(parse(t, body(peerICE(peerLine)...)), l); err != nil {
		t.Fatal(err)
	}
	held := append(peerICE(peerLine), "c=IN IP4 0.0.0.0")
	_, r, err := s.Answer(parse(t, body(held...)), l)
	if err != nil || r.ICE.Outcome != sdp.ICEAgreed || !r.RemoteHold {
		t.Errorf("on hold: %+v, %v", r, err)
	}
	if _, r, err = s.Answer(parse(t, body(peerICE(peerSrflx)...)), l); err != nil || r.ICE.Outcome != sdp.ICEAgreed {
		t.Errorf("by the pair in use: %+v, %v", r, err)
	}
}

func TestICELite(t *testing.T) {
	d := parse(t, body(append([]string{"a=ice-lite", "a=ice-ufrag:s", "a=ice-pwd:session", "a=ice-options:ice2 trickle"}, "m=audio 5004 RTP/AVP 0", "a=candidate:"+peerLine)...))
	got := d.Streams[0].ICE
	if !got.Lite || got.Ufrag != "s" || got.Pwd != "session" || !slices.Equal(got.Options, []string{"ice2", "trickle"}) || len(got.Candidates) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestFragment(t *testing.T) {
	want := iceLocal(t).ICE.Description
	want.Options = nil
	text := sdp.WriteFragment(want, "0")
	for name, b := range map[string][]byte{
		"as written": text,
		"LF and another stream": []byte(strings.ReplaceAll(string(text), "\r\n", "\n") +
			"m=video 9 RTP/AVP 0\na=mid:1\na=candidate:" + peerLine + "\n"),
	} {
		got, err := sdp.ReadFragment(b)
		if err != nil || got.Ufrag != want.Ufrag || got.Pwd != want.Pwd || !got.Complete || !slices.Equal(got.Candidates, want.Candidates) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "nonsense", "a=candidate:" + peerLine, "m=audio 9 RTP/AVP 0\r\na=ice-ufrag:x\r\n"} {
		if d, err := sdp.ReadFragment([]byte(bad)); !errors.Is(err, sdp.ErrSyntax) || d.Ufrag != "" {
			t.Errorf("%q: got %+v, %v", bad, d, err)
		}
	}
}

// FuzzFragment: what is read is written and read again the same.
func FuzzFragment(f *testing.F) {
	f.Add([]byte("a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 RTP/AVP 0\r\na=mid:1\r\na=candidate:" + peerLine + "\r\na=end-of-candidates\r\n"))
	f.Add([]byte("m=audio 9 RTP/AVP 0\na=ice-pwd:p\na=ice-ufrag:u\na=candidate:" + peerSrflx))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := sdp.ReadFragment(b)
		if err != nil {
			if !errors.Is(err, sdp.ErrSyntax) || d.Ufrag != "" || d.Candidates != nil {
				t.Fatalf("got %+v, %v", d, err)
			}
			return
		}
		again, err := sdp.ReadFragment(sdp.WriteFragment(d, "0"))
		if err != nil || again.Ufrag != d.Ufrag || again.Pwd != d.Pwd || again.Complete != d.Complete || !slices.Equal(again.Candidates, d.Candidates) {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
	})
}
