package trace

import (
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// SIPLog writes SIP messages as text: a line with time, direction, transport and
// addresses, then the message, then an empty line. Media packets are left out.
type SIPLog struct{ spool *spool }

// CreateSIPLog writes to a new file that only its owner reads.
func CreateSIPLog(path string) (*SIPLog, error) {
	f, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("can't write the SIP log: %w", err)
	}
	return NewSIPLog(f), nil
}

// NewSIPLog writes to w, and closes it in the end.
func NewSIPLog(w io.WriteCloser) *SIPLog { return &SIPLog{spool: newSpool(w)} }

// Trace implements Sink.
func (l *SIPLog) Trace(r Record) {
	if r.Kind != SIP && r.Kind != Malformed {
		return
	}
	if !l.spool.begin(len(r.Raw) + 200) {
		return
	}
	l.spool.buf = appendText(l.spool.buf, r)
	l.spool.end()
}

// Close writes what is left and closes the file.
func (l *SIPLog) Close() error { return l.spool.close() }

// appendText formats one record. Control characters are escaped: what a peer sends
// must not command the terminal on which the log is read.
func appendText(b []byte, r Record) []byte {
	b = append(b, "=== "...)
	b = r.Time.AppendFormat(b, "2006-01-02 15:04:05.000000")
	b = append(b, ' ')
	b = append(b, r.Transport...)
	b = append(b, ' ')
	b = r.Local.AppendTo(b)
	b = append(b, ' ')
	b = append(b, r.Dir.String()...)
	b = append(b, ' ')
	b = r.Remote.AppendTo(b)
	b = append(b, ", "...)
	b = strconv.AppendInt(b, int64(len(r.Raw)), 10)
	b = append(b, " bytes"...)
	if r.Kind == Malformed {
		b = append(b, ", malformed"...)
	}
	if r.Note != "" {
		b = append(b, ": "...)
		b = appendSafe(b, []byte(r.Note))
	}
	b = append(b, '\n')
	n := len(b)
	b = appendSafe(b, r.Raw)
	if len(b) == n || b[len(b)-1] != '\n' {
		b = append(b, '\n')
	}
	return append(b, '\n')
}

// appendSafe appends text with CRLF as LF; what isn't printable becomes \xNN.
func appendSafe(b, text []byte) []byte {
	const hex = "0123456789abcdef"
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\r' && len(text) > 1 && text[1] == '\n':
		case r == '\n', r == '\t', unicode.IsPrint(r) && (r != utf8.RuneError || n > 1):
			b = append(b, text[:n]...)
		default:
			for _, c := range text[:n] {
				b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
			}
		}
		text = text[n:]
	}
	return b
}
