package audio

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// bareLoop is a loop without sockets and goroutines: packets go to sent, and take
// puts packets where the network would.
type bareLoop struct {
	*loop
	in, reportsIn *fakeSocket
	now           time.Time
	sent          [][]byte
	keep          bool
	last          []byte
	reports       [][]byte
	to            []netip.AddrPort // of sent
	events        []Event
}

func newBareLoop(t testing.TB) *bareLoop {
	e := &Engine{cfg: EngineConfig{SilentAfter: 5 * time.Second}, mail: newMailbox(), log: discard}
	b := &bareLoop{now: time.Unix(1_000_000, 0)}
	b.reportsIn = newFakeSocket(func(p []byte, _ netip.AddrPort) {
		b.reports = append(b.reports, append([]byte(nil), p...))
	})
	b.in = newFakeSocket(func(p []byte, to netip.AddrPort) {
		b.last = append(b.last[:0], p...)
		if b.keep {
			b.sent = append(b.sent, append([]byte(nil), p...))
			b.to = append(b.to, to)
		}
	})
	s := newSession(e, OpenOptions{OnEvent: func(ev Event) { b.events = append(b.events, ev) }},
		plugs{place{netip.AddrPortFrom(loopback, 4000), netip.AddrPortFrom(loopback, 4001)}, b.in, b.reportsIn})
	b.loop = &s.l
	t.Cleanup(func() {
		s.l.endRecording()
		s.l.release()
	})
	return b
}

// take delivers a datagram.
func (b *bareLoop) take(raw []byte, from netip.AddrPort) { b.in.take(raw, from, b.now) }

// packet builds an RTP packet.
func packet(pt uint8, seq uint16, stamp, ssrc uint32, payload []byte) []byte {
	p := append(make([]byte, 12), payload...)
	p[0], p[1] = 0x80, pt
	binary.BigEndian.PutUint16(p[2:], seq)
	binary.BigEndian.PutUint32(p[4:], stamp)
	binary.BigEndian.PutUint32(p[8:], ssrc)
	return p
}

// reflect sends what went out back in, as another stream.
func (b *bareLoop) reflect(from netip.AddrPort) {
	binary.BigEndian.PutUint32(b.last[8:], 77)
	b.take(b.last, from)
}

func (b *bareLoop) step() { b.now = b.now.Add(b.frameTime()) }

var far = netip.AddrPortFrom(loopback, 5000)

// speechy is a source whose frames aren't alike.
type speechy struct{ at int }

func (s *speechy) Rate() int { return 48000 }
func (s *speechy) Read(dst []int16) (int, error) {
	for i := range dst {
		s.at = s.at*1103515245 + 12345
		dst[i] = int16(s.at>>16) >> 3
	}
	return len(dst), nil
}

func TestMediaPathsAllocateNothing(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			b := newBareLoop(t)
			b.apply(talk(far, f.codec, f.pt), b.now)
			for range 200 { // both sides warm: the jitter buffer has its frames
				b.step()
				b.reflect(far)
				b.drain(b.now)
				b.sendFrame(b.now)
				b.playFrame(b.now)
			}
			if n := testing.AllocsPerRun(200, func() { b.step(); b.sendFrame(b.now) }); n != 0 {
				t.Errorf("sendFrame: %v allocations", n)
			}
			if n := testing.AllocsPerRun(200, func() {
				b.step()
				b.sendFrame(b.now)
				b.reflect(far)
				b.drain(b.now)
				b.playFrame(b.now)
				b.watch(b.now)
				b.publish()
			}); n != 0 {
				t.Errorf("a beat: %v allocations", n)
			}
			if st := b.s.Stats(); st.PacketsReceived < 200 || st.Invalid != 0 {
				t.Errorf("the packets weren't taken: %+v", st)
			}
		})
	}
}

func BenchmarkSendFrame(b *testing.B) {
	for _, f := range formats {
		b.Run(f.name, func(b *testing.B) {
			l := newBareLoop(b)
			l.apply(talk(far, f.codec, f.pt), l.now)
			l.mic = &speechy{}
			b.ReportAllocs()
			for b.Loop() {
				l.step()
				l.sendFrame(l.now)
			}
		})
	}
}

