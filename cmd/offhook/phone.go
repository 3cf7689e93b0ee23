package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"offhook/audio"
	"offhook/audio/device"
	"offhook/audio/soundfile"
	"offhook/ua"
	"offhook/ua/trace"
)

// phone is an Agent with its engine and traces.
type phone struct {
	agent  *ua.Agent
	engine *audio.Engine
	traces *traces
	calls  *records // nil when none are kept
}

// phoneOptions are what commands want differently.
type phoneOptions struct {
	maxCalls int
	// unattended lets calls run side by side, and ends one whose peer has gone silent:
	// nobody is there to hold or hang up.
	unattended bool
	// also are further takers of what is traced, such as the screen's ring.
	also []trace.Sink
	log  *slog.Logger
	// policy is what was typed about incoming calls; nil for nothing.
	policy *policyFlags
	// lazy leaves a device that isn't there to the screen, which says so and goes on.
	lazy bool
	// history is the file for ended calls; empty for none.
	history string
}

// openPhone puts a phone together; nothing runs before its agent's Start.
func (a *app) openPhone(s settings, accounts []ua.Account, m mediaFlags, t traceFlags, o phoneOptions) (*phone, error) {
	coding, err := m.coding(s)
	if err != nil {
		return nil, err
	}
	backend, ring, err := a.backends(s, m, o.lazy)
	if err != nil {
		return nil, err
	}
	interval, err := mediaInterval(s, m)
	if err != nil {
		return nil, err
	}
	network, err := impairment(s, m)
	if err != nil {
		return nil, err
	}
	bounds, err := jitterBounds(s, m)
	if err != nil {
		return nil, err
	}
	log := o.log
	if log == nil {
		log = a.log()
	}
	traces, err := a.openTraces(t, o.also...)
	if err != nil {
		return nil, err
	}
	cfg := audio.EngineConfig{Backend: backend, Ring: ring, PortMin: s.Media.PortMin, PortMax: s.Media.PortMax, Jitter: bounds, Impair: network, Log: log}
	cfg.Mute = muteOf(coding)
	if !network.Zero() {
		log.Warn("the audio's network is made bad on purpose", "impair", network)
	}
	if traces.media {
		cfg.TapAt = traces.tap
	}
	if err := a.sound(s, m.sound, &cfg); err != nil {
		return nil, errors.Join(err, traces.close())
	}
	if err := a.voice(s, m.voice, &cfg); err != nil {
		return nil, errors.Join(err, traces.close())
	}
	policy, rings, err := a.policy(s, o.policy)
	if err != nil {
		return nil, errors.Join(err, traces.close())
	}
	cfg.Rings = rings
	engine, err := audio.NewEngine(cfg)
	if err != nil {
		return nil, errors.Join(fail(exitConfig, err), traces.close())
	}
	if !o.lazy { // nobody is there to ask
		for i := range accounts {
			if accounts[i].Redirects == ua.RedirectAsk {
				accounts[i].Redirects = ua.RedirectRefuse
			}
		}
	}
	agent, err := ua.New(ua.Config{
		MediaInterval: interval,
		Accounts:      accounts, Media: ua.Media(engine), Devices: openDevices, Trace: traces.sink(), Log: log,
		Nameservers: nameservers(s),
		UserAgent:   "offhook/" + version, MaxCalls: o.maxCalls, Recording: a.recordOptions(s, m.sound), HoldMusic: first(m.holdMusic, a.home(s.Calls.HoldMusic)), Parallel: o.unattended, EndOnTimeout: o.unattended, Policy: policy,
	})
	if err != nil {
		return nil, errors.Join(fail(exitConfig, err), engine.Close(), traces.close())
	}
	p := &phone{agent: agent, engine: engine, traces: traces}
	if o.history != "" {
		p.calls = &records{path: o.history, days: s.History.Days, now: a.now, warn: func(err error) { a.warn("%v", err) }}
		if o.lazy { // a screen is up
			p.calls.warn = func(err error) { log.Warn("history", "err", err) }
		}
		p.calls.follow(agent.Subscribe())
	}
	return p, nil
}

// close ends it from the top down: the agent, its sessions and device, the files.
func (p *phone) close(ctx context.Context) error {
	err := p.agent.Close(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the peer didn't answer our goodbye: no failure of the run
	}
	p.calls.wait()
	return errors.Join(err, p.engine.Close(), p.traces.close())
}

