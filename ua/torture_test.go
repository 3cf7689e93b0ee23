package ua

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"offhook/ua/sip"
)

// torture gives the messages of RFC 4475 and RFC 5118, and for each what a phone answers:
// 0 for nothing.
func torture(t testing.TB) map[string]int {
	t.Helper()
	f, err := os.Open("sip/testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		w := strings.Fields(lines.Text())
		if len(w) < 5 || w[0] == "#" {
			continue
		}
		out[w[0]], _ = strconv.Atoi(w[3])
	}
	return out
}

func tortureMessage(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("sip", "testdata", name+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// RFC 4475 and RFC 5118: the verdicts that aren't the parser's to give.
func TestTortureVerdicts(t *testing.T) {
	seen := map[int]bool{}
	for name, want := range torture(t) {
		if want == 0 {
			continue
		}
		seen[want] = true
		t.Run(name, func(t *testing.T) {
			msg, err := sip.ParseMessage(tortureMessage(t, name))
			if err != nil {
				t.Fatal(err)
			}
			bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
				r.agent.Options(OptionsRequest{Target: "x"}) // binds the socket
				n.end().take()
				st := &fakeServer{req: msg.(*sip.Request)}
				n.end().cfg.Handler(st)
				if got := st.codes(); len(got) == 0 || got[len(got)-1] != want {
					t.Errorf("answered %v, want %d", got, want)
				}
			})
		})
	}
	for _, code := range []int{180, 200, 405, 406, 415, 416, 420, 481, 501} {
		if !seen[code] {
			t.Errorf("no message is for %d", code)
		}
	}
}

// Interop 9: the # of feature codes is escaped when it is sent, and taken raw.
func TestInterop09Hash(t *testing.T) {
	for _, dialled := range []string{"*21#", "sip:*21#@127.0.0.1", "*21%23"} {
		bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
			r.agent.Dial(DialRequest{Target: dialled})
			inv := n.end().one(t, sip.INVITE)
			if line, _, _ := strings.Cut(inv.req.String(), "\r\n"); line != "INVITE sip:*21%23@127.0.0.1 SIP/2.0" {
				t.Errorf("%s is sent as %q", dialled, line)
			}
		})
	}
	msg, err := sip.ParseMessage([]byte("INVITE sip:#31#@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bKh\r\nFrom: <sip:*9#@127.0.0.1>;tag=1\r\n" +
		"To: <sip:#31#@127.0.0.1>\r\nCall-ID: h\r\nCSeq: 1 INVITE\r\nContact: <sip:*9#@127.0.0.1:7000>\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		r.agent.Options(OptionsRequest{Target: "x"})
		n.end().take()
		st := &fakeServer{req: msg.(*sip.Request)}
		n.end().cfg.Handler(st)
		if got := st.codes(); len(got) == 0 || got[len(got)-1] != 180 {
			t.Errorf("answered %v", got)
		}
		if c := r.agent.Calls(); len(c) != 1 || !strings.Contains(c[0].RemoteURI, "*9#") {
			t.Errorf("%+v", c)
		}
	})
}
