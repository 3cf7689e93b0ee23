package nat

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestVectors reads the responses of RFC 5769, sections 2.2 and 2.3, FINGERPRINT included.
func TestVectors(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"2.2, IPv4", `0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
			00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`, "192.0.2.1:32853"},
		{"2.3, IPv6", `01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
			00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9 00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c`,
			"[2001:db8:1234:5678:11:2233:4455:6677]:32853"},
	} {
		raw, err := hex.DecodeString(strings.Join(strings.Fields(c.raw), ""))
		if err != nil {
			t.Fatal(err)
		}
		a, err := parse(raw)
		if err != nil || a.err != nil || a.mapped.String() != c.want {
			t.Errorf("%s: %v, %v, %v", c.name, a.mapped, err, a.err)
		}
		raw[len(raw)-1]++ // of FINGERPRINT
		if _, err := parse(raw); err == nil {
			t.Errorf("%s: a wrong FINGERPRINT passes", c.name)
		}
	}
}
