package srtp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

func TestEachPacketIsOpenedOnce(t *testing.T) {
	k := RandomKey(AES128CM80)
	seal, open := mustSealer(t, k), mustOpener(t, k)
	var wire [][]byte
	for seq := range uint16(600) {
		raw, err := seal.RTP(append(make([]byte, 0, 200), packet(seq, 1, []byte("hello"))...))
		if err != nil {
			t.Fatal(err)
		}
		wire = append(wire, bytes.Clone(raw))
	}
	buf := make([]byte, 200)
	order := []int{2, 0, 1, 5, 4, 3} // as networks reorder them
	for at := 0; at < 300; at += len(order) {
		for _, i := range order {
			if _, err := open.RTP(buf, wire[at+i]); err != nil {
				t.Fatalf("packet %d: %v", at+i, err)
			}
		}
	}
	for i := range 300 {
		if _, err := open.RTP(buf, wire[i]); !errors.Is(err, ErrReplayed) {
			t.Fatalf("packet %d again: %v", i, err)
		}
	}
	// What was lost may still come while it is in the window, and no more behind it.
	if _, err := open.RTP(buf, wire[599]); err != nil {
		t.Fatal(err)
	}
	if _, err := open.RTP(buf, wire[599-replayWindow+1]); err != nil {
		t.Error(err)
	}
	if _, err := open.RTP(buf, wire[599-replayWindow]); !errors.Is(err, ErrReplayed) {
		t.Errorf("behind the window: %v", err)
	}
}

// A forged packet leaves no trace: neither its number nor its stream is remembered.
func TestForgedPacketsLeaveNoTrace(t *testing.T) {
	for _, suite := range Suites() {
		k := RandomKey(suite)
		seal, open, other := mustSealer(t, k), mustOpener(t, k), mustSealer(t, RandomKey(suite))
		buf := make([]byte, 200)
		for seq := range uint16(5) {
			fake, err := other.RTP(append(make([]byte, 0, 200), packet(seq+100, 1, []byte("hello"))...))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open.RTP(buf, fake); !errors.Is(err, ErrForged) {
				t.Fatalf("%v: %v", suite, err)
			}
			if _, known := open.Rollovers(1); known != (seq > 0) {
				t.Fatalf("%v: the stream is known %t before packet %d", suite, known, seq)
			}
			real, err := seal.RTP(append(make([]byte, 0, 200), packet(seq, 1, []byte("hello"))...))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open.RTP(buf, real); err != nil {
				t.Fatalf("%v: %v", suite, err)
			}
		}
	}
}

func TestMasterKeyIdentifier(t *testing.T) {
	octets := RandomKey(AES128CM80).Octets()
	k, err := NewKey(AES128CM80, octets, "\x00\x00\x00\x01")
	if err != nil {
		t.Fatal(err)
	}
	bare, err := NewKey(AES128CM80, octets, "")
	if err != nil || bare.Equal(k) {
		t.Fatal("the identifier is no part of a key", err)
	}
	plain := packet(1, 1, []byte("hello"))
	raw, err := mustSealer(t, k).RTP(append(make([]byte, 0, 200), plain...))
	if err != nil || len(raw) != len(plain)+4+10 || !bytes.Equal(raw[len(plain):len(plain)+4], []byte{0, 0, 0, 1}) {
		t.Fatalf("% x: %v", raw, err)
	}
	if got, err := mustOpener(t, k).RTP(make([]byte, 200), raw); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("% x: %v", got, err)
	}
	if _, err := mustOpener(t, bare).RTP(make([]byte, 200), raw); !errors.Is(err, ErrForged) {
		t.Errorf("without the identifier: %v", err)
	}
}

// A peer that begins streams without end can't fill the memory.
func TestStreamsAreBounded(t *testing.T) {
	k := RandomKey(AES128GCM)
	seal, open := mustSealer(t, k), mustOpener(t, k)
	buf := make([]byte, 200)
	for ssrc := range uint32(maxStreams + 10) {
		raw, err := seal.RTP(append(make([]byte, 0, 200), packet(1, ssrc, nil)...))
		if err != nil {
			t.Fatal(err)
		}
		_, err = open.RTP(buf, raw)
		if (err == nil) != (ssrc < maxStreams) || err != nil && !errors.Is(err, ErrStreams) {
			t.Fatalf("stream %d: %v", ssrc, err)
		}
		rep, err := seal.RTCP(nil, report(ssrc, 4))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = open.RTCP(buf, rep); (err == nil) != (ssrc < maxStreams) {
			t.Fatalf("report of stream %d: %v", ssrc, err)
		}
	}
}

func TestSealNeedsRoom(t *testing.T) {
	p := packet(1, 1, []byte("hello"))
	if _, err := mustSealer(t, RandomKey(AES256GCM)).RTP(p[: len(p) : len(p)+8]); !errors.Is(err, ErrRoom) {
		t.Errorf("%v", err)
	}
}

