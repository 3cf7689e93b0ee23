package lab

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"
)

//go:embed browser.html
var browserPage []byte

// Browser is a chromium without a screen that shows a telephone of its own: SIP over
// WebSocket and RTCPeerConnection, as a web page has them.
type Browser struct {
	*Process
	reports chan BrowserReport
	seen    []BrowserReport
}

// BrowserReport is what the page tells.
type BrowserReport struct {
	What  string  `json:"what"`
	Text  string  `json:"text"`
	Code  int     `json:"code"`
	SDP   string  `json:"sdp"`
	State string  `json:"state"`
	After float64 `json:"after"` // ms since the answer
	// Hz is the loudest tone that it hears, of so many dB.
	Hz                      float64 `json:"hz"`
	DB                      float64 `json:"db"`
	DTLS, Role, SRTP, Codec string
	Packets                 int     `json:"packets"`
	Lost                    int     `json:"lost"`
	Concealed               float64 `json:"concealed"`
}

// BrowserCall is what a Browser is to do. It always registers.
type BrowserCall struct {
	WS     string        // wss://…
	Domain string        // of the registrar, with its port
	User   string        // one of Users
	Call   string        // whom to call; empty waits for a call
	Tone   float64       // what it sends, in Hz
	After  time.Duration // when it hangs up; 0 is never
	// Hidden has it tell names of mDNS instead of its addresses, as browsers do to pages
	// that may not use the microphone.
	Hidden bool
	// Video has it ask for pictures, too.
	Video bool
}

// StartBrowser starts one.
func StartBrowser(t testing.TB, c BrowserCall) *Browser {
	t.Helper()
	Need(t, "chromium-headless-shell")
	b := &Browser{reports: make(chan BrowserReport, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(browserPage)
	})
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		var report BrowserReport
		if err == nil && json.Unmarshal(raw, &report) == nil {
			select {
			case b.reports <- report:
			default:
			}
		}
	})
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	query := url.Values{
		"ws": {c.WS}, "domain": {c.Domain}, "user": {c.User}, "password": {"pw-" + c.User}, "call": {c.Call},
		"tone": {fmt.Sprint(c.Tone)},
	}
	if c.After > 0 {
		query.Set("after", fmt.Sprint(c.After.Milliseconds()))
	}
	if c.Video {
		query.Set("video", "yes")
	}
	args := []string{
		"--no-sandbox", // the lab's namespace is root's
		"--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--user-data-dir=" + t.TempDir(),
		"--ignore-certificate-errors", // the lab's authority is nobody's
		"--autoplay-policy=no-user-gesture-required",
		"--remote-debugging-port=0", // keeps it running
	}
	if !c.Hidden {
		args = append(args, "--disable-features=WebRtcHideLocalIpsWithMdns")
	}
	b.Process = Run(t, "chromium-headless-shell", append(args, "http://"+listener.Addr().String()+"/?"+query.Encode()), Env("HOME="+t.TempDir()))
	return b
}

// Await waits for a report that matches.
func (b *Browser) AwaitReport(what string, match func(BrowserReport) bool) BrowserReport {
	b.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case r := <-b.reports:
			b.seen = append(b.seen, r)
			if r.What == "error" {
				b.t.Fatalf("the page failed: %s\nbefore: %+v", r.Text, b.seen)
			}
			if match(r) {
				return r
			}
		case <-timer.C:
			b.t.Fatalf("the browser didn't report %s within %v; it told %+v", what, patience, b.seen)
		}
	}
}

// AwaitWhat waits for a report by its name.
func (b *Browser) AwaitWhat(what string) BrowserReport {
	b.t.Helper()
	return b.AwaitReport(what, func(r BrowserReport) bool { return r.What == what })
}
