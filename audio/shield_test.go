package audio

import (
	"bytes"
	"runtime/debug"
	"slices"
	"testing"

	"offhook/audio/dtls"
	"offhook/audio/rtp"
	"offhook/audio/srtp"
	"offhook/codec/g711"
)

// crypted is a listener whose peer speaks SRTP.
type crypted struct {
	*listener
	local, remote srtp.Key
	seal          *srtp.Sealer // the peer's
	open          *srtp.Opener // the peer's
}

func newCrypted(t testing.TB, suite srtp.Suite) *crypted {
	c := &crypted{listener: newListener(t)}
	c.rekey(t, srtp.RandomKey(suite), srtp.RandomKey(suite))
	return c
}

// rekey lets both sides take new keys.
func (c *crypted) rekey(t testing.TB, local, remote srtp.Key) {
	t.Helper()
	var err error
	if !local.Equal(c.local) {
		if c.open, err = srtp.NewOpener(local); err != nil {
			t.Fatal(err)
		}
	}
	if !remote.Equal(c.remote) {
		if c.seal, err = srtp.NewSealer(remote); err != nil {
			t.Fatal(err)
		}
	}
	c.local, c.remote = local, remote
	p := talk(far, g711.PCMU{}, 0)
	p.Security = SDES{Suite: local.Suite(), Local: local, Remote: remote}
	c.apply(p, c.now)
}

// speak is one packet time of the peer's, sealed by by; deliver takes what goes on the wire.
func (c *crypted) speak(t testing.TB, by *srtp.Sealer, n int, deliver func(raw []byte)) {
	t.Helper()
	pcm := make([]int16, 160)
	for range n {
		c.step()
		p := packet(0, c.seq, c.stamp, 1, c.tone)
		c.seq, c.stamp = c.seq+1, c.stamp+160
		if by != nil {
			var err error
			if p, err = by.RTP(append(make([]byte, 0, 1500), p...)); err != nil {
				t.Fatal(err)
			}
		}
		deliver(p)
		c.drain(c.now)
		c.recv.now = c.now
		if _, err := c.recv.Read(pcm); err != nil {
			t.Fatal(err)
		}
		c.heard = append(c.heard, pcm...)
	}
	c.publish()
}

func (c *crypted) fromPeer(raw []byte) { c.take(raw, far) }

func TestSRTPIsHeardAndSent(t *testing.T) {
	for _, suite := range srtp.Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			c := newCrypted(t, suite)
			if told := eventsOf[Secured](c.bareLoop); len(told) != 1 || told[0] != (Secured{ExchangeSDES, suite}) {
				t.Fatalf("told %v", told)
			}
			c.speak(t, c.seal, 100, c.fromPeer)
			c.hears(t, "SRTP", 50)
			c.sent = nil
			c.tick()
			plain, err := c.open.RTP(make([]byte, 1500), c.sent[0])
			if err != nil || bytes.Contains(c.sent[0], plain[12:]) {
				t.Fatalf("sent %d octets: %v", len(c.sent[0]), err)
			}
			if p := parse(t, plain); len(p.Payload) != 160 || p.SSRC != c.send.rtp.SSRC() {
				t.Errorf("sent %+v", p)
			}
			s := c.s.Stats().Security
			if s.Exchange != ExchangeSDES || s.Suite != suite || !s.Heard || !s.Encrypted() || s.Since.IsZero() || s.Forged+s.Replayed != 0 {
				t.Errorf("says %+v", s)
			}
		})
	}
}

