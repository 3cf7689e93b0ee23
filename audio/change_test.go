package audio

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/g722"
	"offhook/codec/l16"
	"offhook/codec/opus"
)

// whistle is a steady tone at any rate.
type whistle struct {
	rate  int
	phase float64
}

const whistleHz, whistleLevel = 440.0, 8000.0

func (w *whistle) Rate() int { return w.rate }
func (w *whistle) Read(dst []int16) (int, error) {
	for i := range dst {
		dst[i] = int16(whistleLevel * math.Sin(w.phase))
		w.phase += 2 * math.Pi * whistleHz / float64(w.rate)
	}
	return len(dst), nil
}

// line is two loops on a wire of 30 ms, in fake time: x whistles, y listens.
type line struct {
	x, y  *bareLoop
	tone  *whistle
	heard func(pcm []int16, rate int)
}

var lineX, lineY = netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.1:5000")

func newLine(t testing.TB) *line {
	n := &line{x: newBareLoop(t), y: newBareLoop(t), tone: &whistle{rate: 8000}}
	n.x.in.out = func(raw []byte, _ netip.AddrPort) { n.y.in.take(append([]byte(nil), raw...), lineX, n.x.now) }
	n.y.in.out = func(raw []byte, _ netip.AddrPort) { n.x.in.take(append([]byte(nil), raw...), lineY, n.y.now) }
	return n
}

// run lets d pass.
func (n *line) run(d time.Duration) {
	for end := n.x.now.Add(d); n.x.now.Before(end); {
		if n.x.sending() {
			if n.tone != nil {
				n.tone.rate = n.x.send.info.SampleRate
				n.x.mic = n.tone
			}
			n.x.sendFrame(n.x.now)
		}
		step := n.x.frameTime()
		n.x.now = n.x.now.Add(step)
		for ; n.y.now.Before(n.x.now); n.y.now = n.y.now.Add(10 * time.Millisecond) {
			n.y.drain(n.y.now)
			r := &n.y.recv
			r.now = n.y.now
			pcm := make([]int16, r.rate/100)
			r.Read(pcm)
			if n.heard != nil {
				n.heard(pcm, r.rate)
			}
		}
	}
}

// toneEar listens to the tone for holes and steps.
type toneEar struct {
	seen    int
	rate    int
	a, b    float64 // the last two samples
	n       int
	worst   float64
	softest float64
	holes   int // 10 ms with less than half of the tone
}

func (c *toneEar) hear(pcm []int16, rate int) {
	if c.rate != rate {
		c.rate, c.n = rate, 0
	}
	var power float64
	k := 2 * math.Cos(2*math.Pi*whistleHz/float64(rate))
	for _, s := range pcm {
		x := float64(s)
		power += x * x
		if c.n++; c.n > 2 {
			// A tone is predicted by two samples; a click isn't.
			c.worst = max(c.worst, math.Abs(x-k*c.b+c.a))
		}
		c.a, c.b = c.b, x
	}
	level := math.Sqrt(power/float64(len(pcm))) / (whistleLevel / math.Sqrt2)
	if c.seen++; c.seen > 20 && (c.softest == 0 || level < c.softest) {
		c.softest = level
	}
	if c.seen > 20 && level < 0.5 {
		c.holes++
	}
	if c.seen == 20 {
		c.worst = 0
	}
}

// RFC 3264, section 8.3.2: a stream goes from one codec to another, over one clock
// or two (RFC 7160), to a number that is new or that another codec had, whichever
// side is told first, and the ear hears neither a hole nor a click.
func TestCodecChangesWithoutAClick(t *testing.T) {
	type named struct {
		pt uint8
		c  codec.Codec
	}
	pcmu, pcma, wide, op := named{0, g711.PCMU{}}, named{8, g711.PCMA{}}, named{9, g722.Codec{}}, named{111, opus.Codec{}}
	raw := named{96, l16.Codec{Rate: 16000}}
	for _, tt := range []struct {
		name     string
		from, to named
	}{
		{"PCMU to PCMA", pcmu, pcma}, {"PCMU to G.722", pcmu, wide}, {"G.722 to PCMU", wide, pcmu},
		{"PCMU to Opus", pcmu, op}, {"Opus to PCMA", op, pcma}, {"Opus to G.722", op, wide}, {"L16 to G.722", raw, wide},
		{"another codec on the same number", named{100, g711.PCMU{}}, named{100, g711.PCMA{}}},
	} {
		for _, first := range []string{"sender", "receiver"} {
			if tt.from.pt == tt.to.pt && first == "receiver" {
				continue // what is on its way couldn't be told apart
			}
			t.Run(tt.name+", "+first+" first", func(t *testing.T) {
				n := newLine(t)
				c := &toneEar{}
				n.heard = c.hear
				send := func(f named) { n.x.apply(talk(lineY, f.c, f.pt), n.x.now) }
				receive := func(f named) { n.y.apply(talk(lineX, f.c, f.pt), n.y.now) }
				send(tt.from)
				receive(tt.from)
				n.run(2 * time.Second)
				before := c.worst
				if first == "sender" {
					// The offer that it answers has told the receiver what may come.
					receive(tt.to)
					send(tt.to)
				} else {
					receive(tt.to)
					n.run(200 * time.Millisecond)
					send(tt.to)
				}
				n.run(2 * time.Second)
				st := n.y.stats()
				t.Logf("residue %.0f before and %.0f after, softest 10 ms %.2f, %+v", before, c.worst, c.softest, st.Concealed)
				if c.worst > max(2*before, 0.25*whistleLevel) {
					t.Errorf("a click: %.0f beyond a tone of %.0f", c.worst, whistleLevel)
				}
				if c.softest < 0.5 {
					t.Errorf("a hole: 10 ms with %.2f of the tone", c.softest)
				}
				if want := tt.to.c.Info().Name; st.CodecIn != want {
					t.Errorf("%q comes, want %q", st.CodecIn, want)
				}
				if st.Invalid != 0 {
					t.Errorf("%+v", st)
				}
			})
		}
	}
}

