package jitter

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

func opusFormat(t testing.TB, pt uint8) Format {
	t.Helper()
	d, err := opus.Codec{}.NewDecoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	return Format{PT: pt, Decoder: d, ClockRate: 48000, SampleRate: 48000}
}

// wide is voice at 48 kHz.
func wide(n int) []int16 {
	up, _ := dsp.NewResampler(8000, 48000)
	out := make([]int16, n)
	up.Process(out, voice(n/6+100))
	return out
}

// opusPackets adds an Opus stream of 20 ms packets to n.
func opusPackets(n *network, pcm []int16, fmtp string, delay func(i int) (time.Duration, bool)) {
	n.t.Helper()
	enc, err := opus.Codec{ExpectedLoss: 20}.NewEncoder(codec.Params{Fmtp: fmtp})
	if err != nil {
		n.t.Fatal(err)
	}
	seq := uint16(0)
	for i := 0; (i+1)*960 <= len(pcm); i++ {
		p := rtp.Packet{SSRC: 1, PayloadType: 111, Sequence: seq, Timestamp: uint32(i * 960), Payload: make([]byte, 1500)}
		k, err := enc.Encode(p.Payload, pcm[i*960:(i+1)*960])
		if err != nil {
			n.t.Fatal(err)
		}
		if k == 0 {
			continue // DTX: no packet, and no sequence number
		}
		seq++
		p.Payload = p.Payload[:k]
		if d, ok := delay(i); ok {
			n.events = append(n.events, event{time.Duration(i)*20*msec + d, p})
		}
	}
}

func TestOpusPlaysThroughLoss(t *testing.T) {
	n := newNetwork(t, Config{Formats: []Format{opusFormat(t, 111)}})
	opusPackets(n, wide(48000*10), "useinbandfec=1", func(i int) (time.Duration, bool) { return 0, i%15 != 7 })
	n.run(9900 * msec)
	s := n.b.Stats()
	if s.Recovered < 200*msec || s.Recovered+s.Concealed < 560*msec || s.Recovered+s.Concealed > 800*msec {
		t.Errorf("of 660 ms lost %v came back from FEC, %v were concealed", s.Recovered, s.Concealed)
	}
	if s.Delay > 60*msec {
		t.Errorf("delay %v", s.Delay)
	}
}

func TestOpusDTXIsSilence(t *testing.T) {
	n := newNetwork(t, Config{Formats: []Format{opusFormat(t, 111)}})
	pcm := wide(48000 * 10)
	clear(pcm[48000*2 : 48000*7])
	opusPackets(n, pcm, "usedtx=1", prompt)
	if len(n.events) > 350 {
		t.Fatalf("no DTX: %d packets", len(n.events))
	}
	n.run(9900 * msec)
	if s := n.b.Stats(); s.Late+s.Lost+s.Discarded+s.Resyncs+s.Underruns != 0 || s.Concealed != 0 || s.Delay > 50*msec {
		t.Errorf("%+v", s)
	}
	if l := dsp.RMS(n.out[48000*4 : 48000*6]); l > -60 {
		t.Errorf("the silence has %.1f dBFS", l)
	}
	if l := dsp.RMS(n.out[48000*8 : 48000*9]); l < -30 {
		t.Errorf("the voice after it has %.1f dBFS", l)
	}
}

// RFC 3389: PT 13 is consumed and played at its level, and talk goes on after it.
func TestComfortNoiseHasItsLevel(t *testing.T) {
	for _, level := range []byte{40, 60} {
		for _, payload := range [][]byte{{level}, {level, 200, 100, 127, 140}} {
			n := newNetwork(t, Config{ComfortNoisePT: 13})
			n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
			for i := range 3 { // repeated, as it should be
				n.events = append(n.events, event{2*time.Second + time.Duration(i)*time.Second, rtp.Packet{
					SSRC: 1, Sequence: uint16(100 + i), Timestamp: uint32(16000 + i*8000), PayloadType: 13, Payload: payload}})
			}
			n.speak(voice(16000), 160, rtp.Packet{SSRC: 1, Sequence: 103, Timestamp: 40000, Marker: true}, 5*time.Second, prompt)
			n.run(6900 * msec)
			if l := dsp.RMS(n.out[24000:36000]); math.Abs(l+float64(level)) > 1.5 {
				t.Errorf("level %d, %d octets: it plays at %.1f dBov", level, len(payload), l)
			}
			s := n.b.Stats()
			if s.Concealed != 0 || s.Noise < 2900*msec || s.Late+s.Lost+s.Foreign != 0 || s.Delay > 25*msec {
				t.Errorf("level %d: %+v", level, s)
			}
			if score, _ := match(n.sent[24000:24800], n.out[48000:50000]); score < 0.99 {
				t.Errorf("level %d: the talk after it has likeness %.3f", level, score)
			}
		}
	}
}

