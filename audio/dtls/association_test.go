package dtls

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"offhook/audio/srtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// side is one end of a handshake in a test.
type side struct {
	cert *Certificate
	a    *Association
	keys chan Keys
	err  chan error
}

func newSide(t *testing.T) *side {
	t.Helper()
	cert, err := NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &side{cert: cert, keys: make(chan Keys, 1), err: make(chan error, 1)}
}

// start begins the side's handshake; what it sends goes through wire.
func (s *side) start(t *testing.T, role Role, told []Fingerprint, wire func([]byte)) {
	t.Helper()
	a, err := Start(Config{
		Role: role, Certificate: s.cert, Peer: told,
		Send: func(raw []byte) error {
			wire(bytes.Clone(raw))
			return nil
		},
		Done: func(k Keys, err error) {
			if err != nil {
				s.err <- err
			} else {
				s.keys <- k
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.a = a
}

func (s *side) end() {
	s.a.Close()
	s.a.Wait()
}

func (s *side) tells() []Fingerprint { return []Fingerprint{s.cert.Fingerprint()} }

// shake runs a handshake over wires that pass tells to keep or lose a datagram.
func shake(t *testing.T, pass func(toPassive bool, raw []byte) bool) (client, server *side) {
	t.Helper()
	client, server = newSide(t), newSide(t)
	begun := make(chan struct{})
	server.start(t, Passive, client.tells(), func(raw []byte) {
		<-begun
		if pass(false, raw) {
			client.a.Deliver(raw)
		}
	})
	client.start(t, Active, server.tells(), func(raw []byte) {
		if pass(true, raw) {
			server.a.Deliver(raw)
		}
	})
	close(begun)
	return client, server
}

func all(bool, []byte) bool { return true }

func (s *side) wait(t *testing.T) Keys {
	t.Helper()
	select {
	case k := <-s.keys:
		return k
	case err := <-s.err:
		t.Fatalf("handshake: %v", err)
		return Keys{}
	}
}

// TestKeys: both ends have the same keys, each for its own direction (RFC 5764, section 4.2).
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := shake(t, all)
		defer client.end()
		defer server.end()
		c, s := client.wait(t), server.wait(t)
		if c.Local.Suite() != srtp.AES128GCM {
			t.Errorf("suite %v, want %v", c.Local.Suite(), srtp.AES128GCM)
		}
		if !c.Local.Equal(s.Remote) || !c.Remote.Equal(s.Local) {
			t.Error("one side's local keys aren't the other's remote ones")
		}
		if c.Local.Equal(c.Remote) {
			t.Error("both directions have one key")
		}
	})
}

// TestLoss: a third of all datagrams is lost, and the handshake ends well all the same.
func TestLoss(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			client, server := shakeLossy(t, seed)
			defer client.end()
			defer server.end()
			client.wait(t)
			server.wait(t)
		})
	}
}

func shakeLossy(t *testing.T, seed uint64) (client, server *side) {
	up, down := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	return shake(t, func(toPassive bool, _ []byte) bool {
		if toPassive {
			return up.IntN(3) != 0
		}
		return down.IntN(3) != 0
	})
}

// TestLastFlight: the server's last flight is lost, and it sends it again although its own
// handshake is over.
func TestLastFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := false
		const changeCipherSpec = 20
		client, server := shake(t, func(toPassive bool, raw []byte) bool {
			if !toPassive && raw[0] == changeCipherSpec && !lost {
				lost = true
				return false
			}
			return true
		})
		defer client.end()
		defer server.end()
		server.wait(t)
		client.wait(t)
		if !lost {
			t.Error("the last flight wasn't there to be lost")
		}
	})
}

// TestMismatch: the certificate isn't the one that signalling named. Who sees it says so, and
// the other hears why.
func TestMismatch(t *testing.T) {
	for _, who := range []Role{Active, Passive} {
		t.Run(who.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cheated, peer, other := newSide(t), newSide(t), newSide(t)
				begun := make(chan struct{})
				cheated.start(t, who, other.tells(), func(raw []byte) {
					<-begun
					peer.a.Deliver(raw)
				})
				peer.start(t, who.Other(), cheated.tells(), func(raw []byte) { cheated.a.Deliver(raw) })
				close(begun)
				defer cheated.end()
				defer peer.end()
				err := <-cheated.err
				var told *FingerprintError
				if !errors.As(err, &told) || !errors.Is(err, ErrFingerprint) {
					t.Fatalf("error %v, want a FingerprintError", err)
				}
				if told.Got != peer.cert.Fingerprint() || told.Told[0] != other.cert.Fingerprint() {
					t.Errorf("error %v doesn't name both fingerprints", told)
				}
				var alert *AlertError
				if err := <-peer.err; !errors.As(err, &alert) || alert.Code != 42 {
					t.Errorf("the peer's error is %v, want the alert bad_certificate", err)
				}
			})
		})
	}
}