// Reports are protected as well: the peer's are read, ours can't be by others.
func TestSRTCPBothWays(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	c.speak(t, c.seal, 10, c.fromPeer)
	c.tick()
	c.reports = nil
	if n := c.sendReport(c.now, true, false); n == 0 || len(c.reports) != 1 {
		t.Fatalf("%d octets, %d reports", n, len(c.reports))
	}
	if _, err := rtp.ParseReport(c.reports[0]); err == nil {
		t.Error("a report that anybody can read")
	}
	raw, err := c.open.RTCP(nil, c.reports[0])
	if err != nil {
		t.Fatal(err)
	}
	rep, err := rtp.ParseReport(raw)
	if err != nil || rep.SSRC != c.send.rtp.SSRC() {
		t.Fatalf("%+v: %v", rep, err)
	}
	peers := mustReport(t, rtp.Report{SSRC: 1, CNAME: "peer", Blocks: []rtp.Block{{SSRC: c.send.rtp.SSRC(), Fraction: 64}}})
	sealed, err := c.seal.RTCP(nil, peers)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		c.reportsIn.take(peers, far, c.now) // in the clear, as anybody could
	}
	c.drainReports()
	c.publish()
	if s := c.s.Stats(); s.RemoteFraction != 0 || s.Odd[OddForged] != 5-maxEarly {
		t.Errorf("a forged report was taken: %v, %d forged", s.RemoteFraction, s.Odd[OddForged])
	}
	for range 2 {
		c.reportsIn.take(sealed, far, c.now)
	}
	c.drainReports()
	c.publish()
	if s := c.s.Stats(); s.RemoteFraction != 0.25 || s.Odd[OddReplayed] != 1 {
		t.Errorf("the peer's report says %v; %d replayed", s.RemoteFraction, s.Odd[OddReplayed])
	}
}

// Nothing but the peer's own packets reaches the ear: not what another key sealed, nor what
// is in the clear, nor what was changed on its way, nor what was heard before.
func TestOnlyAuthenticPacketsAreHeard(t *testing.T) {
	other, err := srtp.NewSealer(srtp.RandomKey(srtp.AES128CM80))
	if err != nil {
		t.Fatal(err)
	}
	var kept [][]byte
	for _, tt := range []struct {
		name string
		by   func(c *crypted) *srtp.Sealer
		send func(c *crypted, raw []byte)
		odd  Oddity
	}{
		{"another key", func(*crypted) *srtp.Sealer { return other }, (*crypted).fromPeer, OddForged},
		{"in the clear", func(*crypted) *srtp.Sealer { return nil }, (*crypted).fromPeer, OddForged},
		{"changed", func(c *crypted) *srtp.Sealer { return c.seal }, func(c *crypted, raw []byte) {
			raw[len(raw)/2] ^= 1
			c.fromPeer(raw)
		}, OddForged},
		{"cut off", func(c *crypted) *srtp.Sealer { return c.seal }, func(c *crypted, raw []byte) {
			c.fromPeer(raw[:len(raw)-1])
		}, OddForged},
		{"replayed", func(c *crypted) *srtp.Sealer { return nil }, func(c *crypted, _ []byte) {
			c.fromPeer(kept[0])
			kept = kept[1:]
		}, OddReplayed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrypted(t, srtp.AES128CM80)
			kept = nil
			c.speak(t, c.seal, 100, func(raw []byte) {
				kept = append(kept, bytes.Clone(raw))
				c.fromPeer(raw)
			})
			before := c.s.Stats()
			c.speak(t, tt.by(c), 50, func(raw []byte) { tt.send(c, raw) })
			after := c.s.Stats()
			if n := after.Odd[tt.odd] - before.Odd[tt.odd]; n != 50 || after.PacketsReceived != before.PacketsReceived {
				t.Errorf("%d of 50 are %v; %d packets were taken", n, tt.odd, after.PacketsReceived-before.PacketsReceived)
			}
			for _, v := range c.heard[len(c.heard)-160*20:] {
				if v > 200 || v < -200 {
					t.Fatalf("a sample of %d is heard", v)
				}
			}
		})
	}
}

