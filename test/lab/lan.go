package lab

import (
	"fmt"
	"net/netip"
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
	IPv6     bool          // it has a public IPv6 network too, behind a firewall that lets in answers
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
	if opts.IPv6 {
		r.joinIPv6(i)
	}
	return r
}

// joinIPv6 gives the network behind the router 2001:db8:n:k::/64, which the lab routes there.
func (r *LAN) joinIPv6(i *Internet) {
	r.t.Helper()
	k := netip.MustParseAddr(r.Public).As4()[3]
	prefix, wan := fmt.Sprintf("%s%x::", i.net6, k), fmt.Sprintf("%s:%x", i.net6, k)
	script(r.t, r.router,
		"echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
		"ip addr add "+wan+"/64 dev wan nodad", "ip addr add "+prefix+"1/64 dev lan nodad",
		"ip -6 route add default via "+i.net6+":1",
		`nft 'table ip6 router { chain through { type filter hook forward priority 0; policy drop; iifname lan accept; ct state established,related accept; }; }'`)
	script(r.t, r.pid, "ip addr add "+prefix+"2/64 dev eth0 nodad", "ip -6 route add default via "+prefix+"1")
	script(r.t, "", "ip -6 route add "+prefix+"/64 via "+wan+" dev "+i.dev)
}

// settle gives the host its address.
func (r *LAN) settle() {
	r.t.Helper()
	script(r.t, r.pid, "ip -4 addr flush dev eth0", "ip addr add "+r.ip+"/24 dev eth0", "ip route add default via "+r.net+"1")
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
// process in it. Its IPv6 addresses are of use at once: nobody has them twice.
func namespace(t testing.TB) string {
	t.Helper()
	keeper := Run(t, "unshare", []string{"-n", "sh", "-c", "if [ -d /proc/sys/net/ipv6 ]; then echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; fi; ip link set lo up; echo ready; exec sleep 3600"})
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
