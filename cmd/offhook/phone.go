package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"offhook/audio"
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
		cfg.Tap = traces.tap
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
		UserAgent: "offhook/" + version, Log: log, Trace: traces.sink(), Secrets: traces.secrets, Nameservers: nameservers(s),
		Accounts: accounts, MaxCalls: o.maxCalls, Parallel: o.unattended, EndOnTimeout: o.unattended, Policy: policy,
		Media: ua.Media(engine), MediaInterval: interval, Devices: openDevices,
		Recording: a.recordOptions(s, m.sound), HoldMusic: first(m.holdMusic, a.home(s.Calls.HoldMusic)),
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
