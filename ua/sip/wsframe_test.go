package sip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func frame(op ws.OpCode, fin bool, masked bool, payload string) []byte {
	f := ws.NewFrame(op, fin, []byte(payload))
	if masked {
		f = ws.MaskFrame(f)
	}
	return ws.MustCompileFrame(f)
}

// wsAll gives what a framer makes of bytes that come in pieces of the given size.
func wsAll(f *wsFramer, raw []byte, size int) (out []string, err error) {
	for len(raw) > 0 {
		n := min(size, len(raw))
		f.write(raw[:n])
		raw = raw[n:]
		for {
			kind, payload, err := f.next()
			if err != nil {
				return out, err
			}
			if kind == frameNone {
				break
			}
			name := map[frameKind]string{framePing: "crlf ping", framePong: "crlf pong", frameMessage: "message", frameWSPing: "ping", frameWSPong: "pong", frameClose: "close"}[kind]
			out = append(out, strings.TrimSpace(name+" "+string(payload)))
		}
	}
	return out, nil
}

// RFC 7118, section 5.2; RFC 6455, section 5.
func TestWebSocketFrames(t *testing.T) {
	huge := func(n uint64, masked bool) []byte {
		b := append([]byte{0x81, 127}, binary.BigEndian.AppendUint64(nil, n)...)
		if masked {
			b[1] |= 0x80
			b = append(b, 1, 2, 3, 4)
		}
		return b
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, c := range []struct {
		what   string
		server bool
		raw    []byte
		want   string
		err    bool
	}{
		{"text", true, frame(ws.OpText, true, true, "OPTIONS"), "message OPTIONS", false},
		{"binary", true, frame(ws.OpBinary, true, true, "OPTIONS"), "message OPTIONS", false},
		{"from a server", false, frame(ws.OpText, true, false, "OPTIONS"), "message OPTIONS", false},
		{"a client that doesn't mask", true, frame(ws.OpText, true, false, "OPTIONS"), "", true},
		{"a server that masks", false, frame(ws.OpText, true, true, "OPTIONS"), "", true},
		{"two in a row", true, join(frame(ws.OpText, true, true, "A"), frame(ws.OpText, true, true, "B")), "message A|message B", false},
		{"in fragments, with a ping between", true, join(frame(ws.OpText, false, true, "INV"), frame(ws.OpContinuation, false, true, "I"),
			frame(ws.OpPing, true, true, "x"), frame(ws.OpContinuation, true, true, "TE")), "ping x|message INVITE", false},
		{"a continuation of nothing", true, frame(ws.OpContinuation, true, true, "TE"), "", true},
		{"a start within a message", true, join(frame(ws.OpText, false, true, "A"), frame(ws.OpText, true, true, "B")), "", true},
		{"a ping in fragments", true, frame(ws.OpPing, false, true, "x"), "", true},
		{"a large ping", true, frame(ws.OpPing, true, true, strings.Repeat("x", 126)), "", true},
		{"a pong", false, frame(ws.OpPong, true, false, ""), "pong", false},
		{"a close", true, frame(ws.OpClose, true, true, ""), "close", false},
		{"CRLF keep-alives", true, join(frame(ws.OpText, true, true, "\r\n\r\n"), frame(ws.OpText, true, true, "\r\n"), frame(ws.OpText, true, true, "")), "crlf ping|crlf pong", false},
		{"reserved bits", true, append([]byte{0xC1}, frame(ws.OpText, true, true, "A")[1:]...), "", true},
		{"a reserved opcode", true, append([]byte{0x83}, frame(ws.OpText, true, true, "A")[1:]...), "", true},
		{"four gigabytes", true, huge(1<<32, true), "", true},
		{"a negative length", true, huge(1<<63, true), "", true},
		{"too large in fragments", true, join(frame(ws.OpText, false, true, strings.Repeat("x", 40000)), frame(ws.OpContinuation, true, true, strings.Repeat("x", 40000))), "", true},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			got, err := wsAll(&wsFramer{server: c.server}, bytes.Clone(c.raw), size)
			if (err != nil) != c.err || !c.err && strings.Join(got, "|") != c.want {
				t.Errorf("%s, %d bytes at a time: %q, %v", c.what, size, got, err)
			}
		}
	}
	_, err := wsAll(&wsFramer{server: true}, huge(1<<20, true), 100)
	if !errors.Is(err, errWSTooLarge) || string(wsCloseBody(err)[:2]) != "\x03\xf1" { // 1009
		t.Errorf("too large: %v", err)
	}
}

// What we write, the other side reads, whatever pieces it comes in.
func FuzzWebSocketFrames(f *testing.F) {
	f.Add([]byte("\x81\x85\x01\x02\x03\x04abcde"), "OPTIONS", 3, true)
	f.Add(frame(ws.OpText, false, true, "INV"), "\xff", 1, true)
	f.Add([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "", 9, false)
	f.Fuzz(func(t *testing.T, raw []byte, message string, size int, server bool) {
		if size <= 0 {
			size = 1
		}
		junk := &wsFramer{server: server}
		if _, err := wsAll(junk, bytes.Clone(raw), size); err == nil && len(junk.buf)+len(junk.part) > len(raw) {
			t.Errorf("%d bytes are kept of %d", len(junk.buf)+len(junk.part), len(raw))
		}
		if len(message) > maxMessage || strings.TrimSpace(message) == "" {
			return
		}
		out := wsChunk(chunk{frameMessage, []byte(message)}, server)
		got, err := wsAll(&wsFramer{server: server}, out, size)
		if err != nil || len(got) != 1 || got[0] != strings.TrimSpace("message "+message) {
			t.Errorf("%q came as %q, %v", message, got, err)
		}
	})
}
