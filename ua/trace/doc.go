// Package trace keeps the record of what was on the wire: SIP messages, and RTP and
// RTCP packets where they are asked for. ua/sip and audio call a Sink; cmd chooses the
// sinks; ui reads a Ring.
//
//	socket --> Secrets.Record --> Sink = Fan --+--> Ring ----> log pane (Subscribe), Snapshot
//	           keys, hashes of                 +--> SIPLog --> text file
//	           passwords: ***                  +--> Pcap ----> capture file
//
// What is a secret is decided here alone (redact.go), for logs too. It is covered where a
// record begins, at the socket: no sink can forget to.
//
// Every sink here is safe for concurrent use, copies what it keeps, and never waits
// for a disk: files have a spool and a writer of their own.
package trace

// String is the direction's arrow, seen from here.
func (d Direction) String() string {
	switch d {
	case In:
		return "<--"
	case Out:
		return "-->"
	}
	return "???"
}

// String names the kind.
func (k Kind) String() string {
	switch k {
	case SIP:
		return "SIP"
	case RTP:
		return "RTP"
	case RTCP:
		return "RTCP"
	case Malformed:
		return "malformed"
	}
	return "unknown"
}
