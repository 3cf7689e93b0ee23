package sip

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// wsFramer cuts a WebSocket's bytes into messages, one in each (RFC 7118, section 5.2;
// RFC 6455, section 5). It is pure: bytes go in by write, frames come out of next until
// that has none.
//
//	| header, mask | payload | header | payload, FIN | header | ping |
//	|----------- one message, in fragments ----------|
type wsFramer struct {
	server bool // the peer is a client, and has to mask
	buf    []byte
	part   []byte // the fragments so far
	within bool   // a fragmented message is under way
}

func (f *wsFramer) write(p []byte) { f.buf = append(f.buf, p...) }

func (f *wsFramer) pinged() {}

// errWSTooLarge is a message that no SIP message can be.
var errWSTooLarge = fmt.Errorf("a WebSocket message of more than %d bytes", maxMessage)

// next gives the next message or control frame, which is valid until the next write. An
// error ends the WebSocket.
func (f *wsFramer) next() (frameKind, []byte, error) {
	for {
		in := bytes.NewReader(f.buf)
		h, err := ws.ReadHeader(in)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return frameNone, nil, nil
		case err != nil:
			return frameNone, nil, err
		}
		if err := ws.CheckHeader(h, f.state()); err != nil {
			return frameNone, nil, err
		}
		if h.Length > int64(maxMessage-len(f.part)) && !h.OpCode.IsControl() {
			return frameNone, nil, errWSTooLarge
		}
		head := len(f.buf) - in.Len()
		if in.Len() < int(h.Length) {
			return frameNone, nil, nil
		}
		end := head + int(h.Length)
		payload := f.buf[head:end:end]
		if f.buf = f.buf[end:]; len(f.buf) == 0 {
			f.buf = nil // frees what a burst has grown; the payload keeps its own bytes
		}
		if h.Masked {
			ws.Cipher(payload, h.Mask, 0)
		}
		switch h.OpCode {
		case ws.OpPing:
			return frameWSPing, payload, nil
		case ws.OpPong:
			return frameWSPong, payload, nil
		case ws.OpClose:
			return frameClose, payload, nil
		default: // text, binary, continuation
		}
		if !h.Fin {
			f.part, f.within = append(f.part, payload...), true
			continue
		}
		if f.within {
			payload = append(f.part, payload...)
			f.part, f.within = nil, false
		}
		// RFC 7118 leaves pings to WebSocket, but some clients send RFC 5626's.
		switch {
		case string(payload) == "\r\n\r\n":
			return framePing, nil, nil
		case string(payload) == "\r\n":
			return framePong, nil, nil
		case len(bytes.TrimSpace(payload)) == 0:
			continue
		}
		return frameMessage, payload, nil
	}
}

func (f *wsFramer) state() ws.State {
	s := ws.StateClientSide
	if f.server {
		s = ws.StateServerSide
	}
	if f.within {
		s = s.Set(ws.StateFragmented)
	}
	return s
}

// wsChunk is what we write as frames of a WebSocket; a client masks.
func wsChunk(what chunk, client bool) []byte {
	var f ws.Frame
	switch what.kind {
	case frameWSPing:
		f = ws.NewPingFrame(what.raw)
	case frameWSPong:
		f = ws.NewPongFrame(what.raw)
	case frameClose:
		f = ws.NewCloseFrame(what.raw)
	case frameNone, framePing, framePong, frameMessage:
		// RFC 7118, section 5.2: text, unless it can't be.
		if f = ws.NewTextFrame(what.raw); !utf8.Valid(what.raw) {
			f = ws.NewBinaryFrame(what.raw)
		}
	}
	if client {
		var mask [4]byte
		_, _ = rand.Read(mask[:]) // never fails; nobody may guess it (RFC 6455, section 5.3)
		f = ws.MaskFrameWith(f, mask)
	}
	return ws.MustCompileFrame(f)
}

var wsGoingAway = ws.NewCloseFrameBody(ws.StatusGoingAway, "")

// wsCloseBody tells the peer what ended the WebSocket (RFC 6455, section 7.4.1).
func wsCloseBody(err error) []byte {
	code := ws.StatusProtocolError
	if errors.Is(err, errWSTooLarge) {
		code = ws.StatusMessageTooBig
	}
	return ws.NewCloseFrameBody(code, "")
}
