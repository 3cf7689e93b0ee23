package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"offhook/audio/impair"
)

// Place is where a phone runs. The zero value is the lab itself.
type Place struct {
	ip  string
	pid string // of a process whose network it shares; "" for the lab's
}

// IP is the place's address.
func (p Place) IP() string {
	if p.ip == "" {
		return IP
	}
	return p.ip
}

// Run starts a program there.
func (p Place) Run(t testing.TB, name string, args []string, opts ...func(*exec.Cmd)) *Process {
	t.Helper()
	if p.pid != "" {
		name, args = "nsenter", append([]string{"-t", p.pid, "-n", "--", name}, args...)
	}
	return Run(t, name, args, opts...)
}

// StartOffhook runs the binary under test there.
func (p Place) StartOffhook(t testing.TB, opts []func(*exec.Cmd), args ...string) *Offhook {
	t.Helper()
	home := t.TempDir()
	opts = append([]func(*exec.Cmd){Env("HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_STATE_HOME="+filepath.Join(home, "state"), "NO_COLOR=1")}, opts...)
	return &Offhook{p.Run(t, Binary(), args, opts...)}
}

// WireSpec says what a wire does to RTP. All else passes it untouched.
type WireSpec struct {
	impair.Spec
	// Drift makes the sender's clock slow by that many millionths, as the receiver
	// sees it: each packet comes a little later than the one before. Negative is fast.
	Drift float64
}

// slack is what a wire with a fast sender delays at first, so that it can be early later.
const slack = 20 * time.Millisecond

// Own is what the wire itself adds to the delay of a packet that it doesn't impair.
func (s WireSpec) Own() time.Duration {
	if s.Drift < 0 {
		return slack
	}
	return 0
}

// at is when a packet sent at now enters the wire, of a sender that started at start.
func (s WireSpec) at(start, now time.Time) time.Time {
	return now.Add(s.Own() + time.Duration(s.Drift/1e6*float64(now.Sub(start))))
}

// Wire is a cable between the lab and a place of its own, and whatever is wrong with it:
//
//	+-- lab ----------+                                  +-- place --------+
//	| 10.20.30.1      |      the test's process          | 10.88.n.2       |
//	|    wireNa (TUN) |---> Link, RTP only --------->----| wireNb (TUN)    |
//	|                 |----<-------- Link, RTP only <----|                 |
//	+-----------------+                                  +-----------------+
//
// Kernels may be without netem; a TUN device needs none, and the same seed does the
// same to every phone's packets.
type Wire struct {
	place Place
	lost  atomic.Uint64 // RTP to the place
	sent  atomic.Uint64 // RTP to the place
}

// There is the far end.
func (w *Wire) There() Place { return w.place }

// Lost is how many of the RTP packets to the far end were lost so far, and of how many.
func (w *Wire) Lost() (lost, of uint64) { return w.lost.Load(), w.sent.Load() }

// StartWire lays one that lies until the test's end.
func StartWire(t testing.TB, spec WireSpec) *Wire {
	t.Helper()
	Need(t, "unshare", "nsenter", "ip")
	n := nextNet.Add(1)
	keeper := Run(t, "unshare", []string{"-n", "sh", "-c", "echo ready; exec sleep 3600"})
	keeper.Await("ready", 0)
	pid := strconv.Itoa(keeper.Pid())
	net := fmt.Sprintf("10.88.%d.", n)
	w := &Wire{place: Place{ip: net + "2", pid: pid}}
	near, far := fmt.Sprintf("wire%da", n), fmt.Sprintf("wire%db", n)
	here, err := openTUN(near)
	if err != nil {
		t.Fatal(err)
	}
	there, err := openTUN(far)
	if err != nil {
		t.Fatal(err)
	}
	inside := []string{"nsenter", "-t", pid, "-n", "--"}
	for _, argv := range [][]string{
		{"ip", "addr", "add", net + "1/30", "dev", near},
		{"ip", "link", "set", near, "up"},
		// The device moves; what is written to and read from it stays with us.
		{"ip", "link", "set", far, "netns", pid},
		append(slices.Clone(inside), "ip", "link", "set", "lo", "up"),
		append(slices.Clone(inside), "ip", "addr", "add", net+"2/30", "dev", far),
		append(slices.Clone(inside), "ip", "link", "set", far, "up"),
		append(slices.Clone(inside), "ip", "route", "add", "default", "dev", far),
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", argv, err, out)
		}
	}
	done := make(chan struct{}, 2)
	go func() { carry(here, there, impair.NewLink(spec.Spec, impair.In), spec, w); done <- struct{}{} }()
	go func() { carry(there, here, impair.NewLink(spec.Spec, impair.Out), spec, nil); done <- struct{}{} }()
	t.Cleanup(func() {
		here.Close()
		there.Close()
		<-done
		<-done
	})
	return w
}

// carry moves packets one way until from is closed. It counts into w, if there is one.
func carry(from, to *os.File, link *impair.Link, spec WireSpec, w *Wire) {
	type packet struct {
		raw []byte
		at  time.Time
	}
	in := make(chan packet, 64)
	go func() {
		defer close(in)
		buf := make([]byte, 2048)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			in <- packet{append([]byte(nil), buf[:n]...), time.Now()}
		}
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var start time.Time
	for {
		select {
		case p, ok := <-in:
			if !ok {
				return
			}
			if !isRTP(p.raw) {
				_, _ = to.Write(p.raw) // a network may lose it
				continue
			}
			if start.IsZero() {
				start = p.at
			}
			link.Put(p.raw, netip.AddrPort{}, true, spec.at(start, p.at))
			if w != nil {
				c := link.Counts()
				w.lost.Store(c.Lost)
				w.sent.Store(c.Packets)
			}
		case <-timer.C:
		}
		for d, ok := link.Take(time.Now()); ok; d, ok = link.Take(time.Now()) {
			_, _ = to.Write(d.Raw)
		}
		if due, ok := link.Due(); ok {
			timer.Reset(time.Until(due))
		}
	}
}

// isRTP says whether an IPv4 packet looks like it: UDP, version 2, and no RTCP type.
func isRTP(b []byte) bool {
	const udp, udpHeader, rtpHeader = 17, 8, 12
	if len(b) < 20 || b[0]>>4 != 4 || b[9] != udp {
		return false
	}
	at := 4*int(b[0]&15) + udpHeader
	if len(b) < at+rtpHeader {
		return false
	}
	kind := b[at+1] & 0x7f // RFC 5761 section 4: 64 to 95 are RTCP's
	return b[at]>>6 == 2 && (kind < 64 || kind > 95)
}

// openTUN makes a device.
func openTUN(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun, which a wire needs: %w", err)
	}
	var request struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	request.flags = unix.IFF_TUN | unix.IFF_NO_PI
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(&request))); e != 0 {
		return nil, errors.Join(fmt.Errorf("make the device %s: %w", name, e), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}
