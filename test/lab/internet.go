package lab

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// Internet is a public network of its own with servers and routers:
//
//	+-- lab ----------------------------+
//	| bridge 198.18.n.1                 |---- router --- host
//	|   kamailio 198.18.n.5             |---- router --- host
//	|   coturn   198.18.n.10 and .11 …  |---- host
//	+-----------------------------------+
//
// It doesn't route IPv4: a packet for a private address is swallowed, without an answer, as most
// of the world's routers do. Were it refused, coturn's sockets would fail for a candidate
// that no packet can reach, and the allocation with them.
type Internet struct {
	t   testing.TB
	net string // "198.18.n."
	// net6 begins its IPv6 addresses: "2001:db8:n:".
	net6 string
	dev  string
	// Addresses given out: of servers, of guests.
	servers, guests atomic.Int32
}

const (
	gatewayHost  = "1"
	registrarAt  = "5"
	firstServer  = 10
	firstGuest   = 20
	swallowsHost = "254"
)

// StartInternet makes one that lasts until the test's end.
func StartInternet(t testing.TB) *Internet {
	t.Helper()
	Need(t, "ip", "unshare", "nsenter")
	n := nextNet.Add(1)
	i := &Internet{t: t, net: fmt.Sprintf("198.18.%d.", n%250), net6: fmt.Sprintf("2001:db8:%x:", n), dev: fmt.Sprintf("inet%d", n)}
	i.servers.Store(firstServer - 1)
	i.guests.Store(firstGuest - 1)
	script(t, "",
		// With a fixed address: otherwise it takes the lowest of its ports', and with the next
		// router neighbours send to one that nobody has any more.
		"ip link add "+i.dev+" address 02:00:00:00:00:01 type bridge forward_delay 0",
		"if [ -d /proc/sys/net/ipv6 ]; then echo 0 > /proc/sys/net/ipv6/conf/"+i.dev+"/accept_dad; fi",
		"ip link set "+i.dev+" up",
		"echo 0 > /proc/sys/net/ipv4/conf/"+i.dev+"/forwarding",
		"if [ -d /proc/sys/net/ipv6 ]; then",
		"echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
		"ip addr add "+i.net6+":1/64 dev "+i.dev+" nodad",
		"fi",
		"ip neigh add "+i.net+swallowsHost+" lladdr 02:00:00:00:00:fe nud permanent dev "+i.dev)
	for _, host := range []string{gatewayHost, registrarAt} {
		script(t, "", "ip addr add "+i.net+host+"/24 dev "+i.dev)
	}
	script(t, "", fmt.Sprintf("ip route add 192.168.0.0/16 via %s%s dev %s metric %d", i.net, swallowsHost, i.dev, n))
	t.Cleanup(func() { script(t, "", "ip link del "+i.dev) })
	return i
}

// Registrar is where its kamailio listens.
func (i *Internet) Registrar() string { return i.net + registrarAt }

// nextServer is an address of the lab's own that no server has yet.
func (i *Internet) nextServer() string {
	i.t.Helper()
	n := i.servers.Add(1)
	if n >= firstGuest {
		i.t.Fatal("this Internet has no more addresses for servers")
	}
	addr := fmt.Sprint(i.net, n)
	script(i.t, "", "ip addr add "+addr+"/24 dev "+i.dev)
	return addr
}

// next is an address that no guest has yet.
func (i *Internet) next() string {
	i.t.Helper()
	n := i.guests.Add(1)
	if n >= 254 {
		i.t.Fatal("this Internet has no more addresses")
	}
	return fmt.Sprint(i.net, n)
}

// plug joins the network of a process to the Internet.
func (i *Internet) plug(t testing.TB, n int32, pid, dev, addr string) {
	t.Helper()
	port := fmt.Sprintf("port%d", n)
	script(t, "",
		"ip link add "+port+" type veth peer name "+port+"b",
		"ip link set "+port+" master "+i.dev+" up",
		"ip link set "+port+"b netns "+pid)
	script(t, pid,
		"ip link set "+port+"b name "+dev, "ip link set "+dev+" up",
		"ip addr add "+addr+"/24 dev "+dev, "ip route add default via "+i.net+gatewayHost)
}