// New keys take over without a gap: what the old ones sealed and was on its way is heard.
func TestNewKeysLoseNothing(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	c.speak(t, c.seal, 50, c.fromPeer)
	old := c.seal
	c.rekey(t, srtp.RandomKey(srtp.AES256GCM), srtp.RandomKey(srtp.AES256GCM))
	c.speak(t, old, 10, c.fromPeer)
	c.speak(t, c.seal, 60, c.fromPeer)
	c.hears(t, "over new keys", 60)
	if s := c.s.Stats(); s.Lost != 0 || s.Security.Forged != 0 || s.Security.Suite != srtp.AES256GCM {
		t.Errorf("%d lost, %+v", s.Lost, s.Security)
	}
	c.speak(t, c.seal, 150, c.fromPeer)
	c.speak(t, old, 5, c.fromPeer) // too late
	if s := c.s.Stats(); s.Security.Forged != 5 {
		t.Errorf("%d forged by a key that is no more", s.Security.Forged)
	}
}

// A round that is taken back brings the old keys back, and they go on counting: a second
// count would send two packets under one key stream.
func TestKeysThatComeBackGoOn(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	c.tick()
	l, r, seal, open := c.local, c.remote, c.seal, c.open
	c.sendReport(c.now, true, false)
	c.rekey(t, srtp.RandomKey(srtp.AES128CM80), srtp.RandomKey(srtp.AES128CM80))
	c.tick()
	c.local, c.remote, c.seal, c.open = srtp.Key{}, srtp.Key{}, seal, open
	p := c.params
	p.Security = SDES{srtp.AES128CM80, l, r}
	c.apply(p, c.now)
	c.sent, c.reports = nil, c.reports[:1]
	c.tick()
	c.sendReport(c.now, true, false)
	for i, raw := range c.reports {
		if _, err := open.RTCP(nil, raw); err != nil {
			t.Errorf("report %d: %v", i, err)
		}
	}
	if _, err := open.RTP(nil, c.sent[0]); err != nil {
		t.Error(err)
	}
	c.speak(t, seal, 60, c.fromPeer)
	c.hears(t, "by the old keys", 30)
}

// With more than 65536 packets behind it a stream has rolled over, which both sides count
// by themselves. Some peers begin to count anew with a new key, others go on: both are heard.
func TestRolloversOverNewKeys(t *testing.T) {
	for _, goesOn := range []bool{true, false} {
		c := newCrypted(t, srtp.AES128CM80)
		c.seq, c.stamp = 65400, c.stamp+1<<20 // a stream anew
		c.speak(t, c.seal, 200, c.fromPeer)
		c.hears(t, "over the rollover", 40)
		before := c.s.Stats()
		c.rekey(t, c.local, srtp.RandomKey(srtp.AES128CM80))
		if goesOn {
			c.seal.Follow(1, 1)
		}
		rep, err := c.seal.RTCP(nil, mustReport(t, rtp.Report{SSRC: 1, CNAME: "peer"}))
		if err != nil {
			t.Fatal(err)
		}
		c.reportsIn.take(rep, far, c.now) // says nothing of the count
		c.drainReports()
		c.speak(t, c.seal, 60, c.fromPeer)
		c.hears(t, "over the new key", 50)
		if s := c.s.Stats(); s.Security.Forged != 0 || s.Lost != before.Lost {
			t.Errorf("goes on %t: %+v, %d lost", goesOn, s.Security, s.Lost-before.Lost)
		}
	}
}

// Our own stream that has rolled over begins afresh under a new key: a peer can't count wrong.
func TestNewKeyAfterRolloverBeginsAStream(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	for range 300 {
		c.tick()
	}
	ssrc := c.send.rtp.SSRC()
	c.rekey(t, srtp.RandomKey(srtp.AES128CM80), c.remote)
	c.tick()
	if c.send.rtp.SSRC() != ssrc {
		t.Fatal("another stream though nothing had rolled over")
	}
	for c.shield.out.Rollovers(ssrc) == 0 {
		c.sent = c.sent[:0]
		c.tick()
	}
	sent := c.send.packets()
	c.rekey(t, srtp.RandomKey(srtp.AES128CM80), c.remote)
	c.sent = nil
	c.tick()
	plain, err := c.open.RTP(nil, c.sent[0])
	if err != nil || parse(t, plain).SSRC == ssrc {
		t.Fatalf("the peer reads %v", err)
	}
	if n := c.send.packets(); n != sent+1 {
		t.Errorf("%d packets were counted after %d", n, sent)
	}
}

