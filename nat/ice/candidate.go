package ice

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Type says what kind of address a candidate has (RFC 8445, section 4).
type Type uint8

const (
	Host            Type = iota + 1 // of an interface of the phone
	ServerReflexive                 // of a NAT, as a STUN server sees it
	PeerReflexive                   // of a NAT, as the peer sees it
	Relayed                         // of a TURN server
)

// String is the word of RFC 8839, section 5.1.
func (t Type) String() string {
	switch t {
	case Host:
		return "host"
	case ServerReflexive:
		return "srflx"
	case PeerReflexive:
		return "prflx"
	case Relayed:
		return "relay"
	}
	return "unknown"
}

// preference is the type's share in a priority (RFC 8445, section 5.1.2.2).
func (t Type) preference() uint32 {
	switch t {
	case Host:
		return 126
	case PeerReflexive:
		return 110
	case ServerReflexive:
		return 100
	case Relayed:
	}
	return 0
}

// Candidate is an address that media may be sent to.
type Candidate struct {
	// Foundation is equal for candidates of one type, base address, server and transport.
	Foundation string
	Component  int    // 1 for RTP, or for both over one port (RFC 5761); 2 for RTCP
	Transport  string // "udp", or what a peer has besides
	Priority   uint32
	Addr       netip.AddrPort
	Type       Type
	Related    netip.AddrPort // what a reflexive or relayed one comes from; may be zero
}

var (
	// ErrMalformed is what ParseCandidate says of a value that isn't a candidate.
	ErrMalformed = errors.New("not an ICE candidate")
	// ErrUnusable is what ParseCandidate says of one that is, and that nobody here can use:
	// it has a name in the place of an address, or a type that isn't known (RFC 8839, section
	// 5.1: it is ignored).
	ErrUnusable = errors.New("an ICE candidate of no use here")
)

const (
	maxFoundation = 32
	maxComponent  = 256
	maxPriority   = 1<<31 - 1
)

// String is the value of a=candidate (RFC 8839, section 5.1).
func (c Candidate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s %d %s %d typ %s", c.Foundation, c.Component, strings.ToUpper(c.Transport), c.Priority, c.Addr.Addr(), c.Addr.Port(), c.Type)
	if c.Related.IsValid() {
		fmt.Fprintf(&b, " raddr %s rport %d", c.Related.Addr(), c.Related.Port())
	}
	return b.String()
}

// ParseCandidate reads the value of a=candidate. Extensions are passed over. Errors:
// ErrMalformed, ErrUnusable.
func ParseCandidate(value string) (Candidate, error) {
	f := strings.Fields(value)
	if len(f) < 8 || !strings.EqualFold(f[6], "typ") {
		return Candidate{}, fmt.Errorf("%w: %.80q", ErrMalformed, value)
	}
	c := Candidate{Foundation: f[0], Transport: strings.ToLower(f[2])}
	if len(f[0]) > maxFoundation || !iceChars(f[0]) || !token(f[2]) {
		return Candidate{}, fmt.Errorf("%w: %.80q", ErrMalformed, value)
	}
	component, err := number(f[1], 1, maxComponent)
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: its component: %w", ErrMalformed, err)
	}
	c.Component = int(component)
	priority, err := number(f[3], 0, 1<<32-1)
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: its priority: %w", ErrMalformed, err)
	}
	// More than the RFC allows is said by some; it is as much as they can have.
	c.Priority = uint32(min(priority, maxPriority))
	port, err := number(f[5], 0, 65535)
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: its port: %w", ErrMalformed, err)
	}
	if err := c.extensions(f[8:]); err != nil {
		return Candidate{}, err
	}
	addr, err := netip.ParseAddr(f[4])
	if err != nil || addr.Zone() != "" {
		return Candidate{}, fmt.Errorf("%w: %.80q isn't an address", ErrUnusable, f[4])
	}
	c.Addr = netip.AddrPortFrom(addr.Unmap(), uint16(port))
	switch strings.ToLower(f[7]) {
	case "host":
		c.Type = Host
	case "srflx":
		c.Type = ServerReflexive
	case "prflx":
		c.Type = PeerReflexive
	case "relay":
		c.Type = Relayed
	default:
		return Candidate{}, fmt.Errorf("%w: its type is %.20q", ErrUnusable, f[7])
	}
	return c, nil
}

// extensions reads pairs of a name and a value. Only the related address is of use; one that
// can't be read is as good as none, since nobody sends to it.
func (c *Candidate) extensions(f []string) error {
	var addr netip.Addr
	var port uint64
	for ; len(f) >= 2; f = f[2:] {
		switch strings.ToLower(f[0]) {
		case "raddr":
			addr, _ = netip.ParseAddr(f[1])
		case "rport":
			n, err := number(f[1], 0, 65535)
			if err != nil {
				return fmt.Errorf("%w: its related port: %w", ErrMalformed, err)
			}
			port = n
		}
	}
	if addr.IsValid() && addr.Zone() == "" {
		c.Related = netip.AddrPortFrom(addr.Unmap(), uint16(port))
	}
	return nil
}

func number(s string, lo, hi uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n < lo || n > hi {
		return 0, fmt.Errorf("%.20q isn't a number from %d to %d", s, lo, hi)
	}
	return n, nil
}

// iceChars reports whether s is of the ice-char of RFC 8839, section 5.1, and not empty.
func iceChars(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/':
		default:
			return false
		}
	}
	return s != ""
}

func token(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

// usable reports whether a remote candidate can be checked: of the one component that there is,
// over UDP, to an address that a packet can be sent to.
func (c Candidate) usable() bool {
	a := c.Addr.Addr()
	return c.Component == 1 && c.Transport == "udp" && c.Addr.Port() != 0 && a.IsValid() &&
		!a.IsUnspecified() && !a.IsMulticast() && !(a.Is6() && a.IsLinkLocalUnicast()) // of which link?
}
