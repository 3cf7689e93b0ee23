package nat

import (
	"context"
	"io"
	"net/netip"
	"time"
)

// streamTime bounds a TCP connection and an answer over it.
const streamTime = 2 * time.Second

// overTCP says whether one of the servers answers over TCP (RFC 8489, section 6.2.2): where UDP is
// blocked, it is what is left.
func (s *survey) overTCP(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, min(s.Timeout, streamTime))
	defer cancel()
	answers := make(chan bool, len(s.Servers))
	for _, server := range s.Servers {
		go func() { answers <- s.askTCP(ctx, server) }()
	}
	open := false
	for range s.Servers {
		if <-answers && !open {
			open = true
			cancel() // the others needn't go on
		}
	}
	return open
}

func (s *survey) askTCP(ctx context.Context, server netip.AddrPort) bool {
	conn, err := s.Dial(ctx, server)
	if err != nil {
		return false
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	r, err := newRequest(server)
	if err != nil {
		return false
	}
	if _, err := conn.Write(r.raw); err != nil {
		return false
	}
	head := make([]byte, 20)
	if _, err := io.ReadFull(conn, head); err != nil {
		return false
	}
	length := int(head[2])<<8 | int(head[3])
	if length > 1500 {
		return false
	}
	message := append(head, make([]byte, length)...)
	if _, err := io.ReadFull(conn, message[len(head):]); err != nil {
		return false
	}
	a, err := parse(message)
	return err == nil && a.id == r.id
}