// Keys that come back after a time in the clear, in which the numbers of the stream went round,
// must not seal a number twice, nor open again what was heard by them.
func TestKeysThatComeBackSealNoNumberTwice(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	type number struct {
		ssrc uint32
		seq  uint16
	}
	used := map[number]bool{}
	note := func() {
		t.Helper()
		for _, raw := range c.sent {
			p := parse(t, raw)
			n := number{p.SSRC, p.Sequence}
			if used[n] {
				t.Fatalf("two packets by the key stream of %+v", n)
			}
			used[n] = true
		}
		c.sent = nil
	}
	c.sent = nil
	for range 200 {
		c.tick()
	}
	first := parse(t, c.sent[0]).Sequence
	note()
	var recorded [][]byte
	c.speak(t, c.seal, 50, func(raw []byte) {
		recorded = append(recorded, bytes.Clone(raw))
		c.fromPeer(raw)
	})
	keys := c.params.Security
	c.apply(talk(far, g711.PCMU{}, 0), c.now)
	for {
		c.sent = nil
		c.tick()
		if parse(t, c.sent[0]).Sequence == first {
			break
		}
	}
	p := c.params
	p.Security = keys
	c.sent = nil
	c.apply(p, c.now)
	for range 200 {
		c.tick()
	}
	note()
	for _, raw := range recorded {
		c.fromPeer(raw)
		c.drain(c.now)
	}
	c.publish()
	if s := c.s.Stats().Security; s.Replayed != uint64(len(recorded)) {
		t.Errorf("%d of %d packets that had been heard were refused", s.Replayed, len(recorded))
	}
}

// While DTLS shakes hands in the place of SDES the door is closed: keys that the signalling
// carried must not pass for those of a handshake.
func TestSDESDoesNotStandInForDTLS(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	c.speak(t, c.seal, 50, c.fromPeer)
	p := shaking(far, dtls.Passive, newCert(t), newCert(t))
	c.apply(p, c.now)
	t.Cleanup(c.endHandshakes)
	c.sent = nil
	c.tick()
	before := c.s.Stats().PacketsReceived
	c.speak(t, c.seal, 10, c.fromPeer)
	if s := c.s.Stats(); s.Security.Encrypted() || s.Security.Heard || s.PacketsReceived != before || len(c.sent) != 0 {
		t.Errorf("says %+v; heard %d packets, sent %d", s.Security, s.PacketsReceived-before, len(c.sent))
	}
}

// The keys of a fork that wasn't the one to answer open nothing any more, and those of a handshake
// with it don't stand in for one with who did.
func TestKeysOfAnotherFork(t *testing.T) {
	for _, exchange := range []Exchange{ExchangeSDES, ExchangeDTLS} {
		c := newCrypted(t, srtp.AES128CM80)
		p := c.params
		p.Early = true
		ours := newCert(t)
		if exchange == ExchangeDTLS {
			l, r := c.local, c.remote
			p.Security = DTLS{Role: dtls.Passive, Certificate: ours, Peer: []dtls.Fingerprint{newCert(t).Fingerprint()}}
			c.apply(p, c.now)
			c.keyed(l, r, c.now)
		} else {
			c.apply(p, c.now)
		}
		c.speak(t, c.seal, 50, c.fromPeer)
		before := c.s.Stats()
		if !before.Security.Heard {
			t.Fatalf("%v: early media isn't heard", exchange)
		}
		p.Early = false
		p.Security = SDES{srtp.AES128CM80, c.local, srtp.RandomKey(srtp.AES128CM80)}
		if exchange == ExchangeDTLS {
			p.Security = DTLS{Role: dtls.Passive, Certificate: ours, Peer: []dtls.Fingerprint{newCert(t).Fingerprint()}}
		}
		c.apply(p, c.now)
		t.Cleanup(c.endHandshakes)
		c.sent = nil
		c.speak(t, c.seal, 10, c.fromPeer)
		c.tick()
		s := c.s.Stats()
		if s.PacketsReceived != before.PacketsReceived || s.Security.Heard || exchange == ExchangeDTLS && (s.Security.Encrypted() || len(c.sent) > 0) {
			t.Errorf("%v: %d packets of the fork were heard, %d sent: %+v", exchange, s.PacketsReceived-before.PacketsReceived, len(c.sent), s.Security)
		}
	}
}

