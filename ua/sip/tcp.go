package sip

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"offhook/ua/trace"
)

const (
	// dialTimeout is far below Timer B: a peer that doesn't take a connection in this time
	// won't take a call.
	dialTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second
	// drainTimeout is how long Close waits for a peer to take what is still queued.
	drainTimeout = 200 * time.Millisecond
	// maxQueued bounds the bytes that wait for a peer that doesn't read.
	maxQueued = 4 << 20
	// maxConns bounds the connections that others may open to us.
	maxConns = 1024
)

// tcpConn is one TCP connection, dialled or accepted. It takes messages at once,
// also while it is still being dialled; a writer of its own sends them.
//
//	dialling --> open --> broken
//	    |                   ^
//	    +-------------------+
type tcpConn struct {
	e      *Endpoint
	remote netip.AddrPort
	wake   chan struct{} // something is queued

	once   sync.Once
	broken chan struct{} // closed once nothing can be sent any more
	quit   chan struct{} // closed to send what is queued and then break
	why    error         // set before quit is closed: the reason to break then

	mu     sync.Mutex
	nc     net.Conn // nil while dialling
	err    error    // why it is broken
	out    [][]byte
	queued int // bytes in out
}

func (e *Endpoint) newConn(remote netip.AddrPort, nc net.Conn) *tcpConn {
	return &tcpConn{
		e: e, remote: remote, nc: nc,
		wake:   make(chan struct{}, 1),
		broken: make(chan struct{}),
		quit:   make(chan struct{}),
	}
}

func (c *tcpConn) dial() {
	d := net.Dialer{
		Timeout: dialTimeout,
		// Leave by the address that the Via names; the port is the kernel's choice.
		LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.e.local[TCP].Addr(), 0)),
	}
	nc, err := d.DialContext(c.e.ctx, "tcp", c.remote.String())
	if err != nil {
		c.fail(err)
		return
	}
	c.mu.Lock()
	c.nc = nc
	c.mu.Unlock()
	select {
	case <-c.broken: // broken while it was dialled
		_ = nc.Close()
		return
	default:
	}
	if !c.e.start(c.read) {
		c.fail(ErrClosed)
		return
	}
	c.write()
}

// send queues one message. It never blocks.
func (c *tcpConn) send(raw []byte) error {
	select {
	case <-c.broken:
		return c.reason()
	default:
	}
	c.mu.Lock()
	room := c.queued+len(raw) <= maxQueued
	if room {
		c.out = append(c.out, raw)
		c.queued += len(raw)
	}
	c.mu.Unlock()
	if !room {
		c.fail(errors.New("the peer doesn't read what it is sent"))
		return c.reason()
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

func (c *tcpConn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("%w: tcp %s: %w", ErrTransport, c.remote, c.err)
}

// write sends what is queued, one message after the other.
func (c *tcpConn) write() {
	for {
		select {
		case <-c.broken:
			return
		case <-c.wake:
			if !c.drain(writeTimeout) {
				return
			}
		case <-c.quit:
			if c.drain(drainTimeout) {
				c.fail(c.why)
			}
			return
		}
	}
}

// drain sends what is queued by now.
func (c *tcpConn) drain(timeout time.Duration) bool {
	c.mu.Lock()
	out := c.out
	c.out, c.queued = nil, 0
	c.mu.Unlock()
	for _, raw := range out {
		if !c.writeOne(raw, timeout) {
			return false
		}
	}
	return true
}

func (c *tcpConn) writeOne(raw []byte, timeout time.Duration) bool {
	if !isCRLF(raw) {
		c.e.trace(trace.SIP, trace.Out, TCP, c.localAddr(), c.remote, raw, "")
		c.e.stats.sent.Add(1)
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(timeout))
	if _, err := c.nc.Write(raw); err != nil {
		c.fail(err)
		return false
	}
	return true
}

// read takes the stream apart until it ends or its framing is lost.
func (c *tcpConn) read() {
	from := source{transport: TCP, local: c.localAddr(), remote: c.remote, conn: c}
	var f framer
	buf := make([]byte, 16<<10)
	for {
		n, err := c.nc.Read(buf)
		f.write(buf[:n])
		if ferr := c.frames(&f, from); ferr != nil {
			c.quitFor(ferr) // the answer to what broke it goes out first
			return
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the peer closed the connection")
			}
			c.fail(err)
			return
		}
	}
}

func (c *tcpConn) frames(f *framer, from source) error {
	for {
		kind, frame, err := f.next()
		if err != nil {
			c.e.stats.received.Add(1)
			c.e.refuse(frame, from, err)
			return err
		}
		switch kind {
		case frameNone:
			return nil
		case framePing:
			c.e.stats.keepAlives.Add(1)
			c.e.trace(trace.SIP, trace.In, TCP, from.local, from.remote, []byte("\r\n\r\n"), "keep-alive")
			if err := c.send([]byte("\r\n")); err != nil {
				c.e.log.Debug("can't answer a keep-alive", "err", err)
			}
		case frameMessage:
			c.e.receive(frame, from)
		}
	}
}

// fail breaks the connection; the transactions on it end with the reason.
func (c *tcpConn) fail(err error) {
	c.once.Do(func() {
		c.mu.Lock()
		c.err = err
		nc := c.nc
		c.mu.Unlock()
		close(c.broken)
		if nc != nil {
			_ = nc.Close()
		}
		c.e.lost(c)
	})
}

// shut sends what is queued and breaks the connection. While dialling there is nothing
// to wait for: the endpoint's context ends the dial.
func (c *tcpConn) shut() {
	c.mu.Lock()
	nc := c.nc
	c.mu.Unlock()
	if nc != nil {
		_ = nc.SetReadDeadline(time.Now().Add(drainTimeout))
	}
	c.quitFor(ErrClosed)
}

// quitFor has the writer send what is queued and break the connection then.
func (c *tcpConn) quitFor(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.quit:
	default:
		c.why = why
		close(c.quit)
	}
}

func (c *tcpConn) localAddr() netip.AddrPort {
	return unmap(c.nc.LocalAddr().(*net.TCPAddr).AddrPort())
}

func isCRLF(b []byte) bool { return string(b) == "\r\n" }
