package event

import (
	"bytes"
	"mime"
	"strings"
)

// TypeCPIM is the wrapper that gateways and relays put around a message (RFC 3862).
const TypeCPIM = "message/cpim"

// UnwrapCPIM gives what is inside a message/cpim body: its type and its content.
// ok is false when there is no wrapper that could be read.
//
//	From: <im:a@example.com>     headers of the message
//
//	Content-Type: text/plain     headers of the content
//
//	Hello
func UnwrapCPIM(body []byte) (contentType string, content []byte, ok bool) {
	_, rest, ok := cutBlank(body)
	if !ok {
		return "", nil, false
	}
	head, content, ok := cutBlank(rest)
	if !ok {
		return "", nil, false
	}
	for _, line := range strings.Split(string(head), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Type") {
			contentType = strings.TrimSpace(value)
		}
	}
	if contentType == "" {
		contentType = "text/plain"
	}
	return contentType, content, true
}

// cutBlank splits at the first empty line.
func cutBlank(b []byte) (before, after []byte, ok bool) {
	if a, c, ok := bytes.Cut(b, []byte("\r\n\r\n")); ok {
		return a, c, true
	}
	return bytes.Cut(b, []byte("\n\n"))
}

// MaxText is how much text of a message is kept.
const MaxText = 64 << 10

// Text gets the text out of a message's body: plain, or wrapped as message/cpim.
// ok is false for any other type.
func Text(contentType string, body []byte) (text string, ok bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	if contentType == "" {
		kind, err = "text/plain", nil
	}
	if err != nil && kind == "" {
		return "", false
	}
	switch {
	case kind == TypeCPIM:
		inner, content, ok := UnwrapCPIM(body)
		if !ok || strings.HasPrefix(strings.ToLower(inner), TypeCPIM) {
			return "", false
		}
		return Text(inner, content)
	case kind == "text/plain":
		switch strings.ToLower(params["charset"]) {
		case "iso-8859-1", "latin1", "iso_8859-1":
			body = latin1(body)
		}
		return CleanText(string(body), MaxText), true
	}
	return "", false
}

// latin1 makes UTF-8 of ISO 8859-1, whose bytes are the first code points.
func latin1(b []byte) []byte {
	var out bytes.Buffer
	for _, c := range b {
		out.WriteRune(rune(c))
	}
	return out.Bytes()
}
