package audio

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec/g711"
	"offhook/codec/opus"
)

// fakeCard is a clocked device in virtual time: its microphone hears a constant, its
// ear remembers what it played.
type fakeCard struct {
	rate    int
	level   int16
	hz      float64 // of a tone that the microphone hears instead
	pacer   *Pacer
	born    time.Time
	taken   int // samples read
	mu      sync.Mutex
	written []int16
	closed  atomic.Bool
	rewinds atomic.Int32
}

func (c *fakeCard) Rate() int { return c.rate }
func (c *fakeCard) elapsed() int {
	return int(time.Since(c.born) * time.Duration(c.rate) / time.Second)
}
func (c *fakeCard) Read(dst []int16) (int, error) {
	if c.closed.Load() {
		panic("read of a closed device")
	}
	n := min(len(dst), c.elapsed()-c.taken)
	c.taken += n
	for i := range dst[:n] {
		dst[i] = c.level
		if c.hz > 0 {
			at := float64(c.taken-n+i) / float64(c.rate)
			dst[i] = int16(8000 * math.Sin(2*math.Pi*c.hz*at))
		}
	}
	return n, nil
}
func (c *fakeCard) Write(pcm []int16) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		panic("write to a closed device")
	}
	if gap := c.elapsed() - len(c.written); gap > 0 { // an underrun plays silence
		c.written = append(c.written, make([]int16, gap)...)
	}
	c.written = append(c.written, pcm...)
	return nil
}
func (c *fakeCard) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, len(c.written)-c.elapsed())
}
func (c *fakeCard) Period() time.Duration  { return 10 * time.Millisecond }
func (c *fakeCard) Ticks() <-chan struct{} { return c.pacer.Beats() }
func (c *fakeCard) Stats() StreamStats     { return StreamStats{} }
func (c *fakeCard) Rewind() error          { c.rewinds.Add(1); return nil }
func (c *fakeCard) Close() error           { c.closed.Store(true); c.pacer.Stop(); return nil }
func (c *fakeCard) ear() []int16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int16(nil), c.written...)
}

// fakeBackend opens fakeCards after a delay, or fails.
type fakeBackend struct {
	delay time.Duration
	mu    sync.Mutex
	err   error
	hz    float64
	cards []*fakeCard
}

func (b *fakeBackend) Open(ctx context.Context, _ int) (Stream, error) {
	select {
	case <-time.After(b.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil, b.err
	}
	c := &fakeCard{rate: 48000, level: 5000, hz: b.hz, pacer: NewPacer(10 * time.Millisecond), born: time.Now()}
	b.cards = append(b.cards, c)
	return c, nil
}

func (b *fakeBackend) opened() []*fakeCard {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*fakeCard(nil), b.cards...)
}

// dryPhone is a session without sockets, running in virtual time.
type dryPhone struct {
	*Session
	mu      sync.Mutex
	packets []sentPacket
	events  []Event
}

type sentPacket struct {
	at  time.Time
	to  netip.AddrPort
	raw []byte
}

func newDryPhone(e *Engine) *dryPhone {
	p := &dryPhone{}
	keep := func(raw []byte, to netip.AddrPort) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.packets = append(p.packets, sentPacket{time.Now(), to, append([]byte(nil), raw...)})
	}
	drop := func([]byte, netip.AddrPort) {}
	p.Session = newSession(e, OpenOptions{OnEvent: func(ev Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, ev)
	}}, plugs{place{netip.AddrPortFrom(loopback, 4000), netip.AddrPortFrom(loopback, 4001)}, newFakeSocket(keep), newFakeSocket(drop)})
	e.mu.Lock()
	e.sessions[p.Session] = struct{}{}
	e.mu.Unlock()
	go p.run()
	return p
}

func (p *dryPhone) sent() []sentPacket {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sentPacket(nil), p.packets...)
}

func (p *dryPhone) said() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Event(nil), p.events...)
}

// decoded is the first sample of a PCMU packet, in mu-law.
func (s sentPacket) first() byte { return s.raw[12] }

const muSilence = 0xff

