package audio

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

func parse(t testing.TB, raw []byte) rtp.Packet {
	t.Helper()
	var p rtp.Parser
	var pkt rtp.Packet
	if err := p.Parse(raw, &pkt); err != nil {
		t.Fatal(err)
	}
	return pkt
}

// tick is a beat of the session's own clock.
func (b *bareLoop) tick() {
	b.step()
	b.beat(b.now, b.now)
}

func newKeeper(t testing.TB) *bareLoop {
	b := newBareLoop(t)
	b.keep = true
	return b
}

func eventsOf[E Event](b *bareLoop) (all []E) {
	for _, ev := range b.events {
		if e, ok := ev.(E); ok {
			all = append(all, e)
		}
	}
	return all
}

func TestNothingIsSentOnHold(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	for range 10 {
		b.tick()
	}
	before := len(b.sent)
	if before != 11 {
		t.Fatalf("%d packets in 10 beats and the first", before)
	}
	hold := p
	hold.Send = false
	b.apply(hold, b.now)
	for range 50 {
		b.tick()
	}
	if len(b.sent) != before {
		t.Fatalf("%d packets on hold", len(b.sent)-before)
	}
	b.apply(p, b.now)
	b.tick()
	if len(b.sent) != before+1 {
		t.Fatal("no packet after the resumption")
	}
	last, next := parse(t, b.sent[before-1]), parse(t, b.sent[before])
	if !next.Marker || next.Sequence != last.Sequence+1 || next.SSRC != last.SSRC {
		t.Errorf("after hold: %+v, before: %+v", next, last)
	}
	if d := next.Timestamp - last.Timestamp; d != 51*160 {
		t.Errorf("the timestamp moved by %d in 51 packet times, want %d", d, 51*160)
	}
	if b.parked() {
		t.Error("no beat")
	}
	none := p
	none.Send, none.Receive = false, false
	b.apply(none, b.now)
	if !b.parked() {
		t.Error("an inactive session still ticks")
	}
}

func TestNowhereToSend(t *testing.T) {
	for _, to := range []string{"0.0.0.0:5000", "127.0.0.1:0"} {
		b := newKeeper(t)
		b.apply(talk(netip.MustParseAddrPort(to), g711.PCMU{}, 0), b.now)
		b.tick()
		if len(b.sent) != 0 {
			t.Errorf("%d packets to %s", len(b.sent), to)
		}
	}
	b := newKeeper(t)
	b.apply(Params{Send: true, Receive: true}, b.now)
	b.tick()
	if len(b.sent) != 0 {
		t.Error("packets without a codec")
	}
}

func TestMuteSendsSilence(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.mic = &sliceSource{rate: 8000, pcm: slices.Repeat([]int16{8000}, 8000)}
	b.tick()
	b.setMuted(true)
	b.tick()
	b.tick()
	last := b.sent[len(b.sent)-1][12:]
	if !slices.Equal(last, slices.Repeat([]byte{muSilence}, 160)) {
		t.Errorf("muted: % x", last[:8])
	}
	b.setMuted(false)
	b.tick()
	b.tick()
	if last := b.sent[len(b.sent)-1]; last[170] == muSilence {
		t.Error("unmuted, still silent")
	}
}

func TestCodecChangesInMidCall(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.tick()
	b.apply(talk(far, g711.PCMA{}, 8), b.now) // same clock: the stream goes on
	b.tick()
	n := len(b.sent)
	x, y := parse(t, b.sent[n-2]), parse(t, b.sent[n-1])
	if x.PayloadType != 0 || y.PayloadType != 8 || y.SSRC != x.SSRC || y.Sequence != x.Sequence+1 || y.Timestamp != x.Timestamp+160 {
		t.Errorf("PCMU to PCMA: %+v, %+v", x, y)
	}
	p := talk(far, g711.PCMA{}, 97) // the payload type alone
	b.apply(p, b.now)
	b.tick()
	if z := parse(t, b.sent[n]); z.PayloadType != 97 || z.Sequence != y.Sequence+1 {
		t.Errorf("payload type 97: %+v", z)
	}
	p.Ptime = 40 * time.Millisecond
	b.apply(p, b.now)
	b.tick()
	if z := parse(t, b.sent[n+1]); len(z.Payload) != 320 {
		t.Errorf("40 ms: %d bytes", len(z.Payload))
	}
	b.apply(talk(far, opus.Codec{}, 96), b.now) // another clock: another stream
	b.tick()
	if z := parse(t, b.sent[n+2]); z.PayloadType != 96 || z.SSRC == x.SSRC || !z.Marker {
		t.Errorf("opus: %+v", z)
	}
	if st := b.stats(); st.PacketsSent != uint64(len(b.sent)) {
		t.Errorf("%d packets counted, %d sent", st.PacketsSent, len(b.sent))
	}
}

