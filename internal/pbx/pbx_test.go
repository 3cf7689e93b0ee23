package pbx

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/soundfile"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// These tests run a PBX and phones on loopback sockets, in real time: they wait
// for events, never for a while.

func startPBX(t *testing.T, change func(*Config)) *PBX {
	t.Helper()
	cfg := Config{
		Users:      map[string]string{"alice": "pw-alice", "bob": "pw-bob"},
		Codecs:     codec.Set{g711.PCMU{}, g711.PCMA{}},
		MinExpires: 10 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

// handset is a phone under test, with an ear that can be asked what it hears.
type handset struct {
	*ua.Agent
	t      *testing.T
	events *ua.Subscription
	ctx    context.Context
	ear    *ear
}

func newHandset(t *testing.T, p *PBX, user, password string, change func(*ua.Account)) *handset {
	t.Helper()
	h := &handset{t: t, ear: newEar()}
	engine, err := audio.NewEngine(audio.EngineConfig{Backend: h.ear})
	if err != nil {
		t.Fatal(err)
	}
	acc := ua.Account{
		Name: user, AOR: "sip:" + user + "@" + p.Addr().String(), Password: ua.Secret(password),
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), Register: true, Codecs: codec.Set{g711.PCMU{}},
	}
	if change != nil {
		change(&acc)
	}
	h.Agent, err = ua.New(ua.Config{Accounts: []ua.Account{acc}, Media: ua.Media(engine)})
	if err != nil {
		t.Fatal(err)
	}
	h.events = h.Subscribe()
	var cancel context.CancelFunc
	h.ctx, cancel = context.WithTimeout(context.Background(), 20*time.Second)
	if err := h.Start(h.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(h.ctx); err != nil {
			t.Errorf("closing %s: %v", user, err)
		}
		if err := engine.Close(); err != nil {
			t.Errorf("closing the audio of %s: %v", user, err)
		}
		cancel()
	})
	return h
}

// until reads events up to the first that is wanted.
func until[E ua.Event](h *handset, what string, wanted func(E) bool) E {
	h.t.Helper()
	for {
		e, err := h.events.Next(h.ctx)
		if err != nil {
			h.t.Fatalf("waiting for %s: %v", what, err)
		}
		if x, ok := e.(E); ok && wanted(x) {
			return x
		}
		if f, ok := e.(ua.CommandFailed); ok {
			h.t.Fatalf("waiting for %s: %s failed: %v", what, f.Command, f.Err)
		}
	}
}

func (h *handset) registered() {
	h.t.Helper()
	r := until(h, "the registration", func(e ua.RegistrationChanged) bool {
		return e.State == ua.Registered || e.State == ua.RegFailed
	})
	if r.State != ua.Registered {
		h.t.Fatalf("registration failed: %d %s: %v", r.Code, r.Reason, r.Err)
	}
}

func (h *handset) state(id ua.CallID, s call.State) ua.CallInfo {
	h.t.Helper()
	e := until(h, fmt.Sprintf("state %d", s), func(e ua.CallChanged) bool {
		return e.Call.ID == id && (e.Call.State == s || e.Call.State == call.Ended)
	})
	if e.Call.State != s {
		h.t.Fatalf("the call ended with %d %s, cause %d: %v", e.Call.Code, e.Call.Reason, e.Call.Cause, e.Call.Err)
	}
	return e.Call
}

// ear is a Backend whose microphone hears the milliwatt, and whose ear keeps the
// last second of what it is given.
type ear struct {
	mu   sync.Mutex
	last []int16 // guarded by mu
	more chan struct{}
}

func newEar() *ear { return &ear{more: make(chan struct{}, 1)} }

func (e *ear) Open(ctx context.Context, _ int) (audio.Stream, error) {
	s, err := voiceBackend{newMilliwatt}.Open(ctx, 8000)
	if err != nil {
		return nil, err
	}
	v, ok := s.(*voiceStream)
	if !ok {
		return nil, errors.New("not a voice stream")
	}
	return &earStream{v, e}, nil
}

type earStream struct {
	*voiceStream
	ear *ear
}

