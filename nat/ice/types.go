package ice

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"
)

// Datagrams is what an Agent needs of a media session.
type Datagrams interface {
	// LocalAddr is the RTP socket's address, which is concrete.
	LocalAddr() netip.AddrPort
	// SendDatagram sends raw from the RTP socket.
	SendDatagram(raw []byte, to netip.AddrPort) error
	// Deliver takes raw as if it had come on the RTP socket. raw is lent.
	Deliver(raw []byte, from netip.AddrPort, at time.Time)
}

// Carrier sends to the remote address of one pair, from a base other than the session's
// socket. raw is lent; a packet that finds no room is dropped.
type Carrier interface {
	Send(raw []byte) error
}

// Policy says which ways may be used.
type Policy uint8

const (
	// All ways; a relay only when nothing else works.
	All Policy = iota
	// RelayOnly hides the phone's address from its peer.
	RelayOnly
)

// Transport is how a TURN server is reached.
type Transport uint8

const (
	UDP Transport = iota
	TCP
	TLS
)

func (t Transport) String() string {
	switch t {
	case UDP:
		return "udp"
	case TCP:
		return "tcp"
	case TLS:
		return "tls"
	}
	return "unknown"
}

// TURNServer is a relay and who we are there (long-term credentials, RFC 8489, section 9.2).
type TURNServer struct {
	Addr      netip.AddrPort
	Transport Transport
	Username  string
	Password  string
	// TLS is for Transport TLS; nil is the system's trust and the address as the name.
	TLS *tls.Config
}

// String leaves the password out, and so does every log.
func (t TURNServer) String() string { return t.Transport.String() + " " + t.Addr.String() }

// LogValue leaves the password out.
func (t TURNServer) LogValue() slog.Value { return slog.StringValue(t.String()) }

// GoString leaves the password out.
func (t TURNServer) GoString() string { return "ice.TURNServer{" + t.String() + "}" }

// Description is what one side tells the other (RFC 8839, section 5).
type Description struct {
	Ufrag, Pwd string
	// Lite is a=ice-lite: the peer answers checks and makes none.
	Lite bool
	// Options are the words of a=ice-options, such as "trickle" and "ice2".
	Options    []string
	Candidates []Candidate
	// Complete says that no candidate follows: all were gathered, or a=end-of-candidates came.
	Complete bool
}

// State is how far a stream is.
//
//	Idle ─Start──> Checking ──a pair works──> Connected <──consent──> Disconnected
//	                  │                           │                        │
//	                  └─── no pair works ──> Failed <──── 30 s without consent
//	                                           └──Restart, Start──> Checking
//	any ──Close──> Closed
type State uint8

const (
	// Idle: nothing is checked yet.
	Idle State = iota
	// Checking: pairs are tried. Media may flow already, over the pair of OnSelected.
	Checking
	// Connected: a pair is nominated, and the peer consents (RFC 7675).
	Connected
	// Disconnected: the peer hasn't answered for a few seconds; the way may be broken. It is
	// tried further, and a restart may find another.
	Disconnected
	// Failed: there is no way, or the peer's consent ran out.
	Failed
	// Closed: Close was called.
	Closed
)

func (s State) String() string {
	switch s {
	case Idle:
		return "idle"
	case Checking:
		return "checking"
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	case Failed:
		return "failed"
	case Closed:
		return "closed"
	}
	return "unknown"
}

// Pair is a way that works: what a media session needs to send by it.
type Pair struct {
	// Local is as the peer sees us: a reflexive one has Related, its base.
	Local, Remote Candidate
	// Nominated says that both sides agreed on the pair. Before that it is the best one that
	// works, on which media may be sent already (RFC 8445, section 12.1).
	Nominated bool
	// RTT of the last check, 0 while unknown.
	RTT time.Duration
	// Via is how to send to Remote; nil is from the session's own socket.
	Via Carrier
	// Verified reports whether a packet from an address is the peer's: it has shown there that
	// it knows the password. It may be called from any goroutine, for as long as the pair is used,
	// and best for every packet: media that stops is how a broken way is found out first.
	Verified func(from netip.AddrPort) bool
}

// Config is what an Agent is made of. Socket must be set.
type Config struct {
	Socket Datagrams
	// Local are addresses of this host to be reached at besides Socket's own, of
	// either family. Each gets a UDP socket. Socket's own address may be among them.
	Local []netip.Addr
	// STUN are servers that tell the address outside of a NAT; all are asked at once,
	// those of Socket's family from Socket.
	STUN   []netip.AddrPort
	TURN   []TURNServer
	Policy Policy
	// Log is for what goes wrong; nil is nowhere.
	Log *slog.Logger

	// OnCandidate tells each local candidate as it is found, for trickling (RFC 8838).
	OnCandidate func(Candidate)
	// OnProblem tells what went wrong with a server, in words for a person, while there may be other ways.
	OnProblem func(error)
	// OnState tells each change. err says why a stream Failed or is Disconnected.
	OnState func(s State, err error)
	// OnSelected tells by which pair to send from now on.
	OnSelected func(Pair)
}
