package ice

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
)

// FuzzPeek: it agrees with the whole reader on what both can read, and never reads what isn't there.
func FuzzPeek(f *testing.F) {
	for name := range vectors {
		f.Add(vector(f, name))
	}
	f.Add(bindingRequest(txid{1, 2, 3}))
	f.Add([]byte{0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 9})
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		p, ok := peek(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("it wrote")
		}
		if !ok {
			return
		}
		m := &stun.Message{Raw: raw}
		if m.Decode() != nil {
			return
		}
		if p.id != m.TransactionID || p.method != uint16(m.Type.Method) || p.class != class(m.Type.Class) {
			t.Fatalf("%x: %+v and %v", raw, p, m)
		}
		user, err := m.Get(stun.AttrUsername)
		if err == nil && !bytes.Equal(user, p.username) {
			t.Fatalf("%x: user %q and %q", raw, p.username, user)
		}
		if a, ok := mappedAddress(m); ok && (!a.IsValid() || a.Port() == 0 || a.Addr().IsUnspecified()) {
			t.Fatalf("%x: mapped to %v", raw, a)
		}
	})
}

// FuzzHandleSTUN: whatever a stranger sends to an Agent amid its checks, nothing is answered but
// by who knows the password, nobody is believed, and memory stays bounded.
func FuzzHandleSTUN(f *testing.F) {
	for name := range vectors {
		f.Add(vector(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &silent{}
		a, err := New(Config{Socket: s})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		a.now.ufrag, a.now.pwd = "evtj", secret(24)
		if err := errors.Join(a.Gather(t.Context()), a.SetRemote(Description{Ufrag: "h6vY", Pwd: secret(24), Candidates: []Candidate{hostAt("203.0.113.20:7000", 9)}}), a.Start(true)); err != nil {
			t.Fatal(err)
		}
		from := ap("203.0.113.66:9")
		for range 100 {
			a.HandleSTUN(raw, from, time.Now())
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.Verified(from) || len(a.now.early) > maxEarly || len(a.now.checks.sent) > maxSent {
			t.Errorf("%x: believed %t, %d early", raw, a.Verified(from), len(a.now.early))
		}
	})
}

// silent is a session's socket that leads nowhere.
type silent struct{}

func (*silent) LocalAddr() netip.AddrPort                 { return ap("203.0.113.8:5004") }
func (*silent) SendDatagram([]byte, netip.AddrPort) error { return nil }
func (*silent) Deliver([]byte, netip.AddrPort, time.Time) {}

// TestStrangers: who doesn't know the password gets nothing, says nothing that is believed, and
// can't turn media away by an answer or a nomination.
func TestStrangers(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		evil := w.open("203.0.113.66:6666", nil)
		ids := map[txid]bool{}
		w.cutting(func(from, to netip.AddrPort, raw []byte) bool {
			if p, ok := peek(raw); ok && p.class == request {
				ids[p.id] = true
			}
			return false
		})
		talk(t, caller, callee)
		agreed(t, caller, callee)
		w.cutting(nil)
		before, _ := caller.last()
		flood := func(raw []byte, from netip.AddrPort) { // past the NAT
			caller.sock.deliver(packet{raw: raw, from: from})
		}
		for id := range ids { // answers to real requests, from the wrong place and with no or a wrong password
			for _, key := range []string{"", secret(24)} {
				attrs := []stun.Setter{stun.NewTransactionIDSetter(id), stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{203, 0, 113, 66}, Port: 6666}}
				if key != "" {
					attrs = append(attrs, stun.NewShortTermIntegrity(key))
				}
				m, err := stun.Build(append(attrs, stun.Fingerprint)...)
				if err != nil {
					t.Fatal(err)
				}
				flood(m.Raw, evil.addr)
				flood(m.Raw, before.Remote.Addr)
			}
		}
		d := caller.Local()
		for _, pwd := range []string{secret(24), ""} { // nominations
			m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(d.Ufrag+":"+callee.Local().Ufrag),
				stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			flood(m.Raw, evil.addr)
		}
		flood([]byte("injected media"), evil.addr)
		time.Sleep(time.Minute)
		after, _ := caller.last()
		if after.Remote != before.Remote || caller.lastState() != Connected || caller.Verified(evil.addr) || len(evil.in) > 0 || len(caller.heardAll()) > 0 {
			t.Errorf("media goes to %v, evil verified %t and answered %d times", after.Remote.Addr, caller.Verified(evil.addr), len(evil.in))
		}
	})
}

