// Package registration is the pure machine that keeps one binding at a
// registrar alive (RFC 3261, section 10; RFC 5626, section 4.5): what happened goes
// into Step, what is to be done comes out, and the time is passed in.
//
//	Start, Stop, Rebind, Response, Lost, FlowLost, Company, Tick
//	                  |  Input
//	                  v
//	       Machine.Step(now, in, out) ---> Snapshot (read after)
//	                  |  []Effect
//	                  v
//	Send (see NewRequest), SetTimer, StopTimer, Changed
//
// Digest is the caller's: it answers a challenge with a new request whose CSeq
// is one higher, as often as its Authenticator agrees, and tells the machine the
// outcome with that CSeq: the final response, or Lost for Credentials.
//
// Only the Agent's loop (package ua) calls this package; a Machine isn't safe
// for concurrent use and needs no lock there.
package registration
