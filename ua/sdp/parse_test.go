package sdp_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/ua/sdp"
)

// What the field writes for the same stream reads the same.
func TestParseTolerates(t *testing.T) {
	const strict = "v=0\r\no=- 5 6 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" +
		"m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendonly\r\n"
	tests := map[string]string{
		"as written":         strict,
		"LF only":            strings.ReplaceAll(strict, "\r\n", "\n"),
		"CR only":            strings.ReplaceAll(strict, "\r\n", "\r"),
		"no last newline":    strings.TrimRight(strict, "\r\n"),
		"blank lines":        strings.ReplaceAll(strict, "\r\n", "\r\n\r\n"),
		"trailing NUL":       strict + "\x00\x00",
		"trailing space":     strings.ReplaceAll(strict, "\r\n", " \r\n"),
		"leading space":      "  " + strings.ReplaceAll(strict, "\r\n", "\r\n  "),
		"tabs":               strings.ReplaceAll(strict, " ", "\t"),
		"double spaces":      strings.ReplaceAll(strict, " ", "  "),
		"space around =":     strings.ReplaceAll(strings.ReplaceAll(strict, "m=", "m = "), "c=", "c= "),
		"space after colon":  strings.ReplaceAll(strict, "rtpmap:", "rtpmap: "),
		"no s=":              strings.ReplaceAll(strict, "s=-\r\n", ""),
		"empty s=":           strings.ReplaceAll(strict, "s=-\r\n", "s=\r\n"),
		"no t=":              strings.ReplaceAll(strict, "t=0 0\r\n", ""),
		"odd t=":             strings.ReplaceAll(strict, "t=0 0", "t=now"),
		"t= before c=":       strings.ReplaceAll(strict, "c=IN IP4 192.0.2.2\r\nt=0 0\r\n", "t=0 0\r\nc=IN IP4 192.0.2.2\r\n"),
		"b= after a=":        strict + "b=AS:64\r\n",
		"unknown b=":         strings.ReplaceAll(strict, "t=0 0", "b=NONSENSE\r\nt=0 0"),
		"b= before c=":       strings.ReplaceAll(strict, "c=IN", "b=AS:64\r\nc=IN"),
		"unknown line type":  strings.ReplaceAll(strict, "t=0 0", "y=what\r\nt=0 0"),
		"bad e= and p=":      strings.ReplaceAll(strict, "t=0 0", "e=\r\np=\r\nt=0 0"),
		"u= that is no URL":  strings.ReplaceAll(strict, "s=-", "s=-\r\nu=%zz"),
		"c= in the stream":   strings.ReplaceAll(strings.ReplaceAll(strict, "c=IN IP4 192.0.2.2\r\n", ""), "a=rtpmap:0", "c=IN IP4 192.0.2.2\r\na=rtpmap:0"),
		"c= after a=":        strings.ReplaceAll(strict, "c=IN IP4 192.0.2.2\r\n", "") + "c=IN IP4 192.0.2.2\r\n",
		"c= with a TTL":      strings.ReplaceAll(strict, "c=IN IP4 192.0.2.2", "c=IN IP4 192.0.2.2/127"),
		"c= of a wrong kind": strings.ReplaceAll(strict, "c=IN IP4", "c=IN IP6"),
		"port count":         strings.ReplaceAll(strict, "5004", "5004/1"),
		"case of names":      strings.ReplaceAll(strings.ReplaceAll(strict, "a=sendonly", "a=SendOnly"), "a=rtpmap", "a=RTPMAP"),
		"session direction":  strings.ReplaceAll(strings.ReplaceAll(strict, "a=sendonly\r\n", ""), "t=0 0", "t=0 0\r\na=sendonly"),
		"fmtp before rtpmap": strings.ReplaceAll(strings.ReplaceAll(strict, "a=fmtp:101 0-15\r\n", ""), "a=rtpmap:0", "a=fmtp:101 0-15\r\na=rtpmap:0"),
		"ptime 20.0":         strings.ReplaceAll(strict, "ptime:20", "ptime:20.0"),
		"static without map": strings.ReplaceAll(strict, "a=rtpmap:0 PCMU/8000\r\n", ""),
		"rtpmap of another":  strict + "a=rtpmap:99 speex/8000\r\n",
		"payload twice":      strings.ReplaceAll(strict, "0 101", "0 101 0"),
		"payload over 127":   strings.ReplaceAll(strict, "0 101", "0 128 101 x"),
	}
	want := parse(t, []byte(strict)).Streams[0]
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			d := parse(t, []byte(text))
			if len(d.Streams) != 1 {
				t.Fatalf("%d streams", len(d.Streams))
			}
			s := d.Streams[0]
			if s.Port != 5004 || s.Addr != want.Addr || s.RTCP != want.RTCP || s.Direction != sdp.SendOnly || s.Ptime != 20*time.Millisecond {
				t.Errorf("stream %+v", s)
			}
			if !slices.Equal(s.Formats, want.Formats) {
				t.Errorf("formats %+v, want %+v", s.Formats, want.Formats)
			}
			if d.SessionID != 5 || d.Version != 6 {
				t.Errorf("o= numbers %d %d", d.SessionID, d.Version)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]string{
		"empty":            "",
		"blank":            "\r\n \r\n",
		"HTML":             "<html>\r\n",
		"binary":           "\x00\x01\x02\xff",
		"no v= and no m=":  "s=-\r\n",
		"another version":  "v=1\r\n",
		"short m=":         "v=0\r\nm=audio 5004\r\n",
		"port isn't one":   "v=0\r\nm=audio x RTP/AVP 0\r\n",
		"port too large":   "v=0\r\nm=audio 65536 RTP/AVP 0\r\n",
		"negative port":    "v=0\r\nm=audio -1 RTP/AVP 0\r\n",
		"c= of no address": "v=0\r\nm=audio 5004 RTP/AVP 0\r\nc=IN IP4\r\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := sdp.Parse([]byte(text))
			if d != nil || !errors.Is(err, sdp.ErrSyntax) {
				t.Fatalf("got %+v, %v", d, err)
			}
			if sdp.StatusCode(err) != 400 {
				t.Errorf("StatusCode %d", sdp.StatusCode(err))
			}
		})
	}
	_, err := sdp.Parse([]byte("v=0\r\no=x\r\nm=audio 5004\r\n"))
	var syntax *sdp.SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 3 {
		t.Errorf("the error doesn't name line 3: %v", err)
	}
}