func TestOpusTakes30msAs20ms(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, opus.Codec{}, 96)
	p.Ptime = 30 * time.Millisecond
	b.apply(p, b.now)
	b.tick()
	b.tick()
	if b.frameTime() != 20*time.Millisecond || len(b.sent) == 0 {
		t.Fatalf("packet time %v, %d packets", b.frameTime(), len(b.sent))
	}
	n := len(b.sent)
	b.tick()
	x, y := parse(t, b.sent[n-1]), parse(t, b.sent[n])
	if y.Timestamp-x.Timestamp != 960 {
		t.Errorf("timestamps are %d apart", y.Timestamp-x.Timestamp)
	}
}

func TestLateLoopCatchesUpAndSkips(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.due = b.now.Add(20 * time.Millisecond)
	b.now = b.now.Add(65 * time.Millisecond) // three beats
	b.ownTick(b.now)
	if len(b.sent) != 4 {
		t.Fatalf("%d packets after 65 ms, want 4", len(b.sent))
	}
	b.now = b.now.Add(10 * time.Second) // the process was stopped
	b.ownTick(b.now)
	if n := len(b.sent); n != 4+maxCatchUp {
		t.Fatalf("%d packets after a stop", n-4)
	}
	// What is sent then is what is due now, not ten seconds ago.
	if due := b.due.Sub(b.now); due <= 0 || due > 20*time.Millisecond {
		t.Errorf("the next beat is %v away", due)
	}
	before, next := parse(t, b.sent[3]), parse(t, b.sent[4])
	if d := next.Timestamp - before.Timestamp; !next.Marker || d < 8*9900 || d > 8*10000 {
		t.Errorf("the first packet after the stop is %d later, marker %v", d, next.Marker)
	}
	b.now = b.due
	b.ownTick(b.now)
	first, last := parse(t, b.sent[0]), parse(t, b.sent[len(b.sent)-1])
	if got, want := last.Timestamp-first.Timestamp, uint32(8*(10065+15)); got < want-320 || got > want+320 {
		t.Errorf("10 s are %d in the timestamps, want about %d", got, want)
	}
}

func TestLatchesToTheSource(t *testing.T) {
	b := newKeeper(t)
	nat := netip.MustParseAddrPort("127.0.0.9:7777")
	stranger := netip.MustParseAddrPort("127.0.0.66:6666")
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	payload := make([]byte, 160)
	for i := range 5 {
		b.take(packet(0, uint16(i), uint32(160*i), 42, payload), nat)
		b.tick()
	}
	if to := b.to[len(b.to)-1]; to != nat {
		t.Fatalf("sent to %v, want %v where the peer's packets come from", to, nat)
	}
	if ev := eventsOf[FirstPacket](b); len(ev) != 1 || ev[0] != (FirstPacket{SSRC: 42, From: nat}) {
		t.Errorf("%+v", ev)
	}
	for i := range 5 { // into the running stream
		b.take(packet(0, uint16(900+i), 0, 99, payload), stranger)
		b.take(packet(0, uint16(5+i), uint32(160*(5+i)), 42, payload), nat)
		b.tick()
	}
	if to := b.to[len(b.to)-1]; to != nat {
		t.Errorf("a stranger took the stream: %v", to)
	}
	if st := b.stats(); st.Invalid != 5 || st.PacketsReceived != 10 {
		t.Errorf("%+v", st)
	}
}

func TestNewSourceInMidCall(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	payload := slices.Repeat([]byte{0x10}, 160) // loud
	loud := func() bool { return b.recv.meter.Level() > -20 }
	for i := range 20 {
		b.take(packet(0, uint16(i), uint32(160*i), 1, payload), far)
		b.tick()
	}
	if !loud() {
		t.Fatal("nothing is heard")
	}
	concealed := b.stats().Concealed
	for i := range 20 { // other SSRC, sequence and timestamp
		b.take(packet(0, uint16(40000+i), uint32(3e9)+uint32(160*i), 2, payload), far)
		b.tick()
	}
	if ev := eventsOf[FirstPacket](b); len(ev) != 2 || ev[1].SSRC != 2 {
		t.Errorf("%+v", ev)
	}
	if !loud() {
		t.Error("silence after the change")
	}
	if d := b.stats().Concealed - concealed; d > 60*time.Millisecond {
		t.Errorf("%v were concealed at the change", d)
	}
}

