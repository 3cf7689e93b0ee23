package ice

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Agent finds the way for one stream.
type Agent struct {
	cfg  Config
	log  *slog.Logger
	tell *notifier
	dial dialer
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
	wake chan struct{}
	// heard is who has shown that it knows the password; copied on write. Owner: mu.
	heard atomic.Pointer[[]netip.AddrPort]
	// media is when a verified packet came last, in ns since born.
	media atomic.Int64
	born  time.Time
	// plain is the way to a peer without ICE; nil for none.
	plain atomic.Pointer[plain]

	setup sync.Mutex // one change of rounds at a time; held while pion is called, before mu

	mu     sync.Mutex // never held while anybody else is called
	now    *round     // whose pair carries media
	next   *round     // what Restart began, until a pair of it works; or nil
	asks   map[txid]chan netip.AddrPort
	state  State
	reason error
	closed bool
}

// New makes an Agent with credentials, and no candidate yet.
func New(cfg Config) (*Agent, error) {
	if cfg.Socket == nil {
		return nil, fmt.Errorf("%w: no socket", ErrNoCandidates)
	}
	a := &Agent{cfg: cfg, log: cfg.Log, tell: newNotifier(), dial: dialServer, wake: make(chan struct{}, 1), asks: make(map[txid]chan netip.AddrPort), born: time.Now()}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.heard.Store(new([]netip.AddrPort))
	a.life, a.end = context.WithCancel(context.Background())
	a.now = a.newRound()
	a.work.Go(a.run)
	return a, nil
}

// target is the round that descriptions are about.
func (a *Agent) target() *round {
	if a.next != nil {
		return a.next
	}
	return a.now
}

// Local is our side of the description, as far as it is gathered.
func (a *Agent) Local() Description {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.target()
	d := Description{Ufrag: r.ufrag, Pwd: r.pwd, Options: []string{"ice2"}, Complete: r.complete}
	d.Candidates = slices.Clone(r.local)
	slices.SortStableFunc(d.Candidates, func(x, y Candidate) int { return int(y.Priority>>1) - int(x.Priority>>1) })
	return d
}

// SetRemote takes the other side's description. One with the credentials of before adds its
// candidates. One with others, after Start, is somebody else's who answers the same offer
// (a fork): from now on the checks are with them. It fails with ErrRemote.
func (a *Agent) SetRemote(d Description) error {
	if err := d.valid(); err != nil {
		return err
	}
	a.setup.Lock()
	defer a.setup.Unlock()
	loopback := a.loopback()
	a.mu.Lock()
	r := a.target()
	if a.closed {
		a.mu.Unlock()
		return ErrClosed
	}
	same := r.remote.Ufrag == d.Ufrag && r.remote.Pwd == d.Pwd
	if !same {
		r.remote = Description{Ufrag: d.Ufrag, Pwd: d.Pwd}
	}
	r.remote.Lite, r.remote.Options, r.remote.Complete = d.Lite, slices.Clone(d.Options), d.Complete
	fresh := r.addRemote(d.Candidates, loopback)
	old, begun := r.checks, r.begun
	if !same {
		r.checks = nil
	}
	a.mu.Unlock()
	if same {
		a.check(r, fresh)
		return nil
	}
	a.permit(r, fresh)
	if old != nil {
		old.close()
	}
	if begun {
		return a.begin(r)
	}
	return nil
}

// AddRemote takes one more candidate of the other side, as it trickles in (RFC 8838).
func (a *Agent) AddRemote(c Candidate) error {
	a.setup.Lock()
	defer a.setup.Unlock()
	loopback := a.loopback()
	a.mu.Lock()
	r := a.target()
	if a.closed || r.remote.Ufrag == "" {
		defer a.mu.Unlock()
		if a.closed {
			return ErrClosed
		}
		return fmt.Errorf("%w: a candidate before its description", ErrOrder)
	}
	fresh := r.addRemote([]Candidate{c}, loopback)
	a.mu.Unlock()
	a.check(r, fresh)
	return nil
}