func TestParseOrigin(t *testing.T) {
	tests := []struct {
		origin      string
		id, version uint64
	}{
		{"o=- 1 2 IN IP4 192.0.2.2", 1, 2},
		{"o=- 18446744073709551615 18446744073709551614 IN IP4 192.0.2.2", 1<<64 - 1, 1<<64 - 2},
		{"o=- 18446744073709551616 1 IN IP4 192.0.2.2", 0, 0}, // beyond 64 bits
		{"o=John Q. Public 3 4 IN IP6 ::1", 3, 4},
		{"o=- -1 4 IN IP4 192.0.2.2", 0, 0},
		{"o=-", 0, 0},
		{"", 0, 0},
	}
	for _, tt := range tests {
		d := parse(t, []byte("v=0\r\n"+tt.origin+"\r\nc=IN IP4 192.0.2.2\r\nm=audio 9 RTP/AVP 0\r\n"))
		if d.SessionID != tt.id || d.Version != tt.version {
			t.Errorf("%q: %d %d", tt.origin, d.SessionID, d.Version)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		rtp   string
		rtcp  string
	}{
		{"session", []string{"m=audio 5004 RTP/AVP 0"}, "192.0.2.2:5004", "192.0.2.2:5005"},
		{"stream wins", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP4 198.51.100.1"}, "198.51.100.1:5004", "198.51.100.1:5005"},
		{"IPv6", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP6 2001:db8::1"}, "[2001:db8::1]:5004", "[2001:db8::1]:5005"},
		{"IPv6 in brackets", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP6 [2001:db8::1]"}, "[2001:db8::1]:5004", "[2001:db8::1]:5005"},
		{"mapped IPv4", []string{"m=audio 5004 RTP/AVP 0", "c=IN IP6 ::ffff:192.0.2.9"}, "192.0.2.9:5004", "192.0.2.9:5005"},
		{"rtcp port", []string{"m=audio 5004 RTP/AVP 0", "a=rtcp:6000"}, "192.0.2.2:5004", "192.0.2.2:6000"},
		{"rtcp address", []string{"m=audio 5004 RTP/AVP 0", "a=rtcp:6000 IN IP4 198.51.100.2"}, "192.0.2.2:5004", "198.51.100.2:6000"},
		{"rtcp before c=", []string{"m=audio 5004 RTP/AVP 0", "a=rtcp:6000", "c=IN IP4 198.51.100.1"}, "198.51.100.1:5004", "198.51.100.1:6000"},
		{"rtcp is rubbish", []string{"m=audio 5004 RTP/AVP 0", "a=rtcp:no"}, "192.0.2.2:5004", "192.0.2.2:5005"},
		{"last port", []string{"m=audio 65535 RTP/AVP 0"}, "192.0.2.2:65535", "invalid AddrPort"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, body(tt.lines...)).Streams[0]
			if got := netip.AddrPortFrom(s.Addr, s.Port).String(); got != tt.rtp {
				t.Errorf("RTP %s, want %s", got, tt.rtp)
			}
			if got := s.RTCP.String(); got != tt.rtcp {
				t.Errorf("RTCP %s, want %s", got, tt.rtcp)
			}
		})
	}
}

func TestCodecs(t *testing.T) {
	d := parse(t, body(
		"m=audio 5004 RTP/AVP 111 9 0 96 101",
		"a=rtpmap:111 opus/48000/2", "a=rtpmap:101 telephone-event/8000",
		"m=video 5006 RTP/AVP 97", "a=rtpmap:97 H264/90000"))
	want := "opus/48000/2, G722/8000, PCMU/8000, payload type 96, telephone-event/8000"
	if got := strings.Join(d.Codecs(), ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestExtract(t *testing.T) {
	const text = "v=0\r\nm=audio 5004 RTP/AVP 0"
	multi := "--b1\r\nContent-Type: application/ISUP;version=nxv3\r\n\r\n\x01\x00\r\n--b1\r\nContent-Type: application/SDP ; x=y\r\nContent-Disposition: session\r\n\r\n" + text + "\r\n--b1--\r\n"
	tests := []struct {
		name, kind, body string
		found            bool
	}{
		{"plain", "application/sdp", text, true},
		{"case and parameters", "Application/SDP; charset=utf-8", text, true},
		{"bad parameter", "application/sdp; =", text, true},
		{"no type but SDP", "", text, true},
		{"no type, not SDP", "", "hello", false},
		{"another type", "text/plain", text, false},
		{"empty", "application/sdp", "\r\n", false},
		{"multipart", "multipart/mixed;boundary=b1", multi, true},
		{"multipart, quoted", `multipart/mixed; boundary="b1"`, multi, true},
		{"multipart without a boundary", "multipart/mixed", multi, false},
		{"multipart without SDP", "multipart/mixed;boundary=b1", "--b1\r\n\r\nx\r\n--b1--\r\n", false},
		{"multipart cut short", "multipart/mixed;boundary=b1", multi[:60], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := sdp.Extract(tt.kind, []byte(tt.body))
			if ok != tt.found || ok && string(got) != text {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}
