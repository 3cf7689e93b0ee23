package trace

import (
	"net/netip"
	"time"
)

// Direction of a message or packet, seen from here.
type Direction uint8

const (
	In Direction = iota
	Out
)

// Kind says what the bytes of a Record are.
type Kind uint8

const (
	SIP Kind = iota
	RTP
	RTCP
	// Malformed is a message that no parser took; Note says why.
	Malformed
)

// Record is one message or packet as it was on the wire.
type Record struct {
	Time          time.Time
	Kind          Kind
	Dir           Direction
	Transport     string // "UDP", "TCP", "TLS", "WS", "WSS"
	Local, Remote netip.AddrPort
	// Raw is owned by the record.
	Raw  []byte
	Note string
}

// Sink takes records. It is called from sockets' goroutines: it must not block
// long, and must not keep Raw unless it copies it.
type Sink interface{ Trace(Record) }
