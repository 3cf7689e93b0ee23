// Package nat learns how the network sees us: which address a socket has on the far side of a
// NAT, what kind of NAT that is, how long it remembers us. What media and signalling
// will use is asked on their own sockets, lent by the caller, because a mapping belongs to a socket
// (RFC 8489, section 2); a survey opens sockets of its own, and closes them.
//
//	Locate    a server's name -> its addresses, by SRV
//	Binding   one server, one lent socket -> our address
//	First     several servers at once, one lent socket -> the first good answer
//	Survey    mapping, filtering, hairpin (RFC 5780), blocked UDP -> Report
//	Lifetime  how long a silent mapping lives (RFC 5780, section 4.6)
//
// Callers: workers of the user agent, and the command that prints a survey, from any goroutine.
// A call blocks until it has an answer, its time is over, or its context ends; what goroutines a
// survey starts have ended when it returns.
package nat