// TestLyingSTUNServer: it says an address of its choice, or rubbish. The call finds its way.
func TestLyingSTUNServer(t *testing.T) {
	lies := map[string]func(id txid) []byte{
		"another's address": func(id txid) []byte {
			m, _ := stun.Build(stun.NewTransactionIDSetter(id), stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{198, 51, 100, 1}, Port: 1}, stun.Fingerprint)
			return m.Raw
		},
		"a short address": func(id txid) []byte {
			m, _ := stun.Build(stun.NewTransactionIDSetter(id), stun.BindingSuccess, stun.RawAttribute{Type: stun.AttrXORMappedAddress, Value: []byte{0, 1, 2, 3, 4, 5}}, stun.Fingerprint)
			return m.Raw
		},
		"rubbish": func(txid) []byte { return bytes.Repeat([]byte{1}, 100) },
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(t *testing.T, w *world) {
				liar := w.open("203.0.113.11:3478", nil)
				liar.take = func(k packet) {
					if p, ok := peek(k.raw); ok {
						w.send(liar, lie(p.id), k.from)
					}
				}
				caller := w.phone(t, "10.1.0.2:5004", w.nat(portRestricted, "203.0.113.2"), func(c *Config) { c.STUN = []netip.AddrPort{liar.addr} })
				callee := w.phone(t, "203.0.113.9:5004", nil, nil)
				defer caller.Close()
				defer callee.Close()
				start := time.Now()
				talk(t, caller, callee)
				if took := time.Since(start); took > stunTime+100*time.Millisecond {
					t.Errorf("gathering took %v", took)
				}
				agreed(t, caller, callee)
				if pair, _ := caller.last(); pair.Local.Type != PeerReflexive {
					t.Errorf("the local one is %v", pair.Local)
				}
			})
		})
	}
}

// TestServersAreSilent: none of them answers. Gathering ends, and says of each what is wrong.
func TestServersAreSilent(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		nobody := ap("203.0.113.99:3478")
		mute := func(c *Config) {
			c.STUN, c.TURN = []netip.AddrPort{nobody}, []TURNServer{{Addr: nobody, Username: "u", Password: "p"}}
		}
		p := w.phone(t, "10.1.0.2:5004", nil, mute)
		start := time.Now()
		if err := p.Gather(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != relayTime {
			t.Errorf("it took %v", took)
		}
		if got := p.Local().Candidates; len(got) != 1 || got[0].Type != Host {
			t.Errorf("candidates %v", got)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(p.problems) != 2 || !p.Local().Complete {
			t.Errorf("problems %v", p.problems)
		}
		p.Close()

		hidden := w.phone(t, "10.1.0.3:5004", nil, func(c *Config) { mute(c); c.Policy = RelayOnly })
		if err := hidden.Gather(t.Context()); !errors.Is(err, ErrNoCandidates) {
			t.Errorf("with relays alone: %v", err)
		}
		hidden.Close()
	})
}

// TestWrongPassword: the relay refuses it, and says so; the rest goes on.
func TestWrongPassword(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "10.1.0.2:5004", w.nat(portRestricted, "203.0.113.2"), func(c *Config) {
			c.TURN = []TURNServer{{Addr: stunServer, Username: "turn", Password: "planted-secret"}}
		})
		defer p.Close()
		if err := p.Gather(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(p.problems) != 1 || !errors.Is(p.problems[0], ErrCredentials) || bytes.Contains([]byte(p.problems[0].Error()), []byte("planted-secret")) {
			t.Errorf("told %v", p.problems)
		}
	})
}

