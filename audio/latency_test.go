package audio

import (
	"context"
	"math"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec"
	"offhook/codec/g711"
)

// pulseCard is a sound card in virtual time as audio/device has them: its microphone
// calls back each 5 ms, its ear each 2.5 ms, at phases of their own, and it beats a little
// after either.
type pulseCard struct {
	micPhase, earPhase time.Duration
	say                func(n int) int16 // the microphone's sample n since time 0
	in, out            *Ring
	ticks              chan struct{}
	quit               chan struct{}
	active             bool
	lost               atomic.Uint64
	played             []int16 // owner: the ear's goroutine, until quit
	late               func() time.Duration
}

const (
	pulseRate = 48000
	pulseMic  = 5 * time.Millisecond
	pulseEar  = 2500 * time.Microsecond
)

func (c *pulseCard) Open(context.Context, int) (Stream, error) {
	c.in, c.out = NewRing(pulseRate/5), NewRing(pulseRate/5)
	c.ticks, c.quit = make(chan struct{}, 1), make(chan struct{})
	start := time.Now()
	run := func(phase, period time.Duration, callback func(n int)) {
		for n := 0; ; n++ {
			at := start.Add(phase + time.Duration(n)*period)
			select {
			case <-time.After(time.Until(at)):
			case <-c.quit:
				return
			}
			callback(n)
			time.AfterFunc(500*time.Microsecond+c.late(), func() {
				select {
				case c.ticks <- struct{}{}:
				default:
				}
			})
		}
	}
	buf := make([]int16, samplesIn(pulseMic, pulseRate))
	go run(c.micPhase, pulseMic, func(n int) {
		for i := range buf {
			buf[i] = c.say((n-1)*len(buf) + i)
		}
		c.in.Write(buf)
	})
	go run(c.earPhase, pulseEar, func(int) {
		piece := make([]int16, samplesIn(pulseEar, pulseRate))
		n := c.out.Read(piece)
		if n == len(piece) {
			c.active = true
		} else if c.active {
			c.lost.Add(uint64(len(piece) - n))
		}
		c.played = append(c.played, piece...)
	})
	return c, nil
}

func (c *pulseCard) Rate() int                     { return pulseRate }
func (c *pulseCard) Read(dst []int16) (int, error) { return c.in.Read(dst), nil }
func (c *pulseCard) Write(pcm []int16) error       { c.out.Write(pcm); return nil }
func (c *pulseCard) Period() time.Duration         { return pulseEar }
func (c *pulseCard) Ticks() <-chan struct{}        { return c.ticks }
func (c *pulseCard) Queued() int                   { return c.out.Len() }
func (c *pulseCard) Stats() StreamStats            { return StreamStats{Underruns: c.lost.Load()} }
func (c *pulseCard) Close() error                  { close(c.quit); return nil }

// clicks is 40 ms of a rising tone each half second and a bit.
func clicks(n int) int16 {
	const apart, long = pulseRate/2 + 77, pulseRate / 25
	if n < pulseRate || n%apart >= long {
		return 0
	}
	at := float64(n % apart)
	x := at / pulseRate
	return int16(12000 * math.Sin(math.Pi*at/long) * math.Sin(2*math.Pi*(500*x+30000*x*x)))
}

