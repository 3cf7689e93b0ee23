package bench

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/impair"
	"offhook/codec/g711"
)

const (
	soakRate   = 8000
	soakPeriod = 10 * time.Millisecond
	soakHz     = 400 // 20 samples a cycle
	soakLevel  = 8000.0
)

// clockedCard is a sound card whose crystal is off by ppm: a microphone that hears a
// tone, an ear that listens for clicks.
//
//	tick (each period of its own clock) -> the ear plays a period, the microphone has one more
type clockedCard struct {
	ppm   float64
	ticks chan struct{}
	stop  chan struct{}
	done  sync.WaitGroup

	mu        sync.Mutex // guards the rest
	heard     int        // samples that the microphone has
	at        int
	queued    int
	underruns uint64
	clicks    clicks
}

func (c *clockedCard) Open(context.Context, int) (audio.Stream, error) {
	c.ticks, c.stop = make(chan struct{}, 1), make(chan struct{})
	c.done.Go(c.beat)
	return c, nil
}

func (c *clockedCard) beat() {
	interval := time.Duration(float64(soakPeriod) / (1 + c.ppm*1e-6))
	began := time.Now()
	for n := time.Duration(1); ; n++ {
		select {
		case <-time.After(time.Until(began.Add(n * interval))):
		case <-c.stop:
			return
		}
		period := int(soakPeriod * soakRate / time.Second)
		c.mu.Lock()
		c.heard = min(c.heard+period, soakRate)
		if c.queued -= period; c.queued < 0 {
			c.underruns++
			c.queued = 0
		}
		c.mu.Unlock()
		select {
		case c.ticks <- struct{}{}:
		default:
		}
	}
}

func (c *clockedCard) Rate() int              { return soakRate }
func (c *clockedCard) Period() time.Duration  { return soakPeriod }
func (c *clockedCard) Ticks() <-chan struct{} { return c.ticks }

func (c *clockedCard) Read(dst []int16) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(dst), c.heard)
	c.heard -= n
	for i := range dst[:n] {
		dst[i] = int16(soakLevel * math.Sin(2*math.Pi*soakHz*float64(c.at)/soakRate))
		c.at = (c.at + 1) % soakRate
	}
	return n, nil
}

func (c *clockedCard) Write(pcm []int16) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued += len(pcm)
	c.clicks.write(pcm)
	return nil
}

func (c *clockedCard) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queued
}

func (c *clockedCard) Stats() audio.StreamStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return audio.StreamStats{Underruns: c.underruns}
}

func (c *clockedCard) Close() error {
	close(c.stop)
	c.done.Wait()
	return nil
}

// clicks counts where a tone isn't the continuation of itself: a sine of one frequency
// obeys s[n] = 2 cos(w) s[n-1] - s[n-2]. What follows within 40 ms is the same click.
type clicks struct {
	one, two float64
	quiet    int // samples since the last click
	n        int
	samples  int
}

func (c *clicks) write(pcm []int16) {
	w := 2 * math.Cos(2*math.Pi*soakHz/soakRate)
	for _, s := range pcm {
		x := float64(s)
		c.samples++
		c.quiet++
		if math.Abs(x-w*c.one+c.two) > soakLevel/5 && c.samples > 3*soakRate {
			if c.quiet > soakRate/25 {
				c.n++
			}
			c.quiet = 0
		}
		c.two, c.one = c.one, x
	}
}

func (c *clockedCard) clickCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clicks.n
}

