package lab

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestNATs has servers judge each router: from where do they see the host, and which of
// them can send to it (RFC 4787, sections 4.1 and 5)?
func TestNATs(t *testing.T) {
	Need(t, "nft")
	inet := StartInternet(t)
	here, there := inet.nextServer(), inet.nextServer()
	for _, c := range []struct {
		nat NAT
		// One mapping for all, and who gets in besides the one that was sent to.
		one, anybody, sameAddress bool
	}{
		{NoNAT, true, true, true},
		{FullCone, true, true, true},
		{AddressRestricted, true, false, true},
		{PortRestricted, true, false, false},
		{Symmetric, false, false, false},
	} {
		t.Run(c.nat.String(), func(t *testing.T) {
			first, samePlace, elsewhere := listen(t, here), listen(t, here), listen(t, there)
			lan := inet.StartLAN(t, c.nat, LANOptions{})
			host := lan.ListenUDP(t)
			at := seen(t, host, first)
			if at.Addr().String() != lan.Public {
				t.Errorf("seen at %v, want %s", at, lan.Public)
			}
			// Who wasn't sent to tries first: a refusal must leave no trace.
			for _, x := range []struct {
				who  string
				from *net.UDPConn
				want bool
			}{{"the one that was sent to", first, true}, {"another port", samePlace, c.sameAddress}, {"another address", elsewhere, c.anybody}} {
				if got := reaches(t, x.from, at, host); got != x.want {
					t.Errorf("%s gets in: %t", x.who, got)
				}
			}
			for _, to := range []*net.UDPConn{samePlace, elsewhere, first} {
				if again := seen(t, host, to); (again == at) != (c.one || to == first) {
					t.Errorf("seen at %v, then at %v", at, again)
				}
			}
		})
	}
}

// TestNATHairpin has a host send to its own public address.
func TestNATHairpin(t *testing.T) {
	inet := StartInternet(t)
	place := inet.nextServer()
	for _, hairpin := range []bool{false, true} {
		lan := inet.StartLAN(t, FullCone, LANOptions{Hairpin: hairpin})
		server := listen(t, place)
		host, other := lan.ListenUDP(t), lan.ListenUDP(t)
		if got := reaches(t, other, seen(t, host, server), host); got != hairpin {
			t.Errorf("hairpin %t: %t", hairpin, got)
		}
	}
}

// TestNATLifetime lets a mapping end.
func TestNATLifetime(t *testing.T) {
	inet := StartInternet(t)
	place := inet.nextServer()
	for _, nat := range NATs[1:] {
		t.Run(nat.String(), func(t *testing.T) {
			t.Parallel()
			lan := inet.StartLAN(t, nat, LANOptions{Lifetime: 2 * time.Second})
			server := listen(t, place)
			host := lan.ListenUDP(t)
			at := seen(t, host, server)
			if !reaches(t, server, at, host) {
				t.Error("closed at once")
			}
			<-time.After(4 * time.Second) // what the mapping lives, and what the kernel takes to notice
			if reaches(t, server, at, host) {
				t.Error("open for ever")
			}
		})
	}
}

func listen(t *testing.T, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// seen sends from host to server, and says from where it came.
func seen(t *testing.T, host, server *net.UDPConn) netip.AddrPort {
	t.Helper()
	if _, err := host.WriteTo([]byte("here"), server.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for {
		_ = server.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, from, err := server.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("the host doesn't reach %v: %v", server.LocalAddr(), err)
		}
		if string(buf[:n]) == "here" {
			return from
		}
	}
}

// reaches says whether a packet to at gets to the host.
func reaches(t *testing.T, from *net.UDPConn, at netip.AddrPort, host *net.UDPConn) bool {
	t.Helper()
	if _, err := from.WriteToUDPAddrPort([]byte("knock"), at); err != nil {
		t.Fatal(err)
	}
	_ = host.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	n, _, err := host.ReadFromUDPAddrPort(make([]byte, 100))
	return err == nil && n == len("knock")
}
