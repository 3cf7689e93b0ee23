package ua

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// stunServer tells everyone that they are at seen. It is written from RFC 8489
// alone, so that our client isn't its own judge.
func stunServer(t *testing.T, seen netip.AddrPort) string {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if n < 20 {
				continue
			}
			const cookie = 0x2112A442
			ip := seen.Addr().As4()
			res := binary.BigEndian.AppendUint16(nil, 0x0101) // Binding success
			res = binary.BigEndian.AppendUint16(res, 12)
			res = append(res, buf[4:20]...)
			res = append(res, 0, 0x20, 0, 8, 0, 1) // XOR-MAPPED-ADDRESS, IPv4
			res = binary.BigEndian.AppendUint16(res, seen.Port()^cookie>>16)
			res = binary.BigEndian.AppendUint32(res, binary.BigEndian.Uint32(ip[:])^cookie)
			_, _ = c.WriteToUDPAddrPort(res, from)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return c.LocalAddr().String()
}

func TestSTUNAddressIsOffered(t *testing.T) {
	server := stunServer(t, netip.MustParseAddrPort("198.51.100.7:4242"))
	r := newRig(t, withAccount(func(a *Account) { a.STUN = server }))
	_, inv, _ := r.dialled()
	for _, want := range []string{"c=IN IP4 198.51.100.7", "m=audio 4242 "} {
		if !strings.Contains(inv.Raw, want) {
			t.Errorf("no %q in\n%s", want, inv.Raw)
		}
	}
}

// A call doesn't fail because of its STUN server.
func TestSTUNFailureOffersTheLocalAddress(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.STUN = "127.0.0.1:99999" }))
	_, inv, _ := r.dialled()
	if !strings.Contains(inv.Raw, "c=IN IP4 127.0.0.1") {
		t.Errorf("not the local address:\n%s", inv.Raw)
	}
}
