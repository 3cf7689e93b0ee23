package audio

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// only has the kernel drop what doesn't come from peers, which costs a flooded process
// nothing. Without peers everything passes again. It reports whether it worked: where
// it doesn't, all comes in as before.
//
// connect would do the same for one, but a socket that is disconnected again loses a port
// that the system chose.
func (s *rawSocket) only(peers []netip.AddrPort) bool {
	if len(peers) == 0 {
		// Nothing to detach is fine too.
		return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) == nil
	}
	code := filterFor(peers)
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	return unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog) == nil
}

// filterFor is a classic BPF program: 0 drops the datagram. It starts at the UDP header;
// the IP header is reached by negative offsets. A dual socket's IPv4 has IPv4 headers, so
// the version is a part of each address.
//
//	for each peer:  source port == its port ──> version ──> each word of the address ──> take
//	                     \────────────────────────\──────────────\──> the next peer
//	drop
func filterFor(peers []netip.AddrPort) []unix.SockFilter {
	const (
		load8  = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
		load16 = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
		load32 = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		shift  = unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		result = unix.BPF_RET | unix.BPF_K

		network = 0xfff00000 // SKF_NET_OFF
	)
	var code []unix.SockFilter
	for _, peer := range peers {
		addr := peer.Addr().Unmap()
		raw, at, version := addr.AsSlice(), uint32(12), uint32(4)
		if addr.Is6() {
			at, version = 8, 6
		}
		words := len(raw) / 4
		left := uint8(2*words + 4) // instructions of this peer's after the first comparison
		code = append(code,
			unix.SockFilter{Code: load16}, unix.SockFilter{Code: equal, Jf: left, K: uint32(peer.Port())},
			unix.SockFilter{Code: load8, K: network}, unix.SockFilter{Code: shift, K: 4},
			unix.SockFilter{Code: equal, Jf: left - 3, K: version})
		left -= 3
		for i := range words {
			left -= 2
			code = append(code,
				unix.SockFilter{Code: load32, K: network + at + uint32(4*i)},
				unix.SockFilter{Code: equal, Jf: left, K: binary.BigEndian.Uint32(raw[4*i:])})
		}
		code = append(code, unix.SockFilter{Code: result, K: 0xffff})
	}
	return append(code, unix.SockFilter{Code: result})
}
