package pbx

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"offhook/audio/soundfile"
	"offhook/ua/sip"
)

// Errors of New and Start.
var (
	// ErrListen is a listening address that one can't call back.
	ErrListen = errors.New("the PBX needs the address it is called at")
	// ErrStarted is a second Start.
	ErrStarted = errors.New("the PBX was started before")
)

// PBX is a registrar, a proxy and its services on one address.
//
//	New ---> Start ---> (running) ---> Close
type PBX struct {
	cfg Config
	x   *exchange

	mu      sync.Mutex
	started bool          // guarded by mu
	ended   bool          // guarded by mu
	end     *sip.Endpoint // guarded by mu

	cancel context.CancelFunc // of the exchange's workers
	stop   chan struct{}      // ends the loop
	loop   sync.WaitGroup
}

// New checks the configuration and makes a PBX. Nothing runs before Start.
func New(cfg Config) (*PBX, error) {
	cfg = cfg.withDefaults()
	if cfg.Listen.Addr().IsUnspecified() {
		return nil, fmt.Errorf("%w: %s stands for every address; give one of this machine's, such as 127.0.0.1", ErrListen, cfg.Listen.Addr())
	}
	if err := checkClip(cfg.Clip); err != nil {
		return nil, err
	}
	all := catalogue()
	if err := checkUsers(cfg.Users, all); err != nil {
		return nil, err
	}
	x := &exchange{
		store: newStore(limits{
			minExpires: cfg.MinExpires, maxExpires: cfg.MaxExpires,
			defaultExpires: min(time.Hour, cfg.MaxExpires), contacts: cfg.MaxContacts,
		}),
		realm:        cfg.Domain,
		users:        cfg.Users,
		openServices: cfg.OpenServices,
		services: &services{
			catalogue: all, host: cfg.Listen.Addr(), clip: cfg.Clip, codecs: cfg.Codecs,
			maxCalls: cfg.MaxCalls, log: cfg.Log,
		},
		inbox:   newMailbox(),
		log:     cfg.Log,
		pending: make(map[txKey]*session),
		live:    make(map[*session]struct{}),
	}
	x.digest = newChallenger(cfg)
	var locator sip.Locator
	x.locate = locator.Locate
	return &PBX{cfg: cfg, x: x, stop: make(chan struct{})}, nil
}

func newChallenger(cfg Config) *sip.Challenger {
	return &sip.Challenger{
		Realm:      cfg.Domain,
		Algorithms: cfg.Algorithms,
		Lookup: func(user string) (string, bool) {
			password, ok := cfg.Users[user]
			return password, ok
		},
	}
}

func checkClip(path string) error {
	if path == "" {
		return nil
	}
	w, err := soundfile.Open(path)
	if err != nil {
		return fmt.Errorf("the PBX can't play its clip: %w", err)
	}
	return w.Close()
}

// Start opens the sockets and serves. ctx bounds the start alone: Close ends.
func (p *PBX) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.ended {
		return ErrStarted
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ready := make(chan struct{})
	transports := []sip.Transport{sip.UDP, sip.TCP}
	for t := range p.cfg.Ports {
		transports = append(transports, t)
	}
	end, err := sip.Listen(sip.Config{
		Listen:     p.cfg.Listen,
		Transports: transports, Ports: p.cfg.Ports, Origins: p.cfg.Origins,
		TLS:       sip.TLSConfig{Certificate: p.cfg.Certificate, Clients: p.cfg.Clients},
		Trace:     p.cfg.Trace,
		Secrets:   p.cfg.Secrets,
		UserAgent: "offhook pbx",
		Log:       p.cfg.Log,
		Handler: func(tx sip.ServerTransaction) {
			<-ready // the exchange doesn't know its own address yet
			p.x.receive(tx)
		},
	})
	if err != nil {
		return fmt.Errorf("the PBX can't listen on %s: %w", p.cfg.Listen, err)
	}
	p.started, p.end = true, end
	x, addr := p.x, end.LocalAddr(sip.UDP)
	x.domain = domain{name: strings.ToLower(p.cfg.Domain), addr: addr, ports: map[sip.Transport]uint16{}}
	for t := range p.cfg.Ports {
		x.domain.ports[t] = end.LocalAddr(t).Port()
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: crypto/rand ends the program instead
	x.router = router{domain: x.domain, secret: secret}
	x.services.domain = addr.String()
	x.endpoint = end
	x.ctx, p.cancel = context.WithCancel(context.Background())
	p.loop.Go(func() { x.inbox.run(p.stop) })
	close(ready)
	return nil
}

// Addr is where the PBX listens, on UDP and TCP; invalid before Start.
func (p *PBX) Addr() netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil {
		return netip.AddrPort{}
	}
	return p.end.LocalAddr(sip.UDP)
}

// URI is the PBX's own address: sip:127.0.0.1:5060. A user's is sip:NAME@ and
// the rest.
func (p *PBX) URI() string { return "sip:" + p.Addr().String() }

// URIOver is the PBX's address over a transport; empty where it doesn't listen.
func (p *PBX) URIOver(t sip.Transport) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.cfg.Ports[t]; !ok || p.end == nil {
		return ""
	}
	return "sip:" + p.end.LocalAddr(t).String() + ";transport=" + strings.ToLower(t.String())
}

// closeTime is how long the services may take to hang up their calls.
const closeTime = 2 * time.Second

// Close hangs up the services' calls, then stops everything and waits for it. It may be
// called again.
func (p *PBX) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started || p.ended {
		p.ended = true
		return nil
	}
	p.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	// The services say goodbye through the proxy, so it goes last.
	err := p.x.services.close(ctx)
	p.cancel()
	p.x.workers.Wait()
	close(p.stop)
	p.loop.Wait()
	for s := range p.x.live {
		s.stop()
	}
	return errors.Join(err, p.end.Close())
}
