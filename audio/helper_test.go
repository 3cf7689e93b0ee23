package audio

import (
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"offhook/audio/soundfile"
)

func writeWAV(t testing.TB, path string, rate int, pcm []int16) {
	t.Helper()
	w, err := soundfile.CreateWAV(path, rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(pcm)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func readStereo(t testing.TB, path string, rate int) (left, right []int16) {
	t.Helper()
	r, err := soundfile.OpenWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Channels() != 2 || r.Rate() != rate {
		t.Fatalf("%s: %d channels at %d Hz, want 2 at %d", path, r.Channels(), r.Rate(), rate)
	}
	buf := make([]int16, 2*4096)
	for {
		n, err := r.ReadFrames(buf)
		for i := range n {
			left, right = append(left, buf[2*i]), append(right, buf[2*i+1])
		}
		if err == io.EOF {
			return left, right
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// loudest is the amplitude of hz in the 100 ms of pcm that hold most of it.
func loudest(pcm []int16, rate int, hz float64) float64 {
	most := 0.0
	for n := rate / 10; len(pcm) >= n; pcm = pcm[n:] {
		most = max(most, power(pcm[:n], rate, hz))
	}
	return most
}

// fakeSocket is a socket without a network: tests fill in, and get what is sent.
type fakeSocket struct {
	in    *slots
	taken bool
	out   func(raw []byte, to netip.AddrPort)
	alone []netip.AddrPort // what only was told
}

func newFakeSocket(out func(raw []byte, to netip.AddrPort)) *fakeSocket {
	return &fakeSocket{in: newSlots(rtpSlots), out: out}
}

// take puts a datagram into the socket.
func (s *fakeSocket) take(raw []byte, from netip.AddrPort, at time.Time) {
	if len(s.alone) > 0 && !slices.Contains(s.alone, from) {
		return
	}
	sl := s.in.next()
	sl.n, sl.from, sl.at = copy(sl.buf[:], raw), from, at
	s.in.push(sl)
}

func (s *fakeSocket) next() *slot {
	if s.taken {
		s.in.pop()
	}
	sl := s.in.peek()
	s.taken = sl != nil
	return sl
}

func (s *fakeSocket) send(raw []byte, to netip.AddrPort) error {
	s.out(raw, to)
	return nil
}
func (s *fakeSocket) beside(raw []byte, to netip.AddrPort) error { return s.send(raw, to) }
func (s *fakeSocket) only(peers []netip.AddrPort) bool {
	s.alone = slices.Clone(peers)
	return true
}
func (s *fakeSocket) lost() uint64 { return s.in.lost.Load() }
func (s *fakeSocket) close()       {}

var discard = slog.New(slog.DiscardHandler)