// TestNobody: without a peer the handshake ends by its timer, in either role.
func TestNobody(t *testing.T) {
	for _, role := range []Role{Active, Passive} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSide(t)
				begun := time.Now()
				s.start(t, role, s.tells(), func([]byte) {})
				defer s.end()
				if err := <-s.err; !errors.Is(err, ErrTimeout) {
					t.Errorf("error %v, want %v", err, ErrTimeout)
				}
				if took := time.Since(begun); took != timeout {
					t.Errorf("ended after %v, want %v", took, timeout)
				}
			})
		})
	}
}

// TestClose: an association that is closed in mid-handshake says nothing more.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		s.start(t, Active, s.tells(), func([]byte) {})
		time.Sleep(time.Second)
		s.end()
		select {
		case err := <-s.err:
			t.Errorf("told %v after Close", err)
		default:
		}
	})
}

// TestMutated: damaged, doubled and random datagrams go along with the true ones; the
// handshake ends, well or with an error, and its queue doesn't grow.
func TestMutated(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			client, server := newSide(t), newSide(t)
			begun := make(chan struct{})
			mill := func(to func() *side) func([]byte) {
				rnd := rand.New(rand.NewPCG(seed, r.Uint64()))
				return func(raw []byte) {
					<-begun
					a := to().a
					bad := bytes.Clone(raw)
					bad[rnd.IntN(len(bad))] ^= byte(1 + rnd.IntN(255))
					if bad[0] == 21 { // an alert may end it
						bad[0] = 22
					}
					a.Deliver(bad)
					a.Deliver(raw)
					a.Deliver(raw)
					a.Deliver(raw[:rnd.IntN(len(raw))])
				}
			}
			server.start(t, Passive, client.tells(), mill(func() *side { return client }))
			client.start(t, Active, server.tells(), mill(func() *side { return server }))
			close(begun)
			for _, s := range []*side{client, server} {
				select {
				case <-s.keys:
				case <-s.err:
				}
				s.end()
			}
		})
	}
}

// TestFlood: what nobody can read in time is dropped.
func TestFlood(t *testing.T) {
	p := newPipe(func([]byte) error { return nil })
	raw := make([]byte, 1200)
	for range 10 * room {
		p.put(raw)
	}
	p.put(make([]byte, maxRecord+1))
	if len(p.in) != room {
		t.Errorf("%d datagrams wait, want %d", len(p.in), room)
	}
}

// TestUndecided: a handshake needs a role.
func TestUndecided(t *testing.T) {
	s := newSide(t)
	if _, err := Start(Config{Certificate: s.cert, Send: func([]byte) error { return nil }}); !errors.Is(err, ErrHandshake) {
		t.Errorf("error %v, want %v", err, ErrHandshake)
	}
}

func BenchmarkHandshake(b *testing.B) {
	for b.Loop() {
		ends := [2]*side{}
		for i := range ends {
			cert, err := NewCertificate(time.Now())
			if err != nil {
				b.Fatal(err)
			}
			ends[i] = &side{cert: cert, keys: make(chan Keys, 1)}
		}
		begun := make(chan struct{})
		for i, role := range []Role{Passive, Active} {
			s, o := ends[i], ends[1-i]
			a, err := Start(Config{Role: role, Certificate: s.cert, Peer: o.tells(),
				Send: func(raw []byte) error { <-begun; o.a.Deliver(raw); return nil },
				Done: func(k Keys, err error) {
					if err != nil {
						b.Error(err)
					}
					s.keys <- k
				}})
			if err != nil {
				b.Fatal(err)
			}
			s.a = a
		}
		close(begun)
		<-ends[0].keys
		<-ends[1].keys
		ends[0].end()
		ends[1].end()
	}
}