// softwareDelay is how much later clicks are heard at one end of a call than they were
// said at the other, between the callbacks of two cards, with nothing in between but
// the two sessions; and the frames that the ear missed.
func softwareDelay(t *testing.T, c codec.Codec, pt uint8, phases [4]time.Duration, late func() time.Duration, voice VoiceFactory) (took []time.Duration, lost uint64) {
	synctest.Test(t, func(t *testing.T) {
		punctual := func() time.Duration { return 0 }
		if late == nil {
			late = punctual
		}
		cards := [2]*pulseCard{
			{micPhase: phases[0], earPhase: phases[1], say: clicks, late: late},
			{micPhase: phases[2], earPhase: phases[3], say: func(int) int16 { return 0 }, late: late},
		}
		var engines [2]*Engine
		var sessions [2]*Session
		var sockets [2]*fakeSocket
		for i := range cards {
			e, err := NewEngine(EngineConfig{Backend: cards[i], Voice: voice})
			if err != nil {
				t.Fatal(err)
			}
			engines[i] = e
			other := 1 - i
			from := netip.AddrPortFrom(loopback, uint16(4000+10*i))
			sockets[i] = newFakeSocket(func(raw []byte, _ netip.AddrPort) { sockets[other].take(raw, from, time.Now()) })
			sessions[i] = newSession(e, OpenOptions{}, plugs{place{from, netip.AddrPortFrom(loopback, from.Port()+1)}, sockets[i], newFakeSocket(func([]byte, netip.AddrPort) {})})
			e.mu.Lock()
			e.sessions[sessions[i]] = struct{}{}
			e.mu.Unlock()
		}
		for i, s := range sessions {
			go s.run()
			engines[i].Focus(s)
		}
		for i, s := range sessions {
			s.Apply(talk(netip.AddrPortFrom(loopback, uint16(4000+10*(1-i))), c, pt))
		}
		time.Sleep(20 * time.Second)
		for _, e := range engines {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		ear := cards[1].played
		// The ear's first sample is heard at its phase, the microphone's is at index 0.
		shift := int(phases[3] * pulseRate / time.Second)
		for n := 10 * pulseRate; n+pulseRate < len(ear); n++ {
			if clicks(n) == 0 || clicks(n-1) != 0 || clicks(n+1) == 0 || clicks(n-200) != 0 {
				continue
			}
			best, lag := 0.0, 0
			for d := 0; d < pulseRate*3/10; d += 4 {
				sum := 0.0
				for i := 0; i < pulseRate/25; i += 8 {
					sum += float64(clicks(n+i)) * float64(ear[n-shift+d+i])
				}
				if sum > best {
					best, lag = sum, d
				}
			}
			took = append(took, time.Duration(lag)*time.Second/pulseRate)
			n += pulseRate / 25
		}
		lost = cards[1].lost.Load()
	})
	return took, lost
}

// unchanging is a Voice that does nothing.
type unchanging struct{}

func (unchanging) Far([]int16)  {}
func (unchanging) Near([]int16) {}
func (unchanging) Close()       {}

// TestDelayOfTheSoftware: of 34 ms, 20 are the packet's own, and 2.5 the ear's buffer. The
// first clicks may take 2 ms more, while the start of the call is being forgotten. That
// the microphone's sound is worked on in frames of 10 ms costs nothing.
func TestDelayOfTheSoftware(t *testing.T) {
	const usual, most = 34 * time.Millisecond, 36 * time.Millisecond
	ms := time.Millisecond
	voices := []VoiceFactory{nil, func(int) (Voice, error) { return unchanging{}, nil }}
	for i, f := range formats {
		if i == 1 {
			voices = voices[:1] // it is the same for all
		}
		for _, phases := range [][4]time.Duration{{}, {0, 0, 0, 1200 * time.Microsecond}, {0, 0, 0, 2500 * time.Microsecond}, {0, 0, 4 * ms, 4500 * time.Microsecond}, {0, 3 * ms, 0, 2 * ms}} {
			var plain time.Duration
			for _, voice := range voices {
				took, lost := softwareDelay(t, f.codec, f.pt, phases, nil, voice)
				slices.Sort(took)
				if len(took) < 15 || took[len(took)/2] > usual || took[len(took)-1] > most || lost != 0 {
					t.Errorf("%s with callbacks at %v: %v, %d samples missed", f.name, phases, took, lost)
				}
				if voice == nil {
					plain = took[len(took)/2]
				} else if took[len(took)/2] != plain {
					t.Errorf("%s with callbacks at %v: %v, and %v without the frames", f.name, phases, took[len(took)/2], plain)
				}
			}
		}
	}
}

// TestLateBeatsAreHeardWhole: beats that come up to 4 ms late cost no sample.
func TestLateBeatsAreHeardWhole(t *testing.T) {
	var n atomic.Int64
	late := func() time.Duration { return time.Duration(n.Add(1)*1237%4000) * time.Microsecond }
	took, lost := softwareDelay(t, g711.PCMU{}, 0, [4]time.Duration{0, 0, 0, 0}, late, nil)
	if len(took) < 15 || lost != 0 {
		t.Errorf("%v, %d samples missed", took, lost)
	}
}
