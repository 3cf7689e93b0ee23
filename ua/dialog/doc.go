// Package dialog is the state that two user agents share for the length of a
// call (RFC 3261, section 12): who they are, where to send the next request and
// by which numbers. Whose turn it is to offer or answer is package call's. Pure:
// no sockets, no goroutines, no clock.
//
//	INVITE + 1xx/2xx --NewUAC--\           /--Request, Ack, NextHop--> messages to send
//	                            >-- Dialog <
//	INVITE + our tag --NewUAS--/           \--CheckRequest, Refresh <-- messages that came
//
// Only the Agent's loop (package ua) and the call machine (ua/call) call it; a
// Dialog isn't safe for concurrent use and needs no lock there.
package dialog
