package sip

import (
	"bytes"
	"errors"
	"net"
	"time"

	"offhook/ua/trace"
)

// readUDP reads datagrams until the socket is closed.
func (e *Endpoint) readUDP() {
	buf := make([]byte, maxMessage+1)
	for {
		n, remote, err := e.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			e.log.Warn("reading the SIP socket", "err", err)
			select {
			case <-e.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond): // an error that stays must not spin
			}
			continue
		}
		from := source{transport: UDP, local: e.local[UDP], remote: unmap(remote)}
		if isKeepAlive(buf[:n]) {
			e.stats.keepAlives.Add(1)
			e.trace(trace.SIP, trace.In, UDP, from.local, from.remote, buf[:n], "keep-alive")
			continue
		}
		if isSTUN(buf[:n]) {
			e.onSTUN(buf[:n], from)
			continue
		}
		e.receive(buf[:n], from)
	}
}

// isKeepAlive knows the datagrams that only keep a NAT binding open: CRLFs, NULs, or
// nothing at all. RFC 5626 has STUN for UDP, so they get no answer.
func isKeepAlive(b []byte) bool {
	return len(b) <= 8 && len(bytes.Trim(b, "\r\n\x00 ")) == 0
}
