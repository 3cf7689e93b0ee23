package uatest

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is a SIP message as text.
type Message struct {
	Start  string // the start line
	Header []Field
	Body   string
	Raw    string
	// From is where it came from.
	From string
}

// Field is one header line.
type Field struct{ Name, Value string }

var longNames = map[string]string{
	"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length", "c": "Content-Type", "k": "Supported",
}

// Parse splits a message into lines and fields; it is no judge of them.
func Parse(raw string) *Message {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := &Message{Start: lines[0], Body: body, Raw: raw}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = strings.TrimSpace(name)
		if long, ok := longNames[strings.ToLower(name)]; ok {
			name = long
		}
		m.Header = append(m.Header, Field{name, strings.TrimSpace(value)})
	}
	return m
}

// Get is the first value of a header, empty if there is none.
func (m *Message) Get(name string) string {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// All are the values of a header, one for each line.
func (m *Message) All(name string) []string {
	var values []string
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// IsResponse tells the two kinds apart.
func (m *Message) IsResponse() bool { return strings.HasPrefix(m.Start, "SIP/") }

// Code is a response's status, 0 for a request.
func (m *Message) Code() int {
	if !m.IsResponse() {
		return 0
	}
	f := strings.Fields(m.Start)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// Method is the request's, or the one that a response answers.
func (m *Message) Method() string {
	if m.IsResponse() {
		if f := strings.Fields(m.Get("CSeq")); len(f) > 1 {
			return f[1]
		}
		return ""
	}
	method, _, _ := strings.Cut(m.Start, " ")
	return method
}

// URI is a request's Request-URI.
func (m *Message) URI() string {
	f := strings.Fields(m.Start)
	if len(f) < 2 || m.IsResponse() {
		return ""
	}
	return f[1]
}

// Seq is the number in CSeq.
func (m *Message) Seq() int {
	if f := strings.Fields(m.Get("CSeq")); len(f) > 0 {
		n, _ := strconv.Atoi(f[0])
		return n
	}
	return 0
}

// Tag is the tag of a From or To value.
func Tag(value string) string { return Param(value, "tag") }

// Param is a parameter of a header value, outside its angle brackets.
func Param(value, name string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i:]
	}
	for p := range strings.SplitSeq(value, ";") {
		k, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}

// Address is the URI in a name-addr.
func Address(value string) string {
	if i := strings.IndexByte(value, '<'); i >= 0 {
		if j := strings.IndexByte(value[i:], '>'); j > 0 {
			return value[i+1 : i+j]
		}
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// Matches says that the message is what the words name: "INVITE" (a request),
// "200", "200 BYE" (responses).
func (m *Message) Matches(what string) bool {
	code, method, two := strings.Cut(what, " ")
	n, err := strconv.Atoi(code)
	if err != nil {
		return !m.IsResponse() && m.Method() == what
	}
	return m.IsResponse() && m.Code() == n && (!two || m.Method() == method)
}

// String is one line for a test's log.
func (m *Message) String() string {
	return fmt.Sprintf("%s [CSeq %s]", m.Start, m.Get("CSeq"))
}
