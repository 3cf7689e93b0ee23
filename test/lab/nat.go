package lab

import (
	"fmt"
	"strings"
	"time"
)

// NAT is what a router does to UDP, by its old name (RFC 3489) and by those of RFC 4787.
type NAT int

const (
	NoNAT             NAT = iota // the host has a public address
	FullCone                     // endpoint-independent mapping and filtering
	AddressRestricted            // endpoint-independent mapping, address-dependent filtering
	PortRestricted               // endpoint-independent mapping, address-and-port-dependent filtering
	Symmetric                    // address-and-port-dependent mapping and filtering
)

// NATs are all of them, from the kindest.
var NATs = []NAT{NoNAT, FullCone, AddressRestricted, PortRestricted, Symmetric}

func (n NAT) String() string {
	return [...]string{"none", "full cone", "address-restricted", "port-restricted", "symmetric"}[n]
}

// ruleset is the router's nftables for a host behind it.
//
// Linux by itself is port-restricted: masquerade keeps the source port of a LAN with a
// single host, so its mapping doesn't depend on the destination, and conntrack lets in only
// what answers. The kinder ones note what was sent, and from which port, in a set whose
// members live as long as a mapping, and let in what the set allows:
//
//	                +-- forward: lan -> wan --+
//	host:p -------->| note p, or p and remote |----> postrouting: masquerade ----> remote
//	                +-----------|-------------+
//	                            v set, timed
//	host:p <-- forward <-- dnat if the set has it <-- prerouting <---------------- anybody
//	                        else input: drop
//
// What is refused must be dropped in input, without an answer: a packet dropped before it is
// confirmed leaves no trace in conntrack. With a reject, the peer's first packet would leave
// one, the host's later packet to that peer would clash with it and get another port, and a
// cone would turn symmetric.
func (r *LAN) ruleset() string {
	var set, note, pre, hairpin string
	post := "masquerade"
	switch r.nat {
	case NoNAT, PortRestricted:
	case FullCone:
		set = "type inet_service"
		note, pre = "udp sport", "udp dport"
	case AddressRestricted:
		set = "type inet_service . ipv4_addr"
		note, pre = "udp sport . ip daddr", "udp dport . ip saddr"
	case Symmetric:
		post = "meta l4proto { tcp, udp } masquerade fully-random"
	}
	var s strings.Builder
	s.WriteString("flush ruleset\ntable ip router {\n")
	if set != "" {
		fmt.Fprintf(&s, "set open { %s; flags dynamic,timeout; timeout %ds; size 65535; }\n", set, int(r.lifetime()/time.Second))
		note = "iifname lan update @open { " + note + " }"
		pre = "iifname wan " + pre + " @open dnat to " + r.host()
		if r.opts.Hairpin {
			pre += "\niifname lan ip daddr " + r.Public + " udp dport @open dnat to " + r.host()
			hairpin = "iifname lan oifname lan masquerade"
		}
	}
	block := ""
	if r.opts.BlockUDP {
		block = "iifname lan meta l4proto udp drop"
	}
	fmt.Fprintf(&s, `
chain pre { type nat hook prerouting priority -100; %s
}
chain post { type nat hook postrouting priority 100; %s
oifname wan %s
}
chain in { type filter hook input priority 0; policy accept; meta l4proto { udp, tcp } ct state new drop; }
chain through { type filter hook forward priority 0; policy drop; %s
%s
iifname lan accept
ct state established,related accept
ct status dnat accept
}
}
`, pre, hairpin, post, block, note)
	return s.String()
}
