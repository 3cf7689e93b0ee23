// Package call is the pure machine behind one call: what came in goes into
// Step, what is to be done comes out, and the time is passed in. It opens no
// socket, starts no timer and keeps no clock, so every protocol decision
// replays as a table.
//
//	commands, responses, requests, timers, media facts
//	                  |  Input
//	                  v
//	     Machine.Step(now, in, out) ---> State, Hold, Ringback (read after)
//	                  |  []Effect
//	                  v
//	messages to send, timers to set, SDP to apply, the end
//
// Inside, an INVITE transaction in each direction, what may be offered beside it, and
// the hang-up are small machines of their own:
//
//	ours (client):    none -> sent -> proceeding -> none
//	                                     \- PatienceTimer -> CANCEL -> none
//	theirs (server):  none -> ringing -> unacked -> none
//	                     \--> asking (the person) --/
//	reliable 1xx:     at rest -> unacknowledged --PRACK--> at rest        (reliable.go)
//	forks:            known -> answered -> settled, or over by 199       (forks.go, prack.go)
//	UPDATE, PRACK:    none -> offered -> none                            (update.go, prack.go)
//	session timer:    none -> running -> refreshed ... -> BYE            (expiry.go)
//	hang-up:          open -> awaiting 1xx -> CANCEL sent --\
//	                       -> awaiting ACK ------> BYE sent -> Ended
//
// Offer and answer may start a round only when both INVITE machines are at none and no
// UPDATE or PRACK of ours has an offer under way (RFC 3261, section 14.1; RFC 3264,
// section 4; RFC 3311, section 5). Before the call is up, a round needs that the first
// one was completed reliably, and goes by PRACK or UPDATE.
//
// Only the Agent's loop (package ua) calls this package; a Machine isn't safe
// for concurrent use and needs no lock there.
package call
