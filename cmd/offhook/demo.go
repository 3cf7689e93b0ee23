package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/audio/soundfile"
	"offhook/config"
	"offhook/internal/pbx"
	"offhook/ua"
	"offhook/ua/call"
)

// demoUser is who the phone of the demo is.
const demoUser = "you"

func (a *app) demoCommand() *cobra.Command {
	var m mediaFlags
	var t traceFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try the phone on an exchange of its own",
		Long: `Start a small exchange on this machine and the phone registered to it, with
nothing to configure and nothing sent to any network. Dial a service:

` + serviceList("  ") + `

Without a terminal it places a call to the echo service by itself, compares
what came back with what was sent, prints a report, and ends with exit code 0
only when all of it worked.`,
		Example: `  offhook demo
  offhook demo --audio-in tone:440 --audio-out null
  offhook demo --codecs pcma --pcap demo.pcap </dev/null
  offhook demo --json </dev/null`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context(), m, t) },
	}
	m.addTo(c)
	t.addTo(c)
	return c
}

func (a *app) runDemo(ctx context.Context, m mediaFlags, t traceFlags) error {
	names := firstList(m.codecs, config.Default().Media.Codecs)
	codecs, err := codecSet(names, config.Default().Media)
	if err != nil {
		return err
	}
	// A password for the length of the run.
	password := rand.Text()
	exchange, err := pbx.New(pbx.Config{Users: map[string]string{demoUser: password}, Codecs: codecs, Log: a.quietLog()})
	if err != nil {
		return fail(exitInternal, err)
	}
	if err := exchange.Start(ctx); err != nil {
		return errors.Join(fail(exitTransport, err), exchange.Close())
	}
	err = a.demoPhone(ctx, exchange, password, m, t)
	return errors.Join(err, exchange.Close())
}

func (a *app) demoPhone(ctx context.Context, exchange *pbx.PBX, password string, m mediaFlags, t traceFlags) error {
	s := settings{Config: config.Default()}
	who := config.NewAccount()
	who.Name = "demo"
	who.AOR = fmt.Sprintf("sip:%s@%s", demoUser, exchange.Addr())
	who.Listen = exchange.Addr().Addr().String() + ":0"
	who.Password = config.Secret(password)
	account, err := a.account(s, who, m, nil, false)
	if err != nil {
		return err
	}
	if a.interactive() && !a.global.json {
		return a.screen(ctx, s, []ua.Account{account}, m, t, screenOptions{contacts: true, notice: "demo: dial echo, milliwatt, clip, dtmf, busy, ring, delay, early or hold"}, nil)
	}
	return a.demoScript(ctx, s, account, m, t)
}

// demoScript calls the echo service and reports.
func (a *app) demoScript(ctx context.Context, s settings, account ua.Account, m mediaFlags, t traceFlags) error {
	dir, err := os.MkdirTemp("", "offhook-demo-")
	if err != nil {
		return fail(exitInternal, err)
	}
	defer os.RemoveAll(dir)
	said, heard := filepath.Join(dir, "said.wav"), filepath.Join(dir, "heard.wav")
	if err := writeSpeech(said); err != nil {
		return fail(exitInternal, err)
	}
	m.audioIn, m.audioOut = first(m.audioIn, "silence"), first(m.audioOut, "null")
	ph, err := a.openPhone(s, []ua.Account{account}, m, t, phoneOptions{})
	if err != nil {
		return err
	}
	r := &demoRun{script: newScript(ph, a.printer()), said: said, heard: heard, began: a.now()}
	r.handle = r.event
	r.registered = await([]ua.Account{account}, r.dial, func(reg ua.Registration) { r.finish(registrationError(reg)) })
	r.after(demoTimeout, func() { r.finish(failf(exitTimeout, "the demo's call took longer than %s", demoTimeout)) })
	if err := r.run(ctx); err != nil {
		return err
	}
	return r.report()
}

const (
	demoTimeout = 30 * time.Second
	demoSeconds = 3.0
	demoRate    = 16000
	// demoTail lets the last of the echo come back.
	demoTail = 700 * time.Millisecond
)

// demoRun is one scripted demo; the script's goroutine owns it.
type demoRun struct {
	*script
	said, heard string
	began       time.Time
	inTime      time.Duration // until registered
	registered  *registrations
	id          ua.CallID
	up          bool
	last        ua.CallInfo
}

func (r *demoRun) dial() {
	if r.id == 0 {
		r.inTime = time.Since(r.began)
		r.id = r.phone.agent.Dial(ua.DialRequest{Target: "echo", RingTimeout: 10 * time.Second})
	}
}