func TestComfortNoiseHasItsSpectrum(t *testing.T) {
	var n noise
	// k1 near -1 leans to low frequencies, near 1 to high ones.
	tilt := func(k byte) float64 {
		n.set([]byte{30, k}, true)
		pcm := make([]int16, 8000)
		n.fill(pcm)
		var diff []int16
		for i := 1; i < len(pcm); i++ {
			diff = append(diff, pcm[i]/2-pcm[i-1]/2)
		}
		return dsp.RMS(diff) - dsp.RMS(pcm)
	}
	if low, flat, high := tilt(30), tilt(127), tilt(224); low > flat-3 || high < flat+1 {
		t.Errorf("tilt %.1f, %.1f, %.1f dB", low, flat, high)
	}
}

func TestFormatChangesMidStream(t *testing.T) {
	o := opusFormat(t, 111)
	n := newNetwork(t, Config{Formats: []Format{pcmu(t), o}, Rate: 16000})
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	enc, err := opus.Codec{}.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	pcm := wide(48000 * 2)
	for i := range 100 {
		p := rtp.Packet{SSRC: 1, PayloadType: 111, Sequence: uint16(100 + i), Timestamp: uint32(16000 + i*960), Payload: make([]byte, 1500)}
		k, _ := enc.Encode(p.Payload, pcm[i*960:(i+1)*960])
		p.Payload = p.Payload[:k]
		n.events = append(n.events, event{2*time.Second + time.Duration(i)*20*msec, p})
	}
	n.run(3900 * msec)
	if s := n.b.Stats(); s.Concealed > 20*msec || s.Late+s.Lost+s.Undecodable != 0 || s.Delay > 40*msec {
		t.Errorf("%+v", s)
	}
	for _, at := range []int{16000, 48000} {
		if l := dsp.RMS(n.out[at : at+8000]); l < -30 {
			t.Errorf("after %d samples the level is %.1f dBFS", at, l)
		}
	}
}