func virtual(t *testing.T, cfg EngineConfig, f func(t *testing.T, e *Engine)) {
	synctest.Test(t, func(t *testing.T) {
		e, err := NewEngine(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, e)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstPacketDoesNotWaitForTheDevice(t *testing.T) {
	b := &fakeBackend{delay: 2 * time.Second}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		start := time.Now()
		e.Focus(p.Session)
		p.Apply(talk(far, g711.PCMU{}, 0))
		synctest.Wait()
		if got := p.sent(); len(got) != 1 || !got[0].at.Equal(start) || got[0].first() != muSilence {
			t.Fatalf("%d packets at once, want one of silence", len(got))
		}
		time.Sleep(4*time.Second + time.Millisecond)
		synctest.Wait()
		all := p.sent()
		// 50 a second, on either clock, give or take the change of clocks.
		if n := len(all); n < 199 || n > 202 {
			t.Errorf("%d packets in 4 s", n)
		}
		if all[90].first() != muSilence || all[len(all)-1].first() == muSilence {
			t.Errorf("the microphone wasn't heard after the device came")
		}
		for i := 1; i < len(all); i++ {
			if s := binary.BigEndian.Uint16(all[i].raw[2:]) - binary.BigEndian.Uint16(all[i-1].raw[2:]); s != 1 {
				t.Fatalf("sequence step %d at %d", s, i)
			}
			if d := all[i].at.Sub(all[i-1].at); d > 40*time.Millisecond {
				t.Errorf("a gap of %v before packet %d", d, i)
			}
		}
	})
}

func TestFocusMovesTheDevice(t *testing.T) {
	b := &fakeBackend{}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		x, y := newDryPhone(e), newDryPhone(e)
		x.Apply(talk(far, g711.PCMU{}, 0))
		y.Apply(talk(far, g711.PCMU{}, 0))
		time.Sleep(time.Second)
		synctest.Wait()
		if len(b.opened()) != 0 {
			t.Fatal("a device was opened before anybody needed it")
		}
		live := func(p *dryPhone) bool {
			all := p.sent()
			return all[len(all)-1].first() != muSilence
		}
		for i, step := range []struct {
			focus  *dryPhone
			xl, yl bool
		}{{x, true, false}, {y, false, true}, {x, true, false}, {nil, false, false}, {y, false, true}} {
			if step.focus == nil {
				e.Focus(nil)
			} else {
				e.Focus(step.focus.Session)
			}
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			if live(x) != step.xl || live(y) != step.yl {
				t.Errorf("step %d: microphone at x %v, y %v", i, live(x), live(y))
			}
		}
		if n := len(b.opened()); n != 1 {
			t.Errorf("the device was opened %d times", n)
		}
		if n := b.opened()[0].rewinds.Load(); n != 3 {
			t.Errorf("the input was rewound %d times, want 3: at each change of the session", n)
		}
		y.Close() // gives back by itself
		e.Focus(x.Session)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if !live(x) {
			t.Error("the device was lost with the session that had it")
		}
		x.Close()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		card := b.opened()[0]
		if card.closed.Load() {
			t.Error("the device was closed before it was idle for long")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !card.closed.Load() {
			t.Error("the idle device is still open")
		}
	})
}

func TestFocusOfAClosedSessionIsNothing(t *testing.T) {
	b := &fakeBackend{delay: time.Second}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		e.Focus(p.Session)
		synctest.Wait()
		p.Close() // while the device is being opened for it
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if c := b.opened(); len(c) != 1 || !c[0].closed.Load() {
			t.Errorf("the device stayed open: %v", c)
		}
		e.Focus(p.Session)
		time.Sleep(10 * time.Second)
	})
}

func TestCallGoesOnWithoutADevice(t *testing.T) {
	broken := errors.New("no sound card")
	b := &fakeBackend{err: broken}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		e.Focus(p.Session)
		p.Apply(talk(far, g711.PCMU{}, 0))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(p.sent()); n < 50 || n > 51 {
			t.Errorf("%d packets", n)
		}
		if ev := p.said(); len(ev) != 1 || ev[0] != (DeviceFailed{Err: broken}) {
			t.Errorf("events %v", ev)
		}
		b.mu.Lock()
		b.err = nil // plugged in
		b.mu.Unlock()
		e.Focus(p.Session)
		time.Sleep(time.Second)
		synctest.Wait()
		if all := p.sent(); all[len(all)-1].first() == muSilence {
			t.Error("the device wasn't tried again")
		}
	})
}

func TestDeviceLostInACall(t *testing.T) {
	b := &fakeBackend{}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		time.Sleep(time.Second)
		synctest.Wait()
		b.opened()[0].pacer.Stop() // its ticks end: unplugged
		time.Sleep(time.Second)
		synctest.Wait()
		var failed bool
		for _, ev := range p.said() {
			if d, ok := ev.(DeviceFailed); ok && d.Err != nil {
				failed = true
			}
		}
		if !failed {
			t.Errorf("events %v", p.said())
		}
		if n := len(p.sent()); n < 99 || n > 103 {
			t.Errorf("%d packets in 2 s", n)
		}
		if !b.opened()[0].closed.Load() {
			t.Error("the lost device wasn't closed")
		}
	})
}

func TestToneWithoutACall(t *testing.T) {
	b := &fakeBackend{}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		e.Tone(ToneRingback)
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		ear := b.opened()[0].ear()
		if p := power(ear[9600:38400], 48000, 425); p < 1500 {
			t.Errorf("ringback has an amplitude of %.0f", p)
		}
		// It goes on, softly beside it, in the call that gets the ear.
		p := newDryPhone(e)
		e.Focus(p.Session)
		e.Tone(ToneBusy)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		ear = b.opened()[0].ear()
		if p := power(ear[len(ear)-9600:], 48000, 425); p < 1500 {
			t.Errorf("in a call, busy has an amplitude of %.0f", p)
		}
		e.Tone(ToneNone)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		ear = b.opened()[0].ear()
		if p := power(ear[len(ear)-9600:], 48000, 425); p > 1 {
			t.Errorf("after the tone its amplitude is %.0f", p)
		}
	})
}

