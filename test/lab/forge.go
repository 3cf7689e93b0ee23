package lab

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// Forger sends UDP datagrams that seem to come from anybody, as who sits in a network that
// checks no source addresses does.
type Forger struct {
	t  testing.TB
	fd int
}

// StartForger opens a raw socket, which the lab's namespace allows.
func StartForger(t testing.TB) *Forger {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatalf("a raw socket: %v", err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return &Forger{t, fd}
}

// Send sends payload to an IPv4 address as if it came from another.
func (f *Forger) Send(from, to netip.AddrPort, payload []byte) {
	f.t.Helper()
	size := 28 + len(payload)
	raw := make([]byte, 28, size)
	raw[0], raw[8], raw[9] = 0x45, 64, unix.IPPROTO_UDP // the kernel fills in length, id and checksum
	src, dst := from.Addr().As4(), to.Addr().As4()
	copy(raw[12:], src[:])
	copy(raw[16:], dst[:])
	binary.BigEndian.PutUint16(raw[20:], from.Port())
	binary.BigEndian.PutUint16(raw[22:], to.Port())
	binary.BigEndian.PutUint16(raw[24:], uint16(size-20)) // and no checksum of UDP: 0 is none
	if err := unix.Sendto(f.fd, append(raw, payload...), 0, &unix.SockaddrInet4{Addr: dst}); err != nil {
		f.t.Errorf("forge a datagram: %v", err)
	}
}
