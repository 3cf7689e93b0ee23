package lab

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// LANOptions are what else a router does. The zero value is a plain one.
type LANOptions struct {
	Lifetime time.Duration // of a mapping that carries nothing; 0: two minutes
	Hairpin  bool          // a full cone sends what is for its own public address back in
	BlockUDP bool          // only TCP gets out
}

// LAN is a host behind a router of its own, or without one at the Internet itself.
//
//	+-- host ---------+      +-- router ---------------+      +-- Internet
//	| 192.168.n.2     |------| 192.168.n.1  198.18.i.k |------|
//	|        eth0     | veth | lan                wan  | veth | bridge
//	+-----------------+      +-------------------------+      +--
//
// The private networks lead nowhere else: only its mappings make the host reachable.
type LAN struct {
	Place // the host
	// Public is the address that the world sees.
	Public string

	t      testing.TB
	opts   LANOptions
	nat    NAT
	net    string // "192.168.n."; of the Internet for NoNAT
	router string // pid of a process of the router; "" for NoNAT
}

func (r *LAN) host() string { return r.ip }

func (r *LAN) lifetime() time.Duration {
	if r.opts.Lifetime == 0 {
		return 2 * time.Minute
	}
	return r.opts.Lifetime
}

// StartLAN makes a host at the Internet, behind a NAT of the kind.
func (i *Internet) StartLAN(t testing.TB, nat NAT, opts LANOptions) *LAN {
	t.Helper()
	Need(t, "nft")
	n := nextNet.Add(1)
	r := &LAN{t: t, opts: opts, nat: nat, Public: i.next(), net: fmt.Sprintf("192.168.%d.", n%250)}
	r.pid = namespace(t)
	if nat == NoNAT {
		r.net, r.ip = i.net, r.Public
		i.plug(t, n, r.pid, "eth0", r.Public)
		return r
	}
	r.router, r.ip = namespace(t), r.net+"2"
	i.plug(t, n, r.router, "wan", r.Public)
	name := fmt.Sprintf("lan%d", n)
	script(t, "",
		"ip link add "+name+"a type veth peer name "+name+"b",
		"ip link set "+name+"a netns "+r.router, "ip link set "+name+"b netns "+r.pid)
	script(t, r.router,
		"ip link set "+name+"a name lan", "ip link set lan up", "ip addr add "+r.net+"1/24 dev lan",
		"echo 1 > /proc/sys/net/ipv4/ip_forward")
	script(t, r.pid, "ip link set "+name+"b name eth0", "ip link set eth0 up")
	r.settle()
	r.Become(nat)
	return r
}

// settle gives the host its address.
func (r *LAN) settle() {
	r.t.Helper()
	script(r.t, r.pid, "ip addr flush dev eth0", "ip addr add "+r.ip+"/24 dev eth0", "ip route add default via "+r.net+"1")
}

// Become makes the router a NAT of another kind, one that knows no mapping.
func (r *LAN) Become(nat NAT) {
	r.t.Helper()
	r.nat = nat
	s := strconv.Itoa(int(r.lifetime() / time.Second))
	nft := exec.Command("nsenter", "-t", r.router, "-n", "--", "nft", "-f", "-")
	nft.Stdin = strings.NewReader(r.ruleset())
	if out, err := nft.CombinedOutput(); err != nil {
		r.t.Fatalf("nft: %v\n%s%s", err, out, r.ruleset())
	}
	script(r.t, r.router,
		// Only once there is a rule does the namespace have conntrack.
		"echo "+s+" > /proc/sys/net/netfilter/nf_conntrack_udp_timeout",
		"echo "+s+" > /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream")
}

// MoveTo gives the host another address of its network, as a new lease does.
func (r *LAN) MoveTo(last int) {
	r.t.Helper()
	r.ip = r.net + strconv.Itoa(last)
	r.settle()
	if r.nat != NoNAT {
		r.Become(r.nat)
	}
}

// namespace makes an empty network that lives until the test's end, and gives the pid of a
// process in it.
func namespace(t testing.TB) string {
	t.Helper()
	keeper := Run(t, "unshare", []string{"-n", "sh", "-c", "ip link set lo up; echo ready; exec sleep 3600"})
	keeper.Await("ready", 0)
	return strconv.Itoa(keeper.Pid())
}

// script runs commands in the network of a process; of the lab with "".
func script(t testing.TB, pid string, commands ...string) {
	t.Helper()
	argv := []string{"sh", "-ec", strings.Join(commands, "\n")}
	if pid != "" {
		argv = append([]string{"nsenter", "-t", pid, "-n", "--"}, argv...)
	}
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", commands, err, out)
	}
}
