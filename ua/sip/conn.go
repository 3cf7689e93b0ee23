package sip

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"offhook/ua/trace"
)

const (
	// dialTimeout bounds a connection's making, handshakes included. It is far below Timer
	// B: a peer that doesn't take a connection in this time won't take a call.
	dialTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second
	// drainTimeout is how long Close waits for a peer to take what is still queued.
	drainTimeout = 200 * time.Millisecond
	// greetTimeout is how long a peer that came to us may take to say anything.
	greetTimeout = 30 * time.Second
	// idleTimeout ends a connection of a peer's making that carries nothing any more. It is
	// above the hour that a registration lasts at most, which comes over it again.
	idleTimeout = 65 * time.Minute
	// maxQueued bounds the bytes that wait for a peer that doesn't read.
	maxQueued = 4 << 20
)

// conn is one connection: TCP, TLS, WS or WSS, dialled or accepted. It takes messages at
// once, also while it is still being made; a writer of its own sends them.
//
//	dialling, shaking hands --> open --> broken
//	          |                            ^
//	          +----------------------------+
type conn struct {
	e       *Endpoint
	key     connKey // host is the name that was verified, of a dialled TLS or WSS
	dialled bool
	wake    chan struct{} // something is queued

	once   sync.Once
	broken chan struct{} // closed once nothing can be sent any more
	ready  chan struct{} // closed once the connection is made
	quit   chan struct{} // closed to send what is queued and then break
	why    error         // set before quit is closed: the reason to break then

	active atomic.Int64 // when something came last, in Unix nanoseconds; born before
	born   int64
	spoke  atomic.Bool // a whole message came
	alive  chan struct{}
	pings  atomic.Uint32 // that we have sent
	ponged atomic.Bool   // the peer has answered one

	mu     sync.Mutex
	raw    net.Conn // the socket; nil while it is being dialled
	nc     net.Conn // what to read and write, TLS included; nil before the handshake
	err    error    // why it is broken
	opened bool     // nc was once there
	proof  Proof
	out    []chunk
	queued int // bytes in out
}

// connKey names a connection. Only TLS and WSS have a host: a connection proves one name,
// and requests for another don't travel over it (RFC 5922, section 7.4; RFC 5923).
type connKey struct {
	transport Transport
	addr      netip.AddrPort
	host      string
}

// chunk is one thing to write.
type chunk struct {
	kind frameKind
	raw  []byte
}

func (e *Endpoint) newConn(key connKey, dialled bool) *conn {
	c := &conn{
		e: e, key: key, dialled: dialled,
		wake:   make(chan struct{}, 1),
		broken: make(chan struct{}),
		ready:  make(chan struct{}),
		quit:   make(chan struct{}),
		alive:  make(chan struct{}, 1),
	}
	c.born = time.Now().UnixNano()
	c.active.Store(c.born)
	return c
}

// send queues one message. It never blocks.
func (c *conn) send(raw []byte) error { return c.queue(chunk{frameMessage, raw}) }

func (c *conn) queue(what chunk) error {
	select {
	case <-c.broken:
		return c.reason()
	default:
	}
	c.mu.Lock()
	room := c.queued+len(what.raw) <= maxQueued
	if room {
		c.out = append(c.out, what)
		c.queued += len(what.raw)
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

// reason is why the connection is broken.
func (c *conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := fmt.Errorf("%w: %s %s: %w", ErrTransport, strings.ToLower(c.key.transport.String()), c.key.addr, c.err)
	if !c.opened && c.dialled {
		return &refusedError{err}
	}
	return err
}

// refusedError marks a connection that was never made, so that nothing can have gone over it.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// write sends what is queued, one message after the other.
func (c *conn) write() {
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
				c.farewell()
				c.fail(c.why)
			}
			return
		}
	}
}

// farewell says goodbye in TLS; WebSocket's own was queued.
func (c *conn) farewell() {
	if t, ok := c.nc.(*tls.Conn); ok {
		_ = t.SetWriteDeadline(time.Now().Add(drainTimeout))
		_ = t.CloseWrite()
	}
}

// drain sends what is queued by now.
func (c *conn) drain(timeout time.Duration) bool {
	c.mu.Lock()
	out := c.out
	c.out, c.queued = nil, 0
	c.mu.Unlock()
	for _, what := range out {
		if !c.writeOne(what, timeout) {
			return false
		}
	}
	return true
}

func (c *conn) writeOne(what chunk, timeout time.Duration) bool {
	if what.kind == frameMessage {
		c.e.trace(trace.SIP, trace.Out, c.key.transport, c.localAddr(), c.key.addr, what.raw, "")
		c.e.stats.sent.Add(1)
	}
	raw := what.raw
	if c.webSocket() {
		raw = wsChunk(what, c.dialled)
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(timeout))
	if _, err := c.nc.Write(raw); err != nil {
		c.fail(err)
		return false
	}
	return true
}

