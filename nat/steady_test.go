package nat

import (
	"net/netip"
	"testing"

	"github.com/pion/stun/v2"
)

func TestSteady(t *testing.T) {
	seen := netip.MustParseAddrPort("198.51.100.7:4242")
	says := func(port int) stun.Setter {
		return &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: port}
	}
	for _, c := range []struct {
		name   string
		second int // the port that the second place sees; 0: it is silent
		want   bool
	}{
		{"one mapping for all", 4242, true},
		{"another mapping for each", 5555, false},
		{"the second is silent", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second, client := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.2:0"), listen(t, "127.0.0.1:0")
			serve(t, first, func(_ int, _ netip.AddrPort, q *stun.Message) [][]byte {
				return [][]byte{success(t, q.TransactionID, says(4242))}
			})
			asked := 0
			serve(t, second, func(_ int, _ netip.AddrPort, q *stun.Message) [][]byte {
				if asked++; asked == 1 || c.second == 0 { // the first to answer is the first asked
					return nil
				}
				return [][]byte{success(t, q.TransactionID, says(c.second))}
			})
			at, steady, err := Steady(t.Context(), client, []netip.AddrPort{addrOf(first), addrOf(second)})
			if at != seen || steady != c.want || err != nil {
				t.Errorf("got %v, %v, %v", at, steady, err)
			}
		})
	}
	t.Run("one server", func(t *testing.T) {
		only, client := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
		serve(t, only, func(_ int, _ netip.AddrPort, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID, says(4242))}
		})
		if at, steady, err := Steady(t.Context(), client, []netip.AddrPort{addrOf(only)}); at != seen || steady || err != nil {
			t.Errorf("got %v, %v, %v", at, steady, err)
		}
	})
}
