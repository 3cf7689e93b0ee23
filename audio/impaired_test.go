package audio

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio/impair"
)

// wire is a socket in memory.
type wire struct {
	inbox  []slot
	sent   [][]byte
	at     []time.Time
	closed bool
}

func (w *wire) next() *slot {
	if len(w.inbox) == 0 {
		return nil
	}
	sl := w.inbox[0]
	w.inbox = w.inbox[1:]
	return &sl
}

func (w *wire) send(raw []byte, _ netip.AddrPort) error {
	w.sent, w.at = append(w.sent, slices.Clone(raw)), append(w.at, time.Now())
	return nil
}

func (w *wire) beside(raw []byte, to netip.AddrPort) error { return w.send(raw, to) }

func (w *wire) only([]netip.AddrPort) bool { return false }
func (w *wire) lost() uint64               { return 0 }
func (w *wire) close()                     { w.closed = true }

func (w *wire) comes(raw []byte) {
	sl := slot{n: len(raw), at: time.Now()}
	copy(sl.buf[:], raw)
	w.inbox = append(w.inbox, sl)
}

// voicePacket is an RTP packet that begins with n.
func voicePacket(n byte) []byte { return append([]byte{0x80, 0, 0, n, 11: 0}, make([]byte, 20)...) }

func TestImpairedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := newImpaired(w, impair.Spec{Delay: 50 * time.Millisecond})
		began := time.Now()
		for n := range byte(3) {
			if err := s.send(voicePacket(n), netip.AddrPort{}); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		if len(w.sent) != 1 || w.at[0].Sub(began) != 50*time.Millisecond {
			t.Errorf("after 60 ms %d left, at %v", len(w.sent), w.at)
		}
		s.close()
		if len(w.sent) != 3 || !w.closed || w.sent[2][3] != 2 {
			t.Errorf("%d left by the end", len(w.sent))
		}
	})
}

// A packet that has come out carries the time when it did, however late it is taken.
func TestImpairedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := newImpaired(w, impair.Spec{Delay: 30 * time.Millisecond, Way: impair.In})
		defer s.close()
		began := time.Now()
		w.comes(voicePacket(9))
		if s.next() != nil {
			t.Fatal("it came out at once")
		}
		time.Sleep(45 * time.Millisecond)
		sl := s.next()
		if sl == nil || sl.buf[3] != 9 || sl.n != 32 || sl.at.Sub(began) != 30*time.Millisecond {
			t.Fatalf("taken: %+v", sl)
		}
		if err := s.send(voicePacket(1), netip.AddrPort{}); err != nil || len(w.sent) != 1 {
			t.Errorf("the other way is impaired too: %d sent, %v", len(w.sent), err)
		}
	})
}

func TestImpairedLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := newImpaired(w, impair.Spec{Loss: 1})
		w.comes(voicePacket(1))
		_ = s.send(voicePacket(2), netip.AddrPort{})
		if s.next() != nil || len(w.sent) != 0 {
			t.Error("something came through a cut wire")
		}
		s.close()
	})
}

// The engine's sessions live on the bad network, after a move too.
func TestEngineImpairs(t *testing.T) {
	e, err := NewEngine(EngineConfig{Impair: impair.Spec{Loss: .5}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p, err := e.plug(t.Context(), netip.MustParseAddr("127.0.0.1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if _, ok := p.media.(*impaired); !ok {
		t.Errorf("RTP is on a %T", p.media)
	}
	if _, ok := p.reports.(*impaired); !ok {
		t.Errorf("RTCP is on a %T", p.reports)
	}
}
