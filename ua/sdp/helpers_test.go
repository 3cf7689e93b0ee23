package sdp_test

import (
	"net/netip"
	"strings"
	"testing"

	"offhook/codec"
	"offhook/ua/sdp"
)

// named is a codec with nothing but a description: negotiation needs no more.
type named struct{ info codec.Info }

func (n named) Info() codec.Info                               { return n.info }
func (n named) NewEncoder(codec.Params) (codec.Encoder, error) { panic("not in a negotiation") }
func (n named) NewDecoder(codec.Params) (codec.Decoder, error) { panic("not in a negotiation") }

var (
	pcmu = named{codec.Info{Name: "PCMU", ClockRate: 8000, SampleRate: 8000, Channels: 1, StaticPT: 0}}
	pcma = named{codec.Info{Name: "PCMA", ClockRate: 8000, SampleRate: 8000, Channels: 1, StaticPT: 8}}
	opus = named{codec.Info{Name: "opus", ClockRate: 48000, SampleRate: 48000, Channels: 2, StaticPT: -1, Fmtp: "useinbandfec=1"}}
)

// local is a side with the given codecs, and events.
func local(codecs ...codec.Codec) sdp.Local {
	return sdp.Local{
		Addr:           netip.MustParseAddrPort("192.0.2.1:4000"),
		Codecs:         codecs,
		TelephoneEvent: true,
	}
}

// body makes a description of lines, after the five that each has.
func body(lines ...string) []byte {
	head := []string{"v=0", "o=peer 1 1 IN IP4 192.0.2.2", "s=-", "c=IN IP4 192.0.2.2", "t=0 0"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

func parse(t *testing.T, b []byte) *sdp.Description {
	t.Helper()
	d, err := sdp.Parse(b)
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, b)
	}
	return d
}

// answer answers an offer of lines in a new session.
func answer(t *testing.T, l sdp.Local, lines ...string) (string, sdp.Result) {
	t.Helper()
	b, r, err := sdp.NewSession(7).Answer(parse(t, body(lines...)), l)
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	return string(b), r
}

// lines picks the lines of a body that begin so.
func linesOf(b, prefix string) []string {
	var found []string
	for l := range strings.SplitSeq(b, "\r\n") {
		if strings.HasPrefix(l, prefix) {
			found = append(found, l)
		}
	}
	return found
}

func wantLines(t *testing.T, b, prefix string, want ...string) {
	t.Helper()
	if got := linesOf(b, prefix); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines %q:\ngot  %q\nwant %q\nin\n%s", prefix, got, want, b)
	}
}
