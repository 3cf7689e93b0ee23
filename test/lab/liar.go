package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
)

// StartLiar starts a STUN server that tells everybody the address that lie makes of theirs,
// and gives its own.
func (i *Internet) StartLiar(t testing.TB, lie func(netip.AddrPort) netip.AddrPort) string {
	t.Helper()
	Need(t)
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(i.nextServer()), Port: turnPort})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if answer := mapped(buf[:n], lie(from)); answer != nil {
				_, _ = c.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return c.LocalAddr().String()
}

// mapped is a success with XOR-MAPPED-ADDRESS to a Binding request (RFC 8489, section 14.2);
// nil to anything else.
func mapped(request []byte, addr netip.AddrPort) []byte {
	const header, cookie, binding, success, attribute = 20, 0x2112A442, 0x0001, 0x0101, 0x0020
	if len(request) < header || binary.BigEndian.Uint16(request) != binding || !addr.Addr().Is4() {
		return nil
	}
	b := binary.BigEndian.AppendUint16(nil, success)
	b = binary.BigEndian.AppendUint16(b, 12)
	b = append(b, request[4:header]...)
	b = binary.BigEndian.AppendUint16(b, attribute)
	b = append(b, 0, 8, 0, 1)
	b = binary.BigEndian.AppendUint16(b, addr.Port()^cookie>>16)
	ip := addr.Addr().As4()
	return binary.BigEndian.AppendUint32(b, binary.BigEndian.Uint32(ip[:])^cookie)
}
