package audio

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeOver makes c a session's socket. On failure c is closed.
//
// The descriptor is duplicated and c closed, which takes it out of the runtime's
// poller: in there, every datagram would wake a thread, though no goroutine waits.
func takeOver(c *net.UDPConn, _ int) (socket, error) {
	defer c.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	six := localAddr(c).Addr().Is6()
	fd, dup := -1, error(nil)
	err = raw.Control(func(old uintptr) { fd, dup = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = dup
	}
	if err != nil {
		return nil, err
	}
	return newRawSocket(fd, six), nil
}

// rawSocket is a UDP socket that only its owner looks at.
//
// Its system calls are RawSyscalls, which the scheduler isn't told of. That is right
// only for calls that never sleep: all of them have MSG_DONTWAIT. The usual kind would
// wake the runtime's monitor thread at each beat, which costs more than the call.
type rawSocket struct {
	fd int

	// Of recvmsg; hdr points into what follows it.
	hdr     unix.Msghdr
	iov     unix.Iovec
	name    unix.RawSockaddrInet6 // or the shorter one of IPv4
	control [8]uint64             // aligned; a time and a counter take 56 bytes
	slot    slot
	dropped uint32
	zone    zone

	// Of sendto.
	six  bool
	dest target

	// Of beside.
	mu     sync.Mutex
	aside  target // guarded by mu
	closed bool   // guarded by mu
}

// target is an address in the kernel's form.
type target struct {
	to   netip.AddrPort // that name says
	name unix.RawSockaddrInet6
	size uintptr
}

// zone is the last IPv6 scope that was met: asking for its name is a system call.
type zone struct {
	id   uint32
	name string
}

// receiveRoom is a second and more of voice, while the process is kept waiting.
const receiveRoom = 256 << 10

func newRawSocket(fd int, six bool) *rawSocket {
	s := &rawSocket{fd: fd, six: six}
	s.iov.Base = &s.slot.buf[0]
	s.iov.SetLen(len(s.slot.buf))
	s.hdr.Iov = &s.iov
	s.hdr.SetIovlen(1)
	s.hdr.Name = (*byte)(unsafe.Pointer(&s.name))
	s.hdr.Control = (*byte)(unsafe.Pointer(&s.control))
	// Wishes: without them times are those of the beat, and drops aren't counted.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveRoom)
	return s
}

func (s *rawSocket) next() *slot {
	for {
		s.hdr.Namelen = uint32(unsafe.Sizeof(s.name))
		s.hdr.SetControllen(int(unsafe.Sizeof(s.control)))
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.hdr)), unix.MSG_DONTWAIT)
		switch errno {
		case 0:
			s.slot.n = int(n)
			s.slot.from = s.from()
			s.slot.at = time.Now()
			s.readControl()
			return &s.slot
		case unix.EINTR:
		default:
			return nil // nothing there, or an error that later calls report too
		}
	}
}

// readControl reads when the datagram came, and how many before it were dropped.
func (s *rawSocket) readControl() {
	const head = unsafe.Sizeof(unix.Cmsghdr{})
	all := unsafe.Slice((*byte)(unsafe.Pointer(&s.control)), unsafe.Sizeof(s.control))
	for rest := all[:s.hdr.Controllen]; uintptr(len(rest)) >= head; {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&rest[0]))
		size := uintptr(h.Len)
		if size < head || size > uintptr(len(rest)) {
			return
		}
		body := rest[head:size]
		switch {
		case h.Level != unix.SOL_SOCKET:
		case h.Type == unix.SCM_TIMESTAMPNS && uintptr(len(body)) >= unsafe.Sizeof(unix.Timespec{}):
			ts := (*unix.Timespec)(unsafe.Pointer(&body[0]))
			s.slot.at = arrival(s.slot.at, time.Unix(ts.Unix()))
		case h.Type == unix.SO_RXQ_OVFL && len(body) >= 4:
			s.dropped = *(*uint32)(unsafe.Pointer(&body[0]))
		}
		rest = rest[min(uintptr(unix.CmsgSpace(len(body))), uintptr(len(rest))):]
	}
}

// arrival puts the kernel's wall-clock time of a datagram on the monotonic clock
// that now has. A step of the wall clock in between must not move it far.
func arrival(now, stamp time.Time) time.Time {
	const longest = 10 * time.Second
	age := time.Duration(now.UnixNano() - stamp.UnixNano())
	if age < 0 || age > longest {
		return now
	}
	return now.Add(-age)
}

// from is the sender's address.
func (s *rawSocket) from() netip.AddrPort {
	if s.name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), networkPort(v4.Port))
	}
	addr := netip.AddrFrom16(s.name.Addr).Unmap()
	if id := s.name.Scope_id; id != 0 && addr.Is6() {
		if s.zone.id != id {
			s.zone = zone{id: id, name: zoneName(id)}
		}
		addr = addr.WithZone(s.zone.name)
	}
	return netip.AddrPortFrom(addr, networkPort(s.name.Port))
}

func (s *rawSocket) send(raw []byte, to netip.AddrPort) error {
	if len(raw) == 0 {
		return nil
	}
	return s.sendTo(raw, to, &s.dest)
}

func (s *rawSocket) beside(raw []byte, to netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case len(raw) == 0:
		return nil
	}
	return s.sendTo(raw, to, &s.aside)
}

// sendTo sends raw with the help of dest, which remembers the last address.
func (s *rawSocket) sendTo(raw []byte, to netip.AddrPort, dest *target) error {
	if to != dest.to {
		if err := dest.aim(to, s.six); err != nil {
			return err
		}
	}
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&dest.name)), dest.size)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// aim makes t the address to, for a socket of IPv6 or else of IPv4.
func (t *target) aim(to netip.AddrPort, six bool) error {
	addr := to.Addr().Unmap()
	if addr.Is6() != six || !addr.IsValid() {
		return unix.EAFNOSUPPORT
	}
	if six {
		t.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: networkPort(to.Port()), Addr: addr.As16(), Scope_id: zoneID(addr.Zone())}
		t.size = unix.SizeofSockaddrInet6
	} else {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&t.name))
		*v4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkPort(to.Port()), Addr: addr.As4()}
		t.size = unix.SizeofSockaddrInet4
	}
	t.to = to
	return nil
}

func (s *rawSocket) lost() uint64 { return uint64(s.dropped) }

func (s *rawSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	unix.Close(s.fd)
}

// networkPort turns a port from host into network byte order, or back.
func networkPort(p uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&p))
	return uint16(b[0])<<8 | uint16(b[1])
}

func zoneName(id uint32) string {
	if ifi, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifi.Name
	}
	return strconv.Itoa(int(id))
}

func zoneID(name string) uint32 {
	if name == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(name); err == nil {
		return uint32(ifi.Index)
	}
	id, _ := strconv.ParseUint(name, 10, 32)
	return uint32(id)
}