// A peer that gives our own key back is neither sent to nor heard.
func TestOurKeyIsNotThePeers(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	p := c.params
	named, err := srtp.NewKey(srtp.AES128CM80, c.local.Octets(), "1")
	if err != nil {
		t.Fatal(err)
	}
	good := p.Security
	for i, ours := range []srtp.Key{c.local, named} {
		p.Security = SDES{srtp.AES128CM80, c.local, ours}
		c.apply(p, c.now)
		c.sent = nil
		c.tick()
		if len(c.sent) != 0 || len(eventsOf[SecurityFailed](c.bareLoop)) != i+1 || c.s.Stats().Security.Encrypted() {
			t.Errorf("%d packets, %v", len(c.sent), eventsOf[SecurityFailed](c.bareLoop))
		}
	}
	p.Security = good // a round that mends it is heard again
	c.apply(p, c.now)
	c.speak(t, c.seal, 60, c.fromPeer)
	c.hears(t, "by a key of its own", 40)
}

// From SRTP back to RTP, as a peer may ask: what is true is said.
func TestBackToPlainRTP(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	c.speak(t, c.seal, 50, c.fromPeer)
	c.apply(talk(far, g711.PCMU{}, 0), c.now)
	c.speak(t, nil, 60, c.fromPeer)
	c.hears(t, "in the clear", 40)
	if s := c.s.Stats().Security; s.Encrypted() || s.Exchange != ExchangeNone || s.Heard {
		t.Errorf("says %+v", s)
	}
}

func TestSRTPDoesNotAllocate(t *testing.T) {
	for _, suite := range []srtp.Suite{srtp.AES128CM80, srtp.AES256GCM} {
		c := newCrypted(t, suite)
		c.keep = false
		c.speak(t, c.seal, 10, c.fromPeer)
		p := packet(0, 0, 0, 1, c.tone)
		buf, pcm := make([]byte, 0, 1500), make([]int16, 160)
		n := testing.AllocsPerRun(200, func() {
			c.step()
			p[2], p[3] = byte(c.seq>>8), byte(c.seq)
			p[4], p[5], p[6], p[7] = byte(c.stamp>>24), byte(c.stamp>>16), byte(c.stamp>>8), byte(c.stamp)
			c.seq, c.stamp = c.seq+1, c.stamp+160
			raw, err := c.seal.RTP(append(buf, p...))
			if err != nil {
				t.Fatal(err)
			}
			c.take(raw, far)
			c.drain(c.now)
			c.recv.now = c.now
			_, _ = c.recv.Read(pcm)
			c.sendFrame(c.now)
		})
		if n != 0 && !raced() {
			t.Errorf("%v: %v allocations", suite, n)
		}
		if s := c.s.Stats(); s.Security.Forged != 0 {
			t.Errorf("%+v", s.Security)
		}
	}
}

// raced reports whether the race detector runs: sync.Pool, which pion/srtp takes its scratch
// space from, forgets at random then.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
