package sip

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// ParseError says why a message can't be read, and the status code that a request
// like it is answered with.
type ParseError struct {
	Code   int
	Reason string
}

func (e *ParseError) Error() string { return e.Reason }

func malformed(format string, args ...any) *ParseError {
	return &ParseError{Code: 400, Reason: fmt.Sprintf(format, args...)}
}

// rawMessage is a message taken apart into lines, nothing of it understood yet.
type rawMessage struct {
	start   string
	headers []rawHeader
	body    []byte
}

type rawHeader struct{ name, value string }

func (m *rawMessage) first(name string) (string, bool) {
	for _, h := range m.headers {
		if strings.EqualFold(h.name, name) {
			return h.value, true
		}
	}
	return "", false
}

// normalise brings a whole message into the one form that sipgo's parser reads:
// CRLF line ends, unfolded lines, long header names, one value per Via, Contact, Route
// and Record-Route line, a status line with a reason, and a Content-Length that is the
// body's. It is idempotent.
//
// Field behaviour: 1 (folding), 2 (lists), 3 (compact names, spacing) and 4
// (length) of the interop catalogue; RFC 3261, sections 7.3, 7.5 and 18.3.
func normalise(data []byte) ([]byte, error) {
	m, err := splitMessage(data)
	if err != nil {
		return nil, err
	}
	start, err := startLine(m.start)
	if err != nil {
		return nil, err
	}
	length := -1
	out := make([]byte, 0, len(data)+128)
	out = append(out, start...)
	out = append(out, "\r\n"...)
	for _, h := range m.headers {
		if strings.EqualFold(h.name, "Content-Length") {
			n, err := strconv.ParseUint(h.value, 10, 31)
			if err != nil {
				return nil, malformed("Content-Length %q isn't a length", h.value)
			}
			if length >= 0 && length != int(n) {
				return nil, malformed("two Content-Length headers that differ")
			}
			length = int(n)
			continue
		}
		out = append(out, h.name...)
		out = append(out, ": "...)
		out = append(out, h.value...)
		out = append(out, "\r\n"...)
	}
	body := m.body
	if length > len(body) {
		return nil, malformed("the body is cut off: Content-Length is %d, but %d bytes came", length, len(body))
	}
	if length >= 0 {
		body = body[:length]
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	out = append(out, "\r\n\r\n"...)
	return append(out, body...), nil
}

// splitMessage takes a message apart. Header lines that are none are left out, as
// RFC 3261, section 8.2, asks for what isn't needed to process the message.
func splitMessage(data []byte) (*rawMessage, error) {
	data = bytes.TrimLeft(data, "\r\n") // RFC 3261, section 7.5
	if len(data) == 0 {
		return nil, malformed("an empty message")
	}
	head, body := cutHead(data)
	lines := unfold(head)
	m := &rawMessage{start: lines[0], body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || !IsToken(name) {
			continue
		}
		name, value = expandName(name), strings.TrimSpace(value)
		if !isListed(name) {
			m.headers = append(m.headers, rawHeader{name, value})
			continue
		}
		for _, v := range splitList(value) {
			m.headers = append(m.headers, rawHeader{name, v})
		}
	}
	return m, nil
}

// isListed names the lists that are parsed into one typed header per value.
func isListed(name string) bool {
	switch strings.ToLower(name) {
	case "via", "contact", "route", "record-route":
		return true
	}
	return false
}

// cutHead splits at the empty line, which may be missing when there is no body.
func cutHead(data []byte) (head, body []byte) {
	for i := 0; i < len(data); {
		end := bytes.IndexByte(data[i:], '\n')
		if end < 0 {
			break
		}
		line := bytes.TrimRight(data[i:i+end], "\r")
		if len(line) == 0 {
			return data[:i], data[i+end+1:]
		}
		i += end + 1
	}
	return data, nil
}

// unfold gives the lines of a header section, continuation lines joined to theirs by
// one space (RFC 3261, section 7.3.1). There is always at least one.
func unfold(head []byte) []string {
	lines := make([]string, 0, 16)
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte("\n"))
		s := strings.TrimRight(string(line), " \t\r\n\v\f")
		// A lone CR inside a line is a space: kept, it would be a line break to others.
		s = strings.ReplaceAll(s, "\r", " ")
		if len(lines) > 0 && s != "" && (s[0] == ' ' || s[0] == '\t') {
			lines[len(lines)-1] += " " + strings.TrimSpace(s)
			continue
		}
		if s = strings.TrimSpace(s); s != "" || len(lines) == 0 {
			lines = append(lines, s)
		}
	}
	return lines
}

// startLine writes a request or status line in its one canonical form.
func startLine(s string) (string, error) {
	if rest, version, ok := cutVersion(s); ok {
		if version != "2.0" {
			return "", &ParseError{Code: 505, Reason: "SIP version " + version + " is not 2.0"}
		}
		code, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if len(code) != 3 || code < "100" || code > "699" || !isDigits(code) {
			return "", malformed("%q is no status code", code)
		}
		reason = strings.TrimSpace(reason)
		if len(reason) >= 3 && strings.EqualFold(reason[:3], "sip") && !strings.Contains(reason, " ") {
			reason += " " // sipgo takes a single word "SIP…" here for a request's version
		}
		return "SIP/2.0 " + code + " " + reason, nil
	}
	method, rest, _ := strings.Cut(strings.ReplaceAll(s, "\t", " "), " ")
	rest = strings.TrimSpace(rest)
	at := strings.LastIndex(strings.ToUpper(rest), " SIP")
	if !IsToken(method) || at < 0 || len(rest) != len(strings.ToUpper(rest)) {
		return "", malformed("%q starts neither a request nor a response", clip(s))
	}
	tail, version, ok := cutVersion(rest[at+1:])
	if !ok || strings.TrimSpace(tail) != "" {
		return "", malformed("the request line %q doesn't end in SIP/2.0", clip(s))
	}
	if version != "2.0" {
		return "", &ParseError{Code: 505, Reason: "SIP version " + version + " is not 2.0"}
	}
	text := strings.TrimSpace(rest[:at])
	uri, err := parseURI(text)
	switch {
	case err != nil:
		return "", malformed("Request-URI: %v", err)
	case len(uri.Headers) > 0:
		return "", malformed("headers in the Request-URI %q", clip(text)) // RFC 3261, section 19.1.1
	}
	return canonicalMethod(method) + " " + text + " SIP/2.0", nil
}

// canonicalMethod takes the methods that we know in any case. RFC 3261, section 7.1, has
// them in capitals, and any other word, that one in small letters too, be another method.
func canonicalMethod(s string) string {
	switch m := Method(strings.ToUpper(s)); m {
	case INVITE, ACK, CANCEL, BYE, REGISTER, OPTIONS, SUBSCRIBE, NOTIFY, REFER, INFO, MESSAGE, PRACK, UPDATE, PUBLISH:
		return string(m)
	}
	return s
}

// cutVersion reads "SIP / 2.0" off the front.
func cutVersion(s string) (rest, version string, ok bool) {
	if len(s) < 3 || !strings.EqualFold(s[:3], "SIP") {
		return s, "", false
	}
	r, ok := strings.CutPrefix(strings.TrimSpace(s[3:]), "/")
	if !ok {
		return s, "", false
	}
	r = strings.TrimSpace(r)
	end := 0
	for end < len(r) && (r[end] == '.' || '0' <= r[end] && r[end] <= '9') {
		end++
	}
	if end == 0 || end < len(r) && r[end] != ' ' && r[end] != '\t' {
		return s, "", false
	}
	return r[end:], r[:end], true
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// clip shortens text from the wire for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
