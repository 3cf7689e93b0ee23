package audio

import (
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// loopedCard is a sound card whose microphone hears what its ear played latency
// samples before, and nothing else. Its time passes by callback.
//
//	Write -> queue -> callback -> air, latency samples long -> captured -> Read
type loopedCard struct {
	rate, latency int
	queue, air    []int16
	captured      []int16
	stats         StreamStats
	active        bool
	dead          bool
}

func newLoopedCard(rate, latency int) *loopedCard {
	return &loopedCard{rate: rate, latency: latency, air: make([]int16, latency)}
}

func (c *loopedCard) callback(frames int) {
	block := make([]int16, frames)
	n := copy(block, c.queue)
	c.queue = c.queue[n:]
	switch {
	case n == frames:
		c.active = true
	case c.active:
		c.stats.Underruns += uint64(frames - n)
		c.active = n > 0
	}
	c.air = append(c.air, block...)
	c.captured = append(c.captured, c.air[:frames]...)
	c.air = c.air[frames:]
	if extra := len(c.captured) - c.rate/5; extra > 0 { // the ring is full: the newest is lost
		c.captured = c.captured[:c.rate/5]
		c.stats.Overruns += uint64(extra)
	}
}

func (c *loopedCard) Rate() int { return c.rate }
func (c *loopedCard) Read(dst []int16) (int, error) {
	n := copy(dst, c.captured)
	c.captured = c.captured[n:]
	if c.dead && n < len(dst) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}
func (c *loopedCard) Write(pcm []int16) error { c.queue = append(c.queue, pcm...); return nil }
func (c *loopedCard) Period() time.Duration   { return 10 * time.Millisecond }
func (c *loopedCard) Ticks() <-chan struct{}  { return nil }
func (c *loopedCard) Queued() int             { return len(c.queue) }
func (c *loopedCard) Stats() StreamStats      { return c.stats }
func (c *loopedCard) Close() error            { return nil }
func (c *loopedCard) Flush()                  { c.captured = nil }

// gauge is a Voice that measures how far the microphone's echo is behind the far end,
// of samples that count up.
type gauge struct {
	far     []int16
	delays  map[int]int // and how many samples had each
	frames  int
	wrong   int // of another length
	closed  bool
	changes int
	last    int
}

const count = 30000 // samples count from 1 to it; 0 is silence

func (g *gauge) Far(pcm []int16) { g.far = append(g.far[:0], pcm...) }
func (g *gauge) Near(pcm []int16) {
	g.frames++
	if len(g.far) != len(pcm) {
		g.wrong++
		return
	}
	for i, v := range pcm {
		if v == 0 || g.far[i] == 0 {
			continue
		}
		d := (int(g.far[i]) - int(v) + count) % count
		if d != g.last {
			g.changes++
			g.last = d
		}
		g.delays[d]++
	}
}
func (g *gauge) Close() { g.closed = true }

// loopedRig drives a voiced card as a session's loop does.
type loopedRig struct {
	card *loopedCard
	v    *voiced
	g    *gauge
	next int
	buf  []int16
}

func newLoopedRig(rate, latency int) *loopedRig {
	p := &loopedRig{card: newLoopedCard(rate, latency), g: &gauge{delays: map[int]int{}}, buf: make([]int16, rate)}
	p.v = newVoiced(p.card, p.g)
	return p
}

func (p *loopedRig) play(lead, chunk int) {
	for p.v.Queued() < lead {
		for i := range chunk {
			p.buf[i] = int16(p.next%count + 1)
			p.next++
		}
		p.v.Write(p.buf[:chunk])
	}
}

func (p *loopedRig) listen(t *testing.T, size int) (got int) {
	t.Helper()
	for {
		n, err := p.v.Read(p.buf[:size])
		if err != nil {
			t.Fatal(err)
		}
		if got += n; n < size {
			return got
		}
	}
}

// Whatever the device's buffers, the sizes of reads and the loop's punctuality: the
// distance between the far end and its echo is the same for every sample.
func TestVoiceKeepsFarAndNearInStep(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		for _, frames := range []int{rate / 100, rate / 50, rate / 64, 64} {
			p := newLoopedRig(rate, rate*3/100)
			rng := rand.New(rand.NewPCG(uint64(frames), 1))
			captured := 0
			for range 2000 {
				for range 1 + rng.IntN(2) { // a late loop finds two buffers
					p.card.callback(frames)
					captured += frames
				}
				p.play(rate/25+2*frames, rate/100)
				captured -= p.listen(t, 1+rng.IntN(rate/50))
			}
			if captured >= rate/100 || captured < 0 {
				t.Errorf("%d Hz, buffers of %d: %d samples wait inside, want less than a frame", rate, frames, captured)
			}
			if frames == rate/100 && captured != 0 {
				t.Errorf("%d Hz: buffers of 10 ms wait for each other", rate)
			}
			if p.g.wrong > 0 || p.g.frames == 0 || len(p.g.delays) != 1 {
				t.Errorf("%d Hz, buffers of %d: %d frames, %d wrong, delays %v", rate, frames, p.g.frames, p.g.wrong, p.g.delays)
			}
			for d := range p.g.delays { // what the device adds, and what the loop's order does
				if d < p.card.latency-4*frames || d > p.card.latency+4*frames+rate/50 {
					t.Errorf("%d Hz, buffers of %d: the echo is %d samples late, the device makes %d", rate, frames, d, p.card.latency)
				}
			}
		}
	}
}