func (c *conn) webSocket() bool { return c.key.transport == WS || c.key.transport == WSS }

func (c *conn) secure() bool { return c.key.transport == TLS || c.key.transport == WSS }

// read takes the stream apart until it ends or its framing is lost. early is what came
// together with the end of the handshake.
func (c *conn) read(early []byte) {
	from := source{transport: c.key.transport, local: c.localAddr(), remote: c.key.addr, conn: c}
	f := c.framing()
	f.write(early)
	buf := make([]byte, 16<<10)
	pings := c.pings.Load()
	greeted := time.Now().Add(greetTimeout)
	for {
		if err := c.frames(f, from); err != nil {
			c.quitFor(err) // the answer to what broke it goes out first
			return
		}
		if !c.dialled {
			until := greeted
			if c.spoke.Load() {
				until = time.Now().Add(idleTimeout)
			}
			_ = c.nc.SetReadDeadline(until)
		}
		n, err := c.nc.Read(buf)
		if now := c.pings.Load(); now != pings {
			pings = now
			f.pinged()
		}
		f.write(buf[:n])
		if n > 0 {
			c.active.Store(time.Now().UnixNano())
		}
		if err == nil {
			continue
		}
		if ferr := c.frames(f, from); ferr != nil {
			err = ferr
		}
		switch {
		case c.dialled && isAlert(err):
			// With TLS 1.3 a server says only now that it doesn't like our certificate.
			err = handshakeWords(err, c.key)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("the peer closed the connection")
		case isTimeout(err) && !c.dialled:
			err = errors.New("nothing came over it for too long")
		}
		c.fail(err)
		return
	}
}

// framing cuts a connection into messages: *framer for a stream, *wsFramer for WebSocket.
type framing interface {
	write([]byte)
	next() (frameKind, []byte, error)
	// pinged is told that a ping of ours went out: a CRLF that is there answered another.
	pinged()
}

func (c *conn) framing() framing {
	if c.webSocket() {
		return &wsFramer{server: !c.dialled}
	}
	return &framer{}
}

// frames takes all that is whole. An error means that the connection can't go on.
func (c *conn) frames(f framing, from source) error {
	for {
		kind, frame, err := f.next()
		if err != nil {
			if c.webSocket() {
				_ = c.queue(chunk{frameClose, wsCloseBody(err)})
				return err
			}
			c.e.stats.received.Add(1)
			c.e.refuse(frame, from, err)
			return err
		}
		switch kind {
		case frameNone:
			return nil
		case framePing, frameWSPing:
			c.e.stats.keepAlives.Add(1)
			answer := chunk{framePong, []byte("\r\n")}
			if kind == frameWSPing {
				answer = chunk{frameWSPong, append([]byte(nil), frame...)}
			} else {
				c.e.trace(trace.SIP, trace.In, from.transport, from.local, from.remote, []byte("\r\n\r\n"), "keep-alive")
			}
			if err := c.queue(answer); err != nil {
				c.e.log.Debug("can't answer a keep-alive", "err", err)
			}
		case framePong, frameWSPong:
			c.ponged.Store(true)
			select {
			case c.alive <- struct{}{}:
			default:
			}
		case frameClose:
			_ = c.queue(chunk{frameClose, append([]byte(nil), frame...)}) // RFC 6455, section 5.5.1: said back
			return errors.New("the peer closed the connection")
		case frameMessage:
			c.spoke.Store(true)
			c.e.receive(frame, from)
		}
	}
}

// fail breaks the connection; the transactions on it end with the reason.
func (c *conn) fail(err error) {
	c.once.Do(func() {
		c.mu.Lock()
		c.err = err
		raw := c.raw
		c.mu.Unlock()
		close(c.broken)
		if raw != nil {
			_ = raw.Close()
		}
		c.e.lost(c)
	})
}

// shut sends what is queued and breaks the connection. While it is being made there is
// nothing to wait for: the endpoint's context ends that.
func (c *conn) shut() {
	c.mu.Lock()
	raw, open := c.raw, c.nc != nil
	c.mu.Unlock()
	if raw != nil {
		_ = raw.SetReadDeadline(time.Now().Add(drainTimeout))
	}
	if open && c.webSocket() {
		_ = c.queue(chunk{frameClose, wsGoingAway})
	}
	c.quitFor(ErrClosed)
}

// quitFor has the writer send what is queued and break the connection then.
func (c *conn) quitFor(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.quit:
	default:
		c.why = why
		close(c.quit)
	}
}

func (c *conn) localAddr() netip.AddrPort {
	if a, ok := c.nc.LocalAddr().(*net.TCPAddr); ok {
		return unmap(a.AddrPort())
	}
	return c.e.LocalAddr(c.key.transport)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
