package lab

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// nextNet counts the networks that hosts were given.
var nextNet atomic.Int32

// Host is another machine: a network namespace inside the lab's, joined to it by a
// cable of its own. The lab is its router, so that its address can change while its peers stay.
//
//	+-- lab -----------------+      +-- host ----------+
//	| kamailio, baresip, ... |      |  offhook         |
//	| 10.20.30.1             |------|  10.77.n.2, .3 … |
//	|        10.77.n.1       | veth |  default via .1  |
//	+------------------------+      +------------------+
type Host struct {
	t    testing.TB
	pid  string
	net  string // "10.77.n."
	addr string // without the prefix; "" for none
}

// StartHost makes one with the first of its addresses.
func StartHost(t testing.TB) *Host {
	t.Helper()
	Need(t, "unshare", "nsenter", "ip")
	n := nextNet.Add(1)
	keeper := Run(t, "unshare", []string{"-n", "sh", "-c", "echo ready; exec sleep 3600"})
	keeper.Await("ready", 0)
	h := &Host{t: t, pid: strconv.Itoa(keeper.Pid()), net: fmt.Sprintf("10.77.%d.", n)}
	here, there := fmt.Sprintf("host%da", n), fmt.Sprintf("host%db", n)
	h.must("ip", "link", "add", here, "type", "veth", "peer", "name", there)
	h.must("ip", "link", "set", there, "netns", h.pid)
	h.must("ip", "addr", "add", h.net+"1/24", "dev", here)
	h.must("ip", "link", "set", here, "up")
	h.inside("ip", "link", "set", "lo", "up")
	h.inside("ip", "link", "set", there, "name", "eth0")
	h.inside("ip", "link", "set", "eth0", "up")
	h.MoveTo(2)
	return h
}

// Addr is its address now.
func (h *Host) Addr() string { return h.addr }

// MoveTo takes its address away and gives it another, as a new network does.
func (h *Host) MoveTo(last int) {
	h.t.Helper()
	h.Unplug()
	h.addr = h.net + strconv.Itoa(last)
	h.inside("ip", "addr", "add", h.addr+"/24", "dev", "eth0")
	h.inside("ip", "route", "add", "default", "via", h.net+"1")
}

// Unplug takes its address away.
func (h *Host) Unplug() {
	h.t.Helper()
	if h.addr != "" {
		h.inside("ip", "addr", "flush", "dev", "eth0")
	}
	h.addr = ""
}

func (h *Host) inside(argv ...string) {
	h.t.Helper()
	h.must("nsenter", append([]string{"-t", h.pid, "-n", "--"}, argv...)...)
}

func (h *Host) must(name string, args ...string) {
	h.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		h.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// StartOffhook runs the binary under test on the host.
func (h *Host) StartOffhook(args ...string) *Offhook {
	h.t.Helper()
	home := h.t.TempDir()
	return &Offhook{Run(h.t, "nsenter", append([]string{"-t", h.pid, "-n", "--", Binary()}, args...),
		Env("HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_STATE_HOME="+filepath.Join(home, "state"), "NO_COLOR=1"))}
}

// Roaming is the flags of a user of k whose address is whichever the host has.
func Roaming(t testing.TB, k *Kamailio, user string) []string {
	t.Helper()
	flags := Account(t, k, user)
	return flags[:len(flags)-2] // without --listen
}