// TestDriftSoak holds one call for OFFHOOK_SOAK between two sound cards whose clocks
// are 100 ppm apart, so that one end is too fast and the other too slow, and loses 2 %
// of the packets each way. The delay must not creep, memory must not grow, and no more
// may be heard than what was lost.
func TestDriftSoak(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("OFFHOOK_SOAK"))
	if err != nil {
		t.Skip("an hour's measurement, not a test: run `make soak`")
	}
	const minute = time.Minute
	ends := [2]*clockedCard{{}, {ppm: 100}}
	var calls [2]*audio.Session
	for i, card := range ends {
		e, err := audio.NewEngine(audio.EngineConfig{Backend: card, Impair: impair.Spec{Loss: .02, Way: impair.In, Seed: uint64(i + 1)}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if calls[i], err = e.Open(t.Context(), audio.OpenOptions{Local: netip.MustParseAddr("127.0.0.1")}); err != nil {
			t.Fatal(err)
		}
		e.Focus(calls[i])
	}
	for i, s := range calls {
		peer := calls[1-i].LocalAddr()
		s.Apply(audio.Params{
			Remote: peer, RemoteRTCP: netip.AddrPortFrom(peer.Addr(), peer.Port()+1), Send: true, Receive: true,
			Encode: audio.Format{Codec: g711.PCMU{}}, Decode: []audio.Format{{Codec: g711.PCMU{}}},
		})
	}
	fmt.Println("| minute | end | delay, ms | target, ms | lost | late | concealed, s | underruns | clicks | heap, KiB |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	var first, last [2]audio.Stats
	var heap [2]uint64
	most, began := [2]time.Duration{}, time.Now()
	for n := 1; ; n++ {
		worst := sample(calls, min(minute, long/2))
		for i, s := range calls {
			last[i] = s.Stats()
			fmt.Printf("| %d | %+.0f ppm | %.1f | %.1f | %d | %d | %.2f | %d | %d | %d |\n", n, ends[1-i].ppm-ends[i].ppm,
				worst[i].Seconds()*1e3, last[i].Target.Seconds()*1e3, last[i].Lost, last[i].Late, last[i].Concealed.Seconds(),
				last[i].Stream.Underruns, ends[i].clickCount(), inUse()>>10)
		}
		if n == 1 {
			first, most, heap[0] = last, worst, inUse()
		}
		most[0], most[1] = max(most[0], worst[0]), max(most[1], worst[1])
		if time.Since(began) >= long {
			for i := range calls {
				if worst[i] > first[i].Playout+20*time.Millisecond && worst[i] > first[i].Target+30*time.Millisecond {
					t.Errorf("end %d: the delay crept to %v, from %v", i, worst[i], first[i].Playout)
				}
			}
			break
		}
	}
	heap[1] = inUse()
	for i, card := range ends {
		clicks, lost := int64(card.clickCount()), last[i].Lost+int64(last[i].Late)
		t.Logf("end %d: %d clicks for %d packets lost, delay at most %v", i, clicks, lost, most[i])
		if clicks > lost {
			t.Errorf("end %d: %d clicks, and only %d packets lost", i, clicks, lost)
		}
	}
	if heap[1] > heap[0]+4<<20 {
		t.Errorf("the heap grew from %d to %d KiB", heap[0]>>10, heap[1]>>10)
	}
}

// sample watches the delay of both ends for d and gives the most of each.
func sample(calls [2]*audio.Session, d time.Duration) (most [2]time.Duration) {
	for range max(int(d/time.Second), 1) {
		<-time.After(time.Second)
		for i, s := range calls {
			most[i] = max(most[i], s.Stats().Playout)
		}
	}
	return most
}

// inUse is the live heap.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestClicksAreHeard(t *testing.T) {
	tone := make([]int16, 10*soakRate)
	for i := range tone {
		tone[i] = int16(soakLevel * math.Sin(2*math.Pi*soakHz*float64(i)/soakRate))
	}
	var c clicks
	c.write(tone)
	if c.n != 0 {
		t.Errorf("%d clicks in a tone", c.n)
	}
	c = clicks{}
	for i := range 8 { // a cut of a quarter of a cycle each second
		c.write(tone[soakRate*i+5*i : soakRate*(i+1)+5*i])
	}
	if c.n != 5 { // the first three seconds are for settling
		t.Errorf("%d clicks heard, 5 made", c.n)
	}
}
