package dtls

// Role is a side's part in the handshake (RFC 4145, section 4, as RFC 5763, section 5
// uses it).
type Role uint8

const (
	// Undecided is the role before an answer: a=setup:actpass offers both.
	Undecided Role = iota
	// Active begins: it is the client, and sends the ClientHello.
	Active
	// Passive is the server, and waits.
	Passive
)

// String is the value of a=setup.
func (r Role) String() string {
	switch r {
	case Undecided:
		return "actpass"
	case Active:
		return "active"
	case Passive:
		return "passive"
	}
	return "unknown"
}

// Other is the peer's role.
func (r Role) Other() Role {
	switch r {
	case Active:
		return Passive
	case Passive:
		return Active
	case Undecided:
	}
	return Undecided
}
