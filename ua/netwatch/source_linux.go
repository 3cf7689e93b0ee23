package netwatch

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// groups are the netlink groups whose news concern us: links, addresses, routes.
const groups = 1<<(unix.RTNLGRP_LINK-1) | 1<<(unix.RTNLGRP_IPV4_IFADDR-1) | 1<<(unix.RTNLGRP_IPV4_ROUTE-1) |
	1<<(unix.RTNLGRP_IPV6_IFADDR-1) | 1<<(unix.RTNLGRP_IPV6_ROUTE-1)

// source signals each change that the kernel tells by netlink; where that is refused,
// as in some sandboxes, it polls. stop ends it and waits for its goroutine.
func source(ctx context.Context) (signals <-chan struct{}, stop func()) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return polling(ctx)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		_ = unix.Close(fd)
		return polling(ctx)
	}
	f := os.NewFile(uintptr(fd), "netlink") // in the runtime's poller, so that Close ends a Read
	signals, signal := signaller()
	var readers sync.WaitGroup
	readers.Go(func() { listen(f, signal) })
	clock := wakeClock()
	if clock != nil {
		readers.Go(func() { awaken(clock, signal) })
	}
	return signals, func() {
		_ = f.Close()
		if clock != nil {
			_ = clock.Close()
		}
		readers.Wait()
	}
}

// wakeClock is a timer that never runs out. The kernel cancels it when the clock is set, which
// it also is when the machine wakes up: nothing has to look at the clock for that. nil where
// there is none.
func wakeClock() *os.File {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil
	}
	if err := armWakeClock(fd); err != nil {
		_ = unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), "timerfd")
}

func armWakeClock(fd int) error {
	never := unix.ItimerSpec{Value: unix.Timespec{Sec: math.MaxInt32}}
	return unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &never, nil)
}

// awaken signals each time that the machine was asleep, until the clock is closed.
func awaken(clock *os.File, signal func()) {
	raw, err := clock.SyscallConn()
	if err != nil {
		return
	}
	before := suspended()
	for {
		var b [8]byte
		if _, err := clock.Read(b[:]); !errors.Is(err, unix.ECANCELED) {
			return
		}
		failed := false
		if err := raw.Control(func(fd uintptr) { failed = armWakeClock(int(fd)) != nil }); err != nil || failed {
			return
		}
		if now := suspended(); now > before {
			before = now
			signal()
		}
	}
}

// suspended is how long this machine has slept since it was started.
func suspended() time.Duration {
	var all, awake unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return 0
	}
	// The two readings are a moment apart.
	return time.Duration(all.Nano() - awake.Nano()).Round(100 * time.Millisecond)
}

// listen reads until the socket is closed. What exactly changed doesn't matter: who is told
// looks at the whole. An overrun (ENOBUFS) means that much has.
func listen(f *os.File, signal func()) {
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		if err != nil {
			if !errors.Is(err, unix.ENOBUFS) {
				return
			}
			signal()
			continue
		}
		if concerns(buf[:n]) {
			signal()
		}
	}
}

// concerns says whether a datagram of netlink messages tells of an address, a route or a link.
func concerns(b []byte) bool {
	const head = unix.SizeofNlMsghdr
	for len(b) >= head {
		size, kind := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint16(b[4:])
		switch kind {
		case unix.RTM_NEWADDR, unix.RTM_DELADDR, unix.RTM_NEWROUTE, unix.RTM_DELROUTE, unix.RTM_NEWLINK, unix.RTM_DELLINK:
			return true
		}
		n := (uint64(size) + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1)
		if n < head || n > uint64(len(b)) {
			return false
		}
		b = b[n:]
	}
	return false
}
