package config

import (
	"fmt"
	"strings"
)

// span is where something stands: lines first to last, counted from 1.
type span struct{ first, last int }

// index knows the lines of a TOML text that the decoder has accepted: it isn't
// a parser, and only has to tell headers, keys, values and comments apart. The
// decoder's own positions can't serve: they know one place per dotted key, and
// each [[account]] has the same keys.
type index struct {
	lines []string
	// keys are by path: "audio.input", "account[1].aor".
	keys map[string]span
	// heads are the lines of headers by path: "audio", "account[1]".
	heads map[string]int
	// headers are the lines of all headers, in order.
	headers []int
}

func newIndex(text string) *index {
	ix := &index{lines: strings.Split(text, "\n"), keys: map[string]span{}, heads: map[string]int{}}
	table := ""
	arrays := map[string]int{}
	for i := 0; i < len(ix.lines); i++ {
		line := strings.TrimSpace(ix.lines[i])
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "[["):
			path, _ := scanKey(line[2:])
			rest, nested := strings.CutPrefix(path, "account.")
			if nested { // a part of the account above
				path = fmt.Sprintf("account[%d].%s", arrays["account"]-1, rest)
			}
			table = fmt.Sprintf("%s[%d]", path, arrays[path])
			arrays[path]++
			ix.heads[table] = i + 1
			if !nested {
				ix.headers = append(ix.headers, i+1)
			}
		case line[0] == '[':
			table, _ = scanKey(line[1:])
			ix.heads[table] = i + 1
			ix.headers = append(ix.headers, i+1)
		default:
			path, rest := scanKey(line)
			if table != "" {
				path = table + "." + path
			}
			last := i
			if strings.HasPrefix(rest, "=") {
				last = ix.valueEnd(i, rest[1:])
			}
			if _, ok := ix.keys[path]; !ok {
				ix.keys[path] = span{i + 1, last + 1}
			}
			i = last
		}
	}
	return ix
}

// line finds where path, or the closest thing around it, stands.
func (ix *index) line(path string) int {
	for path != "" {
		if s, ok := ix.keys[path]; ok {
			return s.first
		}
		if n, ok := ix.heads[path]; ok {
			return n
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			// account[0] written as an inline array: account = [{…}]
			if i = strings.IndexByte(path, '['); i < 0 {
				break
			}
		}
		path = path[:i]
	}
	return 0
}

// scanKey reads a dotted key, quoted parts included, and gives what follows it.
func scanKey(s string) (path, rest string) {
	var parts []string
	for {
		s = strings.TrimLeft(s, " \t")
		var part string
		if s != "" && (s[0] == '"' || s[0] == '\'') {
			n := quotedLen(s)
			part, s = unquote(s[:n]), s[n:]
		} else {
			n := strings.IndexAny(s, " \t.=]")
			if n < 0 {
				n = len(s)
			}
			part, s = s[:n], s[n:]
		}
		parts = append(parts, part)
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ".") {
			return strings.Join(parts, "."), s
		}
		s = s[1:]
	}
}

func unquote(s string) string { return strings.Trim(s, `"'`) }

// quotedLen is the length of the one-line string that s starts with.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// valueEnd finds the line on which the value starting at line i with rest ends:
// a multi-line string, or an array or inline table with open brackets, goes on.
func (ix *index) valueEnd(i int, rest string) int {
	depth := 0
	for {
		var open string
		depth, open = scanValue(rest, depth)
		for open != "" {
			i++
			if i >= len(ix.lines) {
				return len(ix.lines) - 1
			}
			after, ok := closeString(ix.lines[i], open)
			if ok {
				depth, open = scanValue(after, depth)
			}
		}
		if depth <= 0 || i+1 >= len(ix.lines) {
			return i
		}
		i++
		rest = ix.lines[i]
	}
}

// scanValue counts brackets in s outside strings and comments. open is the
// delimiter of a multi-line string that s leaves open.
func scanValue(s string, depth int) (after int, open string) {
	for s != "" {
		switch s[0] {
		case '#':
			return depth, ""
		case '[', '{':
			depth++
			s = s[1:]
		case ']', '}':
			depth--
			s = s[1:]
		case '"', '\'':
			long := strings.Repeat(s[:1], 3)
			if !strings.HasPrefix(s, long) {
				s = s[quotedLen(s):]
				continue
			}
			rest, ok := closeString(s[3:], long)
			if !ok {
				return depth, long
			}
			s = rest
		default:
			s = s[1:]
		}
	}
	return depth, ""
}

// closeString gives what follows the end of a multi-line string in s.
func closeString(s, delimiter string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && delimiter == `"""` {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], delimiter) {
			i += 3
			// Up to two quotes may stand before the delimiter's own.
			for n := 0; n < 2 && i < len(s) && s[i] == delimiter[0]; n++ {
				i++
			}
			return s[i:], true
		}
	}
	return "", false
}