func TestForeignAndMalformedPacketsAreCounted(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	good := packet(0, 1, 160, 7, make([]byte, 160))
	long := append(slices.Clone(good), make([]byte, maxDatagram)...)
	bad := [][]byte{
		{0x80}, good[:11], []byte("INVITE sip:x SIP/2.0\r\n"),
		packet(50, 1, 0, 7, make([]byte, 20)), // a payload type we don't know
		{0x80, 200, 0, 1, 0, 0, 0, 1},         // RTCP cut short
		long,
		{0x00, 0x01, 0, 0}, // STUN
	}
	for _, raw := range bad {
		b.take(raw, far)
		b.tick()
	}
	if st := b.stats(); st.Invalid != uint64(len(bad)) || st.PacketsReceived != 0 {
		t.Errorf("%d bad packets: %+v", len(bad), st)
	}
	b.take(good, far)
	b.tick()
	if st := b.stats(); st.PacketsReceived != 1 {
		t.Errorf("%+v", st)
	}
}

func TestSilentPeerIsReported(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	for range 11 * 50 {
		b.tick()
	}
	ev := eventsOf[Silent](b)
	if len(ev) != 2 || ev[0].For != 5*time.Second || ev[1].For != 10*time.Second {
		t.Errorf("%v", ev)
	}
	b.take(packet(0, 1, 160, 7, make([]byte, 160)), far)
	for range 4 * 50 {
		b.tick()
	}
	if n := len(eventsOf[Silent](b)); n != 2 {
		t.Errorf("reported %d times, although a packet came", n)
	}
	hold := talk(far, g711.PCMU{}, 0)
	hold.Receive = false
	b.apply(hold, b.now)
	for range 20 * 50 {
		b.tick()
	}
	if n := len(eventsOf[Silent](b)); n != 2 {
		t.Errorf("reported %d times on hold", n)
	}
}

func TestDigitsTakeThePlaceOfAudio(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.setMuted(true)
	b.send.digits = append(b.send.digits, digit{char: '5'}, digit{char: '#'})
	for range 30 {
		b.tick()
	}
	var stamps []uint32
	ends := map[uint32]int{}
	for i, raw := range b.sent {
		p := parse(t, raw)
		if i > 0 && p.Sequence != parse(t, b.sent[i-1]).Sequence+1 {
			t.Fatalf("a hole before packet %d", i)
		}
		if p.PayloadType != 101 {
			continue
		}
		if len(stamps) == 0 || stamps[len(stamps)-1] != p.Timestamp {
			stamps = append(stamps, p.Timestamp)
			if !p.Marker {
				t.Error("an event starts without a marker")
			}
		}
		if p.Payload[1]&0x80 != 0 {
			ends[p.Timestamp]++
		}
	}
	if len(stamps) != 2 || ends[stamps[0]] != 3 || ends[stamps[1]] != 3 {
		t.Errorf("events at %v, ends %v", stamps, ends)
	}
	if ev := eventsOf[DigitSent](b); len(ev) != 2 || ev[0].Digit != '5' || ev[1].Digit != '#' {
		t.Errorf("%v", ev)
	}
}

func TestEchoServicesReflectOurOwnSSRC(t *testing.T) {
	// sipp -rtp_echo and Asterisk's Echo() of some builds send our packets back as they are.
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	for range 20 {
		b.take(b.sent[len(b.sent)-1], far)
		b.tick()
	}
	if st := b.stats(); st.PacketsReceived != 20 || st.Invalid != 0 {
		t.Errorf("%+v", st)
	}
}

func FuzzTakePacket(f *testing.F) {
	f.Add(packet(0, 1, 160, 7, make([]byte, 160)), packet(101, 2, 160, 7, []byte{5, 0x8a, 3, 32}))
	f.Add(packet(13, 1, 160, 7, []byte{40}), packet(96, 9, 1, 8, []byte{0xfc, 1, 2}))
	f.Add([]byte{0x80, 200, 0, 6}, []byte{0x90, 0, 0, 1})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		b := newBareLoop(t)
		p := talk(far, g711.PCMU{}, 0)
		p.Decode = append(p.Decode, Format{PT: 96, Codec: opus.Codec{}})
		p.ComfortNoisePT = 13
		b.apply(p, b.now)
		for i, raw := range [][]byte{x, y, x, y} {
			if len(raw) > maxDatagram {
				raw = raw[:maxDatagram]
			}
			b.take(raw, far)
			if i == 1 && len(raw) >= 4 {
				binary.BigEndian.PutUint16(y[2:], uint16(i))
			}
			b.tick()
		}
		st := b.stats()
		if st.PacketsReceived > 4 || st.Invalid > 4 { // one that came but can't be decoded is both
			t.Fatalf("of 4 packets: %+v", st)
		}
	})
}

