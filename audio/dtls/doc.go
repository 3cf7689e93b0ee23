// Package dtls is the handshake of DTLS-SRTP (RFC 5763, 5764): it shakes hands over
// datagrams that somebody else receives and sends, checks the peer's certificate against
// the fingerprints that signalling told, and gives the keys for SRTP. It is pion/dtls's
// only home.
//
//	datagrams that RFC 7983 calls DTLS            datagrams to send
//	           |                                          ^
//	        Deliver -> bounded queue -> pion/dtls -> Config.Send
//	                                       |
//	            certificate -> fingerprint check -> Config.Done(Keys or why not), once
//
// An Association never touches a socket: the media session's loop, the only reader of its
// sockets, hands it what comes, and what goes out takes the session's route, whether that
// is an address, an ICE pair or a relay.
//
// # Who may call
//
// audio starts an Association for each agreement on keys, and closes it. ua/sdp reads and
// writes Fingerprints and agrees on the Role. Nobody else has need of it.
package dtls
