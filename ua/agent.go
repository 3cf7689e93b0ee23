package ua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio"
	"offhook/nat"
	"offhook/nat/ice"
	"offhook/ua/dialog"
	"offhook/ua/netwatch"
	"offhook/ua/sip"
	"offhook/ua/sip/resolve"
	"offhook/ua/trace"
)

// Config is what an Agent needs. Only Accounts is required.
type Config struct {
	Accounts []Account
	// Media carries the calls' audio. nil is an Agent without calls: it registers
	// and asks OPTIONS, and refuses calls.
	Media MediaEngine
	// Devices makes the backends that SetAudioDevices asks for. nil keeps those of Media.
	Devices OpenDevices
	// Trace sees every message. nil for none.
	Trace trace.Sink
	// Secrets says what Trace sees of passwords' hashes and keys: by default nothing.
	Secrets trace.Secrets
	// Log is for developers. nil drops it.
	Log *slog.Logger
	// UserAgent names the program in messages. Empty means "offhook".
	UserAgent string
	// MaxCalls is how many calls may exist at once. Zero means 2: one up and a
	// second waiting.
	MaxCalls int
	// RingTimeout ends an incoming call that nobody answers. Zero means 120 s.
	RingTimeout time.Duration
	// HoldMusic is a file that peers on hold hear over and over. Empty: they hear nothing.
	HoldMusic string
	// Recording is how calls are recorded.
	Recording audio.RecordOptions
	// Quiet sends no 180 for an incoming call: for services that answer, refuse or send
	// early media at once. A caller that waits is told 100 by the transaction.
	Quiet bool
	// Parallel lets calls talk side by side: to answer one holds no other. It is for
	// services whose MediaEngine gives every session audio of its own.
	Parallel bool
	// Nameservers are asked in the place of the system's. Port 0 means 53.
	Nameservers []netip.AddrPort
	// EndOnTimeout ends a call when a re-INVITE in it gets no answer or 408.
	// Otherwise the call goes on as it was (RFC 5057, section 5.1).
	EndOnTimeout bool
	// MediaInterval is how often MediaChanged tells the statistics of each call. Zero: only
	// when something changes.
	MediaInterval time.Duration
	// Policy is in force until SetPolicy.
	Policy Policy
}

const (
	defaultMaxCalls  = 2
	defaultPtime     = 20 * time.Millisecond
	defaultUserAgent = "offhook"
)

// Agent is the Phone.
//
//	New ---> Start ---> (running) ---> Close
type Agent struct {
	cfg Config
	log *slog.Logger
	net network // tests put a fake one in
	// names finds STUN servers, whose names the network doesn't locate.
	names nat.Names
	// lifetime measures how long a NAT's mappings live; tests put a fake one in.
	lifetime func(context.Context, nat.Config, []time.Duration) (nat.Lived, error)
	// newFinder looks for the way of a call's media; tests put a fake one in.
	newFinder func(ice.Config) (pathfinder, error)

	box    *mailbox
	ctx    context.Context // of the workers
	cancel context.CancelFunc
	work   sync.WaitGroup
	done   chan struct{} // closed when the loop has ended

	avoid    sip.Blacklist // of all accounts
	lastCall atomic.Uint64
	// lastMessage and lastSubscription count what else has a name.
	lastMessage, lastSubscription atomic.Uint64
	policy                        atomic.Pointer[policy]
	shown                         atomic.Pointer[snapshot]

	subsMu sync.Mutex
	subs   map[*Subscription]struct{} // guarded by subsMu
	ended  bool                       // guarded by subsMu

	started   atomic.Bool
	closeOnce sync.Once

	// Owned by the loop.
	lines     []*line
	addrs     []netip.Addr // of this machine, nil before they are known
	watching  bool         // the network
	search    *time.Timer  // looks again for a way to what wasn't reachable
	searches  int          // in a row
	calls     map[CallID]*phoneCall
	order     []CallID // of calls, oldest first
	focus     *phoneCall
	refused   refusals
	tone      audio.Tone
	signal    audio.Tone // busy or congestion after a failed call
	signalAt  int        // counts signals, so that a late timer stops only its own
	warning   audio.Tone // before the phone answers by itself
	warningAt int
	ring      string // the ring that the media plane was told
	seq       uint64
	closing   bool
	gone      []dialog.ID // of the newest ended calls
	pickups   map[SubscriptionID]*pickup
	onIdle    func() // called when a close under way may go on
	quit      bool
	conference

	subscriptions []*subscription // oldest first
	watchers      []*watcher
	inbox         inbox
	reporting     map[*exchange]struct{} // quality reports on their way
	recordings    map[string]struct{}    // files that aren't whole yet
}

