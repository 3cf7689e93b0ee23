package audio

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newAlarm is the system's best alarm.
func newAlarm(wake <-chan struct{}) alarm {
	if a, err := newKernelAlarm(); err == nil {
		return a
	}
	return newRuntimeAlarm(wake)
}

// kernelAlarm is a timerfd that the loop reads through the runtime's poller.
//
// A timer of the runtime would do, at a price: its poller sleeps whole milliseconds,
// so it wakes early, and again in time; the monitor thread wakes for each timer as
// well; and a channel that a timer fills sets a second thread looking for work. That
// is some 300 wake-ups a second, three quarters of a call's CPU. This is one each.
type kernelAlarm struct {
	file *os.File
	conn syscall.RawConn

	spec  unix.ItimerSpec // what arm sets. Owner: the loop
	count [8]byte
	arm   func(fd uintptr) // closures that are made once: nothing allocates
	now   func(fd uintptr)
	read  func(fd uintptr) bool
}

func newKernelAlarm() (*kernelAlarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	a := &kernelAlarm{file: os.NewFile(uintptr(fd), "timerfd")}
	if a.conn, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return nil, err
	}
	if err := a.file.SetReadDeadline(time.Time{}); err != nil { // the poller didn't take it
		a.file.Close()
		return nil, err
	}
	soon := unix.ItimerSpec{Value: unix.Timespec{Nsec: 1}}
	a.arm = func(fd uintptr) { setTimer(fd, &a.spec) }
	a.now = func(fd uintptr) { setTimer(fd, &soon) }
	a.read = func(fd uintptr) bool {
		_, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&a.count)), unsafe.Sizeof(a.count))
		return errno != unix.EAGAIN
	}
	return a, nil
}

// setTimer never sleeps, so that the scheduler need not know: see rawSocket.
func setTimer(fd uintptr, spec *unix.ItimerSpec) {
	unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(spec)), 0, 0, 0)
}

func (a *kernelAlarm) set(until time.Time) {
	a.spec.Value = unix.NsecToTimespec(int64(max(time.Until(until), 1)))
	a.conn.Control(a.arm)
}

// wait sleeps in the poller, like a read from the network.
func (a *kernelAlarm) wait() { a.conn.Read(a.read) }

func (a *kernelAlarm) ring() { a.conn.Control(a.now) }

func (a *kernelAlarm) close() { a.file.Close() }
