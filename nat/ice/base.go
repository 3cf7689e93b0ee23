package ice

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// base is where packets leave from, and come to (RFC 8445, section 4).
type base struct {
	candidate Candidate // what it is to a peer that no NAT is before
	out       sender
	lost      error // why it is of no use any more. Owner: the Agent's mu
}

// sender is how a base sends. None of it blocks.
type sender interface {
	send(raw []byte, to netip.AddrPort) error
	// carrier is how media goes to an address; nil: from the session's own socket.
	carrier(to netip.AddrPort) Carrier
	// permit says that addresses of to will be sent to soon.
	permit(to netip.Addr)
	// close ends it and waits for what it started.
	close()
}

// inbound takes what came to a base of ours. raw is lent.
type inbound func(b *base, raw []byte, from netip.AddrPort, at time.Time)

// own is the session's socket. It isn't ours to close.
type own struct{ socket Datagrams }

func (o own) send(raw []byte, to netip.AddrPort) error { return o.socket.SendDatagram(raw, to) }
func (o own) carrier(netip.AddrPort) Carrier           { return nil }
func (o own) permit(netip.Addr)                        {}
func (o own) close()                                   {}

// extra is a UDP socket on another address of this host.
type extra struct {
	conn   *net.UDPConn
	reader sync.WaitGroup
}

func newExtra(addr netip.Addr) (*extra, error) {
	network := "udp4"
	if addr.Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		return nil, err
	}
	return &extra{conn: conn}, nil
}

// read starts to hand out what comes.
func (e *extra) read(b *base, in inbound) {
	e.reader.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := e.conn.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil { // else an ICMP error about an earlier packet: nothing is lost
				in(b, buf[:n], unmap(from), time.Now())
			}
		}
	})
}

func (e *extra) addr() netip.AddrPort { return unmap(e.conn.LocalAddr().(*net.UDPAddr).AddrPort()) }

func (e *extra) send(raw []byte, to netip.AddrPort) error {
	_, err := e.conn.WriteToUDPAddrPort(raw, to)
	return err
}

func (e *extra) carrier(to netip.AddrPort) Carrier { return extraCarrier{e, to} }
func (e *extra) permit(netip.Addr)                 {}

func (e *extra) close() {
	e.conn.Close()
	e.reader.Wait()
}

type extraCarrier struct {
	socket *extra
	to     netip.AddrPort
}

func (c extraCarrier) Send(raw []byte) error { return c.socket.send(raw, c.to) }

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
