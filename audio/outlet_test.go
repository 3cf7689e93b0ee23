package audio

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec/g711"
)

// news collects what an engine tells of its devices.
type news struct {
	mu  sync.Mutex
	all []DeviceReport
}

func watchDevices(e *Engine) *news {
	n := &news{}
	e.WatchDevices(func(r DeviceReport) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.all = append(n.all, r)
	})
	return n
}

func (n *news) states() (out []DeviceState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.all {
		out = append(out, r.State)
	}
	return out
}

func (b *fakeBackend) breaks(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// last is the octet of voice in the newest packet.
func lastSent(p *dryPhone) byte { all := p.sent(); return all[len(all)-1].first() }

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestLostDeviceComesBack(t *testing.T) {
	b := &fakeBackend{}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		n := watchDevices(e)
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(time.Second)
		b.breaks(errors.New("unplugged"))
		b.opened()[0].pacer.Stop()
		pass(time.Minute)
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceLost}) {
			t.Errorf("told %v, want one loss however often it is looked for", got)
		}
		if lastSent(p) != muSilence {
			t.Error("the call doesn't go on with silence")
		}
		b.breaks(nil)
		pass(backoffMost + time.Second)
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceLost, DeviceBack}) {
			t.Errorf("told %v", got)
		}
		if lastSent(p) == muSilence {
			t.Error("the microphone isn't heard again")
		}
		if n := len(p.sent()); n < 3700 || n > 3900 {
			t.Errorf("%d packets in 77 s", n)
		}
	})
}

func TestDeviceThatIsPluggedInDuringTheCall(t *testing.T) {
	b := &fakeBackend{err: errors.New("no microphone")}
	virtual(t, EngineConfig{Backend: b}, func(t *testing.T, e *Engine) {
		n := watchDevices(e)
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(10 * time.Second)
		b.breaks(nil)
		pass(20 * time.Second)
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceLost, DeviceBack}) || lastSent(p) == muSilence {
			t.Errorf("told %v", got)
		}
		failed := 0
		for _, ev := range p.said() {
			if _, ok := ev.(DeviceFailed); ok {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("the call was told %d times", failed)
		}
	})
}

func TestDevicesChangeInACall(t *testing.T) {
	one, two, room := &fakeBackend{}, &fakeBackend{}, &fakeBackend{}
	virtual(t, EngineConfig{Backend: one}, func(t *testing.T, e *Engine) {
		n := watchDevices(e)
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(time.Second)
		e.SetBackends(two, room)
		pass(time.Second)
		if len(one.opened()) != 1 || !one.opened()[0].closed.Load() || len(two.opened()) != 1 {
			t.Fatal("the call hasn't moved to the other device")
		}
		if lastSent(p) == muSilence {
			t.Error("the new microphone isn't heard")
		}
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceChanged, DeviceChanged}) {
			t.Errorf("told %v", got)
		}
		e.Tone(ToneRinging)
		pass(time.Second)
		if len(room.opened()) != 1 {
			t.Error("ringing doesn't use its new device")
		}
		e.SetBackends(nil, nil)
		pass(time.Second)
		if !room.opened()[0].closed.Load() || two.opened()[0].closed.Load() {
			t.Error("ringing keeps its device, or the call has lost its own")
		}
	})
}

func TestChangeToADeviceThatIsNotThere(t *testing.T) {
	one, two := &fakeBackend{}, &fakeBackend{err: errors.New("no such device")}
	virtual(t, EngineConfig{Backend: one}, func(t *testing.T, e *Engine) {
		n := watchDevices(e)
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(time.Second)
		e.SetBackends(two, nil)
		pass(time.Second)
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceChanged, DeviceLost}) {
			t.Errorf("told %v", got)
		}
		if n := len(p.sent()); n < 99 {
			t.Errorf("%d packets in 2 s", n)
		}
		e.SetBackends(one, nil)
		pass(time.Second)
		if lastSent(p) == muSilence {
			t.Error("the way back is barred")
		}
	})
}

// stuckBackend never opens, whatever its context says, until it is let.
type stuckBackend struct {
	let    chan struct{}
	opened *fakeCard
}

func (b *stuckBackend) Open(context.Context, int) (Stream, error) {
	<-b.let
	b.opened = &fakeCard{rate: 48000, pacer: NewPacer(10 * time.Millisecond), born: time.Now()}
	return b.opened, nil
}

func TestOpenThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &stuckBackend{let: make(chan struct{})}
		e, err := NewEngine(EngineConfig{Backend: b})
		if err != nil {
			t.Fatal(err)
		}
		n := watchDevices(e)
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(10 * time.Second)
		if got := n.states(); !slices.Equal(got, []DeviceState{DeviceLost}) {
			t.Errorf("told %v", got)
		}
		if n := len(p.sent()); n < 499 {
			t.Errorf("%d packets in 10 s", n)
		}
		start := time.Now()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > closePatience {
			t.Errorf("Close took %v", d)
		}
		close(b.let) // it comes late, and isn't left open
		synctest.Wait()
		if !b.opened.closed.Load() {
			t.Error("a device that opened after Close stays open")
		}
	})
}

// stuckCard doesn't close until it is let.
type stuckCard struct {
	*fakeCard
	let chan struct{}
}

func (c stuckCard) Close() error {
	<-c.let
	return c.fakeCard.Close()
}

type backendFunc func() (Stream, error)

func (f backendFunc) Open(context.Context, int) (Stream, error) { return f() }

func TestCloseThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		card := stuckCard{&fakeCard{rate: 48000, pacer: NewPacer(10 * time.Millisecond), born: time.Now()}, let}
		e, err := NewEngine(EngineConfig{Backend: backendFunc(func() (Stream, error) { return card, nil })})
		if err != nil {
			t.Fatal(err)
		}
		p := newDryPhone(e)
		p.Apply(talk(far, g711.PCMU{}, 0))
		e.Focus(p.Session)
		pass(time.Second)
		card.pacer.Stop() // lost, and it hangs when it is closed
		pass(10 * time.Second)
		if n := len(p.sent()); n < 540 {
			t.Errorf("%d packets in 11 s", n)
		}
		start := time.Now()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > closePatience {
			t.Errorf("Close took %v", d)
		}
		close(let)
	})
}
