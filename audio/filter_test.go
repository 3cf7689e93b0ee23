package audio

import (
	"net"
	"net/netip"
	"testing"
)

// A socket that is told to takes the peer's datagrams alone, and everybody's again.
func TestSocketTakesOnlyThePeers(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		other, err := listenUDP(local.Addr(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		say := func(c *net.UDPConn, text string) {
			if _, err := c.WriteToUDPAddrPort([]byte(text), local); err != nil {
				t.Fatal(err)
			}
		}
		hear := func(want string) {
			t.Helper()
			if sl := await(t, s); string(sl.buf[:sl.n]) != want {
				t.Errorf("heard %q, want %q", sl.buf[:sl.n], want)
			}
		}
		say(other, "before")
		hear("before")
		if !s.only([]netip.AddrPort{localAddr(peer)}) {
			t.Skip("this system has no filter")
		}
		for range 100 { // what a portable socket, which reads them all, has room for
			say(other, "a flood, of which nothing is heard")
		}
		say(peer, "the peer")
		hear("the peer")
		if !s.only([]netip.AddrPort{localAddr(other)}) {
			t.Fatal("another peer")
		}
		say(peer, "not the peer any more")
		say(other, "the new peer")
		hear("the new peer")
		both := []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), localAddr(peer).Port()), localAddr(peer), localAddr(other)}
		if !s.only(both) {
			t.Fatal("several peers")
		}
		third, err := listenUDP(local.Addr(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer third.Close()
		say(third, "a stranger")
		say(other, "one of several")
		say(peer, "another of them")
		hear("one of several")
		hear("another of them")
		if !s.only(nil) {
			t.Fatal("not open again")
		}
		say(peer, "after")
		hear("after")
		say(other, "and also")
		hear("and also")
	})
}