// Samples that were missed on either side don't move the distance for long.
func TestVoiceSurvivesUnderrunsAndOverruns(t *testing.T) {
	const rate = 16000
	p := newLoopedRig(rate, 480)
	for i := range 3000 {
		p.card.callback(160)
		switch {
		case i%300 == 50: // the ear runs dry
			p.card.callback(160)
			p.card.callback(160)
			p.card.callback(100)
		case i%500 == 400: // the loop is away for 300 ms
			for range 30 {
				p.card.callback(160)
			}
		}
		p.play(320, 160)
		p.listen(t, 320)
	}
	if p.card.stats.Underruns == 0 || p.card.stats.Overruns == 0 {
		t.Fatalf("%+v: the test's card lost nothing", p.card.stats)
	}
	most, sum, usual := 0, 0, 0
	for d, n := range p.g.delays {
		if sum += n; n > most {
			most, usual = n, d
		}
	}
	most = 0
	for d, n := range p.g.delays {
		if d >= usual-rate/4000 && d <= usual+rate/4000 { // a quarter of a millisecond
			most += n
		}
	}
	// After each loss the delay is off for the fifth of a second that it takes to measure it.
	if most < sum*9/10 {
		t.Errorf("the delay moved %d times: %v", p.g.changes, p.g.delays)
	}
}

// Silence between two sounds, and a microphone that nobody listened to, align anew.
func TestVoiceAlignsAfterPauses(t *testing.T) {
	const rate = 8000
	p := newLoopedRig(rate, 240)
	for round := range 5 {
		for range 100 + round {
			p.card.callback(80)
			p.play(160, 80)
			p.listen(t, 160)
		}
		for range 70 + 13*round { // nothing plays
			p.card.callback(80)
			p.listen(t, 160)
		}
		for range 90 {
			p.card.callback(80)
			p.play(160, 80)
			p.v.Flush()
		}
	}
	for d, n := range p.g.delays {
		if d < 240-160 || d > 240+320 {
			t.Errorf("%d samples have a delay of %d", n, d)
		}
	}
	if p.g.changes > 12 {
		t.Errorf("the delay moved %d times: %v", p.g.changes, p.g.delays)
	}
}