func BenchmarkPlayFrame(b *testing.B) {
	for _, f := range formats {
		b.Run(f.name, func(b *testing.B) {
			l := newBareLoop(b)
			l.apply(talk(far, f.codec, f.pt), l.now)
			l.mic = &speechy{}
			const frames = 256 // packets made beforehand: the encoder isn't measured
			l.keep = true
			for range frames {
				l.sendFrame(l.now)
			}
			seq := uint16(0)
			stamp := uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				p := l.sent[int(seq)%frames]
				binary.BigEndian.PutUint16(p[2:], seq)
				binary.BigEndian.PutUint32(p[4:], stamp)
				seq++
				stamp += l.send.units
				l.take(p, far)
				l.step()
				l.drain(l.now)
				l.playFrame(l.now)
			}
		})
	}
}

func TestClockedPathAllocatesNothing(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			b := newBareLoop(t)
			card := &steadyCard{rate: 48000}
			b.lend(card, ToneWaiting, b.now)
			b.apply(talk(far, f.codec, f.pt), b.now)
			b.setEcho(true)
			sent := b.stats().PacketsSent
			tick := func() {
				b.now = b.now.Add(10 * time.Millisecond)
				card.fresh, card.queued = 480, max(0, card.queued-480)
				b.reflect(far)
				b.deviceTick(b.now)
			}
			for range 400 {
				tick()
			}
			if n := b.stats().PacketsSent - sent; n < 199 || n > 200 {
				t.Fatalf("%d packets in 4 s of 10 ms ticks", n)
			}
			if n := testing.AllocsPerRun(400, tick); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// steadyCard hears and plays 10 ms between two ticks.
type steadyCard struct{ rate, fresh, queued, written int }

func (c *steadyCard) Rate() int { return c.rate }
func (c *steadyCard) Read(dst []int16) (int, error) {
	n := min(len(dst), c.fresh)
	c.fresh -= n
	clear(dst[:n])
	return n, nil
}
func (c *steadyCard) Write(pcm []int16) error {
	c.queued += len(pcm)
	c.written += len(pcm)
	return nil
}
func (c *steadyCard) Period() time.Duration  { return 10 * time.Millisecond }
func (c *steadyCard) Ticks() <-chan struct{} { return make(chan struct{}) }
func (c *steadyCard) Queued() int            { return c.queued }
func (c *steadyCard) Stats() StreamStats     { return StreamStats{} }
func (c *steadyCard) Close() error           { return nil }

// BenchmarkApplyToFirstPacket is the time from an answer's Apply until the first RTP
// packet is at the peer's socket.
func BenchmarkApplyToFirstPacket(b *testing.B) {
	for _, f := range formats {
		b.Run(f.name, func(b *testing.B) {
			e, err := NewEngine(EngineConfig{})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				b.Fatal(err)
			}
			defer peer.Close()
			buf := make([]byte, 1500)
			for b.Loop() {
				b.StopTimer()
				s, err := e.Open(b.Context(), OpenOptions{Local: loopback})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				s.Apply(talk(localAddr(peer), f.codec, f.pt))
				if _, err := peer.Read(buf); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				s.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkOpen is the cost of a session's sockets, goroutines and buffers.
func BenchmarkOpen(b *testing.B) {
	e, err := NewEngine(EngineConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	b.ReportAllocs()
	for b.Loop() {
		s, err := e.Open(b.Context(), OpenOptions{Local: loopback})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkConference is 10 ms of a conference: what each beat of its mixer costs.
func BenchmarkConference(b *testing.B) {
	for _, members := range []int{3, 20, 100} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			m := newMixer(nil, 16000)
			defer m.pacer.Stop()
			pcm := sine(16000, 440, 160)
			for range members {
				m.ports = append(m.ports, newPort(16000))
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range m.ports {
					_ = p.Write(pcm)
				}
				m.mix(nil, len(m.sum))
				for _, p := range m.ports {
					p.Flush()
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(10*time.Millisecond)*100, "%core")
		})
	}
}
