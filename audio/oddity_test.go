package audio

import (
	"bytes"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

// listener is a loop that hears a tone of one peer, while others disturb it.
type listener struct {
	*bareLoop
	seq   uint16
	stamp uint32
	tone  []byte // a packet of it
	heard []int16
}

func newListener(t testing.TB) *listener {
	l := &listener{bareLoop: newKeeper(t), tone: make([]byte, 160)}
	enc, err := g711.PCMU{}.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 160)
	for i := range pcm { // 400 Hz: whole periods in a packet
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*400*float64(i)/8000))
	}
	if _, err := enc.Encode(l.tone, pcm); err != nil {
		t.Fatal(err)
	}
	l.apply(talk(far, g711.PCMU{}, 0), l.now)
	l.beats(20, nil)
	return l
}

// beats lets the peer speak for n packet times, and disturb do as it likes before each.
func (l *listener) beats(n int, disturb func(i int)) {
	pcm := make([]int16, 160)
	for i := range n {
		l.step()
		if disturb != nil {
			disturb(i)
		}
		l.take(packet(0, l.seq, l.stamp, 1, l.tone), far)
		l.seq, l.stamp = l.seq+1, l.stamp+160
		l.drain(l.now)
		l.recv.now = l.now
		if _, err := l.recv.Read(pcm); err != nil {
			panic(err)
		}
		l.heard = append(l.heard, pcm...)
		l.report(l.now)
		l.rate(l.now)
	}
	l.publish()
}

// hears says that the last n packet times were the peer's tone and little else.
func (l *listener) hears(t *testing.T, what string, n int) {
	t.Helper()
	tail := l.heard[len(l.heard)-160*n:]
	sum := 0.0
	for _, s := range tail {
		sum += float64(s) * float64(s)
	}
	// The filter is a matched one: the tone's share of the energy.
	var re, im float64
	for i, s := range tail {
		sin, cos := math.Sincos(2 * math.Pi * 400 * float64(i) / 8000)
		re, im = re+float64(s)*cos, im+float64(s)*sin
	}
	share := 2 * (re*re + im*im) / float64(len(tail)) / max(sum, 1)
	if share < 0.95 || sum/float64(len(tail)) < 1e7 {
		t.Errorf("%s: the tone has %.2f of what is heard, of power %.0f", what, share, sum/float64(len(tail)))
	}
}

// Padding, CSRC list and header extension are stripped before decoding (RFC 3550, section
// 5.1): a peer that sends all of them is heard as one that sends none.
func TestInterop49HeaderExtrasAreStripped(t *testing.T) {
	plain, dressed := newListener(t), newListener(t)
	plain.beats(50, nil)
	for range 50 {
		dressed.step()
		raw := packet(0, dressed.seq, dressed.stamp, 1, nil)
		raw[0] |= 0x20 | 0x10 | 2 // padding, extension, two CSRCs
		raw = append(raw, 1, 2, 3, 4, 5, 6, 7, 8)
		raw = append(raw, 0xbe, 0xde, 0, 2, 0x10, 0x55, 0x21, 1, 2, 0, 0, 0)
		raw = append(raw, dressed.tone...)
		raw = append(raw, 0, 0, 0, 4)
		dressed.take(raw, far)
		dressed.seq, dressed.stamp = dressed.seq+1, dressed.stamp+160
		dressed.drain(dressed.now)
		pcm := make([]int16, 160)
		dressed.recv.now = dressed.now
		if _, err := dressed.recv.Read(pcm); err != nil {
			t.Fatal(err)
		}
		dressed.heard = append(dressed.heard, pcm...)
	}
	for i := range plain.heard {
		if plain.heard[i] != dressed.heard[i] {
			t.Fatalf("sample %d is %d, without the extras %d", i, dressed.heard[i], plain.heard[i])
		}
	}
	dressed.publish()
	if s := dressed.s.Stats(); s.Invalid != 0 || s.BytesReceived != plain.s.Stats().BytesReceived {
		t.Errorf("%d invalid, %d bytes of payload", s.Invalid, s.BytesReceived)
	}
	dressed.hears(t, "with extras", 40)
}