func TestSetFormatsKeepsTheStream(t *testing.T) {
	n := newNetwork(t, Config{})
	n.speak(voice(32000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	n.run(2 * time.Second)
	if err := n.b.SetFormats([]Format{opusFormat(t, 111), pcmu(t)}, 13); err != nil {
		t.Fatal(err)
	}
	n.run(3900 * msec)
	if s := n.b.Stats(); s.Foreign+s.Discarded+s.Late != 0 || s.Concealed > 10*msec || n.b.Rate() != 8000 {
		t.Errorf("%+v", s)
	}
	if err := n.b.SetFormats([]Format{opusFormat(t, 111)}, 0); err != nil {
		t.Fatal(err)
	}
	if n.b.SetFormats(nil, 0) == nil || n.b.SetFormats([]Format{{}}, 0) == nil {
		t.Error("formats that can't work are taken")
	}
	dst := make([]int16, 80)
	n.b.Pull(dst, start.Add(4*time.Second))
	if v := n.b.Put(&rtp.Packet{SSRC: 1, Sequence: 9, Payload: []byte{1}}, start.Add(4*time.Second)); v != Foreign {
		t.Errorf("a format that is gone: %d", v)
	}
}

func TestUndecodablePacketIsConcealed(t *testing.T) {
	n := newNetwork(t, Config{Formats: []Format{opusFormat(t, 111)}})
	opusPackets(n, wide(48000*2), "", prompt)
	n.events[50].p.Payload = []byte{3} // code 3 without a count
	n.run(1900 * msec)
	if s := n.b.Stats(); s.Undecodable != 1 || s.Concealed != 20*msec {
		t.Errorf("%+v", s)
	}
}

func TestPullBeforeAnythingIsSilence(t *testing.T) {
	n := newNetwork(t, Config{})
	for _, size := range []int{0, 1, 80, 8000} {
		dst := make([]int16, size)
		for i := range dst {
			dst[i] = 5
		}
		n.b.Pull(dst, start)
		for _, s := range dst {
			if s != 0 {
				t.Fatal("not silent")
			}
		}
	}
	if s := n.b.Stats(); s.Concealed != 0 || s.Underruns != 0 {
		t.Errorf("%+v", s)
	}
}

// The length of pulls doesn't change what is heard on a clean network.
func TestAnyPullLength(t *testing.T) {
	for _, tick := range []time.Duration{1 * msec, 5 * msec, 12500 * time.Microsecond, 20 * msec, 60 * msec} {
		n := newNetwork(t, Config{})
		n.tick = tick
		n.speak(voice(40000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		n.run(4800 * msec)
		s := n.b.Stats()
		if s.Concealed != 0 || s.Late != 0 || s.Delay > tick+12*msec {
			t.Errorf("%v: %+v", tick, s)
		}
		if score, _ := match(n.sent[24000:24800], n.out[24000:26000]); score < 0.998 {
			t.Errorf("%v: likeness %.4f", tick, score)
		}
	}
}

func TestStretchKeepsThePitch(t *testing.T) {
	x := voice(8000)[4000:4240] // 30 ms
	long := make([]int16, len(x), 2000)
	copy(long, x)
	long = lengthen(long, 8000, 20*msec, byPeriods)
	short := shorten(append([]int16(nil), x...), 8000, 20*msec, byPeriods)
	if len(long) < len(x)+50 || len(short) > len(x)-50 {
		t.Fatalf("%d samples became %d and %d", len(x), len(long), len(short))
	}
	for name, y := range map[string][]int16{"lengthened": long, "shortened": short} {
		if got, clean := largestStep(y), largestStep(x); got > clean*5/4 {
			t.Errorf("%s: a step of %d, %d before", name, got, clean)
		}
		if y[0] != x[0] || math.Abs(float64(y[len(y)-1])-float64(x[len(x)-1])) > float64(largestStep(x)) {
			t.Errorf("%s: the ends moved", name)
		}
	}
	// What doesn't repeat isn't touched.
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range x {
		x[i] = int16(rng.NormFloat64() * 3000)
	}
	if n := len(shorten(x, 8000, 20*msec, byPeriods)); n != len(x) {
		t.Errorf("noise was cut to %d", n)
	}
}

func TestPutAndPullDoNotAllocate(t *testing.T) {
	for name, f := range map[string]Format{"PCMU": pcmu(t), "opus": opusFormat(t, 111)} {
		b, err := New(Config{Formats: []Format{f}, Rate: 16000})
		if err != nil {
			t.Fatal(err)
		}
		p := rtp.Packet{SSRC: 1, PayloadType: f.PT, Payload: packetOf(t, f)}
		dst, now := make([]int16, 160), start
		i := 0
		if n := testing.AllocsPerRun(500, func() {
			if i%2 == 0 && i%14 != 6 { // with loss
				p.Sequence, p.Timestamp = uint16(i/2), uint32(i/2*f.ClockRate/50)
				b.Put(&p, now)
			}
			b.Pull(dst, now)
			_ = b.Stats()
			now = now.Add(10 * msec)
			i++
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// packetOf is one 20 ms packet of a format.
func packetOf(t testing.TB, f Format) []byte {
	t.Helper()
	var c codec.Codec = g711.PCMU{}
	if f.SampleRate == 48000 {
		c = opus.Codec{}
	}
	enc, err := c.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	buf, pcm := make([]byte, 1500), voice(f.SampleRate/50)
	n, err := enc.Encode(buf, pcm)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// Whatever comes, Pull fills dst and ends, the counts add up, and neither what waits nor
// the delay grows beyond what is allowed.
// poison is a sample that nothing decodes to.
const poison = 0x5a5b

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, uint64(1))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0}, uint64(2))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var outcomes [5]int64
		n := newNetwork(t, Config{Formats: []Format{pcmu(t), opusFormat(t, 111)}, ComfortNoisePT: 13, Outcome: func(o Outcome) { outcomes[o]++ }})
		noises := int64(0) // packets of which nothing is told
		now, dst := start, make([]int16, 500)
		seq, stamp := uint16(0), uint32(0)
		for ; len(raw) >= 4; raw = raw[4:] {
			op := raw[0]
			switch op % 8 {
			case 0, 1, 2, 3: // a step that a stream makes
				seq++
				stamp += 160
			case 4:
				seq += uint16(raw[1])
				stamp += uint32(raw[1]) * 160
			case 5:
				seq -= uint16(raw[1])
			case 6:
				seq = binary.BigEndian.Uint16(raw[1:])
			case 7:
				stamp = binary.BigEndian.Uint32(raw)
			}
			p := rtp.Packet{SSRC: uint32(op>>3) % 3, Sequence: seq, Timestamp: stamp, Payload: raw[:min(len(raw), int(raw[3]))]}
			switch op >> 5 {
			case 0:
				p.PayloadType = 111
			case 1:
				p.PayloadType = 13
				noises++
			case 2:
				p.PayloadType = raw[2]
				noises++
			}
			if op>>5 == 3 {
				n.b.Skip(&p, now)
			} else {
				n.b.Put(&p, now)
			}
			now = now.Add(time.Duration(rng.IntN(40)-2) * msec)
			if raw[2] == 77 {
				now = now.Add(time.Hour)
			}
			out := dst[:rng.IntN(len(dst))]
			if len(out) > 0 {
				out[0], out[len(out)-1] = poison, poison
			}
			n.b.Pull(out, now)
			if len(out) > 1 && out[0] == poison && out[len(out)-1] == poison {
				t.Fatal("not filled")
			}
			s := n.b.Stats()
			told := outcomes[Played] + outcomes[Lost] + outcomes[Recovered] + outcomes[Discarded]
			if told < int64(s.Played+s.Lost)-noises || outcomes[Played] > int64(s.Played) {
				t.Fatalf("%v told of %+v", outcomes, s)
			}
			if s.Played+s.Late+s.Duplicate+s.Foreign+s.Discarded > s.Packets || s.Buffered < 0 || s.Target < 0 || s.Target > n.b.cfg.Max || n.b.count < 0 || n.b.count > slots {
				t.Fatalf("%+v", s)
			}
		}
		// After whatever it was, a good stream plays.
		for i := range 400 {
			p := rtp.Packet{SSRC: 99, Sequence: uint16(i), Timestamp: uint32(i * 160), Payload: make([]byte, 160)}
			n.b.Put(&p, now)
			for range 2 {
				n.b.Pull(dst[:80], now)
				now = now.Add(10 * msec)
			}
		}
		if s := n.b.Stats(); n.b.mode != playing || n.b.count > 30 || s.Delay < 0 || s.Delay > n.b.cfg.Max+hoard+150*msec {
			t.Fatalf("8 s of a good stream end with %d packets waiting: %+v", n.b.count, s)
		}
	})
}

func BenchmarkCall(b *testing.B) {
	for name, f := range map[string]Format{"PCMU": pcmu(b), "opus": opusFormat(b, 111)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf, err := New(Config{Formats: []Format{f}})
			if err != nil {
				b.Fatal(err)
			}
			p := rtp.Packet{SSRC: 1, PayloadType: f.PT, Payload: packetOf(b, f)}
			dst, now := make([]int16, f.SampleRate/100), start
			for b.Loop() { // 20 ms
				p.Sequence++
				p.Timestamp += uint32(f.ClockRate / 50)
				buf.Put(&p, now)
				buf.Pull(dst, now)
				now = now.Add(10 * msec)
				buf.Pull(dst, now)
				now = now.Add(10 * msec)
			}
		})
	}
}

// Digits in place of audio are neither lost nor concealed packets.
func TestEventsInPlaceOfAudio(t *testing.T) {
	for _, packets := range []int{5, 8, 40, 400} { // 100 ms to 8 s
		n := newNetwork(t, Config{})
		n.speak(voice(16000), 160, rtp.Packet{SSRC: 1, Sequence: 65490}, 0, prompt)
		for i := range packets {
			n.events = append(n.events, event{2*time.Second + time.Duration(i)*20*msec,
				rtp.Packet{SSRC: 1, Sequence: uint16(65590 + i), Timestamp: 16000, PayloadType: telephone, Payload: make([]byte, 4)}})
		}
		after := 2*time.Second + time.Duration(packets)*20*msec
		n.speak(voice(16000), 160, rtp.Packet{SSRC: 1, Sequence: uint16(65590 + packets), Timestamp: 16000 + uint32(packets)*160}, after, prompt)
		n.run(after + 1900*msec)
		s := n.b.Stats()
		if s.Lost+s.Late+s.Discarded+s.Resyncs+s.Underruns != 0 || s.Concealed != 0 || s.Delay > 30*msec {
			t.Errorf("%d packets: %+v", packets, s)
		}
		from := int(after.Seconds()*8000) + 4000
		if score, _ := match(n.sent[20000:20800], n.out[from:from+1500]); score < 0.99 {
			t.Errorf("%d packets: the voice after it has likeness %.3f", packets, score)
		}
		if n.b.count > 1 {
			t.Errorf("%d packets: %d slots are still filled", packets, n.b.count)
		}
	}
}