func (s *earStream) Write(pcm []int16) error {
	s.ear.mu.Lock()
	s.ear.last = append(s.ear.last, pcm...)
	if n := len(s.ear.last) - 8000; n > 0 {
		s.ear.last = s.ear.last[n:]
	}
	s.ear.mu.Unlock()
	select {
	case s.ear.more <- struct{}{}:
	default:
	}
	return nil
}

// hears waits until some 50 ms hold all of the tones.
func (h *handset) hears(what string, hz ...float64) {
	h.t.Helper()
	const window = 400
	for {
		h.ear.mu.Lock()
		pcm := append([]int16(nil), h.ear.last...)
		h.ear.mu.Unlock()
		for at := 0; at+window <= len(pcm); at += window / 4 {
			all := true
			for _, f := range hz {
				all = all && power(pcm[at:at+window], 8000, f) > 2000
			}
			if all {
				return
			}
		}
		select {
		case <-h.ear.more:
		case <-h.ctx.Done():
			h.t.Fatalf("%s: never heard %v Hz", what, hz)
		}
	}
}

func TestEcho(t *testing.T) {
	for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
		t.Run(transport.String(), func(t *testing.T) {
			p := startPBX(t, func(c *Config) { c.Algorithms = []string{"SHA-256", "MD5"} })
			h := newHandset(t, p, "alice", "pw-alice", func(a *ua.Account) { a.Transport = transport })
			h.registered()
			for _, name := range []string{"echo", "*43"} {
				id := h.Dial(ua.DialRequest{Target: name})
				h.state(id, call.Confirmed)
				h.hears("echo", milliwattHz)
				h.Hangup(id)
				if c := h.state(id, call.Ended); c.Cause != call.LocalHangup {
					t.Errorf("the call ended with cause %d: %v", c.Cause, c.Err)
				}
			}
		})
	}
}

// The services answer who calls by ICE and DTLS-SRTP alone, so that both can be tried here.
func TestServicesSpeakICE(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "pw-alice", func(a *ua.Account) { a.ICE, a.SRTP = ua.ICERequired, audio.SRTPDTLS })
	h.registered()
	id := h.Dial(ua.DialRequest{Target: "echo"})
	h.state(id, call.Confirmed)
	h.hears("echo", milliwattHz)
	h.Hangup(id)
	if c := h.state(id, call.Ended); c.Cause != call.LocalHangup {
		t.Errorf("the call ended with cause %d: %v", c.Cause, c.Err)
	}
}

func TestDTMF(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "pw-alice", nil)
	h.registered()
	id := h.Dial(ua.DialRequest{Target: "dtmf"})
	h.state(id, call.Confirmed)
	h.SendDTMF(id, "1#")
	for _, digit := range []byte("1#") {
		got := until(h, "a digit", func(ua.DigitReceived) bool { return true })
		if got.Digit != digit || got.Method != audio.DTMFRFC4733 {
			t.Errorf("%q came back by %d, want %q by RFC 4733", got.Digit, got.Method, digit)
		}
	}
	h.hears("the 1 as tones", 697, 1209)
	h.hears("the # as tones", 941, 1477)
}

func TestRefusals(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "pw-alice", nil)
	h.registered()
	for target, code := range map[string]int{"busy": 486, "decline": 603, "code-404": 404, "*503": 503, "nobody": 404, "bob": 480} {
		id := h.Dial(ua.DialRequest{Target: target})
		if c := h.state(id, call.Ended); c.Code != code || c.Cause != call.Rejected {
			t.Errorf("%s refused with %d, cause %d; want %d", target, c.Code, c.Cause, code)
		}
	}
}

func TestRingAndCancel(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "pw-alice", nil)
	h.registered()
	id := h.Dial(ua.DialRequest{Target: "ring"})
	h.state(id, call.Early)
	h.Hangup(id)
	if c := h.state(id, call.Ended); c.Cause != call.Canceled {
		t.Errorf("ended with cause %d, %d: %v", c.Cause, c.Code, c.Err)
	}
}

func TestEarlyMedia(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "pw-alice", nil)
	h.registered()
	id := h.Dial(ua.DialRequest{Target: "early-480"})
	if c := h.state(id, call.Early); c.Codec == "" {
		t.Error("the 183 agreed on no codec")
	}
	h.hears("the chime before the answer", 523.25) // its first note
	if c := h.state(id, call.Ended); c.Code != 480 {
		t.Errorf("refused with %d", c.Code)
	}
}