// TestManyCandidates: a peer that names more than it can have is bounded.
func TestManyCandidates(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "203.0.113.8:5004", nil, nil)
		defer p.Close()
		d := Description{Ufrag: secret(8), Pwd: secret(24)}
		for i := range 5000 {
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], 198<<24|51<<16+uint32(i))
			d.Candidates = append(d.Candidates, Candidate{Foundation: "1", Component: 1, Transport: "udp", Priority: 1, Addr: netip.AddrPortFrom(netip.AddrFrom4(a), 9), Type: Host})
		}
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(d), p.Start(true)); err != nil {
			t.Fatal(err)
		}
		before := w.count()
		time.Sleep(5 * time.Second)
		if n := w.count() - before; n > 5*int(time.Second/pace)+1 {
			t.Errorf("%d checks in five seconds", n)
		}
	})
}

// TestBadDescriptions: what RFC 8839, section 5.4, doesn't allow.
func TestBadDescriptions(t *testing.T) {
	a, err := New(Config{Socket: &silent{}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	good := Description{Ufrag: "abcd", Pwd: "0123456789012345678901"}
	for name, change := range map[string]func(*Description){
		"short ufrag": func(d *Description) { d.Ufrag = "abc" },
		"short pwd":   func(d *Description) { d.Pwd = "012345678901234567890" },
		"odd ufrag":   func(d *Description) { d.Ufrag = "ab:cd" },
		"odd pwd":     func(d *Description) { d.Pwd += "\r\n" },
		"long ufrag":  func(d *Description) { d.Ufrag = string(bytes.Repeat([]byte{'a'}, 257)) },
		"nothing":     func(d *Description) { *d = Description{} },
	} {
		d := good
		change(&d)
		if err := a.SetRemote(d); !errors.Is(err, ErrRemote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.AddRemote(hostAt("192.0.2.1:9", 1)); !errors.Is(err, ErrOrder) {
		t.Errorf("a candidate too early: %v", err)
	}
	if err := a.Start(true); !errors.Is(err, ErrOrder) {
		t.Errorf("a start too early: %v", err)
	}
	if err := a.SetRemote(good); err != nil {
		t.Error(err)
	}
	a.Close()
	if err := a.SetRemote(good); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestNoAllocations: what the session calls for each packet.
func TestNoAllocations(t *testing.T) {
	a, err := New(Config{Socket: &silent{}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	a.mu.Lock()
	a.verify(ap("192.0.2.1:9"))
	a.mu.Unlock()
	o := newOutbox()
	raw := make([]byte, 172)
	for name, f := range map[string]func(){
		"Verified":   func() { a.Verified(ap2) },
		"a stranger": func() { a.Verified(ap3) },
		"a relay": func() {
			if o.put(raw, ap2) == nil {
				o.free <- <-o.full
			}
		},
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

var ap2, ap3 = ap("192.0.2.1:9"), ap("192.0.2.2:9")

// TestManySources: a peer whose checks come from ever more addresses, true or not, is bounded.
func TestManySources(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "203.0.113.8:5004", nil, nil)
		defer p.Close()
		d := Description{Ufrag: secret(8), Pwd: secret(24)}
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(d), p.Start(false)); err != nil {
			t.Fatal(err)
		}
		own := p.Local()
		for i := range 2000 {
			m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(own.Ufrag+":"+d.Ufrag),
				stun.NewShortTermIntegrity(own.Pwd), stun.Fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], 198<<24|51<<16+uint32(i))
			p.sock.deliver(packet{raw: m.Raw, from: netip.AddrPortFrom(netip.AddrFrom4(a), 9)})
			if i%20 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		c := p.now.checks
		remotes, err := c.agent.GetRemoteCandidates()
		if err != nil || len(remotes) > maxRemote {
			t.Errorf("%d addresses of the peer are remembered, %v", len(remotes), err)
		}
	})
}