// A stop of the whole process, as with an exchange of its own, must not leave delay
// behind: neither in the echo's ring, nor in the jitter buffers.
func TestDelayComesBackAfterAStop(t *testing.T) {
	for _, stop := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, time.Second, 5 * time.Second} {
		t.Run(stop.String(), func(t *testing.T) {
			x, y := newBareLoop(t), newBareLoop(t)
			xa, ya := netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.1:5000")
			x.in.out = func(raw []byte, _ netip.AddrPort) { y.in.take(raw, xa, x.now) }
			y.in.out = func(raw []byte, _ netip.AddrPort) { x.in.take(raw, ya, y.now) }
			x.apply(talk(ya, g711.PCMU{}, 0), x.now)
			y.apply(talk(xa, g711.PCMU{}, 0), y.now)
			y.setEcho(true)
			x.due = x.now.Add(20 * time.Millisecond)
			y.due = x.due.Add(3 * time.Millisecond)
			run := func(until time.Time) {
				for x.due.Before(until) {
					b := x
					if y.due.Before(x.due) {
						b = y
					}
					x.now, y.now = b.due, b.due
					b.ownTick(b.now)
				}
			}
			start := x.now
			run(start.Add(3 * time.Second))
			before := [2]time.Duration{x.stats().Playout, y.stats().Playout}
			x.now = x.now.Add(stop)
			y.now = x.now
			x.ownTick(x.now)
			y.ownTick(y.now)
			end := x.now.Add(2 * time.Second)
			run(end)
			for i, b := range []*bareLoop{x, y} {
				st := b.stats()
				t.Logf("playout %v, was %v, target %v, concealed %v", st.Playout, before[i], st.Target, st.Concealed)
				if st.Playout > before[i]+60*time.Millisecond {
					t.Errorf("2 s after the stop playout is %v, before it was %v", st.Playout, before[i])
				}
				if late := st.PacketsSent + 3; late < uint64((5*time.Second)/(20*time.Millisecond)) {
					t.Errorf("%d packets in 5 s beside the stop", st.PacketsSent)
				}
			}
			if n := time.Duration(y.echo.ring.Len()) * time.Second / 8000; n > 40*time.Millisecond {
				t.Errorf("%v wait in the echo", n)
			}
		})
	}
}

func TestTapSeesEveryDatagramAndItsTime(t *testing.T) {
	type seen struct {
		at            time.Time
		rtcp, out     bool
		local, remote netip.AddrPort
		size          int
	}
	var got []seen
	b := newBareLoop(t)
	b.s.e.cfg.Tap = func(at time.Time, rtcp, out bool, local, remote netip.AddrPort, raw []byte) {
		got = append(got, seen{at, rtcp, out, local, remote, len(raw)})
	}
	b.apply(talk(far, g711.PCMU{}, 0), b.now) // sends one
	came := b.now.Add(7 * time.Millisecond)
	b.in.take(packet(0, 1, 160, 7, make([]byte, 160)), far, came)
	b.reportsIn.take([]byte{0x80, 200, 0, 6}, nextPort(far), came)
	b.step()
	b.drain(b.now)
	want := []seen{
		{out: true, local: b.s.at.Load().rtp, remote: far, size: 172},
		{at: came, local: b.s.at.Load().rtp, remote: far, size: 172},
		{at: came, rtcp: true, local: b.s.at.Load().rtcp, remote: nextPort(far), size: 4},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		if i == 0 {
			got[i].at = w.at // that of the write itself
		}
		if got[i] != w {
			t.Errorf("datagram %d: %+v, want %+v", i, got[i], w)
		}
	}
}

func TestMappedAddressesAreThePeers(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	p.RemoteRTCP = nextPort(far)
	b.apply(p, b.now)
	mapped := func(a netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	for i := range 5 {
		b.take(packet(0, uint16(i), uint32(160*i), 42, make([]byte, 160)), mapped(far))
		b.tick()
	}
	sr := rtp.Report{SSRC: 42, CNAME: "peer", Sent: &rtp.SenderInfo{}}
	raw, err := sr.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b.reportsIn.take(raw, mapped(nextPort(far)), b.now)
	b.tick()
	if st := b.stats(); st.PacketsReceived != 5 || st.Invalid != 0 || b.ctl.learnt.IsValid() {
		t.Errorf("%+v, reports learnt to go to %v", st, b.ctl.learnt)
	}
}