// Whatever else comes is counted by its kind, told once, and doesn't harm the voice.
func TestOddDatagramsAreCountedAndSurvived(t *testing.T) {
	stranger := netip.MustParseAddrPort("203.0.113.5:9")
	rnd := rand.NewChaCha8([32]byte{7})
	tests := []struct {
		kind  Oddity
		from  netip.AddrPort
		rtcp  bool // to that port
		raw   func(i int) []byte
		quiet bool // isn't in Invalid
	}{
		{kind: OddJunk, from: far, raw: func(int) []byte { return []byte("\xffhello") }},
		{kind: OddBroken, from: far, raw: func(int) []byte { return packet(0, 1, 1, 1, nil)[:11] }},
		{kind: OddBroken, from: far, raw: func(int) []byte { // padded beyond its size
			p := packet(0, 1, 1, 1, []byte{1, 2, 200})
			p[0] |= 0x20
			return p
		}},
		{kind: OddBroken, from: far, raw: func(int) []byte { // an extension that ends behind the packet
			p := packet(0, 1, 1, 1, []byte{0xbe, 0xde, 0, 99})
			p[0] |= 0x10
			return p
		}},
		{kind: OddBroken, from: far, raw: func(int) []byte { return packet(0, 1, 1, 1, make([]byte, 1488)) }}, // as long as none
		{kind: OddFormat, from: far, raw: func(i int) []byte { return packet(97, uint16(i), uint32(i)*160, 1, make([]byte, 160)) }},
		{kind: OddStranger, from: stranger, raw: func(i int) []byte {
			return packet(0, uint16(i), uint32(i)*160, 99, bytes.Repeat([]byte{0x80}, 160))
		}},
		{kind: OddStranger, from: stranger, raw: func(i int) []byte { return packet(97, uint16(i), 0, 98, nil) }},
		{kind: OddRTP, from: far, rtcp: true, raw: func(i int) []byte { return packet(0, uint16(i), uint32(i)*160, 1, make([]byte, 160)) }},
		{kind: OddMuxed, from: far, quiet: true, raw: func(int) []byte { return mustReport(t, rtp.Report{SSRC: 1, CNAME: "x"}) }},
		{kind: OddReport, from: far, rtcp: true, raw: func(int) []byte { return []byte{0x81, 201, 0, 9, 0, 0, 0, 1} }},
		{kind: OddReport, from: far, raw: func(int) []byte { return []byte{0x81, 201} }},
		{kind: OddReporter, from: stranger, rtcp: true, raw: func(int) []byte { return mustReport(t, rtp.Report{SSRC: 77, CNAME: "x"}) }},
		{kind: OddSTUN, from: far, raw: func(int) []byte {
			return append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
		}},
		{kind: OddDTLS, from: far, raw: func(int) []byte { return []byte{22, 254, 253, 0, 0} }},
		{kind: OddDTLS, from: far, rtcp: true, raw: func(int) []byte { return []byte{22, 254, 253, 0, 0} }},
		{kind: OddStray, from: far, raw: func(i int) []byte { // never two in sequence
			return packet(0, uint16(i*500), 0, 1000+uint32(i), make([]byte, 160))
		}},
		{kind: OddJunk, from: stranger, raw: func(int) []byte {
			p := make([]byte, 300)
			rnd.Read(p)
			p[0] |= 0xc0
			return p
		}},
	}
	for _, tt := range tests {
		l := newListener(t)
		l.events = nil
		before := l.s.Stats()
		sent := 0
		l.beats(100, func(i int) {
			for k := range 3 {
				raw := tt.raw(3*i + k)
				if tt.rtcp {
					l.reportsIn.take(raw, tt.from, l.now)
				} else {
					l.take(raw, tt.from)
				}
				sent++
			}
		})
		s := l.s.Stats()
		if n := s.Odd[tt.kind]; int(n) < sent*9/10 && tt.kind != OddStray || n == 0 {
			t.Errorf("%v: counted %d of %d: %v", tt.kind, n, sent, s.Odd)
		}
		if !tt.quiet && s.Invalid-before.Invalid != s.Odd[tt.kind] {
			t.Errorf("%v: %d invalid, %d odd", tt.kind, s.Invalid-before.Invalid, s.Odd[tt.kind])
		}
		told := eventsOf[Odd](l.bareLoop)
		if len(told) != 1 || told[0].Kind != tt.kind || told[0].From != tt.from {
			t.Errorf("%v: told %+v", tt.kind, told)
		}
		if tt.kind == OddFormat && told[0].PT != 97 {
			t.Errorf("payload type %d", told[0].PT)
		}
		l.hears(t, tt.kind.String(), 50)
		if s.Lost != before.Lost {
			t.Errorf("%v: %d lost", tt.kind, s.Lost)
		}
	}
}