// RFC 3264, section 5.1: each side sends by the other's numbers.
func TestInterop38NumbersPerDirection(t *testing.T) {
	n := newLine(t)
	c := &toneEar{}
	n.heard = c.hear
	p := talk(lineY, g722.Codec{}, 9)
	p.Encode.PT = 120
	p.Decode = []Format{{PT: 97, Codec: g722.Codec{}}}
	n.x.apply(p, n.x.now)
	q := talk(lineX, g722.Codec{}, 97)
	q.Decode = []Format{{PT: 120, Codec: g722.Codec{}}, {PT: 0, Codec: g711.PCMU{}}}
	n.y.apply(q, n.y.now)
	n.run(time.Second)
	if st := n.y.stats(); st.PacketsReceived < 45 || st.Invalid != 0 || c.softest < 0.9 {
		t.Errorf("softest %.2f, %+v", c.softest, st)
	}
}

// RFC 3551, section 4.2: whatever packet time comes, and however it changes, is
// played; and what we send follows the peer's.
func TestInterop47AnyPacketTime(t *testing.T) {
	for _, f := range []struct {
		name  string
		codec codec.Codec
		times []int
	}{
		{"PCMU", g711.PCMU{}, []int{20, 5, 10, 30, 40, 60, 80, 120, 15, 35, 1, 20}},
		{"G.722", g722.Codec{}, []int{20, 5, 10, 30, 40, 60, 80, 120, 25, 1, 20}},
		{"Opus", opus.Codec{}, []int{20, 40, 60, 80, 100, 120, 20, 10, 5}},
	} {
		t.Run(f.name, func(t *testing.T) {
			y, info := newBareLoop(t), f.codec.Info()
			y.apply(talk(lineX, f.codec, 100), y.now)
			enc, err := f.codec.NewEncoder(codec.Params{})
			if err != nil {
				t.Fatal(err)
			}
			w, c := &whistle{rate: info.SampleRate}, &toneEar{}
			seq, stamp, due := uint16(0), uint32(0), y.now
			for _, ms := range f.times {
				for range 1500 / ms {
					pcm, payload := make([]int16, info.Frame(ms)), make([]byte, 1400)
					w.Read(pcm)
					k, err := enc.Encode(payload, pcm)
					if err != nil {
						t.Fatal(err)
					}
					due = due.Add(time.Duration(ms) * time.Millisecond) // when the last sample was spoken
					for y.now.Before(due) {
						y.drain(y.now)
						y.recv.now = y.now
						out := make([]int16, y.recv.rate/100)
						y.recv.Read(out)
						c.hear(out, y.recv.rate)
						y.now = y.now.Add(10 * time.Millisecond)
					}
					y.take(packet(100, seq, stamp, 7, payload[:k]), lineX)
					seq++
					stamp += uint32(info.ClockRate * ms / 1000)
				}
			}
			st := y.stats()
			t.Logf("%d holes, concealed %v, playout %v", c.holes, st.Concealed, st.Playout)
			// A larger packet time is more delay, which has to come from somewhere.
			if st.Invalid+st.Discarded+st.Late != 0 || st.Concealed > 400*time.Millisecond || c.holes > 12 {
				t.Errorf("%d holes, %+v", c.holes, st)
			}
		})
	}
	for ptime, bytes := range map[time.Duration]int{0: 160, 10: 80, 20: 160, 30: 240, 40: 320, 60: 480, 120: 960, 500: 960, 3: 80} {
		b := newBareLoop(t)
		p := talk(far, g711.PCMU{}, 0)
		p.Ptime = ptime * time.Millisecond
		b.apply(p, b.now)
		b.sendFrame(b.now)
		if n := len(b.last) - 12; n != bytes {
			t.Errorf("a packet time of %v ms is sent as %d bytes, want %d", int(ptime), n, bytes)
		}
	}
}