func TestKeysOfAnotherSize(t *testing.T) {
	for _, s := range append(Suites(), NoSuite, Suite(77)) {
		for _, n := range []int{0, 1, 29, 31, 45, 47} {
			if k, err := NewKey(s, make([]byte, n), ""); err == nil || !k.IsZero() {
				t.Errorf("%v takes %d octets", s, n)
			}
		}
	}
	if _, err := NewKey(AES128CM80, make([]byte, 30), strings.Repeat("x", MaxMKI+1)); err == nil {
		t.Error("an identifier that is too long")
	}
	if _, err := NewSealer(Key{}); err == nil {
		t.Error("seals without a key")
	}
	if _, err := NewOpener(Key{}); err == nil {
		t.Error("opens without a key")
	}
}

// Whatever prints a key, or what holds one, doesn't show it.
func TestKeysDontShow(t *testing.T) {
	k := RandomKey(AES128CM80)
	type holder struct {
		Key  Key
		priv Key
		m    map[string]Key
	}
	h := holder{k, k, map[string]Key{"a": k}}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", k, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", k, "holder", h)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, k, h, &h)
	}
	j, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	octets := k.Octets()
	for _, form := range []string{
		string(octets), fmt.Sprintf("%x", octets[:8]), strings.Trim(fmt.Sprint(octets[:8]), "[]"),
		base64.StdEncoding.EncodeToString(octets)[:12], fmt.Sprintf("%#v", octets[:4])[7:20],
	} {
		if strings.Contains(strings.ToLower(out.String()), strings.ToLower(form)) {
			t.Errorf("a key shows itself as %q", form)
		}
	}
	octets[0] ^= 1
	if k.Octets()[0] == octets[0] {
		t.Error("the key can be changed from outside")
	}
}

func TestNothingAllocatesPerPacket(t *testing.T) {
	for _, suite := range Suites() {
		k := RandomKey(suite)
		seal, open := mustSealer(t, k), mustOpener(t, k)
		p, buf, dst := packet(0, 1, make([]byte, 160)), make([]byte, 0, 1500), make([]byte, 1500)
		seq := uint16(0)
		one := func() {
			seq++
			p[2], p[3] = byte(seq>>8), byte(seq)
			raw, err := seal.RTP(append(buf, p...))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = open.RTP(dst, raw); err != nil {
				t.Fatal(err)
			}
		}
		one()
		if n := testing.AllocsPerRun(300, one); n != 0 && !raced() {
			t.Errorf("%v: %v allocations", suite, n)
		}
	}
}

// Mutated packets are refused, whatever they are, and never heard.
func FuzzOpen(f *testing.F) {
	k, err := NewKey(AES128CM80, bytes.Repeat([]byte{1}, 30), "")
	if err != nil {
		f.Fatal(err)
	}
	g, err := NewKey(AES256GCM, bytes.Repeat([]byte{1}, 44), "mki")
	if err != nil {
		f.Fatal(err)
	}
	var genuine [][]byte
	for _, k := range []Key{k, g} {
		s := mustSealer(f, k)
		raw, err := s.RTP(append(make([]byte, 0, 200), packet(1, 1, []byte("hello"))...))
		if err != nil {
			f.Fatal(err)
		}
		rep, err := s.RTCP(nil, report(1, 24))
		if err != nil {
			f.Fatal(err)
		}
		genuine = append(genuine, bytes.Clone(raw), rep)
	}
	for _, raw := range genuine {
		f.Add(raw)
		f.Add(raw[:len(raw)-1])
		f.Add(raw[:13])
	}
	f.Add([]byte{0x9f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, k := range []Key{k, g} {
			o := mustOpener(t, k)
			before := bytes.Clone(raw)
			for i, open := range []func(dst, raw []byte) ([]byte, error){o.RTP, o.RTCP} {
				plain, err := open(make([]byte, 1500), raw)
				if (err == nil) == (plain == nil) {
					t.Fatalf("%d octets, %v", len(plain), err)
				}
				if err == nil {
					ok := false
					for _, g := range genuine {
						ok = ok || bytes.Equal(g, raw)
					}
					if !ok {
						t.Fatalf("%d: took % x", i, raw)
					}
				} else if !bytes.Equal(before, raw) {
					t.Fatal("a packet that was refused was changed")
				}
			}
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	for _, suite := range Suites() {
		b.Run(suite.String(), func(b *testing.B) {
			k := RandomKey(suite)
			seal, open := mustSealer(b, k), mustOpener(b, k)
			p, buf, dst := packet(0, 1, make([]byte, 160)), make([]byte, 0, 1500), make([]byte, 1500)
			seq := uint16(0)
			b.ReportAllocs()
			for b.Loop() {
				seq++
				p[2], p[3] = byte(seq>>8), byte(seq)
				raw, err := seal.RTP(append(buf, p...))
				if err != nil {
					b.Fatal(err)
				}
				if _, err = open.RTP(dst, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// raced reports whether the race detector runs: sync.Pool, which pion/srtp takes its scratch
// space from, forgets at random then.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
