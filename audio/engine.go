package audio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio/dtmf"
	"offhook/audio/impair"
)

// EngineConfig sets up an Engine. The zero value works: no sound card, any ports.
type EngineConfig struct {
	// Backend is the microphone and the ear. Nil is Null.
	Backend Backend
	// Ring plays ToneRinging, so that an incoming call is heard in the room and
	// not in the headset. Nil is Backend.
	Ring Backend
	// Rings are rings besides the built-in ones, by name.
	Rings map[string]Ringtone
	// Tones is the country whose call-progress tones are played: two letters, one of
	// dtmf.PlanCodes. Empty is Europe's.
	Tones string
	// PortMin and PortMax bound the RTP ports. Both zero let the system choose.
	PortMin, PortMax int
	// Tap sees each datagram in and out, and when that was: one that came by up to a
	// packet time later, on hold a tenth of a second. It is called from the loop of each
	// session and from whoever sends datagrams, must not block, and must not keep raw.
	Tap func(at time.Time, rtcp, out bool, local, remote netip.AddrPort, raw []byte)
	// IdleClose is how long an unused device stays open. Zero means 5 s.
	IdleClose time.Duration
	// SilentAfter is the time without RTP that a Silent event reports, once for
	// each such time that passes. Zero means 5 s.
	SilentAfter time.Duration
	// Jitter bounds the delay of each session's jitter buffer.
	Jitter JitterBounds
	// Impair makes the network of all sessions bad on purpose, for tests.
	Impair impair.Spec
	// Mute is what a muted session sends.
	Mute MuteMode
	// Voice makes the echo canceller, noise suppressor and gain control of a device's
	// microphone when it is opened. Nil is none. VoiceScope says for which devices.
	Voice      VoiceFactory
	VoiceScope VoiceScope
	// Log takes what no event tells. Nil drops it.
	Log *slog.Logger
}

// JitterBounds is how much delay a session's jitter buffer may add: Min even when the
// network needs less, Max even when packets are lost by it. Both alike fix the delay.
// Zero means as little as the network allows, and 400 ms.
type JitterBounds struct{ Min, Max time.Duration }

// MuteMode is what a muted session sends.
type MuteMode uint8

const (
	// MuteSilence: digital silence.
	MuteSilence MuteMode = iota
	// MuteNoise: the noise of the room as it was before, so that the peer doesn't
	// take the line for dead.
	MuteNoise
)

// ErrClosed is returned by an Engine or Session that was closed.
var ErrClosed = errors.New("audio: closed")

// Engine owns the sound device and lends it to one session at a time.
//
//	            Focus(s)                  Focus(t), s gives back
//	nobody ───────────────> lent to s ──────────────────────────> lent to t
//	  │  ^                     │
//	  │  └─────────────────────┘ Focus(nil), s closes, the device fails
//	  └─> tones to the ear; closed after IdleClose without use
//
// Its methods may be called from any goroutine. They post to the engine's own
// goroutine and return, except Open, which binds sockets, and Close.
type Engine struct {
	cfg    EngineConfig
	plan   dtmf.Plan // of the tones
	log    *slog.Logger
	mail   *mailbox
	ctx    context.Context // ends with Close: gives up opening a device
	cancel context.CancelFunc
	done   chan struct{}

	watcher    atomic.Pointer[func(DeviceReport)]
	recordings recordings
	recorders  sync.WaitGroup // of conferences; Close waits for their files

	mu       sync.Mutex // guards the next two
	sessions map[*Session]struct{}
	closed   bool

	l engineLoop
}

// NewEngine starts an engine. It opens no device: that happens when one is needed.
func NewEngine(cfg EngineConfig) (*Engine, error) {
	switch lo, hi := cfg.PortMin, cfg.PortMax; {
	case lo == 0 && hi == 0:
	case lo < 1 || hi > 65535 || hi-lo < 1 || (lo%2 == 1 && hi-lo < 2):
		return nil, fmt.Errorf("RTP ports %d-%d: give a range within 1-65535 that holds an even port and the next", lo, hi)
	}
	plan, err := dtmf.PlanOf(cfg.Tones)
	if err != nil {
		return nil, err
	}
	if cfg.Backend == nil {
		cfg.Backend = Null{}
	}
	if cfg.IdleClose <= 0 {
		cfg.IdleClose = 5 * time.Second
	}
	if cfg.SilentAfter <= 0 {
		cfg.SilentAfter = 5 * time.Second
	}
	e := &Engine{
		cfg: cfg, plan: plan, log: cfg.Log, mail: newMailbox(), done: make(chan struct{}),
		sessions: map[*Session]struct{}{},
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.l.init(e)
	go e.l.run()
	return e, nil
}

// Open binds the sockets of one stream, lends that of RTP to o.Probe, and starts the
// stream's session, which sends nothing before Apply.
func (e *Engine) Open(ctx context.Context, o OpenOptions) (*Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in, err := e.plug(ctx, o.Local, o.Probe)
	if err != nil {
		return nil, err
	}
	s := newSession(e, o, in)
	s.sleepOn(newAlarm(s.mail.wake))
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		s.l.release()
		return nil, ErrClosed
	}
	e.sessions[s] = struct{}{}
	e.mu.Unlock()
	go s.run()
	return s, nil
}

// Focus lends the microphone and the ear to s once whoever has them has given them
// back. nil frees them. A session without them hears nothing and sends silence, or
// what Play and SetEcho give.
func (e *Engine) Focus(s *Session) {
	e.mail.post(func() { e.l.focus(s) })
}

// Conference lends the microphone and the ear to all members at once: each hears the
// microphone and the other members, the ear hears all of them, and muted cuts the
// microphone for all. The next Conference changes who takes part, and Focus ends it. Without a
// device the members hear each other all the same.
func (e *Engine) Conference(members []*Session, muted bool) {
	members = slices.Clone(members)
	e.mail.post(func() { e.l.confer(members, muted) })
}

// Tone plays t to the ear, over the call that is heard there if there is one, until
// the next call of Tone.
func (e *Engine) Tone(t Tone) {
	e.mail.post(func() { e.l.setTone(t) })
}

// Close closes all sessions, then the device, and waits for them.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	open := make([]*Session, 0, len(e.sessions))
	for s := range e.sessions {
		open = append(open, s)
	}
	e.mu.Unlock()
	var errs []error
	for _, s := range open {
		errs = append(errs, s.Close())
	}
	e.cancel()
	<-e.done
	e.recorders.Wait()
	return errors.Join(append(errs, e.l.closeErr)...)
}

// forget is called by a session that has ended, after its last use of the stream.
func (e *Engine) forget(s *Session) {
	e.mu.Lock()
	delete(e.sessions, s)
	e.mu.Unlock()
	e.mail.post(func() { e.l.gaveBack(s, nil) })
}
