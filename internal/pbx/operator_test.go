package pbx

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
)

// notebook is a phone that writes down what it is told, and when. mu guards lines.
type notebook struct {
	start time.Time
	mu    sync.Mutex
	lines []string
}

func (n *notebook) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf("%s ", time.Since(n.start))+fmt.Sprintf(format, args...))
}

func (n *notebook) Answer(id ua.CallID)                     { n.note("answer %d", id) }
func (n *notebook) Progress(id ua.CallID)                   { n.note("progress %d", id) }
func (n *notebook) Reject(id ua.CallID, code int, _ string) { n.note("reject %d %d", id, code) }
func (n *notebook) Hold(id ua.CallID)                       { n.note("hold %d", id) }
func (n *notebook) Resume(id ua.CallID)                     { n.note("resume %d", id) }
func (n *notebook) Echo(id ua.CallID, _ bool)               { n.note("echo %d", id) }
func (n *notebook) Play(id ua.CallID, path string, _ audio.PlayOptions) {
	n.note("play %d %s", id, path)
}
func (n *notebook) SendDTMF(id ua.CallID, digits string) { n.note("dtmf %d %s", id, digits) }

func (n *notebook) Message(r ua.MessageRequest) ua.MessageID {
	n.note("message %d %s: %s", r.Call, r.Target, r.Text)
	return 1
}

// A message comes back from the echo, and others say what they are; services don't
// answer each other.
func TestOperatorReplies(t *testing.T) {
	for _, c := range []struct{ service, from, want string }{
		{"echo", "sip:alice@pbx", "message 0 sip:alice@pbx: hello"},
		{"busy", "sip:alice@pbx", "message 0 sip:alice@pbx: busy is busy (486)"},
		{"echo", "sip:clip@pbx", ""},
		{"echo", "sip:*404@pbx", ""},
	} {
		ext, _, _ := find(catalogue(), c.service)
		n := &notebook{start: time.Now()}
		o := &operator{ext: ext, catalogue: catalogue(), phone: n, log: slog.New(slog.DiscardHandler)}
		o.reply(ua.MessageInfo{From: c.from, Text: "hello"})
		got := ""
		if len(n.lines) > 0 {
			_, got, _ = strings.Cut(n.lines[0], " ")
		}
		if got != c.want {
			t.Errorf("%s, from %s: %q, want %q", c.service, c.from, got, c.want)
		}
	}
}

// TestOperator plays calls to services in virtual time. Each act is "TIME what CALL".
func TestOperator(t *testing.T) {
	for _, c := range []struct {
		dialled, clip string
		acts          []string
		want          []string
	}{
		{"echo", "", []string{"0s rings 1", "1s up 1", "5s ends 1"}, []string{"0s answer 1", "1s echo 1"}},
		{"ring", "", []string{"0s rings 1", "600s ends 1"}, nil},
		{"busy", "", []string{"0s rings 1"}, []string{"0s reject 1 486"}},
		{"*52", "", []string{"0s rings 1"}, []string{"0s reject 1 603"}},
		{"code-302", "", []string{"0s rings 1"}, []string{"0s reject 1 302"}},
		{"*404", "", []string{"0s rings 1"}, []string{"0s reject 1 404"}},
		{"delay", "", []string{"0s rings 1", "3s up 1"}, []string{"3s answer 1", "3s echo 1"}},
		{"delay-7", "", []string{"0s rings 1", "6s ends 1"}, nil},
		{"early", "", []string{"0s rings 1", "4s up 1"}, []string{"0s progress 1", "3s answer 1", "4s echo 1"}},
		{"early-503", "", []string{"0s rings 1"}, []string{"0s progress 1", "3s reject 1 503"}},
		{"hold", "", []string{"0s rings 1", "1s up 1"}, []string{"0s answer 1", "3s hold 1", "5s resume 1", "7s hold 1", "9s resume 1"}},
		{"hold", "", []string{"0s rings 1", "1s up 1", "4s ends 1"}, []string{"0s answer 1", "3s hold 1"}},
		{"delay-2", "", []string{"0s rings 1", "1s rings 2", "2s up 1", "3s up 2"},
			[]string{"2s answer 1", "2s echo 1", "3s answer 2", "3s echo 2"}},
		{"dtmf", "", []string{"0s rings 1", "0s up 1", "1s digit 1", "2s tone 1"}, []string{"0s answer 1", "1s dtmf 1 5"}},
		{"clip", "", []string{"0s rings 1", "0s up 1", "9s played 1"}, []string{"0s answer 1"}},
		{"clip", "a.wav", []string{"0s rings 1", "0s up 1", "9s played 1"}, []string{"0s answer 1", "0s play 1 a.wav", "9s play 1 a.wav"}},
	} {
		t.Run(c.dialled+" "+strings.Join(c.acts, ", "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ext, _, ok := find(catalogue(), c.dialled)
				if !ok {
					t.Fatalf("no service %s", c.dialled)
				}
				book := &notebook{start: time.Now()}
				o := &operator{ext: ext, catalogue: catalogue(), clip: c.clip, phone: book, log: slog.New(slog.DiscardHandler)}
				events := ua.NewSubscription()
				var done sync.WaitGroup
				done.Go(func() { o.run(t.Context(), events) })
				for _, act := range c.acts {
					at, what, id := parseAct(t, act)
					time.Sleep(at - time.Since(book.start))
					events.Post(happening(what, id, c.dialled))
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				events.Close()
				done.Wait()
				if !slices.Equal(book.lines, c.want) {
					t.Errorf("did %q, want %q", book.lines, c.want)
				}
			})
		})
	}
}

func parseAct(t *testing.T, act string) (time.Duration, string, ua.CallID) {
	t.Helper()
	f := strings.Fields(act)
	at, err := time.ParseDuration(f[0])
	if err != nil {
		t.Fatal(err)
	}
	return at, f[1], ua.CallID(f[2][0] - '0')
}

func happening(what string, id ua.CallID, dialled string) ua.Event {
	c := ua.CallInfo{ID: id, Direction: ua.Incoming, DialedURI: "sip:" + dialled + "@127.0.0.1:5070", DTMF: audio.DTMFRFC4733}
	switch what {
	case "rings":
		c.State = call.Incoming
	case "up":
		c.State = call.Confirmed
	case "ends":
		c.State = call.Ended
	case "digit":
		return ua.DigitReceived{Call: c, Digit: '5'}
	case "tone":
		c.DTMF = audio.DTMFInband
		return ua.DigitReceived{Call: c, Digit: '6'}
	case "played":
		return ua.MediaChanged{Call: c, What: ua.MediaPlayed}
	}
	return ua.CallChanged{Call: c}
}

func TestUserOf(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:echo@h": "echo", "sip:%2A43@h:5060": "*43", "sip:h": "", "sip:%zz@h": "", "": "", "<sip:x@y>": "x",
	} {
		if got := userOf(uri); got != want {
			t.Errorf("userOf(%q) = %q, want %q", uri, got, want)
		}
	}
}