func (r *demoRun) event(e ua.Event) {
	r.registered.event(e)
	switch e := e.(type) {
	case ua.CallChanged:
		if e.Call.ID != r.id {
			return
		}
		r.last = e.Call
		switch {
		case e.Call.State == call.Confirmed && !r.up:
			r.up = true
			r.phone.agent.Record(r.id, r.heard)
			r.phone.agent.Play(r.id, r.said, audio.PlayOptions{})
		case e.Call.State == call.Ended:
			r.finish(callResult(e.Call))
		}
	case ua.MediaChanged:
		if e.Call.ID == r.id && e.What == ua.MediaPlayed {
			r.after(demoTail, func() { r.phone.agent.Hangup(r.id) })
		}
	case ua.CommandFailed:
		r.finish(failf(exitInternal, "%s: %w", e.Command, e.Err))
	}
}

// demoReport is what the demo found out.
type demoReport struct {
	head
	RegisteredMS float64   `json:"registered_ms"`
	AnsweredMS   float64   `json:"answered_ms"`
	Codec        string    `json:"codec"`
	Match        float64   `json:"match"`
	DelayMS      float64   `json:"delay_ms"`
	Stats        statsJSON `json:"stats"`
	Passed       bool      `json:"passed"`
}

// demoMatch is the score from which the echo is taken for what was said. Another
// sound scores below 0.3; what a codec leaves of this one 0.8 and more.
const demoMatch = 0.6

// report compares the recording's two sides, prints, and decides.
func (r *demoRun) report() error {
	found, err := compare(r.said, r.heard)
	if err != nil {
		return fail(exitExpectation, err)
	}
	st := r.last.Stats
	setup := r.last.Answered.Sub(r.last.Created)
	rep := demoReport{
		head: head{Time: time.Now(), Event: "demo_report", Account: r.last.Account}, RegisteredMS: ms(r.inTime), AnsweredMS: ms(setup),
		Codec: r.last.Codec, Match: found.score, DelayMS: ms(found.delay), Stats: statsOf(st),
		Passed: st.PacketsSent > 0 && st.PacketsReceived > 0 && found.score >= demoMatch,
	}
	verdict := "PASSED"
	if !rep.Passed {
		verdict = "FAILED"
	}
	r.out.emit(rep.Time, rep, `demo %s
  registered in     %.1f ms
  answered in       %.1f ms
  codec             %s
  packets sent      %d
  packets received  %d, %d lost
  jitter            %.2f ms
  match             %.1f %% alike, what was said and what was heard back (a codec changes some)
  delay             %.0f ms, there and back`, verdict, rep.RegisteredMS, rep.AnsweredMS, rep.Codec, st.PacketsSent,
		st.PacketsReceived, st.Lost, rep.Stats.JitterMS, 100*found.score, rep.DelayMS)
	switch {
	case r.out.err != nil:
		return fail(exitInternal, r.out.err)
	case !rep.Passed:
		return failf(exitExpectation, "the echo isn't what was said: match %.2f, want %.2f; %d packets sent, %d received", found.score, demoMatch, st.PacketsSent, st.PacketsReceived)
	}
	return nil
}

// echoMatch is how well, and how late, the echo gives back what was said.
type echoMatch struct {
	score float64
	delay time.Duration
}

// compare finds what was said in the right channel of the recording.
func compare(said, recording string) (echoMatch, error) {
	w, err := soundfile.OpenWAV(recording)
	if err != nil {
		return echoMatch{}, fmt.Errorf("the recording: %w", err)
	}
	defer w.Close()
	if w.Channels() != 2 {
		return echoMatch{}, fmt.Errorf("the recording has %d channels, not 2", w.Channels())
	}
	frames := make([]int16, 2*w.Frames())
	n, err := w.ReadFrames(frames)
	if n == 0 && err != nil {
		return echoMatch{}, fmt.Errorf("the recording: %w", err)
	}
	rate := w.Rate()
	left, right := make([]int16, n), make([]int16, n)
	for i := range n {
		left[i], right[i] = frames[2*i], frames[2*i+1]
	}
	return segments(speech(rate, demoSeconds), left, right, rate), nil
}

// segments compares piece by piece: a jitter buffer may stretch time by some
// milliseconds between two of them without anybody hearing it, and a machine that
// stands still makes a pause in what is sent, which is no delay of the echo.
func segments(reference, left, right []int16, rate int) echoMatch {
	const parts = 6
	size := len(reference) / parts
	var sum float64
	var delays []int
	from := 0
	for i := range parts {
		if from >= len(right) {
			break
		}
		piece := reference[i*size : (i+1)*size]
		window := func(side []int16) []int16 { return side[from:min(len(side), from+size+rate)] }
		if sent := correlate(piece, window(left), rate); sent.score > demoMatch {
			from += sent.lag
		}
		m := correlate(piece, window(right), rate)
		from += size
		sum += m.score
		if m.score > demoMatch {
			delays = append(delays, m.lag)
		}
	}
	out := echoMatch{score: sum / parts}
	for _, d := range delays {
		out.delay += time.Duration(d) * time.Second / time.Duration(rate) / time.Duration(len(delays))
	}
	return out
}

func writeSpeech(path string) error {
	w, err := soundfile.CreateWAV(path, demoRate, 1)
	if err != nil {
		return err
	}
	return errors.Join(w.Write(speech(demoRate, demoSeconds)), w.Close())
}
