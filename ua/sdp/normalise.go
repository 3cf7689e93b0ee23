package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The order that pion's parser wants within a section, which is that of RFC
// 8866, section 5. Types that no call needs (i, u, e, p, b, r, z, k) aren't in
// it: they are dropped, so that a bad one can't break a call.
const (
	sessionOrder = "vosct"
	mediaOrder   = "mc"
	attribute    = 'a'
)

// origin is an o= line's numbers.
type origin struct{ id, version uint64 }

// normalised is a body made strict, and what strictness would have lost.
type normalised struct {
	text   string
	origin origin
	lines  []line // the m= lines as they were written
}

type textLine struct {
	number int
	kind   byte
	value  string
}

// normalise turns what peers send into what a strict parser takes:
//   - LF, CR or CRLF line ends, and none after the last line (interop 39)
//   - space around a line and around its "="
//   - lines in any order within their section
//   - no s=, t= or o=, or unreadable ones
//   - media and protocols that pion has no name for, such as image over udptl
func normalise(body []byte) (*normalised, error) {
	sections, err := split(string(body))
	if err != nil {
		return nil, err
	}
	n := &normalised{}
	var b strings.Builder
	n.writeSession(&b, sections[0])
	for _, section := range sections[1:] {
		if err := n.writeMedia(&b, section); err != nil {
			return nil, err
		}
	}
	n.text = b.String()
	return n, nil
}

// split cuts a body into its lines, and those into the session section and one
// section for each m= line.
func split(body string) ([][]textLine, error) {
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(body)
	sections := [][]textLine{nil}
	known := false
	number := 0
	for text := range strings.SplitSeq(body, "\n") {
		number++
		text = strings.Trim(text, " \x00")
		if text == "" {
			continue
		}
		kind, value, ok := strings.Cut(text, "=")
		kind = strings.TrimRight(kind, " ")
		if !ok || len(kind) != 1 {
			return nil, &SyntaxError{number, shorten(text), "not a line of the form x=value"}
		}
		l := textLine{number, kind[0], strings.TrimSpace(value)}
		switch l.kind {
		case 'v':
			if l.value != "0" {
				return nil, &SyntaxError{number, shorten(text), "the version must be 0"}
			}
			known = true
		case 'm':
			known = true
			sections = append(sections, nil)
		}
		last := len(sections) - 1
		sections[last] = append(sections[last], l)
	}
	if !known {
		return nil, &SyntaxError{Why: "neither a v= nor an m= line"}
	}
	return sections, nil
}

func (n *normalised) writeSession(b *strings.Builder, section []textLine) {
	for _, kind := range []byte(sessionOrder) {
		value, _ := first(section, kind)
		switch kind {
		case 'v':
			value = "0"
		case 'o':
			n.origin, value = readOrigin(value)
		case 's':
			value = "-" // nothing of ours reads the subject
		case 'c':
			value, ok := readConnection(value)
			if ok {
				writeLine(b, 'c', value)
			}
			continue
		case 't':
			value = "0 0" // a call is now
		}
		writeLine(b, kind, value)
	}
	writeAttributes(b, section)
}

func (n *normalised) writeMedia(b *strings.Builder, section []textLine) error {
	m := section[0]
	fields := strings.Fields(m.value)
	if len(fields) < 3 {
		return &SyntaxError{m.number, shorten("m=" + m.value), "needs a medium, a port and a protocol"}
	}
	port, _, _ := strings.Cut(fields[1], "/")
	if p, err := strconv.ParseUint(port, 10, 16); err != nil {
		return &SyntaxError{m.number, shorten("m=" + m.value), "the port must be a number up to 65535"}
	} else {
		port = strconv.FormatUint(p, 10)
	}
	n.lines = append(n.lines, line{media: fields[0], proto: fields[2], fmts: slices.Clone(fields[3:])})
	// Stand-ins where pion knows only some names: the real ones are in n.lines.
	writeLine(b, 'm', strings.Join(append([]string{"audio", port, "RTP/AVP"}, fields[3:]...), " "))
	if value, ok := first(section, 'c'); ok {
		value, ok := readConnection(value)
		if !ok {
			return &SyntaxError{m.number, shorten("m=" + m.value), "its c= line has no address"}
		}
		writeLine(b, 'c', value)
	}
	writeAttributes(b, section)
	return nil
}

func writeLine(b *strings.Builder, kind byte, value string) {
	b.WriteByte(kind)
	b.WriteByte('=')
	b.WriteString(value)
	b.WriteString("\r\n")
}

func writeAttributes(b *strings.Builder, section []textLine) {
	for _, l := range section {
		if l.kind != attribute || l.value == "" {
			continue
		}
		key, value, ok := strings.Cut(l.value, ":")
		key = strings.ToLower(strings.TrimSpace(key))
		if key == "" {
			continue
		}
		if ok {
			key += ":" + strings.TrimSpace(value)
		}
		writeLine(b, attribute, key)
	}
}

func first(section []textLine, kind byte) (string, bool) {
	for _, l := range section {
		if l.kind == kind {
			return l.value, true
		}
	}
	return "", false
}

// readOrigin takes the numbers out of an o= value: the last three fields are
// addresses, and a user name with spaces, which some peers send, is what is left
// before the two numbers. Unreadable numbers are 0: only the peer's own
// bookkeeping needs them.
func readOrigin(value string) (origin, string) {
	var o origin
	if f := strings.Fields(value); len(f) >= 6 {
		id, err1 := strconv.ParseUint(f[len(f)-5], 10, 64)
		version, err2 := strconv.ParseUint(f[len(f)-4], 10, 64)
		if err1 == nil && err2 == nil {
			o = origin{id, version}
		}
	}
	return o, "- " + strconv.FormatUint(o.id, 10) + " " + strconv.FormatUint(o.version, 10) + " IN IP4 0.0.0.0"
}

// readConnection checks and completes a c= value: "IN IP4 192.0.2.1/127".
func readConnection(value string) (string, bool) {
	f := strings.Fields(value)
	if len(f) == 0 {
		return "", false
	}
	host, _, _ := strings.Cut(f[len(f)-1], "/") // multicast TTL and count
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "" || strings.EqualFold(host, "IN") || strings.EqualFold(host, "IP4") || strings.EqualFold(host, "IP6") {
		return "", false
	}
	kind := "IP4"
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		kind = "IP6"
	}
	return "IN " + kind + " " + host, true
}

// shorten keeps error texts to a line.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
