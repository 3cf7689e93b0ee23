package audio

import (
	"net/netip"
	"slices"
	"testing"

	"offhook/codec/g711"
)

// Two phones ring for one call, and both send early media, to the one socket that the offer
// named. One of them is heard, whole, and the word changes by a rule:
//
//   - from two addresses: the one that our answer names; else the one that came first, until
//     it is silent for half a second;
//   - from one address, as behind a relay: the one that began last, as a stream that is
//     replaced (RFC 3550, section 8.2) does, until it stops.
func TestForksOfEarlyMediaAreNeverGarbled(t *testing.T) {
	other := netip.MustParseAddrPort("127.0.0.1:9999")
	for name, second := range map[string]netip.AddrPort{"two addresses": other, "behind one relay": far} {
		t.Run(name, func(t *testing.T) {
			b := newKeeper(t)
			p := talk(far, g711.PCMU{}, 0)
			p.Send, p.Early = false, true
			b.apply(p, b.now)
			const low, high = 0x60, 0x10
			seq := uint16(0)
			// beat is 20 ms of both, and tells how much of either was heard.
			beat := func(n int, first, late bool) (a, z int) {
				for range n {
					if first {
						b.take(packet(0, seq, uint32(seq)*160, 1, slices.Repeat([]byte{low}, 160)), far)
					}
					if late {
						b.take(packet(0, 3000+seq, 5000+uint32(seq)*160, 2, slices.Repeat([]byte{high}, 160)), second)
					}
					seq++
					b.tick()
					for _, v := range b.recv.frame[:160] {
						switch {
						case v > 8000 || v < -8000:
							z++
						case v > 100 || v < -100:
							a++
						}
					}
				}
				return a, z
			}
			beat(10, true, false)
			if second == far {
				if a, z := beat(250, true, true); a > 3*160 || z < 245*160 {
					t.Errorf("while both send: %d samples of the first, %d of the second", a, z)
				}
				beat(50, true, false)
				if a, z := beat(50, true, false); z > 0 || a < 45*160 {
					t.Errorf("after the second has stopped: %d samples of the first, %d of it", a, z)
				}
				return
			}
			if a, z := beat(250, true, true); z > 0 || a < 240*160 {
				t.Errorf("while both send: %d samples of the first, %d of the second", a, z)
			}
			// The first one stops: the second is heard within a second.
			beat(50, false, true)
			if a, z := beat(50, false, true); z < 45*160 || a > 0 {
				t.Errorf("after the first has stopped: %d samples of it, %d of the second", a, z)
			}
			// It comes back: it is the one that our answer names.
			beat(5, true, true)
			if a, z := beat(100, true, true); z > 0 || a < 95*160 {
				t.Errorf("after it came back: %d samples of the first, %d of the second", a, z)
			}
			// The second one answers.
			q := p
			q.Remote = second
			b.apply(q, b.now)
			beat(5, true, true)
			if a, z := beat(50, true, true); a > 0 || z < 45*160 {
				t.Errorf("after its answer: %d samples of the second, %d of the first", z, a)
			}
		})
	}
}