// TestManyCalls: the calls of one service don't disturb each other.
func TestManyCalls(t *testing.T) {
	p := startPBX(t, nil)
	var phones []*handset
	for range 3 {
		phones = append(phones, newHandset(t, p, "visitor", "", func(a *ua.Account) { a.Register = false }))
	}
	for _, h := range phones {
		h.state(h.Dial(ua.DialRequest{Target: "echo"}), call.Confirmed)
	}
	for _, h := range phones {
		h.hears("its echo beside others", milliwattHz)
	}
	// Closing the PBX hangs up all of them.
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, h := range phones {
		until(h, "the end", func(e ua.CallChanged) bool { return e.Call.State == call.Ended && e.Call.Cause == call.RemoteHangup })
	}
}

// TestUserToUser: alice on UDP calls bob, who registered by TCP: through the proxy both
// ways, with a hold by each side, and bob hangs up.
func TestUserToUser(t *testing.T) {
	p := startPBX(t, nil)
	alice := newHandset(t, p, "alice", "pw-alice", nil)
	bob := newHandset(t, p, "bob", "pw-bob", func(a *ua.Account) { a.Transport = sip.TCP })
	alice.registered()
	bob.registered()
	id := alice.Dial(ua.DialRequest{Target: "bob"})
	in := until(bob, "the call", func(e ua.CallChanged) bool { return e.Call.State == call.Incoming })
	if !strings.Contains(in.Call.RemoteURI, "alice@") || !strings.Contains(in.Call.DialedURI, "bob@") {
		t.Errorf("bob sees %q calling %q", in.Call.RemoteURI, in.Call.DialedURI)
	}
	bob.Answer(in.Call.ID)
	alice.state(id, call.Confirmed)
	bob.state(in.Call.ID, call.Confirmed)
	alice.hears("bob", milliwattHz)
	bob.hears("alice", milliwattHz)
	for _, h := range []struct {
		*handset
		id ua.CallID
	}{{alice, id}, {bob, in.Call.ID}} {
		h.Hold(h.id)
		until(h.handset, "hold", func(e ua.CallChanged) bool { return e.Call.Hold.Local })
		h.Resume(h.id)
		until(h.handset, "resume", func(e ua.CallChanged) bool { return !e.Call.Hold.Local })
	}
	bob.Hangup(in.Call.ID)
	if c := alice.state(id, call.Ended); c.Cause != call.RemoteHangup {
		t.Errorf("alice's call ended with cause %d: %v", c.Cause, c.Err)
	}
}

// TestUnnamedCaller: who hides the name shows the password all the same, and the callee
// learns nothing (RFC 3323; RFC 3325, section 9.2).
func TestUnnamedCaller(t *testing.T) {
	p := startPBX(t, nil)
	alice, bob := newHandset(t, p, "alice", "pw-alice", nil), newHandset(t, p, "bob", "pw-bob", nil)
	alice.registered()
	bob.registered()
	alice.Dial(ua.DialRequest{Target: "bob", Privacy: header.PrivacyID})
	in := until(bob, "the call", func(e ua.CallChanged) bool { return e.Call.State == call.Incoming }).Call
	if said := fmt.Sprintf("%+v", in); !strings.Contains(in.RemoteURI, "anonymous@") || strings.Contains(strings.ReplaceAll(said, p.Addr().String(), ""), "alice") {
		t.Errorf("bob sees %s", said)
	}
	bob.Hangup(in.ID)

	stranger := newHandset(t, p, "mallory", "", func(a *ua.Account) { a.Register = false })
	id := stranger.Dial(ua.DialRequest{Target: "bob", Privacy: header.PrivacyID})
	if c := stranger.state(id, call.Ended); c.Cause != call.AuthFailure {
		t.Errorf("an unnamed stranger's call to a user ended with cause %d: %v", c.Cause, c.Err)
	}
}