func TestRingingHasItsOwnDevice(t *testing.T) {
	headset, room := &fakeBackend{}, &fakeBackend{}
	virtual(t, EngineConfig{Backend: headset, Ring: room}, func(t *testing.T, e *Engine) {
		e.Tone(ToneRinging)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if len(headset.opened()) != 0 || len(room.opened()) != 1 {
			t.Fatalf("headset opened %d times, room %d", len(headset.opened()), len(room.opened()))
		}
		e.Tone(ToneBusy)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if len(headset.opened()) != 1 {
			t.Error("busy isn't heard in the headset")
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if !room.opened()[0].closed.Load() || headset.opened()[0].closed.Load() {
			t.Error("the idle one is closed, the other isn't")
		}
	})
}

func TestCloseWhileOpening(t *testing.T) {
	b := &fakeBackend{delay: time.Hour}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		start := time.Now()
		p := newDryPhone(e)
		e.Focus(p.Session)
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("Close took %v", d)
		}
		if err := p.Play("nothing.wav", PlayOptions{}); err == nil {
			t.Error("no error for a file that isn't there")
		}
		if _, err := e.Open(t.Context(), OpenOptions{Local: loopback}); !errors.Is(err, ErrClosed) {
			t.Errorf("Open after Close: %v", err)
		}
	})
}

func TestNullBackendOpensNothing(t *testing.T) {
	virtual(t, EngineConfig{}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		e.Focus(p.Session)
		e.Tone(ToneRinging)
		p.Apply(talk(far, g711.PCMU{}, 0))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		// 20 ms apart to the nanosecond: the schedule doesn't drift.
		all := p.sent()
		if len(all) != 1001 && len(all) != 1000 {
			t.Fatalf("%d packets in 20 s", len(all))
		}
		for i := range all {
			if d := all[i].at.Sub(all[0].at); d != time.Duration(i)*20*time.Millisecond {
				t.Fatalf("packet %d at %v", i, d)
			}
		}
		if e.l.main.state != outletClosed {
			t.Error("the null backend was opened")
		}
	})
}

func TestEngineRefusesPortRanges(t *testing.T) {
	for _, r := range [][2]int{{5000, 4000}, {5001, 5002}, {0, 70000}, {4000, 4000}, {-1, 5}} {
		if _, err := NewEngine(EngineConfig{PortMin: r[0], PortMax: r[1]}); err == nil {
			t.Errorf("%v was taken", r)
		}
	}
}

// softBackend opens streams without hardware and notes at which rates.
type softBackend struct {
	mu    sync.Mutex
	rates []int
}

func (b *softBackend) Open(ctx context.Context, rate int) (Stream, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rates = append(b.rates, rate)
	return Null{}.Open(ctx, rate)
}

func TestSoftStreamTakesTheRateOfTheCodec(t *testing.T) {
	b := &softBackend{}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		e.Focus(p.Session)
		e.Tone(ToneRingback)
		time.Sleep(time.Second)
		e.Tone(ToneNone)
		p.Apply(talk(far, g711.PCMU{}, 0))
		time.Sleep(time.Second)
		p.Apply(talk(far, g711.PCMA{}, 8)) // the same rate: nothing is opened
		time.Sleep(time.Second)
		p.Apply(talk(far, opus.Codec{}, 96))
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(b.rates, []int{48000, 8000, 48000}) {
			t.Errorf("opened at %v", b.rates)
		}
		if n := len(p.sent()); n < 149 || n > 154 {
			t.Errorf("%d packets in 3 s", n)
		}
	})
}

// A session that lost its stream has given it back by that. Asked once more, it must
// not give back what it gets next: the engine would lend that to two.
func TestStreamIsGivenBackOnce(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.lend(&nullStream{rate: 8000}, ToneNone, b.now)
	b.streamFailed(errStreamEnded)
	b.giveBack(nil) // revoked, while the engine didn't know
	if n := len(b.s.e.mail.msgs); n != 1 {
		t.Errorf("given back %d times", n)
	}
}

// With a card, too, timestamps go on with the time while nothing is sent.
func TestTimestampsPassOverAStallOfTheLoop(t *testing.T) {
	virtual(t, EngineConfig{Backend: &fakeBackend{}}, func(t *testing.T, e *Engine) {
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		time.Sleep(time.Second)
		synctest.Wait()
		before := p.sent()
		p.mail.post(func() { time.Sleep(500 * time.Millisecond) }) // the loop is away
		time.Sleep(2 * time.Second)
		synctest.Wait()
		all := p.sent()
		first, last := before[len(before)-1], all[len(all)-1]
		units := parse(t, last.raw).Timestamp - parse(t, first.raw).Timestamp
		stamps, passed := time.Duration(units)*time.Second/8000, last.at.Sub(first.at)
		if d := passed - stamps; d < -60*time.Millisecond || d > 60*time.Millisecond {
			t.Errorf("%v are %v in the timestamps", passed, stamps)
		}
		if n := len(all) - len(before); n > 80 {
			t.Errorf("%d packets in 2 s, of which 0.5 s were slept", n)
		}
	})
}