var _ Phone = (*Agent)(nil)

// New checks the accounts and makes an Agent. Nothing runs before Start.
func New(cfg Config) (*Agent, error) {
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = defaultMaxCalls
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	names := resolve.New(resolve.Config{Nameservers: cfg.Nameservers})
	a := &Agent{
		cfg:        cfg,
		log:        cfg.Log,
		net:        realNetwork{&sip.Locator{Names: names}},
		names:      names,
		lifetime:   nat.Lifetime,
		newFinder:  newFinder,
		box:        newMailbox(),
		done:       make(chan struct{}),
		subs:       make(map[*Subscription]struct{}),
		calls:      make(map[CallID]*phoneCall),
		pickups:    make(map[SubscriptionID]*pickup),
		reporting:  make(map[*exchange]struct{}),
		recordings: make(map[string]struct{}),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.shown.Store(&snapshot{})
	if err := a.takePolicy(cfg.Policy); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, acc := range cfg.Accounts {
		if seen[acc.Name] {
			return nil, fmt.Errorf("two accounts are named %q; give each its own name", acc.Name)
		}
		seen[acc.Name] = true
		l, err := a.newLine(acc)
		if err != nil {
			return nil, err
		}
		a.lines = append(a.lines, l)
	}
	a.publish()
	a.watchDevices()
	return a, nil
}

// ErrStarted is what a second Start returns.
var ErrStarted = errors.New("the agent was started before")

// Start binds the sockets of accounts with a fixed Listen address, runs the loop
// and begins to register. ctx ends nothing: Close does. On an error nothing runs.
func (a *Agent) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.started.Swap(true) {
		return ErrStarted
	}
	for _, l := range a.lines {
		if err := l.bindFixed(); err != nil {
			for _, m := range a.lines {
				m.closeEndpoints()
			}
			close(a.done)
			a.closeOnce.Do(a.end)
			return err
		}
	}
	lines := a.lines
	a.box.post(func() {
		for _, l := range lines {
			l.start()
		}
	})
	if len(lines) == 0 {
		a.box.post(a.watchNetwork)
	}
	go a.loop()
	return nil
}

// watchNetwork begins to watch for changes of the network. It is called once the first account
// has sent its REGISTER, or has nothing to send: until then there is nothing that could move, and
// a start is as quick as it can be. In the loop.
func (a *Agent) watchNetwork() {
	if a.watching || a.closing {
		return
	}
	a.watching = true
	a.inWorker(func(ctx context.Context) {
		a.net.Watch(ctx, func(n netwatch.News) { a.box.post(func() { a.onNetwork(n) }) })
	})
}

func (a *Agent) loop() {
	defer close(a.done)
	var batch []func()
	for !a.quit {
		<-a.box.wake
		batch = a.box.take(batch)
		for _, f := range batch {
			f()
		}
		a.idle()
	}
}

// idle lets a close under way go on when what it waits for is done.
func (a *Agent) idle() {
	if a.onIdle != nil {
		a.onIdle()
	}
}

// end stops everything that isn't the loop's: no message, worker or reader is left.
func (a *Agent) end() {
	a.box.close()
	a.cancel()
	a.work.Wait()
	a.subsMu.Lock()
	a.ended = true
	for s := range a.subs {
		s.Close()
	}
	a.subsMu.Unlock()
}

// inWorker runs f in a goroutine that Close waits for. f gets a context that
// Close cancels, and posts its result.
func (a *Agent) inWorker(f func(context.Context)) {
	a.work.Go(func() { f(a.ctx) })
}

// after posts f to the loop in d, and returns the timer.
func (a *Agent) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { a.box.post(f) })
}

// line finds an account by name; empty is the first.
func (a *Agent) line(name string) *line {
	for _, l := range a.lines {
		if name == "" || l.acc.Name == name {
			return l
		}
	}
	return nil
}

// network is what the Agent needs of ua/sip to reach the world.
type network interface {
	Listen(sip.Config) (endpoint, error)
	Locate(context.Context, sip.URI, sip.Transport) ([]sip.Target, error)
	LocalAddrFor(netip.AddrPort) (netip.Addr, error)
	// Watch calls its argument with this machine's addresses, at once and after each change
	// of these or of routes and each sleep, until the context ends.
	Watch(context.Context, func(netwatch.News))
}
