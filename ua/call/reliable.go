package call

// Reliability is how a call uses reliable provisional responses (RFC 3262).
type Reliability uint8

const (
	ReliableSupported Reliability = iota // where the peer asks for it
	ReliableOff                          // never: a peer that requires it is refused
	ReliableRequired                     // always: a peer without it is refused
)

// String is the name in configuration and logs: "supported".
func (r Reliability) String() string {
	switch r {
	case ReliableSupported:
		return "supported"
	case ReliableOff:
		return "off"
	case ReliableRequired:
		return "required"
	}
	return "unknown"
}
