package audio

import (
	"errors"
	"slices"
	"testing"
	"time"

	"offhook/codec/g711"
)

// A machine that is busy keeps both ends waiting for 50 to 200 ms, each second and a
// half, until 6 s after the start: from 14 s on the delay is as if it never had.
func TestStallsCostDelayForSecondsOnly(t *testing.T) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of virtual time
	late := func() time.Duration {
		at := time.Since(epoch)
		const apart = 1500 * time.Millisecond
		stall := time.Duration(50+50*(at/apart%4)) * time.Millisecond
		if at > 6*time.Second || at%apart > stall {
			return 0
		}
		return stall - at%apart
	}
	for _, f := range formats {
		took, lost := softwareDelay(t, f.codec, f.pt, [4]time.Duration{}, late, nil)
		t.Logf("%s: %v, %d samples missed", f.name, took, lost)
		if len(took) < 15 || slices.Max(took[len(took)-8:]) > 45*time.Millisecond {
			t.Errorf("%s: %v, %d samples missed", f.name, took, lost)
		}
	}
}

// A peer that doesn't heed a hold sends on; what it sent meanwhile is neither heard nor
// waited for when the hold ends, however short it was.
func TestShortHoldCostsNoDelay(t *testing.T) {
	for _, beats := range []int{10, 20, 40} {
		b := newBareLoop(t)
		p := talk(far, g711.PCMU{}, 0)
		b.apply(p, b.now)
		seq := uint16(0)
		payload := make([]byte, 160)
		run := func(beats int) {
			for range beats {
				b.take(packet(0, seq, uint32(seq)*160, 9, payload), far)
				seq++
				b.tick()
			}
		}
		run(100)
		hold := p
		hold.Receive = false
		b.apply(hold, b.now)
		run(beats)
		before := b.stats()
		b.apply(p, b.now)
		run(50)
		after := b.stats()
		if c := after.Concealed - before.Concealed; c > 60*time.Millisecond || after.Playout > 60*time.Millisecond {
			t.Errorf("after a hold of %d packets %v are concealed, and playout is %v", beats, c, after.Playout)
		}
	}
}

// burstCard takes 20 ms from the ear at a time, as through some sound servers.
type burstCard struct {
	in    *Ring // of the microphone
	out   *Ring
	ticks chan struct{}
	lost  uint64
	mute  error // of its microphone
}

func (c *burstCard) Rate() int                     { return 48000 }
func (c *burstCard) Read(dst []int16) (int, error) { return c.in.Read(dst), c.mute }
func (c *burstCard) Write(pcm []int16) error       { c.out.Write(pcm); return nil }
func (c *burstCard) Period() time.Duration         { return 5 * time.Millisecond }
func (c *burstCard) Ticks() <-chan struct{}        { return c.ticks }
func (c *burstCard) Queued() int                   { return c.out.Len() }
func (c *burstCard) Stats() StreamStats            { return StreamStats{Underruns: c.lost} }
func (c *burstCard) Close() error                  { return nil }

func (c *burstCard) callBack() {
	c.lost += uint64(960 - c.out.Read(make([]int16, 960)))
}

// A conference is heard whole on a card that needs more than a quiet one.
func TestConferenceOnACardOfLargeBuffers(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	m := newMixer(e, 48000)
	st := &burstCard{in: NewRing(9600), out: NewRing(9600), ticks: make(chan struct{})}
	now := time.Unix(0, 0)
	m.lend(st, ToneNone, now)
	run := func(d time.Duration) {
		for until := now.Add(d); now.Before(until); now = now.Add(20 * time.Millisecond) {
			st.callBack()
			m.deviceTick(now)
		}
	}
	run(time.Second)
	before := st.lost
	run(10 * time.Second)
	if st.lost != before {
		t.Errorf("%d samples were missing in 10 s", st.lost-before)
	}
}

// A microphone that fails, as the file in its place can, takes nothing else with it.
func TestConferenceSurvivesItsMicrophone(t *testing.T) {
	m := newMixer(newEngine(t, EngineConfig{}), 48000)
	st := &burstCard{in: NewRing(9600), out: NewRing(9600), ticks: make(chan struct{}), mute: errors.New("truncated")}
	m.lend(st, ToneNone, time.Now())
	m.deviceTick(time.Now())
	if m.stream != nil {
		t.Error("it still has the stream")
	}
	m.pacer.Stop()
}

// What the microphone of a conference heard while the machine was busy isn't waited with
// for ever.
func TestStallsDontDelayTheConferencesMicrophone(t *testing.T) {
	m := newMixer(newEngine(t, EngineConfig{}), 48000)
	st := &burstCard{in: NewRing(9600), out: NewRing(9600), ticks: make(chan struct{})}
	now := time.Unix(0, 0)
	m.lend(st, ToneNone, now)
	buf := make([]int16, 240)
	run := func(d time.Duration, busy bool) (least int) {
		least = m.micRing.Cap()
		for until := now.Add(d); now.Before(until); now = now.Add(5 * time.Millisecond) {
			st.in.Write(buf)
			st.lost += uint64(240 - st.out.Read(buf))
			if !busy {
				m.deviceTick(now)
				least = min(least, m.micRing.Len())
			}
		}
		return least
	}
	run(time.Second, false)
	run(150*time.Millisecond, true)
	run(9*time.Second, false) // what waits for the ear comes down, too
	if wait := time.Duration(run(time.Second, false)) * time.Second / 48000; wait > 5*time.Millisecond {
		t.Errorf("each sample waits for %v and more", wait)
	}
}
