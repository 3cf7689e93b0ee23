// Package ice finds the way between two phones, through whatever NATs and firewalls
// there are: Interactive Connectivity Establishment (RFC 8445) for one media stream
// and one component, with TURN relays (RFC 8656) and consent (RFC 7675). It is the only
// home of pion/ice and pion/turn.
//
//	                 +----------------------- Agent ------------------------+
//	session's socket |  HandleSTUN --+                                      |
//	 <-- SendDatagram|               v                                      |
//	                 |  bases ---> routing by user name --> checks (a round:|
//	other addresses  |  (own socket,   and transaction      pion's agent)   |
//	 <--- UDP -----> |   others,           ^                    |           |
//	TURN servers     |   relays)           |                    v           |
//	 <-UDP/TCP/TLS-> |     | media         +-- pacing      pairs, consent   |
//	                 +-----|--------------------------------------|---------+
//	                       v                                      v
//	                Socket.Deliver                     OnSelected, OnState
//
// A base is a place that packets leave from: the session's own socket, one more UDP socket
// for each further address of Config.Local, and relays of TURN servers. A round is
// one exchange of credentials: Restart begins another, whose checks run beside the old
// round until a pair of it works, so media goes on meanwhile (RFC 8445, section 9).
// Media goes from the session's socket straight to the selected address, or through the Carrier
// of a pair with another base, which doesn't block.
//
// Descriptions and candidates are plain values; ParseCandidate and Candidate.String are
// the attribute of RFC 8839, section 5.1.
//
// # Who may call
//
// The user agent's workers and its loop, from any goroutine. Gather blocks until it has
// enough candidates for an offer, or its context ends; everything else returns at once. HandleSTUN is called from the
// media session's loop, and copies what it keeps. Callbacks come one after the other from a
// goroutine of the Agent; they may call the Agent, all but Close, which waits for them.
package ice