// A microphone whose clock is 300 ppm faster than the ear's takes the far line along.
func TestVoiceFollowsDrift(t *testing.T) {
	const rate = 48000
	p := newLoopedRig(rate, 960)
	extra := 0.0
	for range 30000 { // 300 s: 90 ms of drift
		p.card.callback(480)
		if extra += 480 * 300e-6; extra >= 1 { // one more sample that the microphone took
			extra--
			p.card.captured = append(p.card.captured, 0)
		}
		p.play(960, 480)
		p.listen(t, 960)
	}
	lag := p.v.line.head - int64(p.card.Queued()) - p.v.line.pos - int64(p.v.line.base)
	if most := int64(samplesIn(lagSlip+voiceFrame, rate)); lag > most || lag < -most {
		t.Errorf("%d samples off after five minutes", lag)
	}
}

func TestVoiceOfAFileGoesBeatByBeat(t *testing.T) {
	v := newVoiced(&nullStream{rate: 8000}, &gauge{})
	v.soft = true
	g := v.voice.(*gauge)
	g.delays = map[int]int{}
	buf := make([]int16, 160)
	for i := range 50 {
		for k := range buf {
			buf[k] = int16(160*i + k + 1)
		}
		v.Write(buf)
		if n, err := v.Read(buf); n != 160 || err != nil {
			t.Fatal(n, err)
		}
		if g.far[0] != int16(160*i+81) || g.far[79] != int16(160*i+160) {
			t.Fatalf("beat %d: the second frame goes with %d to %d", i, g.far[0], g.far[79])
		}
	}
	if g.frames != 100 {
		t.Errorf("%d frames", g.frames)
	}
}

func TestVoicePassesOnEndsAndErrors(t *testing.T) {
	p := newLoopedRig(8000, 80)
	p.card.callback(80)
	p.card.callback(30)
	p.card.dead = true
	n, err := p.v.Read(p.buf[:400])
	if n != 110 || err != io.ErrUnexpectedEOF {
		t.Errorf("%d samples, %v: want all 110 with the error", n, err)
	}
	if n, err := p.v.Read(p.buf[:1]); n != 0 || err != io.ErrUnexpectedEOF {
		t.Errorf("%d samples, %v", n, err)
	}
	if err := p.v.Rewind(); err != nil {
		t.Error(err)
	}
	p.v.Close()
	if !p.g.closed {
		t.Error("the voice outlives the stream")
	}
}

func TestVoiceAllocatesNothing(t *testing.T) {
	v := newVoiced(&nullStream{rate: 48000}, silentVoice{})
	v.soft = true
	buf := make([]int16, 960)
	if n := testing.AllocsPerRun(100, func() { v.Write(buf); v.Read(buf) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

type silentVoice struct{}

func (silentVoice) Far([]int16)      {}
func (silentVoice) Near(pcm []int16) { clear(pcm) }
func (silentVoice) Close()           {}

// The scope says which streams get a voice, and a rate that it refuses goes without.
func TestVoiceScope(t *testing.T) {
	made := 0
	make1 := func(rate int) (Voice, error) {
		if rate == 11025 {
			return nil, io.ErrClosedPipe
		}
		made++
		return silentVoice{}, nil
	}
	for _, tt := range []struct {
		name   string
		scope  VoiceScope
		st     Stream
		voiced bool
	}{
		{"a card", VoiceOnCards, newLoopedCard(48000, 0), true},
		{"a file", VoiceOnCards, &nullStream{rate: 8000}, false},
		{"a file, asked for", VoiceEverywhere, &nullStream{rate: 8000}, true},
		{"an odd rate", VoiceEverywhere, newLoopedCard(11025, 0), false},
	} {
		before := made
		e, err := NewEngine(EngineConfig{Voice: make1, VoiceScope: tt.scope})
		if err != nil {
			t.Fatal(err)
		}
		st := e.voice(tt.st)
		_, soft := st.(Unclocked)
		_, wasSoft := tt.st.(Unclocked)
		if (st != tt.st) != tt.voiced || (made > before) != tt.voiced || soft != wasSoft {
			t.Errorf("%s: %T", tt.name, st)
		}
		e.Close()
	}
}
