// Package nat learns how the network sees us. It owns no socket and starts no
// goroutine: a caller lends it the very socket that media or signalling will
// use, because a mapping belongs to a socket (RFC 8489, section 2).
//
// Callers: workers of the user agent, from any goroutine; a call blocks until
// it has an answer, its time is over, or its context ends.
package nat
