package trace

import "bytes"

// secretsOf finds the secrets in a SIP message, or in any text. It goes by lines and by what
// stands before a secret, and not by the grammar: a message that no parser takes, or half a
// one, keeps its secrets too.
func secretsOf(raw []byte) []span {
	low := lower(raw)
	var found []span
	for line := range lines(low) {
		found = credentials(low, line, found)
		found = keys(low, line, found)
	}
	// These stand anywhere in a line, and in an error that quotes one.
	for _, name := range []string{"response", "rspauth"} {
		found = digests(low, name, found)
	}
	found = after(low, "inline:", found)
	found = after(low, "ice-pwd:", found)
	return passwords(low, found)
}

// lower is raw with the letters of ASCII small: nothing moves.
func lower(raw []byte) []byte {
	low := make([]byte, len(raw))
	for i, c := range raw {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return low
}

// lines gives each line with those that continue it (RFC 3261, section 7.3.1), whatever ends
// them.
func lines(low []byte) func(func(span) bool) {
	return func(yield func(span) bool) {
		for at := 0; at < len(low); {
			end := at
			for {
				n := bytes.IndexAny(low[end:], "\r\n")
				if n < 0 {
					end = len(low)
					break
				}
				end += n + 1
				if low[end-1] == '\r' && end < len(low) && low[end] == '\n' {
					end++
				}
				if end >= len(low) || low[end] != ' ' && low[end] != '\t' {
					break
				}
			}
			if !yield(span{at, end}) {
				return
			}
			at = end
		}
	}
}

// credentials covers all that an Authorization header has after the name of a scheme other
// than Digest.
func credentials(low []byte, line span, found []span) []span {
	name, value, ok := bytes.Cut(low[line.from:line.to], []byte{':'})
	if !ok {
		return found
	}
	switch string(bytes.TrimSpace(name)) {
	case "authorization", "proxy-authorization":
	default:
		return found
	}
	at := line.to - len(value)
	scheme := span{at + len(value) - len(bytes.TrimLeft(value, " \t\r\n")), 0}
	scheme.to = scheme.from
	for scheme.to < line.to && !isSpace(low[scheme.to]) {
		scheme.to++
	}
	if string(low[scheme.from:scheme.to]) == "digest" {
		return found
	}
	from, to := scheme.to, line.to
	for from < to && isSpace(low[from]) {
		from++
	}
	for to > from && isSpace(low[to-1]) {
		to--
	}
	if from == to { // one word: no scheme
		from, to = scheme.from, scheme.to
	}
	return appendSpan(found, from, to)
}

// keys covers what SDP's older ways of giving a key hold: k=clear:…, k=base64:…, k=uri:… (RFC
// 4566, section 5.12), a=key-mgmt:mikey … (RFC 4567).
func keys(low []byte, line span, found []span) []span {
	text := low[line.from:line.to]
	for _, prefix := range []string{"k=clear:", "k=base64:", "k=uri:", "a=key-mgmt:"} {
		if !bytes.HasPrefix(text, []byte(prefix)) {
			continue
		}
		from, to := line.from+len(prefix), line.to
		if n := bytes.IndexByte(low[from:to], ' '); prefix == "a=key-mgmt:" && n >= 0 {
			from += n + 1 // the protocol's name stays
		}
		for to > from && isSpace(low[to-1]) {
			to--
		}
		found = appendSpan(found, from, to)
	}
	return found
}

// digests covers the value of a parameter, quoted or not, wherever it stands: all of a
// quoted one, and of another what a hash may be made of.
func digests(low []byte, name string, found []span) []span {
	for at := range occurrences(low, name) {
		if at > 0 && isToken(low[at-1]) {
			continue // the end of another name
		}
		from := at + len(name)
		for from < len(low) && isSpace(low[from]) {
			from++
		}
		if from == len(low) || low[from] != '=' {
			continue
		}
		from++
		for from < len(low) && (isSpace(low[from]) || low[from] == '\\') { // \ of a text quoted once more
			from++
		}
		to := from
		if from < len(low) && low[from] == '"' {
			from++
			to = from
			for to < len(low) && low[to] != '"' && low[to] != '\r' && low[to] != '\n' {
				to++
			}
			if to > from && low[to-1] == '\\' {
				to--
			}
		} else {
			for to < len(low) && isToken(low[to]) {
				to++
			}
		}
		found = appendSpan(found, from, to)
	}
	return found
}

// after covers the key that follows a word.
func after(low []byte, word string, found []span) []span {
	for at := range occurrences(low, word) {
		from := at + len(word)
		for from < len(low) && low[from] == ' ' {
			from++
		}
		to := from
		for to < len(low) && isKey(low[to]) {
			to++
		}
		found = appendSpan(found, from, to)
	}
	return found
}

// passwords covers that of sip:user:password@host (RFC 3261, section 19.1.1).
func passwords(low []byte, found []span) []span {
	for _, scheme := range []string{"sip:", "sips:"} {
		for at := range occurrences(low, scheme) {
			from := at + len(scheme)
			for from < len(low) && low[from] != ':' && isUserinfo(low[from]) {
				from++
			}
			if from == len(low) || low[from] != ':' {
				continue
			}
			from++
			to := from
			for to < len(low) && isUserinfo(low[to]) {
				to++
			}
			if to < len(low) && low[to] == '@' {
				found = appendSpan(found, from, to)
			}
		}
	}
	return found
}

// occurrences gives where a word stands.
func occurrences(low []byte, word string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for at := 0; ; {
			n := bytes.Index(low[at:], []byte(word))
			if n < 0 || !yield(at+n) {
				return
			}
			at += n + len(word)
		}
	}
}

func appendSpan(found []span, from, to int) []span {
	if from < to {
		found = append(found, span{from, to})
	}
	return found
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isToken takes what names and unquoted values are made of (RFC 3261, section 25.1).
func isToken(c byte) bool {
	return isLetterOrDigit(c) || bytes.IndexByte([]byte("-.!%*_+`'~"), c) >= 0
}

// isKey takes base64 and whatever else a sloppy peer has there, up to the key's lifetime
// (RFC 4568, section 9.1), the end of the line, or of a text that quotes it.
func isKey(c byte) bool {
	return c > ' ' && c != 0x7f && bytes.IndexByte([]byte(`|;,"'\\`), c) < 0
}

// isUserinfo takes what may stand in a user or password, and not what ends a URI, its
// host, or the URI's user part.
func isUserinfo(c byte) bool {
	return c > ' ' && c != 0x7f && bytes.IndexByte([]byte(`<>"@;?,`), c) < 0
}
