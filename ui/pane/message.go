package pane

import (
	"bytes"
	"fmt"
	"strings"

	"offhook/ua/trace"
)

// Summary is what a SIP message is about, in one line: the request line without
// its version, or the status line and the request that it answers. It never
// fails: what came from the wire may be anything.
func Summary(r trace.Record) string {
	if r.Kind == trace.Malformed {
		s := "malformed message"
		if r.Note != "" {
			s += ": " + r.Note
		}
		return s
	}
	line, rest, _ := bytes.Cut(bytes.TrimLeft(r.Raw, "\r\n"), []byte("\n"))
	first := strings.TrimSpace(string(line))
	if first == "" {
		return "keep-alive"
	}
	version, status, ok := strings.Cut(first, " ")
	if ok && strings.HasPrefix(strings.ToUpper(version), "SIP/") {
		if method := cseqMethod(rest); method != "" {
			return fmt.Sprintf("%s  (%s)", status, method)
		}
		return status
	}
	if i := strings.LastIndex(first, " SIP/"); i > 0 {
		first = first[:i]
	}
	return first
}

// cseqMethod finds the method in the CSeq header (RFC 3261, section 20.16).
func cseqMethod(headers []byte) string {
	for len(headers) > 0 {
		var line []byte
		line, headers, _ = bytes.Cut(headers, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return ""
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !strings.EqualFold(string(bytes.TrimSpace(name)), "CSeq") {
			continue
		}
		f := strings.Fields(string(value))
		if len(f) != 2 {
			return ""
		}
		return f[1]
	}
	return ""
}

// MessageLines is a whole message for reading: where it went, then line by line.
func MessageLines(r trace.Record) []string {
	way := fmt.Sprintf("%s  %s  %s to %s", r.Time.Format("15:04:05.000"), r.Transport, r.Local, r.Remote)
	if r.Dir == trace.In {
		way = fmt.Sprintf("%s  %s  %s from %s", r.Time.Format("15:04:05.000"), r.Transport, r.Local, r.Remote)
	}
	lines := []string{way}
	if r.Note != "" {
		lines = append(lines, r.Note)
	}
	lines = append(lines, "")
	for _, l := range strings.Split(strings.TrimRight(string(r.Raw), "\r\n"), "\n") {
		lines = append(lines, strings.TrimRight(l, "\r"))
	}
	return lines
}
