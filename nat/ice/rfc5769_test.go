package ice

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// The messages of RFC 5769, with the short-term password of section 2.
const vectorPwd = "VOkJxbRl1RmTxUk/WvJxBt"

var vectors = map[string]string{
	"request": `00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74
		00240004 6e0001ff 80290008 932ff9b151263b36 00060009 6576746a3a683676 59202020
		00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf`,
	"IPv4 response": `0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
		00200008 0001a147 e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`,
	"IPv6 response": `01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
		00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9 00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c`,
	"long-term request": `00010060 2112a442 78ad3433c6ad72c029da412e 00060012 e3839ee38388e383aae38383e382afe382b90000
		0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341 0014000b 6578616d706c652e6f726700
		00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666`,
}

func vector(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.Join(strings.Fields(vectors[name]), ""))
	if err != nil || len(raw) == 0 {
		t.Fatalf("%s: %v", name, err)
	}
	return raw
}

// TestRFC5769 reads the sample messages of RFC 5769: header, user name, address, integrity, fingerprint.
func TestRFC5769(t *testing.T) {
	id := txid{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae}
	for _, c := range []struct {
		name   string
		class  class
		id     txid
		user   string
		mapped netip.AddrPort
		key    stun.MessageIntegrity
		finger bool
	}{
		{"request", request, id, "evtj:h6vY", netip.AddrPort{}, stun.NewShortTermIntegrity(vectorPwd), true},
		{"IPv4 response", success, id, "", ap("192.0.2.1:32853"), stun.NewShortTermIntegrity(vectorPwd), true},
		{"IPv6 response", success, id, "", ap("[2001:db8:1234:5678:11:2233:4455:6677]:32853"), stun.NewShortTermIntegrity(vectorPwd), true},
		{"long-term request", request, txid{0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e}, "マトリックス",
			netip.AddrPort{}, stun.NewLongTermIntegrity("マトリックス", "example.org", "TheMatrIX"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := vector(t, c.name)
			p, ok := peek(raw)
			if !ok || p.method != methodBinding || p.class != c.class || p.id != c.id || string(p.username) != c.user || p.nominate {
				t.Errorf("read as %+v, %t", p, ok)
			}
			m := &stun.Message{Raw: raw}
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
			if got, ok := mappedAddress(m); got != c.mapped || ok != c.mapped.IsValid() {
				t.Errorf("mapped to %v", got)
			}
			if err := c.key.Check(m); err != nil {
				t.Errorf("integrity: %v", err)
			}
			if stun.NewShortTermIntegrity("another password").Check(m) == nil {
				t.Error("any password will do")
			}
			if err := stun.Fingerprint.Check(m); (err == nil) != c.finger {
				t.Errorf("fingerprint: %v", err)
			}
		})
	}
}

// TestRFC5769Request: an Agent with the credentials of the RFC's request answers it, and one
// octet changed is from a stranger.
func TestRFC5769Request(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "203.0.113.8:5004", nil, nil)
		defer p.Close()
		p.now.ufrag, p.now.pwd = "evtj", vectorPwd
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(Description{Ufrag: "h6vY", Pwd: secret(24)}), p.Start(true)); err != nil {
			t.Fatal(err)
		}
		raw := vector(t, "request")
		answered := func(from *sock, raw []byte) bool {
			for len(from.in) > 0 {
				<-from.in
			}
			w.send(from, raw, p.sock.addr)
			time.Sleep(50 * time.Millisecond)
			for len(from.in) > 0 {
				k := <-from.in
				m := &stun.Message{Raw: k.raw}
				if m.Decode() == nil && m.Type == stun.BindingSuccess && stun.NewShortTermIntegrity(vectorPwd).Check(m) == nil {
					at, _ := mappedAddress(m)
					return at == from.addr
				}
			}
			return false
		}
		peer, stranger := w.open("203.0.113.20:7000", nil), w.open("203.0.113.66:7000", nil)
		if !answered(peer, raw) || !p.Verified(peer.addr) {
			t.Error("the RFC's request isn't answered")
		}
		for i := headerLen; i < len(raw)-8; i++ { // what the integrity covers
			bad := append([]byte(nil), raw...)
			bad[i] ^= 1
			if answered(stranger, bad) || p.Verified(stranger.addr) {
				t.Errorf("with octet %d changed it is answered", i)
			}
		}
	})
}