// Start begins the checks, once our description is on its way and theirs is set. The offerer
// controls (RFC 8445, section 6.1.1), and always we do when the other side is lite. After
// Restart, Start begins the new round.
func (a *Agent) Start(controlling bool) error {
	a.setup.Lock()
	defer a.setup.Unlock()
	a.mu.Lock()
	r := a.target()
	switch {
	case a.closed:
		a.mu.Unlock()
		return ErrClosed
	case r.remote.Ufrag == "":
		a.mu.Unlock()
		return fmt.Errorf("%w: checks before the other side's description", ErrOrder)
	case r.begun:
		a.mu.Unlock()
		return nil
	}
	r.begun, r.controlling = true, controlling || r.remote.Lite
	a.mu.Unlock()
	return a.begin(r)
}

// Restart begins a new round: other credentials, and candidates that Gather finds again. Media
// stays on the pair it has until the new round has one (RFC 8445, section 9). Servers and addresses
// may be others than before: Reconfigure says so first.
func (a *Agent) Restart() error {
	a.setup.Lock()
	defer a.setup.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return ErrClosed
	}
	if a.next != nil {
		a.discard(a.next, 0)
	}
	a.next = a.newRound()
	a.next.again = true
	return nil
}

// Abandon ends what Restart began, when the offer of it was refused: the round before goes on
// (RFC 8839, section 4.4.1.1.1).
func (a *Agent) Abandon() {
	a.setup.Lock()
	defer a.setup.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next != nil {
		a.discard(a.next, 0)
		a.next = nil
		a.review()
	}
}

// Reconfigure sets what the next Gather uses: after a move to another network, or with fresh
// credentials for a relay.
func (a *Agent) Reconfigure(local []netip.Addr, stun []netip.AddrPort, turn []TURNServer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cfg.Local, a.cfg.STUN, a.cfg.TURN = slices.Clone(local), slices.Clone(stun), slices.Clone(turn)
}

// HandleSTUN takes a STUN message that came to the session's socket. raw is only lent.
func (a *Agent) HandleSTUN(raw []byte, from netip.AddrPort, at time.Time) {
	a.route(nil, raw, unmap(from), at)
}

// Doubt asks the other side at once whether the way is open, since media has stopped coming.
func (a *Agent) Doubt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.now.checks; c != nil {
		c.consent.doubt(time.Now())
	}
}

// Close ends everything and waits for it: no callback comes after it. It gives relays back.
func (a *Agent) Close() {
	a.setup.Lock()
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		a.setup.Unlock()
		return
	}
	a.closed = true
	if a.next != nil {
		a.discard(a.next, 0)
		a.next = nil
	}
	a.discard(a.now, 0)
	a.setState(Closed, nil)
	a.mu.Unlock()
	a.setup.Unlock()
	a.end()
	a.work.Wait()
	a.tell.close()
}

// valid reports what RFC 8839, section 5.4, asks of credentials.
func (d Description) valid() error {
	switch {
	case len(d.Ufrag) < 4 || len(d.Ufrag) > 256 || !iceChars(d.Ufrag):
		return fmt.Errorf("%w: its ice-ufrag isn't 4 to 256 letters, digits, + or /", ErrRemote)
	case len(d.Pwd) < 22 || len(d.Pwd) > 256 || !iceChars(d.Pwd):
		return fmt.Errorf("%w: its ice-pwd isn't 22 to 256 letters, digits, + or /", ErrRemote)
	}
	return nil
}

func (a *Agent) loopback() bool { return a.cfg.Socket.LocalAddr().Addr().Unmap().IsLoopback() }

// Verified reports whether a packet from an address is the peer's: it has shown there that it knows
// the password, although no pair may be chosen yet. What is so counts as a sign of life. It doesn't
// block or allocate, and may be called from any goroutine.
func (a *Agent) Verified(from netip.AddrPort) bool {
	if !slices.Contains(*a.heard.Load(), unmap(from)) {
		return false
	}
	a.media.Store(int64(time.Since(a.born)))
	return true
}

// verify notes that the peer is at from. mu is held.
func (a *Agent) verify(from netip.AddrPort) {
	known := *a.heard.Load()
	if slices.Contains(known, from) {
		return
	}
	if len(known) >= maxPairs {
		known = known[1:] // the oldest goes
	}
	more := append(slices.Clone(known), from)
	a.heard.Store(&more)
}

// setState tells a change. mu is held.
func (a *Agent) setState(s State, reason error) {
	if a.state == s || a.state == Closed {
		return
	}
	a.state, a.reason = s, reason
	if f := a.cfg.OnState; f != nil {
		a.tell.post(func() { f(s, reason) })
	}
}

func (a *Agent) kick() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}
