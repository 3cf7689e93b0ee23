package sip

import (
	"bytes"
	"strconv"
	"strings"
)

// frameKind is what a stream holds next.
type frameKind uint8

const (
	frameNone    frameKind = iota // more bytes are needed
	framePing                     // CRLF CRLF between messages: to be answered (RFC 5626, section 3.5.1)
	framePong                     // CRLF: the answer to ours
	frameMessage                  // one whole message
	frameWSPing                   // WebSocket's own ping, pong and close
	frameWSPong
	frameClose
)

// framer cuts a stream into messages (RFC 3261, section 18.3). It is pure: bytes
// go in by write, frames come out of next until that has none.
//
//	CRLF CRLF | head ... CRLF CRLF | body of Content-Length bytes | CRLF | head ...
//	  ping    |------------- message ----------------------------| pong
//
// A CRLF alone is a pong, but it may also be the first half of a ping that came in two
// reads: it is told as a pong at once, and answered as a ping once the other half comes.
// When we ping again the peer has nothing left to say about that CRLF.
type framer struct {
	buf     []byte
	scanned int  // bytes of buf known to hold no end of the header section
	whole   int  // length of the message at the start of buf, 0 while it isn't known
	told    bool // the CRLF at the start of buf was told as a pong
}

// pinged implements framing.
func (f *framer) pinged() {
	if f.told {
		f.take(2)
	}
}

func (f *framer) write(p []byte) { f.buf = append(f.buf, p...) }

// next gives the next frame, which is valid until the next write. An error means
// that the boundary of messages is lost, and the connection with it; the frame is
// then what there is of the message.
func (f *framer) next() (frameKind, []byte, error) {
	for len(f.buf) > 0 {
		switch {
		case bytes.HasPrefix(f.buf, []byte("\r\n\r\n")):
			f.take(4)
			return framePing, nil, nil
		case string(f.buf) == "\r\n" && !f.told:
			f.told = true
			return framePong, nil, nil
		case bytes.HasPrefix([]byte("\r\n\r\n"), f.buf):
			return frameNone, nil, nil // perhaps the first half of a ping
		case bytes.HasPrefix(f.buf, []byte("\r\n")):
			told := f.told
			f.take(2)
			if !told {
				return framePong, nil, nil
			}
			continue
		case f.buf[0] == '\r' || f.buf[0] == '\n':
			f.take(1)
			continue
		}
		return f.message()
	}
	return frameNone, nil, nil
}

func (f *framer) message() (frameKind, []byte, error) {
	if f.buf[0] < ' ' {
		return frameNone, f.buf, malformed("bytes that are no SIP; TLS to a port without it, perhaps")
	}
	if f.whole > 0 { // the headers were read: a body that drips in doesn't have them read again
		return f.body()
	}
	end := headEnd(f.buf, f.scanned)
	if end < 0 {
		if len(f.buf) > maxMessage {
			return frameNone, f.buf, &ParseError{Code: 513, Reason: "a header section that has no end"}
		}
		f.scanned = max(0, len(f.buf)-3)
		return frameNone, nil, nil
	}
	length, err := contentLength(f.buf[:end])
	if err != nil {
		return frameNone, f.buf[:end], err
	}
	if end+length > maxMessage {
		return frameNone, f.buf[:end], &ParseError{Code: 513, Reason: "a message of " + strconv.Itoa(end+length) + " bytes"}
	}
	f.whole = end + length
	return f.body()
}

// body gives the message once all of it is there.
func (f *framer) body() (frameKind, []byte, error) {
	if len(f.buf) < f.whole {
		return frameNone, nil, nil
	}
	return frameMessage, f.take(f.whole), nil
}

func (f *framer) take(n int) []byte {
	frame := f.buf[:n:n]
	f.buf = f.buf[n:]
	f.scanned, f.whole, f.told = 0, 0, false
	if len(f.buf) == 0 {
		f.buf = nil // frees what a burst has grown; the frame keeps its own bytes
	}
	return frame
}

// headEnd finds the end of the empty line after the header section, or -1.
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return -1
		}
		i += j + 1
		if bytes.HasPrefix(b[i:], []byte("\n")) {
			return i + 1
		}
		if bytes.HasPrefix(b[i:], []byte("\r\n")) {
			return i + 2
		}
	}
	return -1
}

// contentLength reads the length out of a header section. A stream can't be framed
// without it, but a message that has no Content-Type either has no body.
func contentLength(head []byte) (int, error) {
	typed := false
	for _, line := range unfold(head) {
		name, value, _ := strings.Cut(line, ":")
		switch name = expandName(strings.TrimSpace(name)); {
		case strings.EqualFold(name, "Content-Type"):
			typed = true
		case strings.EqualFold(name, "Content-Length"):
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
			if err != nil {
				return 0, malformed("Content-Length %q isn't a length", clip(value))
			}
			return int(n), nil
		}
	}
	if typed {
		return 0, malformed("a body on a stream without Content-Length")
	}
	return 0, nil
}