func mustReport(t testing.TB, r rtp.Report) []byte {
	t.Helper()
	raw, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// SRTP where RTP was agreed is not played as noise, and what follows in the clear is heard.
func TestEncryptedByMistakeIsNotPlayed(t *testing.T) {
	l := newListener(t)
	l.events = nil
	plain := l.tone
	rnd := rand.NewChaCha8([32]byte{9})
	for range 50 {
		l.tone = make([]byte, 170)
		rnd.Read(l.tone)
		l.beats(1, nil)
	}
	if told := eventsOf[Odd](l.bareLoop); len(told) != 1 || told[0].Kind != OddEncrypted {
		t.Fatalf("told %+v", told)
	}
	loud := 0
	for _, s := range l.heard[len(l.heard)-160*20:] {
		if s > 3000 || s < -3000 {
			loud++
		}
	}
	if s := l.s.Stats(); loud > 0 || s.Odd[OddEncrypted] < 35 || s.Lost != 0 {
		t.Errorf("%d loud samples, %d counted, %d lost", loud, s.Odd[OddEncrypted], s.Lost)
	}
	l.tone = plain
	l.beats(150, nil)
	l.hears(t, "in the clear again", 50)
}

// A flood from elsewhere is shut out while the peer is heard, and let in again.
func TestFloodIsShutOut(t *testing.T) {
	l := newListener(t)
	l.in.in = newSlots(1024)
	l.in.taken = false
	l.events = nil
	stranger := netip.MustParseAddrPort("203.0.113.5:9")
	flood := packet(0, 1, 1, 666, make([]byte, 160))
	shut := 0
	l.beats(500, func(i int) {
		for range 500 {
			l.take(flood, stranger)
		}
		if slices.Equal(l.in.alone, []netip.AddrPort{far}) {
			shut++
		}
	})
	if s := l.s.Stats(); s.Odd[OddFlood] == 0 || s.Lost != 0 || shut < 450 || shut == 499 {
		t.Errorf("%d of 500 beats shut, odd %v, %d lost", shut, s.Odd, s.Lost)
	}
	l.hears(t, "flooded", 400)
	floods := 0
	for _, e := range eventsOf[Odd](l.bareLoop) {
		if e.Kind == OddFlood {
			floods++
		}
	}
	if floods != 1 {
		t.Errorf("told %d times", floods)
	}
	l.beats(200, nil)
	if len(l.in.alone) > 0 {
		t.Error("still shut after the flood")
	}
	// A peer that has fallen silent may have moved: nobody is shut out then.
	for range 60 {
		for range 100 {
			l.take(flood, stranger)
		}
		l.step()
		l.drain(l.now)
	}
	if len(l.in.alone) > 0 {
		t.Error("shut while the peer is silent")
	}
}

// Streams by the thousand, from the peer's own address, cost no memory and few events.
func TestManyStreamsAreBounded(t *testing.T) {
	l := newListener(t)
	l.in.in = newSlots(1024)
	l.in.taken = false
	l.events = nil
	payload := make([]byte, 160)
	ssrc := uint32(1000)
	pair := [2][]byte{packet(0, 1, 160, 0, payload), packet(0, 2, 320, 0, payload)}
	burst := func() {
		for range 100 {
			ssrc++
			for _, p := range pair {
				p[8], p[9], p[10], p[11] = byte(ssrc>>24), byte(ssrc>>16), byte(ssrc>>8), byte(ssrc)
				l.take(p, far)
			}
		}
		l.step()
		l.drain(l.now)
	}
	l.events = make([]Event, 0, 10000)
	burst()
	if n := testing.AllocsPerRun(20, burst); n > maxFirst {
		t.Errorf("%v allocations for 100 streams", n)
	}
	for range 100 {
		burst()
	}
	if n := len(eventsOf[FirstPacket](l.bareLoop)); n == 0 || n > 5*maxFirst {
		t.Errorf("%d streams were told of in %v", n, 122*20*time.Millisecond)
	}
	if len(l.recv.decoders) != 1 {
		t.Error("decoders have grown")
	}
	l.beats(100, nil)
	l.hears(t, "after it", 30)
}

// Fuzzed datagrams from anywhere to either port: no panic, and the peer is heard on.
func FuzzSessionTakesAnything(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9}, uint8(0))
	f.Add([]byte{0x81, 201, 0, 1, 0, 0, 0, 1}, uint8(1))
	f.Add([]byte{0xb1, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 1, 1, 1, 0x12, 0x34, 0, 0, 'a', 'b', 0, 0, 3}, uint8(2))
	f.Add([]byte{0x80, 207, 0, 4, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8}, uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, how uint8) {
		l := newListener(t)
		from := far
		if how&2 != 0 {
			from = netip.MustParseAddrPort("203.0.113.5:9")
		}
		if how&4 != 0 {
			l.apply(talk(far, opus.Codec{}, 111), l.now)
		}
		for range 3 {
			l.take(raw, from)
			l.reportsIn.take(raw, from, l.now)
			l.step()
			l.drain(l.now)
			l.playFrame(l.now)
			l.rate(l.now)
			l.publish()
		}
		if s := l.s.Stats(); s.Lost > 1<<24 || s.CallIn.LQ > 4.5 || s.MOSOut.LQ > 4.5 {
			t.Fatalf("%+v", s)
		}
	})
}
