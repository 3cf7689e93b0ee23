// Package sip is the signalling plane's door to the network: messages,
// transactions, transports, locating and digest authentication. It is the sole
// importer of sipgo. ua, ua/dialog, ua/registration, ua/uatest and internal/pbx
// call it; it knows nothing of calls, dialogs or registrations.
//
//	            Request, Forward, Send                 handlers (one goroutine,
//	                     |                              one call at a time)
//	                     v                                      ^
//	Endpoint  +---------------------+   +---------------------+ | +---------+
//	          | client transactions |   | server transactions |-+-| deliver |
//	          |   (sipgo's FSM)     |   |    (sipgo's FSM)    |   +---------+
//	          +---------------------+   +---------------------+      ^
//	                |          ^             |          ^            |
//	                v          +----- match in wire order ----------+
//	          +-----------+          +--------------------+
//	          |   flow    |          | normalise, parse,  |
//	          |           |          | check, stamp Via   |
//	          +-----------+          +--------------------+
//	                |                          ^
//	                v       every byte traced  |
//	          UDP socket, connections (TCP, TLS, WS, WSS): one reader each
//
// From sipgo come the message model, the parser and the transaction state
// machines (RFC 3261, section 17; RFC 6026). Its transport and transaction layers
// are not used: they start a goroutine per message, so that a 183 and a 200 sent
// back to back arrive in either order; they answer CANCEL and send a 487 on
// their own, each with another To tag; and they refuse datagrams over 1300
// bytes, responses included. Sockets, framing, matching and delivery are
// therefore here, and feed sipgo's machines one message at a time, in wire order.
//
// A request that is too large for UDP goes by TCP, and over UDP after all where no TCP
// is taken (sizedTx). TLS proves the domain that was dialled (verifier); KeepAlive pings a
// flow, and Config.FlowLost tells of one that was lost.
//
// An Endpoint is safe for concurrent use. Its handlers are called from one
// goroutine, one at a time, in wire order; they may call the Endpoint.
package sip
