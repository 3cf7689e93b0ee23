package device

import (
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Hush points file descriptor 2 at the null device for the rest of the run, so that
// what ALSA, JACK and PulseAudio print never reaches the terminal, and returns a
// file for the standard error that was there. The caller, which is main, puts it in
// os.Stderr; crash traces of the runtime go to it too.
func Hush() (*os.File, error) {
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("can't keep standard error apart from the sound libraries: %w", err)
	}
	stderr := os.NewFile(uintptr(fd), "/dev/stderr")
	null, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		stderr.Close()
		return nil, fmt.Errorf("%s: %w", os.DevNull, err)
	}
	defer unix.Close(null)
	// The runtime writes traces to descriptor 2; this sends a copy where people look.
	if err := debug.SetCrashOutput(stderr, debug.CrashOptions{}); err != nil {
		stderr.Close()
		return nil, err
	}
	if err := unix.Dup2(null, 2); err != nil {
		stderr.Close()
		return nil, fmt.Errorf("can't redirect standard error: %w", err)
	}
	return stderr, nil
}