// TestAttendedTransferToService: the REFER names the service's own address (RFC 5589,
// section 7), and the service that is transferred calls it through the exchange.
func TestAttendedTransferToService(t *testing.T) {
	p := startPBX(t, nil)
	alice := newHandset(t, p, "alice", "pw-alice", nil)
	alice.registered()
	first := alice.Dial(ua.DialRequest{Target: "milliwatt"})
	alice.state(first, call.Confirmed)
	second := alice.Dial(ua.DialRequest{Target: "echo"})
	alice.state(second, call.Confirmed)
	alice.TransferTo(first, second)
	done := until(alice, "the transfer's end", func(e ua.TransferChanged) bool { return e.Call.Transfer.State.Over() })
	if done.Call.Transfer.State != call.TransferDone {
		t.Errorf("the transfer: %s, %v", done.Call.Transfer.State, done.Call.Transfer.Err)
	}
}

// TestTwoPhonesRing: bob's two phones ring, one answers, the other stops ringing.
func TestTwoPhonesRing(t *testing.T) {
	p := startPBX(t, nil)
	alice := newHandset(t, p, "alice", "pw-alice", nil)
	desk, mobile := newHandset(t, p, "bob", "pw-bob", nil), newHandset(t, p, "bob", "pw-bob", nil)
	for _, h := range []*handset{alice, desk, mobile} {
		h.registered()
	}
	id := alice.Dial(ua.DialRequest{Target: "bob"})
	incoming := func(e ua.CallChanged) bool { return e.Call.State == call.Incoming }
	a, b := until(desk, "the call", incoming), until(mobile, "the call", incoming)
	mobile.Answer(b.Call.ID)
	alice.state(id, call.Confirmed)
	if c := desk.state(a.Call.ID, call.Ended); c.Cause != call.AnsweredElsewhere {
		t.Errorf("the other phone's call ended with cause %d: %v", c.Cause, c.Err)
	}
	alice.Hangup(id)
	mobile.state(b.Call.ID, call.Ended)
}

func TestWrongPassword(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "alice", "wrong", nil)
	r := until(h, "the refusal", func(e ua.RegistrationChanged) bool { return e.State == ua.RegFailed })
	if cause, _ := ua.CauseOf(r.Err); cause != call.AuthFailure {
		t.Errorf("failed with cause %d: %v", cause, r.Err)
	}
}

func TestStranger(t *testing.T) {
	p := startPBX(t, nil)
	h := newHandset(t, p, "mallory", "", func(a *ua.Account) { a.Register = false })
	if c := h.state(h.Dial(ua.DialRequest{Target: "bob"}), call.Ended); c.Code != 403 {
		t.Errorf("a stranger's call to a user got %d, want 403", c.Code)
	}
	id := h.Dial(ua.DialRequest{Target: "milliwatt"})
	h.state(id, call.Confirmed)
	h.hears("the milliwatt", milliwattHz)
}

func TestClipFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.wav")
	w, err := soundfile.CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 1600) // played over and over
	newMilliwatt(8000).fill(pcm)
	if err := w.Write(pcm); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p := startPBX(t, func(c *Config) { c.Clip = path })
	h := newHandset(t, p, "alice", "pw-alice", nil)
	h.registered()
	h.state(h.Dial(ua.DialRequest{Target: "clip"}), call.Confirmed)
	h.hears("the file", milliwattHz)
}

func TestBadConfig(t *testing.T) {
	for name, cfg := range map[string]Config{
		"every address":    {Listen: netip.MustParseAddrPort("0.0.0.0:5060")},
		"a service's user": {Users: map[string]string{"echo": "x"}},
		"no clip":          {Clip: filepath.Join(t.TempDir(), "none.wav")},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestStartAndClose(t *testing.T) {
	p := startPBX(t, nil)
	if err := p.Start(t.Context()); !errors.Is(err, ErrStarted) {
		t.Errorf("a second Start: %v, want ErrStarted", err)
	}
	other, err := New(Config{Listen: p.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(t.Context()); err == nil || other.Addr().IsValid() {
		t.Errorf("a PBX on an address in use: %v, at %s", err, other.Addr())
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Start(t.Context()); !errors.Is(err, ErrStarted) {
		t.Errorf("Start after Close: %v, want ErrStarted", err)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p, err := New(Config{Users: map[string]string{"alice": "pw"}, Codecs: codec.Set{g711.PCMU{}}})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