// backends are the microphone with the ear, and where ringing plays. The flags
// win over the configuration, and a mistake is blamed on whichever made it.
func (a *app) backends(s settings, m mediaFlags, lazy bool) (backend, ring audio.Backend, err error) {
	code := exitConfig
	if m.audioIn != "" || m.audioOut != "" {
		code = exitUsage
	}
	in, out := first(m.audioIn, s.Audio.Input), first(m.audioOut, s.Audio.Output)
	if backend, err = device.Parse(in, out); err != nil {
		return nil, nil, fail(code, err)
	}
	if err := checkFolder(out); err != nil {
		if m.audioOut != "" {
			return nil, nil, failf(exitUsage, "--audio-out: %w", err)
		}
		return nil, nil, failf(exitConfig, "audio.output: %w", err)
	}
	if !lazy && (namesDevice(in) || namesDevice(out)) {
		if err := tryDevice(backend); err != nil {
			return nil, nil, fail(code, fmt.Errorf("%w (\"offhook devices\" lists them)", err))
		}
	}
	if s.Audio.Ring != "" && m.audioOut == "" {
		if ring, err = device.Parse("silence", s.Audio.Ring); err != nil {
			return nil, nil, fail(exitConfig, err)
		}
	}
	return backend, ring, nil
}

// openDevices makes the backends of devices that are chosen while the phone runs.
func openDevices(in, out, ring string) (main, ringer audio.Backend, err error) {
	if main, err = device.Parse(in, out); err != nil {
		return nil, nil, err
	}
	if err := checkFolder(out); err != nil {
		return nil, nil, err
	}
	if ring != "" {
		if ringer, err = device.Parse("silence", ring); err != nil {
			return nil, nil, err
		}
	}
	return main, ringer, nil
}

// namesDevice says whether a device is asked for by name: only those are tried
// before a call, since PortAudio takes its time.
func namesDevice(spec string) bool {
	switch {
	case spec == "", spec == "silence", spec == "null", strings.HasPrefix(spec, "file:"), strings.HasPrefix(spec, "tone:"):
		return false
	}
	return true
}

const deviceRate = 48000

func tryDevice(b audio.Backend) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stream, err := b.Open(ctx, deviceRate)
	if err != nil {
		return err
	}
	return stream.Close()
}

// checkSound says why a file can't be played.
func checkSound(path string) error {
	r, err := soundfile.Open(path)
	if err != nil {
		return err
	}
	return r.Close()
}

// checkMedia finds mistakes in file names before a call is made.
func checkMedia(m mediaFlags) error {
	if m.play != "" {
		if err := checkSound(m.play); err != nil {
			return failf(exitUsage, "--play: %w", err)
		}
	}
	if m.holdMusic != "" {
		if err := checkSound(m.holdMusic); err != nil {
			return failf(exitUsage, "--hold-music: %w", err)
		}
	}
	for _, path := range []string{m.record, m.recordConference} {
		if err := checkRecording(path); err != nil {
			return err
		}
	}
	return nil
}

// checkRecording says why nothing can be recorded to a file, before a call is made.
func checkRecording(path string) error {
	if path != "" {
		dir := filepath.Dir(path)
		if info, err := os.Stat(dir); err != nil {
			return failf(exitUsage, "--record: %w", err)
		} else if !info.IsDir() {
			return failf(exitUsage, "--record: %s is no directory", dir)
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return failf(exitUsage, "--record: %s is a directory; name a file in it, such as %s", path, filepath.Join(path, "call.wav"))
		}
		if err := writable(path); err != nil {
			return failf(exitUsage, "--record: %w", err)
		}
	}
	return nil
}

// writable says why a file can't be written, without leaving a trace of the question.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err = os.CreateTemp(filepath.Dir(path), ".offhook-*")
	if err != nil {
		return fmt.Errorf("nothing can be written to %s: %w", filepath.Dir(path), err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkFolder says why the file that stands in for an ear has no place to be.
func checkFolder(spec string) error {
	path, ok := strings.CutPrefix(spec, "file:")
	if !ok {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no directory", filepath.Dir(path))
	}
	return nil
}

// recording names the file of the n-th call: {n} in the pattern is the number;
// without one the second call and later ones get it before the extension, so
// that no call overwrites another.
func recording(pattern string, n int) string {
	if strings.Contains(pattern, "{n}") {
		return strings.ReplaceAll(pattern, "{n}", fmt.Sprint(n))
	}
	if n == 1 {
		return pattern
	}
	ext := filepath.Ext(pattern)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(pattern, ext), n, ext)
}

// localAddr is the address that this machine has towards the world, or loopback.
func localAddr(towards netip.Addr, find func(netip.AddrPort) (netip.Addr, error)) netip.Addr {
	if !towards.IsValid() {
		towards = netip.AddrFrom4([4]byte{192, 0, 2, 1}) // RFC 5737; nothing is sent
	}
	if addr, err := find(netip.AddrPortFrom(towards, 5060)); err == nil {
		return addr
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
