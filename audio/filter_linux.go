package audio

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// only has the kernel drop what doesn't come from peer, which costs a flooded process
// nothing. An invalid peer lets everything pass again. It reports whether it worked: where
// it doesn't, all comes in as before.
//
// connect would do the same, but a socket that is disconnected again loses a port that
// the system chose.
func (s *rawSocket) only(peer netip.AddrPort) bool {
	if !peer.IsValid() {
		// Nothing to detach is fine too.
		return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) == nil
	}
	code := filterFor(peer)
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	return unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog) == nil
}

// filterFor is a classic BPF program: 0 drops the datagram. It starts at the UDP header;
// the IP header is reached by negative offsets.
//
//	source port == peer's ──> each word of the source address == peer's ──> take
//	          \──────────────────────────────\─────────────────────────────> drop
func filterFor(peer netip.AddrPort) []unix.SockFilter {
	const (
		load16, load32 = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal          = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		result         = unix.BPF_RET | unix.BPF_K
		network        = 0xfff00000 // SKF_NET_OFF
	)
	addr := peer.Addr().Unmap()
	raw, at := addr.AsSlice(), uint32(12)
	if addr.Is6() {
		at = 8
	}
	words := len(raw) / 4
	left := uint8(2*words + 1) // instructions up to the drop
	code := []unix.SockFilter{{Code: load16}, {Code: equal, Jf: left, K: uint32(peer.Port())}}
	for i := range words {
		left -= 2
		code = append(code,
			unix.SockFilter{Code: load32, K: network + at + uint32(4*i)},
			unix.SockFilter{Code: equal, Jf: left, K: binary.BigEndian.Uint32(raw[4*i:])})
	}
	return append(code, unix.SockFilter{Code: result, K: 0xffff}, unix.SockFilter{Code: result})
}
